"""The network: layers of z = [a 1] W and a = g(z), at the end cross-entropy, and the way back."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.activations import ACTIVATIONS
from network.batch_norm import BatchNorm, Normalize, NormalizeByStatistics, Statistics
from network.layers import Counts, Dense, InputDense, Inputs
from network.layout import Layout, Matrix, Vector
from network.losses import loss_for
from network.penalty import Penalty
from network.stages import Stage, Stages

Labels = NDArray[np.integer[Any]]

LEARNING = (Dense, Normalize, NormalizeByStatistics)  # the stages that have parameters

MICRO_BATCH = 512  # rows that go through the layers at once; their activations then stay in the processor's cache


@dataclass(frozen=True)
class Score:
    """How well a network does on a set of examples: the mean loss, and the share of right labels."""

    loss: float
    accuracy: float


class Pass:
    """The way of `rows` examples forward through the layers, and of their gradient back.

    Its stages are wired to each other once: a layer's z is its activation's input, whose a is the next layer's x.
    `between` makes those that lie between two layers. `hidden_bias` says whether hidden layers have a bias.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        rows: int,
        scale: float,
        dtype: np.dtype[Any],
        between: Callable[[int, Dense, Matrix], list[Stage]],
        hidden_bias: bool,
    ) -> None:
        biases = [hidden_bias] * (len(sizes) - 2) + [True]
        self.first = InputDense(rows, sizes[0], sizes[1], dtype, bias=biases[0], scale=scale)
        self.last: Dense = self.first
        self.layers: list[Dense] = [self.first]
        self.stages: list[Stage] = [self.first]
        for i, (n_in, n_out) in enumerate(pairwise(sizes[1:])):
            following = Dense(rows, n_in, n_out, dtype, bias=biases[i + 1], previous=self.last)
            self.stages += [*between(i, self.last, following.x), following]
            self.layers.append(following)
            self.last = following
        self.learning = [stage for stage in self.stages if isinstance(stage, LEARNING)]
        self.norms = [stage for stage in self.stages if isinstance(stage, Normalize)]
        self.loss = loss_for(sizes[-1], rows)(self.last.z, self.last.delta)
        self.theta: Vector | None = None
        self.gradient: Vector | None = None

    def bind(self, theta: Vector, gradient: Vector | None, layout: Layout) -> None:
        """Take parameters from `theta`, write gradients into `gradient`: the same vectors in every step of a trial."""
        if theta is self.theta and gradient is self.gradient:
            return
        self.theta, self.gradient = theta, gradient
        blocks = [None] * len(self.learning) if gradient is None else layout.blocks(gradient)
        for stage, W, dW in zip(self.learning, layout.blocks(theta), blocks, strict=True):
            stage.bind(W, dW)

    def forward(self, x: Inputs, shift: float, n_blank: Counts | None = None) -> Matrix:
        """The logits (rows, classes) of inputs `x` (rows, n), the last n features, and their `n_blank` (rows,)."""
        if shift and n_blank is not None:
            raise ValueError("Network: with a shift, zeros cannot be left out, got n_blank")
        self.first.take(x, n_blank)
        if shift:
            np.subtract(self.first.x, shift, out=self.first.x)
        for stage in self.stages:
            stage.forward()
        return self.last.z

    def backward(self) -> None:
        """Carry the delta of the last layer back to the first, leaving each layer's dL/dW behind."""
        for stage in reversed(self.stages):
            stage.backward()


Passes = dict[tuple[int, np.dtype[Any]], Pass]  # by rows and type


