"""The learning curve of a session, joined over all its stops, with what was changed on the way."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bench.trial import Point

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Change:
    """Settings that changed behind `step`; `start` counts how often training had begun afresh, the first is 1.

    `what` says which, as in `lr 0.001 → 0.0003`; `note` what else that brought about, if anything.
    """

    start: int
    step: int
    epoch: float
    what: str
    note: str = ""


@dataclass
class Curve:
    """The points of each start, and the changes."""

    starts: list[list[Point]] = field(default_factory=lambda: [[]])
    changes: list[Change] = field(default_factory=list)

    @property
    def points(self) -> list[Point]:
        """The points since training last began afresh."""
        return self.starts[-1]

    @property
    def shown_changes(self) -> list[Change]:
        """The changes since then, without the one that made it begin."""
        return [change for change in self.changes if change.start == len(self.starts) and change.step]

    def begin_afresh(self) -> None:
        """From here on the points are those of a new start."""
        if self.points:
            self.starts.append([])

    def cut(self, step: int) -> None:
        """Forget the points behind `step`."""
        self.points[:] = [point for point in self.points if point.step <= step]

    def rows(self) -> list[dict[str, Any]]:
        """A row a point, with its start, and the changes since the point before as text."""
        return [
            {"start": number, **asdict(point), "change": self._before(number, points[:i], point)}
            for number, points in enumerate(self.starts, 1)
            for i, point in enumerate(points)
        ]

    def frame(self) -> "pd.DataFrame":
        """The rows as a frame."""
        import pandas as pd

        columns = ["start", *Point.__dataclass_fields__, "change"]
        return pd.DataFrame(self.rows(), columns=columns)

    def to_data(self) -> dict[str, Any]:
        """The curve as JSON takes it."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Curve":
        """The curve that `to_data` wrote."""
        starts = [[Point(**point) for point in points] for points in data["starts"]]
        return cls(starts, [Change(**change) for change in data["changes"]])

    def _before(self, start: int, earlier: list[Point], point: Point) -> str:
        """What changed between the last of the earlier points and this one; what began a start is with its first."""
        first, last = (max(earlier[-1].step, 1), point.step - 1) if earlier else (0, 0)
        found = [c.what for c in self.changes if c.start == start and first <= c.step <= last]
        return "; ".join(found)
