"""Which training rows train and which validate."""

from typing import Any, NamedTuple, Protocol

import numpy as np

from .error import DatasetError

Indices = np.ndarray[Any, np.dtype[np.intp]]

FRACTION = 6  # one in so many rows validates


class Permuting(Protocol):
    """Whatever can permute: a NumPy Generator, or the older RandomState."""

    def permutation(self, x: int, /) -> Any:
        """A permutation of 0 .. x - 1."""


class Split(NamedTuple):
    """Disjoint row numbers that together are every training row, in drawn order; of a tiny set, every row twice."""

    train: Indices  # (n - n_validation,)
    validation: Indices  # (n_validation,)


def split(n: int, rng: Permuting, n_validation: int | None = None) -> Split:
    """Split n rows at random; one sixth validates unless told otherwise, MNIST's customary 10,000 of 60,000.

    Fewer than six rows have no sixth to spare, and a logic gate that lacks one of its four rows is another gate:
    there every row both trains and validates.

    Raises:
        DatasetError: a part would be empty.

    """
    if n_validation is None and 0 < n < FRACTION:
        rows = np.asarray(rng.permutation(n), np.intp)
        return Split(train=rows, validation=rows)
    n_validation = n // FRACTION if n_validation is None else n_validation
    if not 0 < n_validation < n:
        raise DatasetError(f"split: n_validation must be in [1, {n - 1}] for {n} rows, got {n_validation}")
    rows = np.asarray(rng.permutation(n), np.intp)
    return Split(train=rows[n_validation:], validation=rows[:n_validation])
