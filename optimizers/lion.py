"""Lion."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, NonNegative, Positive, searched
from optimizers._kernels import accumulate, combine, descend_sign, shrink


class Lion(Optimizer):
    """Steps of one size: the sign of an average that gives the newest gradient more weight than it will keep.

        theta <- (1 - lr weight_decay) theta
        theta <- theta - lr sign(beta1 m + (1 - beta1) g)
        m <- beta2 m + (1 - beta2) g

    Source: Chen et al. 2023, algorithm 2, https://arxiv.org/abs/2302.06675. Decay is that of AdamW, apart from the
    gradient and times the learning rate; none by default, as in the authors' code (optax has 1e-3). The sign
    of 0 is 0; where the average is below 2^-100 in size, the step is in proportion.
    Not with Adam's learning rate, nor without a schedule: the paper takes 3 to 10 times less, for every coordinate
    moves by lr, and keeps moving by lr at the end.
    """

    family = "sign"
    year = 2023
    lr: Positive = searched(1e-4, 1e-6, 1e-2)
    beta1: Fraction = searched(0.9, 0.8, 0.99, "one_minus_log")
    beta2: Fraction = 0.99
    weight_decay: NonNegative = 0.0

    def init(self, theta: Vector, layout: Layout) -> State:
        return State(m=np.zeros_like(theta), scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """One step of algorithm 2, with m / (1 - beta2) kept in place of m; a sign takes no notice of a factor."""
        shrink(theta, lr * self.weight_decay)
        combine(state.m, gradient, self.beta1 * (1 - self.beta2) / (1 - self.beta1), out=state.scratch)
        descend_sign(theta, state.scratch, lr, state.scratch)
        accumulate(state.m, gradient, self.beta2)
