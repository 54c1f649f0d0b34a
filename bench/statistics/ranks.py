"""Methods ranked over cells: Friedman's test, Nemenyi's, and the critical difference.

A cell is a task: dataset × width × batch size × initializer, and its score a mean over seeds. Seeds alone are no cells:
they repeat one task, and ranks over them would say that a method is better on tasks like it from a single one.
Demšar 2006, https://jmlr.org/papers/v7/demsar06a.html.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, sqrt
from typing import Any, Self

import numpy as np

from bench.statistics.verdicts import ALPHA

LEAST_CELLS = 2
LEAST_METHODS = 3


@dataclass(frozen=True)
class Ranking:
    """The mean rank of each method over `n_cells` (1 is the best), Friedman's chi-square and its p."""

    mean_ranks: dict[str, float]
    n_cells: int
    chi_square: float
    p: float
    alpha: float

    @classmethod
    def of(cls, scores: Mapping[str, Sequence[float]], *, higher_is_better: bool = True, alpha: float = ALPHA) -> Self:
        """From each method's scores (n_cells,); what is NaN did not get through and ranks last.

        Raises:
            ValueError: fewer than two cells or three methods, or scores of different lengths.
        """
        from scipy.stats import friedmanchisquare, rankdata

        x = np.array([list(column) for column in _checked(scores).values()], float).T  # (n_cells, n_methods)
        ranks = rankdata(np.nan_to_num(-x if higher_is_better else x, nan=inf, posinf=inf, neginf=-inf), axis=1)
        all_tie = bool((ranks == ranks[:, :1]).all())
        chi_square, p = (0.0, 1.0) if all_tie else friedmanchisquare(*ranks.T)
        means = {method: float(mean) for method, mean in zip(scores, ranks.mean(axis=0), strict=True)}
        return cls(means, len(x), float(chi_square), float(p), alpha)

    @cached_property
    def critical_difference(self) -> float:
        """Mean ranks that differ by more are different, by Nemenyi's test."""
        from scipy.stats import studentized_range

        return float(studentized_range.ppf(1 - self.alpha, len(self.mean_ranks), inf) / sqrt(2) * self._error)

    @cached_property
    def groups(self) -> list[tuple[str, ...]]:
        """The methods that cannot be told apart, best first: the bars of a critical-difference diagram."""
        best_first = sorted(self.mean_ranks, key=self.mean_ranks.__getitem__)
        runs = [tuple(m for m in best_first[i:] if self._level(first, m)) for i, first in enumerate(best_first)]
        return [run for i, run in enumerate(runs) if len(run) > 1 and (i == 0 or run[-1] != runs[i - 1][-1])]

    def nemenyi_p(self, a: str, b: str) -> float:
        """Nemenyi's p for two methods, corrected for all pairs there are."""
        from scipy.stats import studentized_range

        distance = abs(self.mean_ranks[a] - self.mean_ranks[b]) / self._error
        return float(studentized_range.sf(distance * sqrt(2), len(self.mean_ranks), inf))

    @property
    def _error(self) -> float:
        k = len(self.mean_ranks)
        return sqrt(k * (k + 1) / (6 * self.n_cells))

    def _level(self, a: str, b: str) -> bool:
        return abs(self.mean_ranks[a] - self.mean_ranks[b]) <= self.critical_difference


def _checked(scores: Mapping[str, Sequence[Any]]) -> Mapping[str, Sequence[Any]]:
    lengths = {len(column) for column in scores.values()}
    if len(lengths) > 1:
        raise ValueError(f"ranking: every method must have a score in every cell, got lengths {sorted(lengths)}")
    if len(scores) < LEAST_METHODS:
        raise ValueError(f"ranking: there must be at least {LEAST_METHODS} methods, got {len(scores)}")
    if min(lengths) < LEAST_CELLS:
        raise ValueError(
            f"ranking: there must be at least {LEAST_CELLS} cells (dataset × width × batch size × initializer; "
            f"seeds are none), got {min(lengths)}"
        )
    return scores
