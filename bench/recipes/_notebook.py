"""DeepScratch's notebooks: their split, their weights, their batches and their masks, draw by draw."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import datasets
from bench.batches import Rows
from bench.recipes._faults import Fault, LossFault
from bench.recipes._training import Training
from network import Network, initialize
from network.initializers import Scaled
from network.layers import Inputs
from network.layout import Matrix, Vector
from optimizers.minibatch_gd import MinibatchGD

Examples = tuple[Inputs, Rows]  # inputs (rows, n), labels (rows,)

SEED = 1
WEIGHT_SCALE = 0.01


@dataclass(frozen=True)
class Settings:
    """What a day's notebook trains with, and where it looks at the dev set: at `every` so many steps.

    `first_step` is how many steps are done at the one it calls step 0: later notebooks look after taking it.
    `keep` is the probability that a hidden unit stays. `loss` and `fault` are its mistakes.
    """

    hidden: tuple[int, ...]
    lr: float
    batch_size: int = 128
    epochs: int = 1
    scaling: str = "zscore"
    keep: float = 1.0
    every: int = 500
    first_step: int = 1
    loss: LossFault | None = None
    fault: Fault | None = None
    dtype: type = np.float32


class ColumnDraws(np.random.Generator):
    """Fills arrays (rows, n) in the order in which the notebooks draw (n, rows), whose columns are examples."""

    def random(self, out: Matrix, dtype: Any = None) -> None:  # type: ignore[override]
        """Uniform numbers in [0, 1)."""
        out[:] = super().random(out.shape[::-1]).T


class Notebook:
    """A day's training, made ready: one stream of random numbers splits, draws weights, shuffles and drops out."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bits = np.random.MT19937()
        self.rng = np.random.RandomState(self.bits)
        self.rng.seed(SEED)
        self.data = datasets.load("mnist")
        self.split = datasets.split(len(self.data.x_train), self.rng)
        scale = datasets.scaling(settings.scaling, self.data.x_train, self.data.n_silent, self.split.train)
        self.x = self.data.x_train if scale.keeps_zero else self.data.widen(self.data.x_train)
        network = self._network(scale)
        self.training = Training(network, self._weights(network), MinibatchGD(lr=settings.lr), settings.fault)
        if settings.loss is not None:
            self._put_in(settings.loss)
        self.rng.seed(SEED)  # the notebooks seed again before their first epoch

    @property
    def steps_per_epoch(self) -> int:
        """How many batches an epoch has; examples that fill none are left out."""
        return len(self.split.train) // self.settings.batch_size

    def epoch(self) -> Iterator[float]:
        """An epoch, step by step, with the batch's loss before each."""
        size, order = self.settings.batch_size, self.rng.permutation(len(self.split.train))
        for i in range(self.steps_per_epoch):
            yield self.training.step(*self.rows(self.split.train[order[i * size : (i + 1) * size]]))

    def first_batch(self) -> Examples:
        """The first batch of the first epoch."""
        order = self.rng.permutation(len(self.split.train))
        return self.rows(self.split.train[order[: self.settings.batch_size]])

    def rows(self, rows: Any) -> Examples:
        """These rows of the training file."""
        return self.x.take(rows, axis=0), self.data.y_train.take(rows)

    @property
    def validation(self) -> Examples:
        """The notebooks' dev set."""
        return self.rows(self.split.validation)

    @property
    def test(self) -> Examples:
        """The notebooks' test set."""
        return self.data.x_test, self.data.y_test

    def save(self, path: Path, **more: float) -> None:
        """Keep parameters and the stream's place in a file, whole or not at all."""
        kept: dict[str, Any] = {"theta": self.training.theta, **self.bits.state["state"], **more}
        half = path.with_suffix(".part")
        with half.open("wb") as file:
            np.savez(file, **kept)
        half.replace(path)

    def restore(self, path: Path) -> dict[str, float]:
        """Go on from where `save` was called; returns what else was kept."""
        with np.load(path) as kept:
            self.training.theta[:] = kept["theta"]
            self.bits.state |= {"state": {"key": kept["key"], "pos": int(kept["pos"])}}
            return {name: float(kept[name]) for name in kept.files if name not in ("theta", "key", "pos")}

    def _network(self, scale: datasets.Scaling) -> Network:
        settings = self.settings
        return Network(
            (self.data.n_features, *settings.hidden, self.data.n_classes),
            scale=scale.factor,
            shift=scale.shift,
            dropout=1 - settings.keep,
            rng=ColumnDraws(self.bits),
        )

    def _put_in(self, loss: LossFault) -> None:
        training, batch = self.training, self.x[: self.settings.batch_size]
        part = training.network.training_pass(training.theta, batch, training.gradient)
        part.loss = loss(part.last.z, part.last.delta)

    def _weights(self, network: Network) -> Vector:
        """Drawn for pixels in their order in the image, kept in the data set's."""
        theta = initialize(Scaled(WEIGHT_SCALE), network.layout, self.rng, self.settings.dtype)
        W1 = network.layout.parameters[0].view(theta)
        W1[:] = W1[self.data.feature_order]
        return theta


def softmax(z: Matrix) -> Matrix:
    """Probabilities (rows, 10) of logits of that shape, in float64."""
    exp = np.exp(z.astype(np.float64) - z.max(axis=1, keepdims=True))
    probabilities: Matrix = exp / exp.sum(axis=1, keepdims=True)
    return probabilities


def shown_loss(a: Matrix, y: Any, tiny: float = 1e-10) -> float:
    """What the notebooks print as loss from Day 5 on: binary cross-entropy summed over the ten outputs `a` (rows, 10).

    It is not the function that they descend, whose gradient is that of categorical cross-entropy.
    """
    target = np.eye(a.shape[1])[y]
    cost = target * np.log(a + tiny) + (1 - target) * np.log(1 - a + tiny)
    return float(-cost.sum(axis=1).mean())
