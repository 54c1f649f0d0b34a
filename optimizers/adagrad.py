"""AdaGrad."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import NonNegative, Positive, searched
from optimizers._kernels import add_square, descend_normalised


class Adagrad(Optimizer):
    """Each coordinate's gradient divided by the root of the sum of all its squares so far.

        s <- s + g^2
        theta <- theta - lr g / (sqrt(s) + eps)

    Source: Duchi, Hazan and Singer 2011, figure 1 with diagonal matrices, https://jmlr.org/papers/v12/duchi11a.html.
    The paper's delta stands where eps does here and in torch; optax and TensorFlow have it inside the root. s starts at
    `initial_accumulator_value`: 0 in torch, so that the first step is lr in size, 0.1 in optax and TensorFlow. torch's
    `lr_decay` is left to a schedule.
    Not for long training: s only grows, so the steps die out as 1 / sqrt(t).
    """

    family = "adaptive"
    year = 2011
    lr: Positive = searched(1e-2, 1e-4, 1)
    initial_accumulator_value: NonNegative = 0.0
    eps: Positive = 1e-10

    def init(self, theta: Vector, layout: Layout) -> State:
        return State(s=np.full_like(theta, self.initial_accumulator_value), scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        add_square(state.s, gradient, state.scratch)
        descend_normalised(theta, gradient, state.s, lr, self.eps, state.scratch)
