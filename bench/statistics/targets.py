"""Time to a target, where some never come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median
from typing import Any, Self

import numpy as np

from bench.statistics.intervals import CONFIDENCE


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


@dataclass(frozen=True)
class Survival:
    """Kaplan-Meier's account of the times to a target: the median and its interval, infinite where it is not reached.

    Kaplan and Meier 1958, https://doi.org/10.2307/2281868; the interval is Brookmeyer and Crowley's, from Greenwood's
    variance on the log-log scale.
    """

    k: int
    n: int
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, times: Sequence[float], reached: Sequence[bool], confidence: float = CONFIDENCE) -> Self:
        """From the time at which each trial came to the target or, where not `reached`, was last seen without.

        A trial that diverged will not come any more: its time is infinite, not that of its divergence.
        """
        t, came = np.asarray(times, float), np.asarray(reached, bool)
        if not came.any():
            return cls(0, len(t), inf, inf, inf)
        middle, low, high = (_half(curve) for curve in _curves(t, came, confidence))
        return cls(int(came.sum()), len(t), middle, low, high)

    @property
    def words(self) -> str:
        """`reached by 7 of 10`."""
        return f"reached by {self.k} of {self.n}"


def _curves(t: np.ndarray, came: np.ndarray, confidence: float) -> tuple[Any, Any, Any]:
    """The share that has not come yet over time, and the ends of its interval."""
    import warnings

    from scipy.stats import CensoredData, ecdf

    late = t[np.isfinite(t)].max() + 1  # only the order counts
    survival = ecdf(CensoredData(t[came], right=np.where(np.isfinite(t), t, late)[~came])).sf
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        ends = survival.confidence_interval(confidence, method="log-log")
    return survival, ends.low, ends.high


def _half(curve: Any) -> float:
    """The first time by which half have come; a curve that has no number there has not come down yet."""
    below = np.nonzero(curve.probabilities <= 0.5)[0]
    return float(curve.quantiles[below[0]]) if below.size else inf
