"""The order in which a trial sees its examples. Batch GD, SGD and mini-batch GD differ in nothing else."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import repeat
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = NDArray[np.intp]
Examples = tuple[Array, Array, Rows | None]  # inputs (rows, n), labels (rows,), and how many zeros each row begins with

CHUNK = 512  # rows gathered at once: several small batches share one call, and stay in the processor's cache


class Batches:
    """Each epoch walks a new shuffle of the rows `indices` of `x` and `y`, the last, shorter batch included.

    `batch_size` None is the full batch. The shuffles depend on `rng` alone, so trials of one seed see the examples
    in one order, whatever their optimizer. `drop_last` leaves a shorter last batch out; `sampling`, one of SAMPLINGS,
    says how an epoch's rows are drawn. `n_blank` (m,) tells how many zeros each row of `x` begins with: the rows of a
    batch, whose order within it means nothing, then come with the fewest zeros first, which the network makes use of.
    """

    def __init__(
        self,
        x: Array,
        y: Array,
        indices: Rows,
        batch_size: int | None,
        rng: Any,
        *,
        drop_last: bool = False,
        sampling: str = "shuffle",
        n_blank: Rows | None = None,
    ) -> None:
        n = len(indices)
        self.x, self.y, self.indices, self.rng, self.n_blank = x, y, indices, rng, n_blank
        self.batch_size = min(batch_size or n, n)
        self.steps_per_epoch = n // self.batch_size if drop_last else ceil(n / self.batch_size)
        self.n_rows = min(n, self.steps_per_epoch * self.batch_size)  # of an epoch
        self.sampling = sampling
        self.first_order = self._order(True)

    def __iter__(self) -> Iterator[Examples]:
        """The batches, epoch after epoch, without end."""
        order = self.first_order
        if self.sampling == "shuffle" and self.batch_size == len(self.indices):
            yield from repeat(self._gathered(self._sorted(order)))  # once: each epoch's is the same
        while True:
            yield from self._epoch(self._sorted(order[: self.n_rows]))
            order = self._order(False)

    @property
    def order_hash(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the order in which the first epoch walks the rows."""
        return sha256(self.first_order.astype("<i8").tobytes()).hexdigest()[:16]

    @property
    def smallest(self) -> int:
        """The rows of the smallest batch."""
        return self.n_rows - (self.steps_per_epoch - 1) * self.batch_size

    def coverage(self, n_steps: int) -> int:
        """How many different rows the first `n_steps` batches hold. For a look: it takes the draws of training."""
        seen: set[int] = set()
        order, start = self.first_order, 0
        for _ in range(n_steps):
            seen.update(order[start : min(start + self.batch_size, self.n_rows)].tolist())
            start += self.batch_size
            if start >= self.n_rows:
                order, start = self._order(False), 0
        return len(seen)

    def _order(self, first: bool) -> Rows:
        return SAMPLINGS[self.sampling](self.indices, self.batch_size, self.rng, first)

    def _epoch(self, order: Rows) -> Iterator[Examples]:
        size = self.batch_size
        chunk = max(1, CHUNK // size) * size
        for start in range(0, len(order), chunk):
            x, y, n_blank = self._gathered(order[start : start + chunk])
            for i in range(0, len(x), size):
                yield x[i : i + size], y[i : i + size], n_blank if n_blank is None else n_blank[i : i + size]

    def _gathered(self, rows: Rows) -> Examples:
        x, y = self.x.take(rows, axis=0, mode="clip"), self.y.take(rows, mode="clip")
        return x, y, self.n_blank if self.n_blank is None else self.n_blank.take(rows, mode="clip")

    def _sorted(self, order: Rows) -> Rows:
        """The same batches; in each, the rows that begin with the fewest zeros first, then by their number."""
        if self.n_blank is None:
            return order
        keys = self.n_blank.take(order) * len(self.x) + order
        n_in_whole = len(order) // self.batch_size * self.batch_size
        keys[:n_in_whole].reshape(-1, self.batch_size).sort(axis=1)
        keys[n_in_whole:].sort()
        rows: Rows = keys % len(self.x)
        return rows


def _shuffle(rows: Rows, batch_size: int, rng: Any, first: bool) -> Rows:
    """Each row once."""
    order: Rows = rng.permutation(rows)
    return order


def _with_replacement(rows: Rows, batch_size: int, rng: Any, first: bool) -> Rows:
    """As many rows, each drawn from all: an epoch then sees 1 - 1/e = 63 % of them."""
    return rows[rng.integers(len(rows), size=len(rows))]


def _shadowed(rows: Rows, batch_size: int, rng: Any, first: bool) -> Rows:
    """A famous mistake: the first batch took the name of the data that it was drawn from.

    What is permuted from then on is as many numbers as a batch has, so that all later batches hold the first rows.
    """
    n_batches = ceil(len(rows) / batch_size)
    parts = [rng.permutation(rows)[:batch_size]] if first else []
    parts += [rng.permutation(rows[:batch_size]) for _ in range(n_batches - first)]
    return np.concatenate(parts)


SAMPLINGS: dict[str, Callable[[Rows, int, Any, bool], Rows]] = {
    "shuffle": _shuffle,
    "with_replacement": _with_replacement,
    "shadowed": _shadowed,
}
