"""Better, worse or no winner: scores paired by seed, corrected for how many comparisons there are.

The corrected interval decides, Wilcoxon's test stands beside it. Holm 1979 (https://www.jstor.org/stable/4615733) holds
the j-th smallest of k p values against alpha / (k - j + 1) and stops at the first that is above: that level is the
interval's too, so that an interval that covers zero and a comparison that is not significant are the same thing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isnan, log2, nan, sqrt
from typing import Literal, TypeVar

import numpy as np

from bench.statistics.intervals import Interval, mean_interval, standard_deviation, student_t

ALPHA = 0.05
POWER = 0.8
LEAST_N = 3
"""Below, no winner is named: accuracy is counted in examples, and two seeds can differ alike by accident."""

Word = Literal["better", "worse", "no winner"]
Pairs = tuple[Sequence[float], Sequence[float]]
Key = TypeVar("Key")


@dataclass(frozen=True)
class Verdict:
    """What the seeds say of a against b.

    `difference` is the mean of a - b with the corrected interval; `p` Student's, `p_holm` the same corrected;
    `signed_rank_p` Wilcoxon's exact p, uncorrected, which only from `n_possible` seeds on could be significant;
    `n_needed` the seeds that would decide if mean and spread are as seen, None where it is decided or cannot be told.
    """

    word: Word
    difference: Interval
    p: float
    p_holm: float
    signed_rank_p: float
    n_possible: int
    n_needed: int | None


def verdict(a: Sequence[float], b: Sequence[float], *, higher_is_better: bool = True, alpha: float = ALPHA) -> Verdict:
    """The verdict of a single comparison; a[i] and b[i] share a seed."""
    return verdicts({"": (a, b)}, higher_is_better=higher_is_better, alpha=alpha)[""]


def verdicts(
    pairs: Mapping[Key, Pairs], *, higher_is_better: bool = True, alpha: float = ALPHA, power: float = POWER
) -> dict[Key, Verdict]:
    """The verdicts of several comparisons, corrected by Holm.

    Raises:
        ValueError: the lengths of a pair differ, or a score is no finite number: what did not get through has no score.
    """
    differences = {key: _differences(a, b) for key, (a, b) in pairs.items()}
    p = [paired_p(d) for d in differences.values()]
    corrected, levels = holm(p), holm_levels(p, alpha)
    return {
        key: _verdict(d, 1 if higher_is_better else -1, p[i], corrected[i], levels[i], len(p), alpha, power)
        for i, (key, d) in enumerate(differences.items())
    }


def _differences(a: Sequence[float], b: Sequence[float]) -> np.ndarray:
    d = np.array([x - y for x, y in zip(a, b, strict=True)], float)
    if not np.isfinite(d).all():
        raise ValueError(f"verdict: scores must be finite, got {[*a]} and {[*b]}")
    return d


def _verdict(
    d: np.ndarray, sign: int, p: float, p_holm: float, level: float, k: int, alpha: float, power: float
) -> Verdict:
    difference = mean_interval(d, 1 - level)
    decided = d.size >= LEAST_N and not difference.covers(0)
    word: Word = "no winner" if not decided else "better" if sign * difference.mean > 0 else "worse"
    needed = None if decided else n_needed(difference.mean, standard_deviation(d), level, power)
    return Verdict(word, difference, p, p_holm, signed_rank_p(d), n_possible(alpha, k), needed)


# --- tests


def paired_p(differences: Iterable[float]) -> float:
    """Student's two-sided p for a mean of zero, NaN where n < 2; equal differences leave no doubt."""
    from scipy.special import stdtr

    x = np.fromiter(differences, float)
    if x.size < 2:
        return nan
    mean, error = float(x.mean()), standard_deviation(x) / sqrt(x.size)
    if error == 0:
        return float(mean == 0)
    return float(2 * stdtr(x.size - 1, -abs(mean) / error))


def signed_rank_p(differences: Iterable[float]) -> float:
    """Wilcoxon's two-sided signed-rank p, exact with ties too; pairs without a difference are left out.

    Wilcoxon 1945, https://doi.org/10.2307/3001968. SciPy's has ties either approximate or slow, and accuracies tie.
    """
    from scipy.stats import rankdata

    x = np.fromiter(differences, float)
    x = x[x != 0]
    ranks = np.rint(2 * rankdata(np.abs(x))).astype(int)  # doubled: those of ties end in a half
    chances = np.ones(1)  # that the ranks of the positive differences sum up to 0, 1, ...
    for rank in ranks:
        longer = np.zeros(chances.size + rank)
        longer[: chances.size] += chances / 2
        longer[rank:] += chances / 2
        chances = longer
    seen = ranks[x > 0].sum()
    return float(min(1, 2 * min(chances[: seen + 1].sum(), chances[seen:].sum())))


def n_possible(alpha: float = ALPHA, comparisons: int = 1) -> int:
    """The fewest pairs with which the signed-rank test could be significant, when all differ the same way.

    Its smallest two-sided p is 2 / 2^n; Holm's first step asks for alpha / comparisons. 6 for one comparison at 0.05.
    """
    return ceil(1 + log2(comparisons / alpha))


# --- several comparisons


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's corrected p values in the order given; NaN counts as 1."""
    p = np.nan_to_num(np.asarray(p_values, float), nan=1.0)
    order = np.argsort(p, kind="stable")
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(1, np.maximum.accumulate(np.arange(p.size, 0, -1) * p[order]))
    return [float(x) for x in corrected]


def holm_levels(p_values: Sequence[float], alpha: float = ALPHA) -> list[float]:
    """The level that Holm holds each p value against; all that follow the first refusal are held against its."""
    corrected, k = holm(p_values), len(p_values)
    refused = sum(p <= alpha for p in corrected)
    order = np.argsort(np.nan_to_num(np.asarray(p_values, float), nan=1.0), kind="stable")
    places = {int(i): place for place, i in enumerate(order)}
    return [alpha / (k - min(places[i], refused, k - 1)) for i in range(k)]


# --- how many seeds


def n_needed(difference: float, spread: float, alpha: float = ALPHA, power: float = POWER) -> int | None:
    """The pairs that find a mean difference among differences of standard deviation `spread` so often.

    None where the difference is zero or the spread unknown. An observed difference makes this a guess.
    """
    from scipy.special import ndtri

    if isnan(spread) or difference == 0:
        return None
    if spread == 0:
        return LEAST_N
    effect = abs(difference) / spread
    # The normal distribution asks for a little less than Student's, which is walked up to from there.
    n = max(LEAST_N, ceil(((ndtri(1 - alpha / 2) + ndtri(power)) / effect) ** 2))
    while n < 10_000 and power_of(effect, n, alpha) < power:
        n += 1
    return n


def power_of(effect: float, n: int, alpha: float = ALPHA) -> float:
    """How often n pairs find a mean difference of `effect` standard deviations: the paired t test's power."""
    from scipy.stats import nct

    critical, centre = student_t(n - 1, 1 - alpha), effect * sqrt(n)
    far = np.nan_to_num(nct.cdf(-critical, n - 1, centre))  # the wrong sign; SciPy has NaN where it is as good as 0
    return float(nct.sf(critical, n - 1, centre) + far)


def detectable_difference(spread: float, n: int, alpha: float = ALPHA, power: float = POWER) -> float:
    """The mean difference that n pairs find so often among differences of standard deviation `spread`."""
    from scipy.optimize import brentq

    most = 2.0
    while power_of(most, n, alpha) < power:
        most *= 2
    return spread * float(brentq(lambda effect: power_of(effect, n, alpha) - power, 0, most))
