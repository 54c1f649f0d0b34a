"""Gradient descent with momentum."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, Positive, searched
from optimizers._kernels import average, descend


class Momentum(Optimizer):
    """Descent along an exponentially weighted average of the gradients, the form with (1 - momentum).

        v <- momentum v + (1 - momentum) g
        theta <- theta - lr v

    Source: Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5, in the form of Ng's course 2 (torch's
    `dampening = momentum`, with v_0 = 0). The form without the factor, as in Sutskever et al. 2013 and torch's
    default, is this one at lr / (1 - momentum). At the same `lr` as plain descent this form is therefore no
    faster in a valley that does not oscillate: compare the two at each one's tuned `lr`.
    """

    family = "momentum"
    year = 1964
    lr: Positive = searched(0.1, 1e-3, 10)
    momentum: Fraction = searched(0.9, 0.5, 0.99, "one_minus_log")

    def init(self, theta: Vector, layout: Layout) -> State:
        return State(v=np.zeros_like(theta), scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        average(state.v, gradient, self.momentum, state.scratch)
        descend(theta, state.v, lr, state.scratch)
