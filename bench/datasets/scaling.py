"""How raw features become the network's inputs."""

from collections.abc import Callable, Iterator
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from .error import DatasetError

Array = np.ndarray[Any, np.dtype[Any]]

# Rows at a time: a chunk of float64 stays in the cache, where 50,000 MNIST images would take 300 MB.
CHUNK_ROWS = 512


class Scaling(NamedTuple):
    """x' = (x - shift) * factor, one shift and one factor for every feature."""

    shift: float
    factor: float

    @property
    def keeps_zero(self) -> bool:
        """Whether silent features stay silent, so that they may be left out of training."""
        return self.shift == 0.0


def scaling(name: str, x: Array, n_silent: int = 0, rows: Array | None = None) -> Scaling:
    """The named scaling for the training part: the `rows` of x (m, n_live), all unless given.

    `n_silent` zero columns were left out of x.

    Only the training part is looked at: validation and test rows are scaled with its numbers.

    Raises:
        DatasetError: there is no such scaling, or it does not suit these features.

    """
    if name not in SCALINGS:
        raise DatasetError(f"scaling: must be one of {', '.join(SCALINGS)}, got {name!r}")
    return SCALINGS[name](x, np.arange(len(x)) if rows is None else rows, n_silent)


def _none(x: Array, rows: Array, n_silent: int) -> Scaling:
    return Scaling(0.0, 1.0)


def _unit(x: Array, rows: Array, n_silent: int) -> Scaling:
    """Bytes are divided by 255, floats by the largest magnitude of the training part: zero stays zero."""
    if x.dtype == np.uint8:
        return Scaling(0.0, 1 / 255)
    largest = max(float(np.abs(chunk).max()) for chunk in _chunks(x, rows))
    return Scaling(0.0, 1 / largest if largest else 1.0)


def _zscore(x: Array, rows: Array, n_silent: int) -> Scaling:
    n_zeros = len(rows) * n_silent
    n = len(rows) * x.shape[1] + n_zeros
    mean = sum(float(chunk.sum(dtype=np.float64)) for chunk in _chunks(x, rows)) / n
    squares = sum(_sum_of_squares(chunk - mean) for chunk in _chunks(x, rows)) + n_zeros * mean**2
    std = sqrt(squares / n)
    # Features that are all alike have nothing to divide by; rounding leaves them a std of a few ulps, not zero.
    return Scaling(mean, 1 / std if std > 1e-12 * abs(mean) else 1.0)


def _chunks(x: Array, rows: Array) -> Iterator[Array]:
    return (x[rows[i : i + CHUNK_ROWS]] for i in range(0, len(rows), CHUNK_ROWS))


def _sum_of_squares(x: Array) -> float:
    flat = x.ravel().astype(np.float64, copy=False)
    return float(flat @ flat)


SCALINGS: dict[str, Callable[[Array, Array, int], Scaling]] = {"none": _none, "unit": _unit, "zscore": _zscore}
