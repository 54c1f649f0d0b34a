"""Adamax."""

from typing import Any

import numpy as np

from network.layout import Vector
from optimizers._domains import Positive, searched
from optimizers._kernels import accumulate, corrected, descend
from optimizers.adam import Adam


class Adamax(Adam):
    """Adam with the largest recent gradient, slowly forgotten, in place of the root of the mean square.

        m <- beta1 m + (1 - beta1) g;  v <- max(beta2 v, |g| + eps)
        theta <- theta - lr m^ / v,  m^ = m / (1 - beta1^t)

    Source: Kingma and Ba 2015, algorithm 2, https://arxiv.org/abs/1412.6980, where v is u. The paper has no eps, and
    divides 0 by 0 at a dead pixel; torch and optax add it to |g|, as here. A maximum needs no correction of its start.
    Not where a rare large gradient is an accident: its coordinate then stands still for about 1 / (1 - beta2) steps.
    """

    lr: Positive = searched(2e-3, 1e-5, 1e-1)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        state.t += 1
        accumulate(state.m, gradient, self.beta1)
        np.multiply(state.v, self.beta2, out=state.v)
        np.abs(gradient, out=state.scratch)
        np.add(state.scratch, self.eps, out=state.scratch)
        np.maximum(state.v, state.scratch, out=state.v)
        np.divide(state.m, state.v, out=state.scratch)
        descend(theta, state.scratch, lr * corrected(self.beta1, state.t), state.scratch)
