"""Numbers -> intervals. What enters is plain numbers, what leaves too; where they come from is others' business."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, nan, sqrt
from statistics import median
from typing import Self

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean of `n` values and the ends of its confidence interval, NaN where n < 2 leaves them unknown."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """What stands behind the ±."""
        return (self.high - self.low) / 2

    def covers(self, value: float) -> bool:
        """Whether `value` cannot be ruled out; without ends, nothing can."""
        return not (value < self.low or value > self.high)


def mean_interval(values: Iterable[float], confidence: float = CONFIDENCE) -> Interval:
    """The mean with Student's t interval."""
    x = np.fromiter(values, float)
    if x.size == 0:
        return Interval(nan, nan, nan, 0)
    mean = float(x.mean())
    if x.size == 1:
        return Interval(mean, nan, nan, 1)
    half_width = student_t(x.size - 1, confidence) * standard_deviation(x) / sqrt(x.size)
    return Interval(mean, mean - half_width, mean + half_width, x.size)


def paired_difference(a: Sequence[float], b: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The mean of a - b with its interval, where a[i] and b[i] share a seed; ValueError when the lengths differ."""
    return mean_interval([x - y for x, y in zip(a, b, strict=True)], confidence)


def standard_deviation(values: Iterable[float]) -> float:
    """The sample's standard deviation (divisor n - 1), NaN where n < 2."""
    x = np.fromiter(values, float)
    return float(x.std(ddof=1)) if x.size > 1 else nan


def binomial_error(p: float, n: int) -> float:
    """The standard error of a share p that was counted on n examples."""
    return sqrt(p * (1 - p) / n)


def student_t(degrees: int, confidence: float = CONFIDENCE) -> float:
    """The quantile of Student's distribution that leaves (1 - confidence) / 2 above it."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + confidence) / 2))


@dataclass(frozen=True)
class Reach:
    """Where on its way a trial came to a target."""

    step: float
    epoch: float
    elapsed_s: float


@dataclass(frozen=True)
class Reached:
    """How many of `n` trials came to a target, and where the middle one did: None unless more than half did."""

    k: int
    n: int
    middle: Reach | None

    @classmethod
    def of(cls, reaches: Sequence[Reach | None]) -> Self:
        """The medians over all trials; one that missed the target counts as later than all others."""
        k, n = sum(reach is not None for reach in reaches), len(reaches)
        late = [reach or Reach(inf, inf, inf) for reach in reaches]
        if 2 * k <= n:
            return cls(k, n, None)
        middle = Reach(*(median(getattr(reach, axis) for reach in late) for axis in ("step", "epoch", "elapsed_s")))
        return cls(k, n, middle)


def first_reach(accuracies: Iterable[float], places: Iterable[Reach], target: float) -> Reach | None:
    """The first place of a curve where the accuracy is at the target or above, None where there is none."""
    return next((place for x, place in zip(accuracies, places, strict=True) if x >= target), None)
