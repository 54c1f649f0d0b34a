"""Batch normalization: the sums z of a hidden layer, each unit's with the mean and spread that it has learned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from network.layout import Matrix, aligned_zeros


@dataclass(frozen=True)
class BatchNorm:
    """The settings. `eps` keeps the division finite; `momentum` is the newest batch's weight in the averages.

    An evaluation takes mean and variance from averages over the training batches: exponentially weighted, with bias
    correction; with momentum 0 the plain mean over all batches so far.

    Raises ValueError for an eps that is not positive or a momentum outside [0, 1].
    """

    eps: float = 1e-5
    momentum: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.eps < np.inf:
            raise ValueError(f"BatchNorm: eps must be in (0, inf), got {self.eps}")
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"BatchNorm: momentum must be in [0, 1], got {self.momentum}")


class Statistics:
    """For each hidden layer the averages of its batches' means, and of their variances.

    They are the network's memory beside theta: gathered in training, used in evaluation, `values` in one flat vector
    so that they are easily kept. Before the first batch the means are 0 and the variances 1.
    """

    def __init__(self, widths: Sequence[int], momentum: float) -> None:
        self.momentum = momentum
        self.values = np.zeros(1 + 2 * sum(widths))  # the number of batches, then (2, n) for each layer
        ends = 1 + 2 * np.cumsum(widths)
        self.layers = [self.values[end - 2 * n : end].reshape(2, n) for n, end in zip(widths, ends, strict=True)]
        for _, variances in self.layers:
            variances.fill(1)

    def add(self, moments: Sequence[Matrix], rows: int) -> None:
        """Take in a batch's means and variances, (2, n) for each layer, from so many rows.

        A batch's variance is too small by (rows - 1) / rows on average, and is corrected for it.
        """
        self.values[0] += 1
        weight = self._weight(self.values[0])
        for layer, (means, variances) in zip(self.layers, moments, strict=True):
            layer[0] += weight * (means - layer[0])
            layer[1] += weight * (variances * (rows / (rows - 1)) - layer[1])

    def _weight(self, t: float) -> float:
        """The weight of batch t in v / (1 - beta^t), where v <- beta v + (1 - beta) batch; or 1 / t, the mean's.

        Here beta is 1 - momentum.
        """
        return float(self.momentum / (1 - (1 - self.momentum) ** t)) if self.momentum else 1 / t


class Normalize:
    """z <- gamma z_norm + beta, with z_norm = (z - mean) / sqrt(variance + eps) over the rows of the batch.

    Ioffe and Szegedy 2015, algorithm 1, https://arxiv.org/abs/1502.03167. The layer before has no bias: the mean
    would take it out again, and beta stands for it. `z` and `delta` (rows, n) stay the same.
    """

    def __init__(self, z: Matrix, delta: Matrix, eps: float) -> None:
        rows, n = z.shape
        if rows < 2:
            raise ValueError("BatchNorm: a training batch must have at least 2 rows, got 1")
        self.z, self.delta, self.eps = z, delta, eps
        self.moments = np.empty((2, n), z.dtype)  # mean and variance of the last batch
        self.z_norm = aligned_zeros((rows, n), z.dtype)

    def bind(self, W: Matrix, dW: Matrix | None) -> None:
        """Take gamma and beta, the two rows of `W`, as parameters, and write their gradient into `dW`."""
        self.gamma, self.beta = W
        if dW is not None:
            self.dgamma, self.dbeta = dW

    def forward(self) -> None:
        """z <- gamma z_norm + beta."""
        z, z_norm, (mean, variance) = self.z, self.z_norm, self.moments
        np.mean(z, axis=0, out=mean)
        np.subtract(z, mean, out=z_norm)
        np.multiply(z_norm, z_norm, out=z)
        np.mean(z, axis=0, out=variance)
        self.inverse_std = 1 / np.sqrt(variance + self.eps)
        np.multiply(z_norm, self.inverse_std, out=z_norm)
        np.multiply(z_norm, self.gamma, out=z)
        np.add(z, self.beta, out=z)

    def backward(self) -> None:
        """delta, which comes as the gradient of z after the layer, becomes that of z before it.

        dz = gamma / std (delta - mean(delta) - z_norm mean(delta z_norm)): both means, since mean and variance of the
        batch move with z too. What activations left in z is overwritten.
        """
        z, z_norm, delta = self.z, self.z_norm, self.delta
        np.multiply(delta, z_norm, out=z)
        np.sum(z, axis=0, out=self.dgamma)
        np.sum(delta, axis=0, out=self.dbeta)
        np.multiply(z_norm, self.dgamma / len(z), out=z_norm)
        np.subtract(delta, self.dbeta / len(z), out=delta)
        np.subtract(delta, z_norm, out=delta)
        np.multiply(delta, self.gamma * self.inverse_std, out=delta)


class NormalizeByStatistics:
    """The same in evaluation: mean and variance come from training, `moments` (2, n), so that rows do not mix."""

    def __init__(self, z: Matrix, moments: Matrix, eps: float) -> None:
        self.z, self.moments, self.eps = z, moments, eps

    def bind(self, W: Matrix, dW: Matrix | None) -> None:
        """Take gamma and beta, the two rows of `W`, as parameters."""
        self.gamma, self.beta = W

    def forward(self) -> None:
        """z <- gamma (z - mean) / sqrt(variance + eps) + beta."""
        mean, variance = self.moments
        scale = (self.gamma / np.sqrt(variance + self.eps)).astype(self.z.dtype)
        np.multiply(self.z, scale, out=self.z)
        np.add(self.z, (self.beta - scale * mean).astype(self.z.dtype), out=self.z)

    def backward(self) -> None:
        """An evaluation has no way back."""
        raise NotImplementedError
