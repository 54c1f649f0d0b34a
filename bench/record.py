"""What is known of a trial: its spec, its curve, and how it ended."""

from dataclasses import dataclass, field
from typing import Any

from bench.clock import now_utc
from bench.spec import TrialSpec

STATUSES = ("done", "diverged", "timeout", "crashed", "failed")


@dataclass
class Record:
    """A trial's record, filled event by event; whatever happens, what came before stays."""

    spec: TrialSpec
    status: str = ""
    reason: str = ""
    start: dict[str, Any] = field(default_factory=dict)
    points: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    finished: str = ""

    def add(self, event: dict[str, Any]) -> None:
        """Take in one event of the child; after the end only figures are added."""
        kind = event.pop("event")
        if kind == "start":
            self.start = event
        elif kind == "point":
            self.points.append(event)
        elif kind == "end":
            self.end(event.pop("status"), event.pop("reason"))
            self.result |= event
        else:
            self.result |= event

    def end(self, status: str, reason: str) -> None:
        """Set how the trial ended, once: the first word counts."""
        if not self.status:
            self.status, self.reason, self.finished = status, reason, now_utc()
