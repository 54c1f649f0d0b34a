"""What the suite times: the product's own parts, made ready as a trial does it."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from bench import registry
from bench.batches import Batches
from bench.parts import Parts
from bench.plan import NetworkTable
from bench.plugin import trait
from bench.seeds import generator
from network import Network, initialize
from network.layout import Vector
from optimizers import Closure

SEED = 0
LR_FACTOR = 1e-3  # speed does not depend on the rate, and with so small a one no method diverges at any batch size

BatchSize = int | str  # "full" is the whole training part

Call = Callable[[], object]


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
        network, gradient = self.network, np.zeros_like(self.start)
        next_batch = self.batch(batch_size)
        batch: Any = ()
        theta, update = self._updater(
            name, lambda theta, out: network.loss_and_gradient(theta, batch[0], batch[1], out)
        )

        def step() -> None:
            nonlocal batch
            batch = x, y = next_batch()
            network.loss_and_gradient(theta, x, y, gradient)
            update(gradient)

        return step

    def batch(self, batch_size: BatchSize) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
        """The next batch of the shuffled order; the full batch is gathered only once, and that has happened."""
        return (self._full_batch if batch_size == "full" else self._batches(batch_size)).__next__

    def gradient(self, batch_size: BatchSize) -> Call:
        """Forward and backward of one batch, always the same."""
        x, y = self.batch(batch_size)()
        gradient = np.zeros_like(self.start)
        return lambda: self.network.loss_and_gradient(self.start, x, y, gradient)

    def update(self, name: str) -> Call:
        """The update of the named optimizer, with the gradient of one batch of 64, where it asks for more as well."""
        gradient, batch = np.zeros_like(self.start), self.batch(64)()
        self.network.loss_and_gradient(self.start, *batch, gradient)
        _, update = self._updater(
            name, lambda theta, out: self.network.loss_and_gradient(theta, batch[0], batch[1], out)
        )
        return lambda: update(gradient)

    def evaluation(self) -> Call:
        """Loss and accuracy on the validation part."""
        x, y = self.parts.validation
        return lambda: self.network.evaluate(self.start, x, y)

    def n_examples(self, batch_size: BatchSize) -> int:
        """How many examples a batch of that size holds."""
        return _rows(batch_size) or len(self.parts.train)

    def _batches(self, batch_size: BatchSize) -> Iterator[Any]:
        parts, rng = self.parts, generator(SEED, "batches")
        batches = iter(Batches(parts.x, parts.y, parts.train, _rows(batch_size), rng, n_blank=parts.n_blank))
        next(batches)
        return batches

    @cached_property
    def _full_batch(self) -> Iterator[Any]:
        """The same 39 MB for all benchmarks, of which many wait for their turn at once."""
        return self._batches("full")

    def _updater(self, name: str, closure: Closure) -> tuple[Vector, Callable[[Vector], object]]:
        """Theta (n,), and the named optimizer's step with a gradient (n,); a method that looks twice gets `closure`."""
        optimizer = registry.optimizer(name).make({})
        theta, lr = self.start.copy(), optimizer.lr * LR_FACTOR
        wishes = {"rng": generator(SEED, "optimizer")} if trait(optimizer, "needs_rng") else {}
        state = optimizer.init(theta, self.network.layout, **wishes)
        extra = {"closure": closure} if trait(optimizer, "needs_closure") else {}
        return theta, lambda gradient: optimizer.step(theta, gradient, state, lr, **extra)


def runtime(name: str) -> str | None:
    """The framework that runs the named optimizer, with its version; None for NumPy, as ours."""
    return getattr(registry.optimizer(name).kind, "runtime", None)


def _rows(batch_size: BatchSize) -> int | None:
    return batch_size if isinstance(batch_size, int) else None
