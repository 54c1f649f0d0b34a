"""The only room that reads the time."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter

PHASES = ("setup", "batch", "gradient", "update", "evaluation")


class Stopwatch:
    """Where a trial's seconds go: `lap` books the time since the last lap under a phase."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self._start = self._last = perf_counter()

    def lap(self, phase: str) -> None:
        """Book the seconds since the last lap under `phase`, one of PHASES."""
        now = perf_counter()
        self.seconds[phase] += now - self._last
        self._last = now

    @property
    def elapsed_s(self) -> float:
        """The seconds since this watch was made."""
        return perf_counter() - self._start

    @property
    def training_s(self) -> float:
        """The seconds spent on training steps: batches, gradients and updates, without evaluation."""
        return self.seconds["batch"] + self.seconds["gradient"] + self.seconds["update"]


def now_utc() -> str:
    """The date and time, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def seconds(call: Callable[[], object]) -> float:
    """How many seconds a call takes."""
    start = perf_counter()
    call()
    return perf_counter() - start
