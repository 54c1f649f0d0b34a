"""Batch gradient descent."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Positive, searched
from optimizers._kernels import descend


class BatchGD(Optimizer):
    """Gradient descent on the whole training set: one step an epoch.

        theta <- theta - lr g

    Source: Cauchy 1847, "Méthode générale pour la résolution des systèmes d'équations simultanées".
    Not for large training sets: the cost never rises at a small enough `lr`, but every step costs an epoch.
    """

    family = "gradient descent"
    year = 1847
    lr: Positive = searched(0.5, 0.01, 10)
    batch_size = None

    def init(self, theta: Vector, layout: Layout) -> State:
        return State(scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        descend(theta, gradient, lr, state.scratch)
