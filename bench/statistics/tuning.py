"""What tuning costs a method: the best to be expected of k trials, and how much the learning rate matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

TOLERANCE = 0.01


@dataclass(frozen=True)
class BestOf:
    """The best score to be expected of k = 1, ..., n of n trials drawn at random, and their seconds: each (n,)."""

    k: NDArray[np.intp]
    seconds: Floats
    score: Floats

    @classmethod
    def of(cls, scores: Sequence[float], seconds: Sequence[float], *, higher_is_better: bool = True) -> Self:
        """From the score and the seconds of each trial; one that diverged has the worst score there is, not none.

        Exact: the expectations over all ways to draw k of the n trials. Seconds are those of k trials one by one.
        """
        k = np.arange(1, len(scores) + 1)
        return cls(k, k * np.mean(seconds), expected_best(scores, higher_is_better=higher_is_better))


def expected_best(scores: Sequence[float], *, higher_is_better: bool = True) -> Floats:
    """The mean of the best of k scores over all ways to draw k of n, for k = 1, ..., n: (n,).

    E[max of k] = sum over i of x_(i) C(i-1, k-1) / C(n, k), the scores in ascending order. Unbiased, unlike drawing
    with replacement (Dodge et al. 2019): Tang et al. 2020, https://arxiv.org/abs/2004.13705.

    Raises:
        ValueError: there is no score, or one is no number.
    """
    x = np.asarray(scores, float)
    if x.size == 0 or not np.isfinite(x).all():
        raise ValueError(f"expected best: scores must be finite, the worst where a trial diverged, got {[*scores]}")
    ascending = np.sort(x if higher_is_better else -x)
    best = _chances(x.size) @ ascending
    return np.asarray(best if higher_is_better else -best)


def _chances(n: int) -> Floats:
    """C(i-1, k-1) / C(n, k), (n, n): that the best of k is the i-th. In logarithms, C(2000, 1000) is no float."""
    from scipy.special import gammaln

    k, i = np.arange(1, n + 1)[:, None], np.arange(1, n + 1)[None]
    of_them = gammaln(i) - gammaln(k) - gammaln(np.maximum(i - k, 0) + 1)
    of_all = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.where(i >= k, np.exp(of_them - of_all), 0)


@dataclass(frozen=True)
class Sensitivity:
    """The scores over the learning rates (ascending), and `decades` of learning rate within the tolerance of the best.

    `open_ended` where that range meets the end of the grid: then it is at least so wide.
    """

    lrs: Floats
    scores: Floats
    decades: float
    open_ended: bool

    @classmethod
    def of(cls, lrs: Sequence[float], scores: Sequence[float], tolerance: float = TOLERANCE) -> Self:
        """From a grid of learning rates and the score of each, higher is better; NaN where training diverged.

        The range is the stretch around the best where the score, linear in log10 of the rate between the points of the
        grid, is at least (1 - tolerance) times the best. It does not reach into a rate that diverged.

        Raises:
            ValueError: a learning rate is not positive or given twice, or every score is NaN.
        """
        order = np.argsort(lrs)
        x, y = np.asarray(lrs, float)[order], np.asarray(scores, float)[order]
        if not (x > 0).all() or (np.diff(x) == 0).any():
            raise ValueError(f"sensitivity: learning rates must be positive and differ, got {x.tolist()}")
        if np.isnan(y).all():
            raise ValueError("sensitivity: at least one learning rate must have a score, got none")
        best, floor = int(np.nanargmax(y)), (1 - tolerance) * np.nanmax(y)
        up, up_open = _stretch(np.log10(x[best:]), y[best:], floor)
        down, down_open = _stretch(-np.log10(x[best::-1]), y[best::-1], floor)
        return cls(x, y, up + down, up_open or down_open)


def _stretch(x: Floats, y: Floats, floor: float) -> tuple[float, bool]:
    """How far from x[0] the line through the points stays above the floor, and whether it does so to the end."""
    below = np.nonzero(~(y >= floor))[0]
    if not below.size:
        return float(x[-1] - x[0]), True
    last, out = below[0] - 1, below[0]
    way = 0.0 if np.isnan(y[out]) else (y[last] - floor) / (y[last] - y[out])
    return float(x[last] + way * (x[out] - x[last]) - x[0]), False
