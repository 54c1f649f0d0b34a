"""The learning rate as a function of progress: each schedule gives the factor by which a step's rate is multiplied."""

from dataclasses import dataclass
from math import sqrt
from typing import Annotated

from optimizers._domains import AtLeastOne, Interval, NonNegative, Spec


@dataclass(frozen=True)
class Progress:
    """Where a run stands: `step` counts from 0."""

    step: int
    steps_per_epoch: int
    n_steps: int

    @property
    def epoch(self) -> int:
        """The number of whole epochs done."""
        return self.step // self.steps_per_epoch


class Schedule(Spec):
    """The contract of a schedule."""

    def factor(self, progress: Progress) -> float:
        """What this step's learning rate is multiplied by."""
        raise NotImplementedError


class Constant(Schedule):
    """1, always."""

    def factor(self, progress: Progress) -> float:
        """1."""
        return 1.0


class InverseTime(Schedule):
    """1 / (1 + rate epoch): Ng, Deep Learning Specialization, course 2, "Learning rate decay"."""

    rate: NonNegative = 1.0

    def factor(self, progress: Progress) -> float:
        """1 / (1 + rate epoch), epochs counted from 0."""
        return 1 / (1 + self.rate * progress.epoch)


class Staircase(Schedule):
    """1 / (1 + rate floor(epoch / interval)): inverse time in steps of `interval` epochs."""

    rate: NonNegative = 1.0
    interval: AtLeastOne = 1

    def factor(self, progress: Progress) -> float:
        """1 / (1 + rate floor(epoch / interval))."""
        return 1 / (1 + self.rate * (progress.epoch // self.interval))


class Exponential(Schedule):
    """decay^epoch. A base above 1 would grow, which is no decay, and is refused."""

    decay: Annotated[float, Interval(0, 1, open_low=True, open_high=False)] = 0.95

    def factor(self, progress: Progress) -> float:
        """decay^epoch."""
        return float(self.decay**progress.epoch)


class InverseSqrt(Schedule):
    """1 / sqrt(t), with t = 1 + the number of whole epochs done."""

    def factor(self, progress: Progress) -> float:
        """1 / sqrt(1 + epoch)."""
        return 1 / sqrt(1 + progress.epoch)


class Table(Schedule):
    """A rate by hand: `factors[i]` from epoch `epochs[i]` on, 1 before the first."""

    epochs: tuple[int, ...] = ()
    factors: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.epochs) != len(self.factors) or list(self.epochs) != sorted(set(self.epochs)):
            raise ValueError(f"Table: epochs must rise and be as many as factors, got {self.epochs}, {self.factors}")

    def factor(self, progress: Progress) -> float:
        """The last of `factors` whose epoch has come."""
        reached = [f for epoch, f in zip(self.epochs, self.factors, strict=True) if epoch <= progress.epoch]
        return reached[-1] if reached else 1.0


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "inverse_time": InverseTime,
    "staircase": Staircase,
    "exponential": Exponential,
    "inverse_sqrt": InverseSqrt,
    "table": Table,
}
