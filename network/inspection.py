"""A look inside a network on one batch: what each layer holds, and how large it is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.layers import Inputs
from network.layout import Matrix, Vector
from network.mlp import MICRO_BATCH, Labels, Network


@dataclass(frozen=True)
class LayerNorms:
    """How large a layer's numbers are: where they shrink or grow from layer to layer, gradients vanish or explode.

    `activation` is the norm of what the layer puts out and `delta` that of the loss's gradient with respect to its z,
    both as the root mean square over the examples, so that they do not depend on the batch's size; `gradient` is the
    Frobenius norm of dL/dW, `weight` that of W. Layers count from 1; the last one puts out logits.
    """

    layer: int
    weight: float
    activation: float
    delta: float
    gradient: float


def layer_norms(network: Network, theta: Vector, x: Inputs, y: Labels) -> list[LayerNorms]:
    """The norms of each layer on a batch, as training sees it: with masks and the batch's own mean and variance.

    Of many rows the first MICRO_BATCH are looked at. The network's statistics and generator stay as they are.
    """
    x, y, gradient = x[:MICRO_BATCH], y[:MICRO_BATCH], np.empty_like(theta)
    with _unchanged(network):
        network.loss_and_gradient(theta, x, y, gradient)
    stages = network.training_pass(theta, x, gradient)
    weights = [parameter for parameter in network.layout.parameters if parameter.role == "weight"]
    outputs = [layer.x for layer in stages.layers[1:]] + [stages.last.z]
    return [
        LayerNorms(
            layer=i,
            weight=_norm(weight.view(theta)),
            activation=_norm(output) / len(x) ** 0.5,
            delta=_norm(layer.delta) * len(x) ** 0.5 / (network.scale if i == 1 else 1),
            gradient=_norm(weight.view(gradient)),
        )
        for i, (weight, layer, output) in enumerate(zip(weights, stages.layers, outputs, strict=True), start=1)
    ]


def cache(network: Network, theta: Vector, x: Inputs) -> dict[str, Matrix]:
    """What an evaluation of the examples `x` (rows, n_in) computes: A0, the inputs as scaled, then Z1, A1 and so on.

    Z is what the activation gets, normalized where the network has batch normalization. The last A are probabilities.
    """
    stages = network.evaluation_pass(theta, x)
    z = stages.forward(x, network.shift)
    arrays = {f"A{i}": layer.x.copy() for i, layer in enumerate(stages.layers)}
    arrays["A0"] *= network.scale
    arrays |= {f"Z{i}": layer.z.copy() for i, layer in enumerate(stages.layers, start=1)}
    return arrays | {f"A{len(stages.layers)}": stages.loss.probabilities(z)}


def shapes(arrays: Mapping[str, NDArray[Any]]) -> str:
    """A line for each array, its name and its shape, sorted by name: `W1 (784, 128)`."""
    return "\n".join(f"{name} {array.shape}" for name, array in sorted(arrays.items()))


def parameters(network: Network, theta: Vector) -> dict[str, Matrix]:
    """The parameters by name, as views of `theta` (n,)."""
    return {parameter.name: view for parameter, view in network.layout.views(theta)}


@contextmanager
def _unchanged(network: Network) -> Iterator[None]:
    """Leave what training changes in a network as it was."""
    statistics = network.statistics
    generator = network.rng.bit_generator if network.rng else None
    draws = generator.state if generator else {}
    yield
    network.statistics = statistics
    if generator:
        generator.state = draws


def _norm(values: Matrix) -> float:
    return float(np.linalg.norm(values.astype(np.float64)))
