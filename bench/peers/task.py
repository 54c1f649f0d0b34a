"""What every contender is given: the data, the start, the order of the examples and the rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.spec import Choice, TrialSpec
from bench.trial import Trial
from network.layout import Layout, Matrix, Vector

NETWORKS = {"default": (128, 64), "wide": (784, 1024, 1024)}

# Small rates: speed does not depend on them, and no method diverges at any batch size.
RULES: dict[str, dict[str, float]] = {
    "sgd": {"lr": 0.02},
    "momentum": {"lr": 0.02, "momentum": 0.9},
    "rmsprop": {"lr": 1e-4, "beta": 0.9, "eps": 1e-8},
    "adam": {"lr": 1e-4, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
}


class Data:
    """The training part as the peers take it; the product keeps its own bytes.

    `x` (m, 784) is float32 in [0, 1], `y` (m,) intp; the columns are in the order of the product's.
    """

    def __init__(self, trial: Trial) -> None:
        parts = trial.parts
        live = parts.x[parts.train]
        self.x = np.zeros((len(live), parts.n_features), np.float32)
        np.multiply(live, np.float32(parts.scaling.factor), out=self.x[:, parts.n_features - live.shape[1] :])
        self.y = parts.y[parts.train]
        self._places = np.empty(len(parts.x), np.intp)
        self._places[parts.train] = np.arange(len(live))

    @cached_property
    def x_double(self) -> NDArray[np.float64]:
        """`x` in the precision that textbooks compute in."""
        return self.x.astype(np.float64)

    def places(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Row numbers of the data set (m,) as rows of `x`."""
        return self._places[rows]


@dataclass(frozen=True, eq=False)
class Task:
    """One race: a network, a rule and a batch size, with the start and the order that the product's trial has."""

    spec: TrialSpec
    data: Data
    theta: Vector  # (n,): the weights at the start
    order: NDArray[np.intp]  # (m,): the rows of data.x as the first epoch walks them
    sizes: tuple[int, ...]
    in_place: bool = False  # a full batch that the peers take as it lies, instead of shuffled and gathered

    @property
    def rule(self) -> str:
        """The optimizer's name."""
        return self.spec.optimizer.name

    @property
    def settings(self) -> Mapping[str, Any]:
        """The optimizer's hyperparameters."""
        return self.spec.optimizer.settings

    @property
    def m(self) -> int:
        """The number of training examples."""
        return len(self.order)

    @property
    def batch_size(self) -> int:
        """The examples of a step."""
        return self.spec.batch_size or self.m

    @property
    def n_batches(self) -> int:
        """The whole batches of an epoch; the peers leave out the shorter last one."""
        return self.m // self.batch_size

    @cached_property
    def batches(self) -> NDArray[np.intp]:
        """The rows of each whole batch, (n_batches, batch_size)."""
        return self.order[: self.n_batches * self.batch_size].reshape(self.n_batches, self.batch_size)

    def weights(self) -> list[tuple[Matrix, Vector]]:
        """Copies of each layer's weights (n_in, n_out) and biases (n_out,) at the start."""
        return [(block[:-1].copy(), block[-1].copy()) for block in Layout.dense(self.sizes).blocks(self.theta)]


def make_spec(network: str, rule: str, batch_size: int | None) -> TrialSpec:
    """The product's own spec of such a run, on MNIST; its end is out of sight."""
    return TrialSpec(
        dataset="mnist",
        data="",
        scaling="unit",
        hidden=NETWORKS[network],
        activation="relu",
        initializer=Choice("he"),
        optimizer=Choice(rule, RULES[rule]),
        schedule=Choice("constant"),
        batch_size=batch_size,
        epochs=10**6,
        evaluations_per_epoch=1,
        seed=0,
    )


def make_task(spec: TrialSpec, data: Data | None = None, *, in_place: bool = False) -> Task:
    """The task of a spec; `data` from an earlier one is used again."""
    trial = Trial(spec)
    data = data or Data(trial)
    return Task(spec, data, trial.theta, data.places(trial.batches.first_order), trial.network.sizes, in_place)


def flat(weights: list[tuple[Any, Any]]) -> Vector:
    """Weights (n_in, n_out) and biases (n_out,) of each layer as the flat vector (n,) of float64."""
    parts = [np.vstack([np.asarray(W, np.float64), np.asarray(b, np.float64).reshape(1, -1)]) for W, b in weights]
    return np.concatenate([part.reshape(-1) for part in parts])
