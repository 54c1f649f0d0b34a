"""How large activations and gradients are, layer by layer, under each initializer; and units that stay twins."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bench import datasets, registry
from bench.datasets.dataset import Dataset
from bench.seeds import generator
from network import Network, initialize
from network.inspection import layer_norms
from network.layers import Inputs
from network.layout import Vector
from network.mlp import Labels

Array = NDArray[np.floating[Any]]

DEEP = (784, *[100] * 20, 10)

STARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "zeros": ("zeros", {}),
    "scaled 0.01": ("scaled", {"scale": 0.01}),
    "scaled 0.3": ("scaled", {"scale": 0.3}),
    "xavier": ("xavier", {}),
    "glorot": ("glorot", {}),
    "he": ("he", {}),
}
"""The starts that are compared: a name in the pictures, an initializer and its settings."""


@dataclass(frozen=True)
class Signals:
    """Norms (n_layers,), an example's activations (the last layer's: logits) and the gradients dL/dW."""

    activations: Array
    gradients: Array


def signals(network: Network, theta: Vector, x: Inputs, y: Labels) -> Signals:
    """Those of one batch `x` (rows, n_in) with labels `y` (rows,) through the network with parameters `theta` (n,)."""
    norms = layer_norms(network, theta, x, y)
    return Signals(np.array([norm.activation for norm in norms]), np.array([norm.gradient for norm in norms]))


def signals_of_starts(activation: str, seed: int = 1, n_rows: int = 256) -> dict[str, Signals]:
    """The signals of a batch of MNIST through DEEP, before any training, for each of STARTS."""
    data = datasets.load("mnist")
    network = Network(DEEP, activation, scale=1 / 255)
    rows = generator(seed, "batches").integers(len(data.x_train), size=n_rows)
    found = {}
    for label in STARTS:
        theta = _start(label, network, seed, np.float64)
        found[label] = signals(network, theta, data.x_train[rows], data.y_train[rows])
    return found


@dataclass(frozen=True)
class Units:
    """What the hidden units of a network with one hidden layer have learned: their weights as images (n, 28, 28)."""

    images: Array
    n_different: int
    accuracy: float


def units(start: str, n_units: int = 16, n_steps: int = 300, seed: int = 1) -> Units:
    """The units of a sigmoid layer after some steps of Adam on MNIST from the start of this name, one of STARTS.

    Sigmoids, since under ReLU a network of zeros does not move at all: no activation, no gradient.
    """
    data = datasets.load("mnist")
    network = Network((data.n_features, n_units, data.n_classes), "sigmoid", scale=1 / 255)
    theta = _start(start, network, seed, np.float32)
    _train(network, theta, data, n_steps, seed)
    W = next(network.layout.views(theta))[1]
    accuracy = network.evaluate(theta, data.x_test, data.y_test).accuracy
    return Units(data.raw(W.T), np.unique(W, axis=1).shape[1], accuracy)


def _train(network: Network, theta: Vector, data: Dataset, n_steps: int, seed: int) -> None:
    adam = registry.optimizer("adam").make({"lr": 0.01})
    state, gradient = adam.init(theta, network.layout), np.zeros_like(theta)
    rng = generator(seed, "batches")
    for _ in range(n_steps):
        rows = rng.integers(len(data.x_train), size=64)
        network.loss_and_gradient(theta, data.x_train[rows], data.y_train[rows], gradient)
        adam.step(theta, gradient, state, adam.lr)


def _start(label: str, network: Network, seed: int, dtype: DTypeLike) -> Vector:
    name, settings = STARTS[label]
    initializer = registry.initializer(name).make(settings)
    return initialize(initializer, network.layout, generator(seed, "initialization"), dtype)
