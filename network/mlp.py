"""The network: layers of z = [a 1] W and a = g(z), at the end softmax with cross-entropy, and the way back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.activations import ACTIVATIONS, Activation
from network.layers import Dense, InputDense
from network.layout import Layout, Matrix, Vector
from network.losses import SoftmaxCrossEntropy

Labels = NDArray[np.integer[Any]]
Inputs = NDArray[np.number[Any]]

MICRO_BATCH = 512  # rows that go through the layers at once; their activations then stay in the processor's cache


@dataclass(frozen=True)
class Score:
    """How well a network does on a set of examples: the mean loss, and the share of right labels."""

    loss: float
    accuracy: float


class Pass:
    """The way of `rows` examples forward through the layers, and of their gradient back."""

    def __init__(
        self,
        sizes: Sequence[int],
        n_live: int,
        rows: int,
        activation: Activation,
        scale: float,
        dtype: np.dtype[Any],
    ) -> None:
        self.activation = activation
        self.first = InputDense(rows, n_live, sizes[1], dtype, scale)
        self.layers = [self.first, *(Dense(rows, n_in, n_out, dtype) for n_in, n_out in pairwise(sizes[1:]))]
        self.softmax = SoftmaxCrossEntropy(sizes[-1], rows, dtype)

    def forward(self, x: Inputs, shift: float, W: list[Matrix]) -> Matrix:
        """The logits (rows, classes) of inputs `x` (rows, n_live)."""
        np.copyto(self.first.x, x)  # bytes become floats here
        if shift:
            np.subtract(self.first.x, shift, out=self.first.x)
        for i, (layer, following) in enumerate(pairwise(self.layers)):
            self.activation.forward(layer.forward(W[i]), following.x)
        return self.layers[-1].forward(W[-1])

    def backward(self, W: list[Matrix], dW: list[Matrix]) -> None:
        """Write the gradient of the loss that `softmax` was just asked for into the blocks `dW`."""
        delta = self.softmax.delta
        for i in range(len(W) - 1, 0, -1):
            delta = self.layers[i].backward(W[i], dW[i], delta)
            self.activation.backward(self.layers[i].x, delta, scratch=self.layers[i - 1].z)
        self.first.backward(W[0], dW[0], delta)


class Network:
    """A dense network for classification, of any depth and width.

    `sizes` are the widths from the inputs to the classes, as in (784, 128, 64, 10); `activation` is one of
    `ACTIVATIONS`. The network sees (x - shift) * scale of its inputs x, so that pixels may stay bytes. The parameters
    are not kept here: each call is handed the flat vector `theta` (n,), laid out as `layout` says, and computes in
    its dtype. Rows are examples.

    Inputs may be narrower than sizes[0]: the leading features are then zero in each of their rows, and left out.

    Raises ValueError for fewer than two sizes, a size below 1 or an unknown activation.
    """

    def __init__(
        self, sizes: Sequence[int], activation: str = "relu", *, scale: float = 1.0, shift: float = 0.0
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"Network: sizes must be at least two numbers of at least 1, got {tuple(sizes)}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"Network: activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
        self.sizes = tuple(sizes)
        self.activation = ACTIVATIONS[activation]()
        self.scale = scale
        self.shift = shift
        self.layout = Layout.dense(sizes)
        self._passes: dict[tuple[int, int, np.dtype[Any]], Pass] = {}
        self._weights = _Blocks(self.layout)
        self._gradients = _Blocks(self.layout)
        self._partial = np.empty(0)

    def loss_and_gradient(self, theta: Vector, x: Inputs, y: Labels, gradient: Vector) -> float:
        """The mean loss of examples `x` (rows, n_in) with labels `y` (rows,); its gradient goes into `gradient` (n,).

        Many rows are walked in micro-batches, whose gradients add up.
        """
        weight = 1 / len(x)
        loss = self._loss_and_gradient(theta, x[:MICRO_BATCH], y[:MICRO_BATCH], gradient, weight)
        for rows in _micro_batches(MICRO_BATCH, len(x)):
            if self._partial.shape != gradient.shape or self._partial.dtype != gradient.dtype:
                self._partial = np.empty_like(gradient)
            loss += self._loss_and_gradient(theta, x[rows], y[rows], self._partial, weight)
            np.add(gradient, self._partial, out=gradient)
        return loss

    def evaluate(self, theta: Vector, x: Inputs, y: Labels) -> Score:
        """The mean loss and the accuracy on examples `x` (rows, n_in) with labels `y` (rows,)."""
        loss, n_right = 0.0, 0
        for rows in _micro_batches(0, len(x)):
            part = self._pass(x[rows], theta.dtype)
            z = part.forward(x[rows], self.shift, self._weights.of(theta))
            loss += part.softmax.loss(z, y[rows])
            n_right += int(np.count_nonzero(z.argmax(axis=1) == y[rows]))  # not of exp(z), which rounds to ties
        return Score(loss / len(x), n_right / len(x))

    def predict(self, theta: Vector, x: Inputs) -> NDArray[np.intp]:
        """The most probable class (rows,) of each example of `x` (rows, n_in)."""
        labels: NDArray[np.intp] = self.logits(theta, x).argmax(axis=1)
        return labels

    def logits(self, theta: Vector, x: Inputs) -> Matrix:
        """The unnormalised log-probabilities (rows, classes) of the examples `x` (rows, n_in)."""
        logits = np.empty((len(x), self.sizes[-1]), theta.dtype)
        for rows in _micro_batches(0, len(x)):
            logits[rows] = self._pass(x[rows], theta.dtype).forward(x[rows], self.shift, self._weights.of(theta))
        return logits

    def _loss_and_gradient(self, theta: Vector, x: Inputs, y: Labels, gradient: Vector, weight: float) -> float:
        W, dW = self._weights.of(theta), self._gradients.of(gradient)
        part = self._pass(x, theta.dtype)
        loss = part.softmax.loss_and_gradient(part.forward(x, self.shift, W), y, weight)
        part.backward(W, dW)
        return loss

    def _pass(self, x: Inputs, dtype: np.dtype[Any]) -> Pass:
        """The memory for the rows of `x`, taken at the first call."""
        key = (*x.shape, dtype)
        if key not in self._passes:
            rows, n_live = x.shape
            if n_live > self.sizes[0]:
                raise ValueError(f"Network: x must have at most {self.sizes[0]} columns, got {n_live}")
            self._passes[key] = Pass(self.sizes, n_live, rows, self.activation, self.scale, dtype)
        return self._passes[key]


class _Blocks:
    """The blocks of the vector asked for last: a trial hands in the same one each step."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.vector: Vector | None = None

    def of(self, vector: Vector) -> list[Matrix]:
        if vector is not self.vector:
            self.vector, self.blocks = vector, self.layout.blocks(vector)
        return self.blocks


def _micro_batches(start: int, stop: int) -> Iterator[slice]:
    return (slice(i, min(i + MICRO_BATCH, stop)) for i in range(start, stop, MICRO_BATCH))
