"""A number with the interval around it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import Any, Literal

import numpy as np

CONFIDENCE = 0.95
N_RESAMPLES = 9999

Statistic = Callable[..., Any]


@dataclass(frozen=True)
class Interval:
    """A mean of `n` values and the ends of its confidence interval, NaN where n < 2 leaves them unknown."""

    mean: float
    low: float
    high: float
    n: int
    confidence: float = CONFIDENCE

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
        return Interval(nan, nan, nan, 0, confidence)
    mean = float(x.mean())
    if x.size == 1:
        return Interval(mean, nan, nan, 1, confidence)
    half_width = student_t(x.size - 1, confidence) * standard_deviation(x) / sqrt(x.size)
    return Interval(mean, mean - half_width, mean + half_width, x.size, confidence)


def paired_difference(a: Sequence[float], b: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The mean of a - b with its interval, where a[i] and b[i] share a seed; ValueError when the lengths differ.

    Student's, not a bootstrap's: with the few seeds there are, resampling draws intervals that are too narrow.
    """
    return mean_interval([x - y for x, y in zip(a, b, strict=True)], confidence)


def interquartile_mean(values: Any, axis: int | None = None) -> Any:
    """IQM: the mean without the highest and the lowest quarter, of whose values whole ones are left out.

    Agarwal et al. 2021, https://arxiv.org/abs/2108.13264.
    """
    from scipy.stats import trim_mean

    return trim_mean(values, 0.25, axis=axis)


def bootstrap_interval(
    values: Iterable[float],
    statistic: Statistic = np.mean,
    *,
    method: Literal["BCa", "percentile"] = "BCa",
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Interval:
    """A statistic of the values (in the field `mean`) with its bootstrap interval, the same for the same seed.

    `statistic` takes an array and `axis`. Efron 1987, https://doi.org/10.2307/2289144. BCa is not defined where
    leaving one value out changes nothing: then the percentiles stand in.
    """
    x = np.fromiter(values, float)
    if x.size < 2 or np.ptp(x) == 0:
        value = float(statistic(x, axis=0)) if x.size else nan
        ends = (value, value) if x.size > 1 else (nan, nan)
        return Interval(value, *ends, x.size, confidence)
    low, high = _bootstrap_ends(x, statistic, method, confidence, seed)
    if not (isfinite(low) and isfinite(high)):
        low, high = _bootstrap_ends(x, statistic, "percentile", confidence, seed)
    return Interval(float(statistic(x, axis=0)), low, high, x.size, confidence)


def _bootstrap_ends(
    x: np.ndarray, statistic: Statistic, method: str, confidence: float, seed: int
) -> tuple[float, float]:
    import warnings

    from scipy.stats import DegenerateDataWarning, bootstrap

    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", DegenerateDataWarning)
        ends = bootstrap(
            (x,),
            statistic,
            method=method,
            confidence_level=confidence,
            n_resamples=N_RESAMPLES,
            rng=np.random.default_rng(seed),
        ).confidence_interval
    return float(ends.low), float(ends.high)


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
