"""What the suite times: the product's own parts, made ready as a trial does it."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from bench import registry
from bench.batches import Batches, Examples
from bench.method import Method
from bench.parts import Parts
from bench.plan_file import NetworkTable
from bench.seeds import generator
from network import Network, initialize
from network.layout import Vector
from optimizers import Closure, Progress, Schedule

SEED = 0
AT_START = Progress(0, 1, 1)

BatchSize = int | str  # "full" is the whole training part

Call = Callable[[], object]


class Slow(Schedule):
    """Speed does not depend on the rate, and with so small a one no method diverges at any batch size."""

    def factor(self, progress: Progress) -> float:
        """A thousandth."""
        return 1e-3


class Workbench:
    """MNIST's training part of seed 0 and the default network, shared by all benchmarks."""

    def __init__(self) -> None:
        self.parts = parts = Parts.load("mnist", "unit", generator(SEED, "split"))
        sizes = (parts.n_features, *NetworkTable().hidden, parts.n_classes)
        self.network = Network(sizes, scale=parts.scaling.factor, shift=parts.scaling.shift)
        initializer = registry.initializer("he").make({})
        self.start = initialize(initializer, self.network.layout, generator(SEED, "initialization"))
        parts.x.max()  # the data set is a mapped file: touch every page, lest the first benchmark pay for all

    def step(self, name: str, batch_size: BatchSize) -> Call:
        """One training step of the named optimizer: the next batch, loss and gradient, update."""
        next_batch, gradient = self.batch(batch_size), np.zeros_like(self.start)
        batch: Any = None
        method = self._method(name, lambda theta, out: self._loss_and_gradient(theta, batch, out))

        def step() -> None:
            nonlocal batch
            batch = next_batch()
            self._loss_and_gradient(method.theta, batch, gradient)
            method.step(gradient, AT_START, self._n_silent(batch))

        return step

    def batch(self, batch_size: BatchSize) -> Callable[[], Examples]:
        """The next batch of the shuffled order; the full batch is gathered only once, and that has happened."""
        return (self._full_batch if batch_size == "full" else self._batches(batch_size)).__next__

    def typical_batch(self, batch_size: BatchSize) -> Examples:
        """Of 101 batches the median one: how many zeros there are to leave out differs from one to the next."""
        next_batch = self.batch(batch_size)
        return sorted((next_batch() for _ in range(101)), key=_n_zeros)[50]

    def gradient(self, batch_size: BatchSize) -> Call:
        """Forward and backward of a typical batch."""
        batch, gradient = self.typical_batch(batch_size), np.zeros_like(self.start)
        return lambda: self._loss_and_gradient(self.start, batch, gradient)

    def update(self, name: str, batch_size: BatchSize = 64) -> Call:
        """The update of the named optimizer, with the gradient of a typical batch, where it asks for more as well."""
        batch, gradient = self.typical_batch(batch_size), np.zeros_like(self.start)
        self._loss_and_gradient(self.start, batch, gradient)
        method = self._method(name, lambda theta, out: self._loss_and_gradient(theta, batch, out))
        return lambda: method.step(gradient, AT_START, self._n_silent(batch))

    def evaluation(self) -> Call:
        """Loss and accuracy on the validation part."""
        return lambda: self.network.evaluate(self.start, *self.parts.validation)

    def n_examples(self, batch_size: BatchSize) -> int:
        """How many examples a batch of that size holds."""
        return _rows(batch_size) or len(self.parts.train)

    def _loss_and_gradient(self, theta: Vector, batch: Examples, gradient: Vector) -> float:
        x, y, n_blank = batch
        return self.network.loss_and_gradient(theta, x, y, gradient, n_blank=n_blank)

    def _n_silent(self, batch: Examples) -> int:
        x, _, n_blank = batch
        return self.network.n_silent(x, n_blank)

    def _batches(self, batch_size: BatchSize) -> Iterator[Examples]:
        parts, rng = self.parts, generator(SEED, "batches")
        batches = iter(Batches(parts.x, parts.y, parts.train, _rows(batch_size), rng, n_blank=parts.n_blank))
        next(batches)
        return batches

    @cached_property
    def _full_batch(self) -> Iterator[Examples]:
        """The same 39 MB for all benchmarks, of which many wait for their turn at once."""
        return self._batches("full")

    def _method(self, name: str, closure: Closure) -> Method:
        """The named optimizer, ready to step; one that looks twice gets `closure`."""
        method = Method(name, registry.optimizer(name).make({}), Slow())
        method.start(self.start.copy(), self.network.layout, generator(SEED, "optimizer"), closure)
        return method


def runtime(name: str) -> str | None:
    """The framework that runs the named optimizer, with its version; None for NumPy, as ours."""
    return getattr(registry.optimizer(name).kind, "runtime", None)


def _rows(batch_size: BatchSize) -> int | None:
    return batch_size if isinstance(batch_size, int) else None


def _n_zeros(batch: Examples) -> int:
    _, _, n_blank = batch
    return 0 if n_blank is None else int(n_blank.sum())
