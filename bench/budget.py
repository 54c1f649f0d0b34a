"""What a race can afford: the seconds of a trial, and how many of them each entrant gets."""

from dataclasses import dataclass

from bench.outcome import FINALISTS
from bench.plugin import PluginError
from bench.record import Record
from bench.tuning import FINAL_SEEDS

N_FINALS = FINALISTS * len(FINAL_SEEDS)
MULTIPLES = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Of the rate that tuning chose: how much depends on it."""
MOST_SEEDS, MOST_TRIALS, FEW_TRIALS = 60, 30, 5


@dataclass(frozen=True)
class Cost:
    """What a trial takes, measured on one: before the first step, an epoch's steps, one evaluation; in seconds."""

    start_s: float
    epoch_s: float
    evaluation_s: float

    @classmethod
    def of(cls, label: str, record: Record) -> "Cost":
        """From the record of an epoch, or of the part of one that a time limit left; PluginError where it failed."""
        end = record.points[-1] if record.points else {"epoch": 0.0}
        if record.status in ("crashed", "failed"):
            raise PluginError(f"{label}: {record.reason}")
        if not end["epoch"]:
            raise PluginError(f"{label}: too slow to race, or no number from the start: {record.reason}")
        seconds = record.result.get("seconds", {})
        evaluation_s = seconds.get("evaluation", 0.0) / (len(record.points) + 1)
        start_s = record.result["wall_s"] - end["elapsed_s"] - seconds.get("evaluation", 0.0)
        return cls(start_s, end["elapsed_s"] / end["epoch"], evaluation_s)

    def trial_s(self, epochs: int, evaluations_per_epoch: int) -> float:
        """The seconds of a trial: the start and the end are evaluated too."""
        return (
            self.start_s + epochs * (self.epoch_s + evaluations_per_epoch * self.evaluation_s) + 2 * self.evaluation_s
        )


@dataclass(frozen=True)
class Budget:
    """For each entrant: the trials of its tuning and of the finals, the paired seeds, the learning rates then tried."""

    n_trials: int
    n_finals: int
    n_seeds: int
    n_rates: int

    @property
    def n_rounds(self) -> int:
        """All that an entrant runs."""
        return self.n_trials + self.n_finals + self.n_seeds + self.n_rates

    @classmethod
    def fit(cls, n_rounds: int, least_seeds: int, n_seeds: int | None = None) -> "Budget":
        """Share out rounds, in which each entrant runs once: half, but enough to decide, to the seeds.

        `n_seeds` sets their number by hand, as far as the rounds go: a few must be left to tune with.
        """
        wanted = n_seeds or min(MOST_SEEDS, max(least_seeds, n_rounds // 2))
        seeds = min(wanted, max(1, n_rounds - (FEW_TRIALS if n_seeds else 1)))
        left = n_rounds - seeds
        rates = len(MULTIPLES) if left >= FEW_TRIALS + len(MULTIPLES) else 0
        finals = N_FINALS if left - rates >= N_FINALS + 2 * FEW_TRIALS else 0
        return cls(max(1, min(MOST_TRIALS, left - rates - finals)), finals, seeds, rates)
