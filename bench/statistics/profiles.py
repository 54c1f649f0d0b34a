"""Performance profiles: the share of problems on which a method is within tau times the best.

Dolan and Moré 2002, https://doi.org/10.1007/s101070100263; tau up to 4 and the score as AlgoPerf has them,
https://arxiv.org/abs/2306.07179.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_TAU = 4.0

Floats = NDArray[np.floating[Any]]


def performance_ratios(times: ArrayLike) -> Floats:
    """Each time over the best of its problem, (n_problems, n_methods); a miss is infinite, or NaN, and stays so.

    Raises:
        ValueError: a time is not positive.
    """
    t = np.nan_to_num(np.asarray(times, float), nan=np.inf, posinf=np.inf)
    if not (t > 0).all():
        raise ValueError(f"performance profile: times must be positive, got {t.min():g}")
    best = t.min(axis=1, keepdims=True)
    return np.divide(t, best, out=np.full_like(t, np.inf), where=np.isfinite(t))


def performance_profile(times: ArrayLike, taus: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """The taus (n_taus,), 301 from 1 to 4 unless given, and the shares of problems (n_taus, n_methods)."""
    at = np.linspace(1, MOST_TAU, 301) if taus is None else np.asarray(taus, float)
    ratios = performance_ratios(times)
    return at, (ratios[None] <= at[:, None, None]).mean(axis=1)


def profile_scores(times: ArrayLike, most_tau: float = MOST_TAU) -> Floats:
    """The mean height of each method's profile over tau in [1, most_tau]: 1 is always the best, 0 never near it."""
    room = most_tau - np.minimum(performance_ratios(times), most_tau)
    return np.asarray(room.mean(axis=0) / (most_tau - 1))
