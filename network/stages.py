"""What lies between two dense layers: batch normalization and dropout where a network has them, and its activation."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from network.activations import Activation
from network.batch_norm import BatchNorm, Normalize, NormalizeByStatistics, Statistics
from network.dropout import Dropout
from network.layers import Dense
from network.layout import Matrix, aligned_zeros


class Stage(Protocol):
    """One station of the way through a network, wired to its neighbours by the arrays that they share."""

    def forward(self) -> None:
        """From the arrays before it to those behind it."""

    def backward(self) -> None:
        """Carry delta, the loss's gradient, the other way."""


@dataclass(frozen=True)
class Stages:
    """Makes the stages behind hidden layer i, from its z to the next layer's x; in between, the layer's own delta.

    Batch normalization comes before the activation, dropout behind it. Both do in training something else than in
    evaluation.
    """

    activation: type[Activation]
    batch_norm: BatchNorm | None
    statistics: Statistics
    dropout: float
    rng: np.random.Generator | None

    def training(self, i: int, layer: Dense, x: Matrix) -> list[Stage]:
        """With the batch's own mean and variance, and with units that are left out."""
        norm = [Normalize(layer.z, layer.delta, self.batch_norm.eps)] if self.batch_norm else []
        if self.rng is None:
            return [*norm, self.activation(layer.z, x, layer.delta)]
        a = aligned_zeros(layer.z.shape, x.dtype)
        activation = self.activation(layer.z, a, layer.delta)
        return [*norm, activation, Dropout(a, x, layer.delta, self.dropout, self.rng)]

    def evaluation(self, i: int, layer: Dense, x: Matrix) -> list[Stage]:
        """With the statistics that training has gathered, and with all units."""
        activation = self.activation(layer.z, x, layer.delta)
        if not self.batch_norm:
            return [activation]
        return [NormalizeByStatistics(layer.z, self.statistics.layers[i], self.batch_norm.eps), activation]