class Network:
    """A dense network for classification, of any depth and width.

    `sizes` are the widths from the inputs to the classes, as in (784, 128, 64, 10), with a softmax behind; one output
    unit instead, as in (2, 3, 1), is a sigmoid for labels 0 and 1. `activation` is one of `ACTIVATIONS`. The network
    sees (x - shift) * scale of its inputs x, so that pixels may stay bytes. The parameters are not kept here: each
    call is handed the flat vector `theta` (n,), laid out as `layout` says, and computes in its dtype. Rows are
    examples.

    Inputs may be narrower than sizes[0]: the leading features are then zero in each of their rows, and left out. So are
    the zeros that a row begins with, where rows come in the order of how many these are: `n_blank` (rows,), the fewest
    first.

    What else there may be, all of it for training alone: a `penalty` for large weights; `dropout`, the probability that
    a hidden unit is left out of a step, drawn from `rng`; batch normalization, whose `statistics` an evaluation uses.

    Raises ValueError for fewer than two sizes, a size below 1, an unknown activation, or a dropout outside [0, 1) or
    without an rng.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "relu",
        *,
        scale: float = 1.0,
        shift: float = 0.0,
        penalty: Penalty | None = None,
        dropout: float = 0.0,
        rng: np.random.Generator | None = None,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"Network: sizes must be at least two numbers of at least 1, got {tuple(sizes)}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"Network: activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
        if not 0 <= dropout < 1:
            raise ValueError(f"Network: dropout must be in [0, 1), got {dropout}")
        if dropout and rng is None:
            raise ValueError("Network: dropout needs an rng to draw from, got None")
        self.sizes = tuple(sizes)
        self.scale = scale
        self.shift = shift
        self.penalty = penalty
        self.dropout = dropout
        self.rng = rng if dropout else None
        self.batch_norm = batch_norm
        self.layout = Layout.dense(sizes, batch_norm is not None)
        self._statistics = Statistics(self.sizes[1:-1], batch_norm.momentum if batch_norm else 0)
        self._stages = Stages(ACTIVATIONS[activation], batch_norm, self._statistics, dropout, self.rng)
        self._training: Passes = {}
        self._evaluating: Passes = {}
        # Batch normalization needs the mean and the variance of the whole batch, which then goes as one.
        self._micro_batch = sys.maxsize if batch_norm else MICRO_BATCH
        self._partial = np.empty(0)
        self._rng_state: Any = None

    def loss_and_gradient(
        self,
        theta: Vector,
        x: Inputs,
        y: Labels,
        gradient: Vector,
        *,
        n_blank: Counts | None = None,
        again: bool = False,
    ) -> float:
        """What training minimises: the mean loss of examples `x` (rows, n_in) with labels `y` (rows,), and the penalty.

        Its gradient goes into `gradient` (n,). Many rows are walked in micro-batches, whose gradients add up. Where
        `n_blank` (rows,) says with how many zeros each row begins, they are left out; ValueError where it falls.
        `again` is for another look at the same batch, from elsewhere: it drops the units that the look before has
        dropped, and does not enter the statistics of batch normalization.
        """
        if self.rng is not None:
            self._draw_masks_from_here(again)
        weight = 1 / len(x)
        first, *others = _micro_batches(self._micro_batch, x, y, n_blank)
        loss = self._loss_and_gradient(theta, gradient, weight, *first)
        for other in others:
            if self._partial.shape != gradient.shape or self._partial.dtype != gradient.dtype:
                self._partial = np.empty_like(gradient)
            loss += self._loss_and_gradient(theta, self._partial, weight, *other)
            np.add(gradient, self._partial, out=gradient)
        if self.batch_norm is not None and not again:
            moments = [norm.moments for norm in self.training_pass(theta, x, gradient).norms]
            self._statistics.add(moments, len(x))
        if self.penalty is not None:
            loss += self.penalty.cost(theta, self.layout)
            self.penalty.add_gradient(theta, self.layout, gradient)
        return loss

    def evaluate(self, theta: Vector, x: Inputs, y: Labels, n_blank: Counts | None = None) -> Score:
        """The mean loss and the accuracy on examples `x` (rows, n_in) with labels `y` (rows,).

        Without the penalty: losses stay comparable between plans, and between training and validation. `n_blank` as in
        `loss_and_gradient`.
        """
        loss, n_right = 0.0, 0
        for some, labels, blank in _micro_batches(MICRO_BATCH, x, y, n_blank):
            part = self.evaluation_pass(theta, some)
            z = part.forward(some, self.shift, blank)
            loss += part.loss.loss(labels)
            n_right += int(np.count_nonzero(part.loss.classes(z) == labels))
        return Score(loss / len(x), n_right / len(x))

    def predict(self, theta: Vector, x: Inputs) -> NDArray[np.intp]:
        """The most probable class (rows,) of each example of `x` (rows, n_in)."""
        return loss_for(self.sizes[-1], len(x)).classes(self.logits(theta, x))

    def logits(self, theta: Vector, x: Inputs) -> Matrix:
        """The unnormalised log-probabilities (rows, classes) of the examples `x` (rows, n_in)."""
        logits = np.empty((len(x), self.sizes[-1]), theta.dtype)
        for some, part in _micro_batches(MICRO_BATCH, x, logits):
            part[:] = self.evaluation_pass(theta, some).forward(some, self.shift)
        return logits

    def training_pass(self, theta: Vector, x: Inputs, gradient: Vector) -> Pass:
        """The arrays that `loss_and_gradient` has used last for as many rows as `x` has, for those who want to look."""
        return self._pass(self._training, x, theta, gradient)

    def evaluation_pass(self, theta: Vector, x: Inputs) -> Pass:
        """The arrays that an evaluation of as many rows as `x` has would use."""
        return self._pass(self._evaluating, x, theta, None)

    def n_silent(self, x: Inputs, n_blank: Counts | None = None) -> int:
        """How many entries lead the gradient with zeros only: the weights of features that no row of `x` has."""
        if self.penalty is not None:
            return 0
        n_features = self.sizes[0] - x.shape[1] + (0 if n_blank is None else int(n_blank[0]))
        return int(n_features * self.sizes[1])

    @property
    def statistics(self) -> Vector:
        """What batch normalization has gathered, as a copy: the network's state beside theta; may be set again."""
        return self._statistics.values.copy()

    @statistics.setter
    def statistics(self, values: Vector) -> None:
        self._statistics.values[:] = values

    def _draw_masks_from_here(self, again: bool) -> None:
        assert self.rng is not None
        if again:
            self.rng.bit_generator.state = self._rng_state
        else:
            self._rng_state = self.rng.bit_generator.state

    def _loss_and_gradient(
        self, theta: Vector, gradient: Vector, weight: float, x: Inputs, y: Labels, n_blank: Counts | None
    ) -> float:
        part = self.training_pass(theta, x, gradient)
        part.forward(x, self.shift, n_blank)
        loss = part.loss.loss_and_gradient(y, weight)
        part.backward()
        return loss

    def _pass(self, passes: Passes, x: Inputs, theta: Vector, gradient: Vector | None) -> Pass:
        """The memory for the rows of `x`, taken at the first call, bound to these vectors."""
        rows, n = x.shape
        if n > self.sizes[0]:
            raise ValueError(f"Network: x must have at most {self.sizes[0]} columns, got {n}")
        if n < self.sizes[0] and self.shift:
            raise ValueError(f"Network: with a shift, features that are zero cannot be left out, got {n} columns")
        part = passes.get((rows, theta.dtype))
        if part is None:
            between = self._stages.training if passes is self._training else self._stages.evaluation
            part = passes[rows, theta.dtype] = Pass(
                self.sizes, rows, self.scale, theta.dtype, between, self.batch_norm is None
            )
        part.bind(theta, gradient, self.layout)
        return part


def _micro_batches(size: int, *arrays: Any) -> list[Any]:
    """The arrays' rows, `size` at a time; None stays None."""
    if 0 < len(arrays[0]) <= size:
        return [arrays]
    return [
        [array if array is None else array[i : i + size] for array in arrays] for i in range(0, len(arrays[0]), size)
    ]
