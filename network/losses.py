"""Softmax cross-entropy, fused with its gradient."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]


class SoftmaxCrossEntropy:
    """L = -log softmax(z)_y, for a fixed number of rows; all memory is taken once.

    The logits are kept as (classes, rows): the reductions then run over the short axis while the long one is
    contiguous, some 20 times as fast as over rows of ten.
    """

    def __init__(self, n_classes: int, rows: int, dtype: np.dtype[Any]) -> None:
        self.logits = np.empty((n_classes, rows), dtype)
        self.delta = self.logits.T
        self.norm = np.empty((1, rows), dtype)
        self.column = np.arange(rows)
        self.true = np.empty(rows, np.intp)

    def loss(self, z: Matrix, y: Labels) -> float:
        """The sum over the rows of the losses of `z` (rows, classes) at labels `y` (rows,).

        Leaves exp(z - max z) in `self.logits` and its sum over the classes in `self.norm`.
        """
        logits, norm, true = self.logits, self.norm, self.true
        np.copyto(logits, z.T)
        np.maximum.reduce(logits, axis=0, out=norm, keepdims=True)
        np.subtract(logits, norm, out=logits)  # softmax stays the same, exp cannot overflow
        np.copyto(true, y)  # labels may be bytes, in which the product would overflow
        np.multiply(true, len(self.column), out=true)
        np.add(true, self.column, out=true)
        true_logits = np.add.reduce(logits.reshape(-1)[true])
        np.exp(logits, out=logits)
        np.add.reduce(logits, axis=0, out=norm, keepdims=True)
        return float(np.add.reduce(np.log(norm), axis=None) - true_logits)

    def loss_and_gradient(self, z: Matrix, y: Labels, weight: float) -> float:
        """`weight` times the sum of the losses; `self.delta` becomes its gradient, weight (softmax(z) - onehot(y))."""
        loss = self.loss(z, y)
        np.divide(weight, self.norm, out=self.norm)
        np.multiply(self.logits, self.norm, out=self.logits)
        self.logits.reshape(-1)[self.true] -= weight
        return weight * loss
