"""Cross-entropy from the logits, fused with its gradient: after a softmax, or after a sigmoid for one output unit."""

from math import exp, log
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]


class Loss(Protocol):
    """A loss of logits z (rows, n_out) that stay in one place; its gradient goes where it was told at the start."""

    def __init__(self, z: Matrix, delta: Matrix) -> None:
        """Read logits from `z`, write dL/dz into `delta`, both (rows, n_out)."""

    def loss(self, y: Labels) -> float:
        """The sum over the rows of their losses at labels `y` (rows,)."""

    def loss_and_gradient(self, y: Labels, weight: float) -> float:
        """`weight` times the sum of the losses; delta <- its gradient."""

    @staticmethod
    def classes(z: Matrix) -> NDArray[np.intp]:
        """The most probable class (rows,) for logits `z` (rows, n_out)."""

    @staticmethod
    def probabilities(z: Matrix) -> Matrix:
        """What the logits `z` (rows, n_out) say, as probabilities of the same shape."""


class SoftmaxCrossEntropy:
    """L = -log softmax(z)_y for logits `z` (rows, classes) that stay in one place; dL/dz goes into `delta`.

    Inside, the logits lie as (classes, rows): the reductions then run over the short axis while the long one is
    contiguous, some 20 times as fast as over rows of ten.
    """

    def __init__(self, z: Matrix, delta: Matrix) -> None:
        rows, n_classes = z.shape
        self.z_T, self.delta_T = z.T, delta.T
        self.z_flat, self.delta_flat = (matrix.reshape(-1, copy=False) for matrix in (z, delta))
        self.exp = np.empty((n_classes, rows), z.dtype)
        self.top, self.norm, self.log = np.empty((3, 1, rows), z.dtype)
        self.starts = np.arange(0, rows * n_classes, n_classes)
        self.true = np.empty(rows, np.intp)  # where in z_flat the logits of the labels lie

    def loss(self, y: Labels) -> float:
        """The sum over the rows of their losses at labels `y` (rows,).

        Leaves exp(z - max z) in `exp` and its sum over the classes in `norm`.
        """
        exp, top, norm, log = self.exp, self.top, self.norm, self.log
        np.copyto(exp, self.z_T)
        np.maximum.reduce(exp, axis=0, out=top, keepdims=True)
        np.subtract(exp, top, out=exp)  # softmax stays the same, exp cannot overflow
        np.exp(exp, out=exp)
        np.add.reduce(exp, axis=0, out=norm, keepdims=True)
        np.log(norm, out=log)
        np.add(self.starts, y, out=self.true)
        np.subtract(top, self.z_flat[self.true], out=top)
        np.add(log, top, out=log)
        return float(np.add.reduce(log, axis=None))

    def loss_and_gradient(self, y: Labels, weight: float) -> float:
        """`weight` times the sum of the losses; delta <- its gradient, weight (softmax(z) - onehot(y))."""
        loss = self.loss(y)
        np.divide(weight, self.norm, out=self.norm)
        np.multiply(self.exp, self.norm, out=self.delta_T)
        self.delta_flat[self.true] -= weight
        return weight * loss

    @staticmethod
    def classes(z: Matrix) -> NDArray[np.intp]:
        """The class of the largest logit, the first of equal ones."""
        labels: NDArray[np.intp] = z.argmax(axis=1)
        return labels

    @staticmethod
    def probabilities(z: Matrix) -> Matrix:
        """The softmax of `z`; each row sums to 1."""
        exps = np.exp(z - z.max(axis=1, keepdims=True))
        probabilities: Matrix = exps / exps.sum(axis=1, keepdims=True)
        return probabilities


class SoftmaxCrossEntropyOfOne(SoftmaxCrossEntropy):
    """The same for a single row, in plain Python: for ten numbers a third of the time of NumPy's calls."""

    def loss_and_gradient(self, y: Labels, weight: float) -> float:
        """`weight` times the loss; delta <- its gradient."""
        z = self.z_T[:, 0].tolist()
        true, top = y[0], max(z)
        exps = [exp(logit - top) for logit in z]
        norm = sum(exps)
        delta = [weight * e / norm for e in exps]
        delta[true] -= weight
        self.delta_T[:, 0] = delta
        return float(weight * (log(norm) + top - z[true]))


class BinaryCrossEntropy:
    """L = -y log a - (1 - y) log(1 - a) with a = sigmoid(z), for one logit a row: `z` (rows, 1), labels 0 and 1.

    Computed from the logit as max(z, 0) - y z + log(1 + exp(-|z|)), which never takes the log of a rounded 0.
    """

    def __init__(self, z: Matrix, delta: Matrix) -> None:
        self.z, self.delta = z[:, 0], delta[:, 0]

    def loss(self, y: Labels) -> float:
        """The sum over the rows of their losses at labels `y` (rows,)."""
        z = self.z
        return float(np.sum(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))))

    def loss_and_gradient(self, y: Labels, weight: float) -> float:
        """`weight` times the sum of the losses; delta <- its gradient, weight (sigmoid(z) - y)."""
        loss = self.loss(y)
        np.multiply(self.probabilities(self.z) - y, weight, out=self.delta)
        return weight * loss

    @staticmethod
    def classes(z: Matrix) -> NDArray[np.intp]:
        """1 where the sigmoid exceeds 1/2, which is where the logit exceeds 0; else 0."""
        return (z[:, 0] > 0).astype(np.intp)

    @staticmethod
    def probabilities(z: Matrix) -> Matrix:
        """The sigmoid of `z`, the probability of class 1."""
        exps = np.exp(-np.abs(z))
        probabilities: Matrix = np.where(z >= 0, 1, exps) / (1 + exps)
        return probabilities


def loss_for(n_out: int, rows: int) -> type[Loss]:
    """The loss of a network of `n_out` output units for batches of so many rows."""
    if n_out == 1:
        return BinaryCrossEntropy
    return SoftmaxCrossEntropyOfOne if rows == 1 else SoftmaxCrossEntropy
