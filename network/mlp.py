"""The network: layers of z = [a 1] W and a = g(z), at the end cross-entropy, and the way back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.activations import ACTIVATIONS, Activation
from network.layers import Dense, InputDense
from network.layout import Layout, Matrix, Vector
from network.losses import loss_for
from network.penalty import Penalty

Labels = NDArray[np.integer[Any]]
Inputs = NDArray[np.number[Any]]

MICRO_BATCH = 512  # rows that go through the layers at once; their activations then stay in the processor's cache


@dataclass(frozen=True)
class Score:
    """How well a network does on a set of examples: the mean loss, and the share of right labels."""

    loss: float
    accuracy: float


class Pass:
    """The way of `rows` examples forward through the layers, and of their gradient back.

    Layers and activations are wired to each other once: a layer's z is its activation's input, whose a is the next
    layer's x.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        n_live: int,
        rows: int,
        activation: type[Activation],
        scale: float,
        dtype: np.dtype[Any],
    ) -> None:
        self.first = InputDense(rows, n_live, sizes[1], dtype, scale)
        self.layers = [self.first, *(Dense(rows, n_in, n_out, dtype) for n_in, n_out in pairwise(sizes[1:]))]
        self.last = self.layers[-1]
        self.activations = [activation(layer.z, following.x, layer.delta) for layer, following in pairwise(self.layers)]
        self.loss = loss_for(sizes[-1], rows)(self.last.z, self.last.delta)
        self.theta: Vector | None = None
        self.gradient: Vector | None = None

    def bind(self, theta: Vector, gradient: Vector | None, layout: Layout) -> None:
        """Take parameters from `theta`, write gradients into `gradient`: the same vectors in every step of a trial."""
        if theta is self.theta and gradient is self.gradient:
            return
        self.theta, self.gradient = theta, gradient
        blocks = [None] * len(self.layers) if gradient is None else layout.blocks(gradient)
        for layer, W, dW in zip(self.layers, layout.blocks(theta), blocks, strict=True):
            layer.bind(W, dW)

    def forward(self, x: Inputs, shift: float) -> Matrix:
        """The logits (rows, classes) of inputs `x` (rows, n_live)."""
        np.copyto(self.first.x, x)  # bytes become floats here
        if shift:
            np.subtract(self.first.x, shift, out=self.first.x)
        for layer, activation in zip(self.layers, self.activations, strict=False):  # the last layer has none
            layer.forward()
            activation.forward()
        self.last.forward()
        return self.last.z

    def backward(self) -> None:
        """Carry the delta of the last layer back to the first, leaving each layer's dL/dW behind."""
        for i in range(len(self.activations) - 1, -1, -1):
            self.layers[i + 1].backward(self.layers[i])
            self.activations[i].backward()
        self.first.backward()


