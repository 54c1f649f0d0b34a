"""A cap on the time: trials that it leaves no room for are not run."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from bench.clock import Stopwatch
from bench.executors import local_executor
from bench.record import Record
from bench.spec import TrialSpec

Minder = Callable[[TrialSpec, float], Record]


class Cap:
    """So many seconds from now on."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._watch = Stopwatch()

    @property
    def remaining_s(self) -> float:
        """The seconds that are left, negative when it is over."""
        return self.seconds - self._watch.elapsed_s

    @property
    def elapsed_s(self) -> float:
        """The seconds that are gone."""
        return self._watch.elapsed_s


class Capped(Executor):
    """This machine's executor, until `reserve_s` seconds before the cap: then it cuts what runs and starts no more.

    A trial that the cap cut, or kept from starting, comes back as `planned`: nothing is known of it.
    """

    def __init__(self, cap: Cap, reserve_s: float = 0) -> None:
        self.cap, self.reserve_s, self._inner = cap, reserve_s, local_executor()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn(spec, time_limit_s)` under the cap."""
        return self._inner.submit(self._within, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more."""
        self._inner.shutdown(wait, cancel_futures=cancel_futures)

    def _within(self, minder: Minder, spec: TrialSpec, time_limit_s: float) -> Record:
        left_s = self.cap.remaining_s - self.reserve_s
        if left_s <= 0:
            return Record(spec, "planned", "the cap came first")
        record = minder(spec, min(time_limit_s, left_s))
        cut = record.status == "timeout" and left_s < time_limit_s
        return Record(spec, "planned", "cut by the cap") if cut else record
