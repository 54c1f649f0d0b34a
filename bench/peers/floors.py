"""How fast the product must be at least, as ratios to its peers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.peers.race import FULL, Figure, Race

CONTENDERS = ("torch eager", "scikit-learn", "JAX scan", "GEMMs")

# The rule and the batch size, then product / contender for each of CONTENDERS; None asks nothing.
TABLE: dict[tuple[str, str], tuple[float | None, ...]] = {
    ("sgd", "1"): (5.5, 7.0, None, 0.45),
    ("sgd", "64"): (1.8, 1.7, 0.90, 0.78),
    ("sgd", "128"): (1.55, 1.5, 0.95, 0.82),
    ("sgd", "512"): (1.4, 1.4, 0.98, 0.84),
    ("sgd", FULL): (1.6, 1.45, 1.5, 0.87),
    ("adam", "64"): (2.0, 2.0, 0.82, 0.60),
    ("adam", "128"): (1.7, 1.65, 0.90, 0.71),
    ("adam", "512"): (1.45, 1.4, 0.95, 0.79),
}


@dataclass(frozen=True)
class Floor:
    """A floor and what was measured."""

    rule: str
    size: str
    contender: str
    least: float
    measured: Figure

    @property
    def is_met(self) -> bool:
        """Whether the median of the paired ratios is at least the floor."""
        return self.measured.median >= self.least


def floors(races: Sequence[Race]) -> Iterator[Floor]:
    """The floors of those races that were run, in the table's order."""
    found = {(race.rule, race.size): race for race in races if race.network == "default"}
    for (rule, size), row in TABLE.items():
        race = found.get((rule, size))
        for contender, least in zip(CONTENDERS, row, strict=True):
            measured = race.ratio(contender) if race else None
            if least is not None and measured is not None:
                yield Floor(rule, size, contender, least, measured)
