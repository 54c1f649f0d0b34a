"""The order in which a trial sees its examples. Batch GD, SGD and mini-batch GD differ in nothing else."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import repeat
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CHUNK = 512  # rows gathered at once: several small batches share one call, and stay in the processor's cache


class Batches:
    """Each epoch walks a new shuffle of the rows `indices` of `x` and `y`, the last, shorter batch included.

    `batch_size` None is the full batch. The shuffles depend on `rng` alone, so trials of one seed see the examples
    in one order, whatever their optimizer.
    """

    def __init__(
        self, x: Array, y: Array, indices: NDArray[np.intp], batch_size: int | None, rng: np.random.Generator
    ) -> None:
        self.x, self.y, self.indices, self.rng = x, y, indices, rng
        self.batch_size = min(batch_size or len(indices), len(indices))
        self.steps_per_epoch = ceil(len(indices) / self.batch_size)
        self.first_order = rng.permutation(indices)

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        """The batches (rows, n_features), (rows,), epoch after epoch, without end."""
        if self.steps_per_epoch == 1:
            yield from repeat((self.x[self.indices], self.y[self.indices]))  # gathered once: its order does not matter
        order = self.first_order
        while True:
            yield from self._epoch(order)
            order = self.rng.permutation(self.indices)

    @property
    def order_hash(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the order in which the first epoch walks the rows."""
        return sha256(self.first_order.astype("<i8").tobytes()).hexdigest()[:16]

    def _epoch(self, order: NDArray[np.intp]) -> Iterator[tuple[Array, Array]]:
        size = self.batch_size
        chunk = max(1, CHUNK // size) * size
        for start in range(0, len(order), chunk):
            rows = order[start : start + chunk]
            x, y = self.x.take(rows, axis=0, mode="clip"), self.y.take(rows, mode="clip")
            for i in range(0, len(rows), size):
                yield x[i : i + size], y[i : i + size]