class Network:
    """A dense network for classification, of any depth and width.

    `sizes` are the widths from the inputs to the classes, as in (784, 128, 64, 10), with a softmax behind; one output
    unit instead, as in (2, 3, 1), is a sigmoid for labels 0 and 1. `activation` is one of `ACTIVATIONS`. The network
    sees (x - shift) * scale of its inputs x, so that pixels may stay bytes. The parameters are not kept here: each
    call is handed the flat vector `theta` (n,), laid out as `layout` says, and computes in its dtype. Rows are
    examples.

    Inputs may be narrower than sizes[0]: the leading features are then zero in each of their rows, and left out.

    Raises ValueError for fewer than two sizes, a size below 1 or an unknown activation.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "relu",
        *,
        scale: float = 1.0,
        shift: float = 0.0,
        penalty: Penalty | None = None,
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"Network: sizes must be at least two numbers of at least 1, got {tuple(sizes)}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"Network: activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
        self.sizes = tuple(sizes)
        self.activation = ACTIVATIONS[activation]
        self.scale = scale
        self.shift = shift
        self.penalty = penalty
        self.layout = Layout.dense(sizes)
        self._passes: dict[tuple[int, int, np.dtype[Any]], Pass] = {}
        self._partial = np.empty(0)

    def loss_and_gradient(self, theta: Vector, x: Inputs, y: Labels, gradient: Vector) -> float:
        """What training minimises: the mean loss of examples `x` (rows, n_in) with labels `y` (rows,), and the penalty.

        Its gradient goes into `gradient` (n,). Many rows are walked in micro-batches, whose gradients add up.
        """
        weight = 1 / len(x)
        loss = self._loss_and_gradient(theta, x[:MICRO_BATCH], y[:MICRO_BATCH], gradient, weight)
        for rows in _micro_batches(MICRO_BATCH, len(x)):
            if self._partial.shape != gradient.shape or self._partial.dtype != gradient.dtype:
                self._partial = np.empty_like(gradient)
            loss += self._loss_and_gradient(theta, x[rows], y[rows], self._partial, weight)
            np.add(gradient, self._partial, out=gradient)
        if self.penalty is not None:
            loss += self.penalty.cost(theta, self.layout)
            self.penalty.add_gradient(theta, self.layout, gradient)
        return loss

    def evaluate(self, theta: Vector, x: Inputs, y: Labels) -> Score:
        """The mean loss and the accuracy on examples `x` (rows, n_in) with labels `y` (rows,).

        Without the penalty: losses stay comparable between plans, and between training and validation.
        """
        loss, n_right = 0.0, 0
        for rows in _micro_batches(0, len(x)):
            part = self._pass(x[rows], theta, None)
            z = part.forward(x[rows], self.shift)
            loss += part.loss.loss(y[rows])
            n_right += int(np.count_nonzero(part.loss.classes(z) == y[rows]))
        return Score(loss / len(x), n_right / len(x))

    def predict(self, theta: Vector, x: Inputs) -> NDArray[np.intp]:
        """The most probable class (rows,) of each example of `x` (rows, n_in)."""
        return loss_for(self.sizes[-1], len(x)).classes(self.logits(theta, x))

    def logits(self, theta: Vector, x: Inputs) -> Matrix:
        """The unnormalised log-probabilities (rows, classes) of the examples `x` (rows, n_in)."""
        logits = np.empty((len(x), self.sizes[-1]), theta.dtype)
        for rows in _micro_batches(0, len(x)):
            logits[rows] = self._pass(x[rows], theta, None).forward(x[rows], self.shift)
        return logits

    def _loss_and_gradient(self, theta: Vector, x: Inputs, y: Labels, gradient: Vector, weight: float) -> float:
        part = self._pass(x, theta, gradient)
        part.forward(x, self.shift)
        loss = part.loss.loss_and_gradient(y, weight)
        part.backward()
        return loss

    def _pass(self, x: Inputs, theta: Vector, gradient: Vector | None) -> Pass:
        """The memory for the rows of `x`, taken at the first call, bound to these vectors."""
        rows, n_live = x.shape
        part = self._passes.get((rows, n_live, theta.dtype))
        if part is None:
            part = self._new_pass(rows, n_live, theta.dtype)
        part.bind(theta, gradient, self.layout)
        return part

    def _new_pass(self, rows: int, n_live: int, dtype: np.dtype[Any]) -> Pass:
        if n_live > self.sizes[0]:
            raise ValueError(f"Network: x must have at most {self.sizes[0]} columns, got {n_live}")
        if n_live < self.sizes[0] and self.shift:
            raise ValueError(f"Network: with a shift, features that are zero cannot be left out, got {n_live} columns")
        part = Pass(self.sizes, n_live, rows, self.activation, self.scale, dtype)
        self._passes[rows, n_live, dtype] = part
        return part


def _micro_batches(start: int, stop: int) -> Iterator[slice]:
    return (slice(i, min(i + MICRO_BATCH, stop)) for i in range(start, stop, MICRO_BATCH))
