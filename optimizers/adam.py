"""Adam."""

from math import sqrt
from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, Positive, searched
from optimizers._kernels import accumulate, accumulate_square, descend_normalised


class Adam(Optimizer):
    """Momentum over the root of the mean square, both corrected for their start at zero.

        m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
        theta <- theta - lr m^ / (sqrt(v^) + eps),  m^ = m / (1 - beta1^t),  v^ = v / (1 - beta2^t)

    Source: Kingma and Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980; t counts from 1. The paper's "epsilon
    hat", and TensorFlow's, is added before the correction of v; here eps comes after it, as in algorithm 1 and torch.
    """

    family = "adaptive"
    year = 2015
    lr: Positive = searched(1e-3, 1e-5, 1e-1)
    beta1: Fraction = searched(0.9, 0.8, 0.99, "one_minus_log")
    beta2: Fraction = 0.999
    eps: Positive = 1e-8

    def init(self, theta: Vector, layout: Layout) -> State:
        return State(t=0, m=np.zeros_like(theta), v=np.zeros_like(theta), scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """One step of algorithm 1, with m / (1 - beta1) and v / (1 - beta2) kept in place of m and v.

        The factors of both averages and of both corrections then fold into two numbers, which saves two passes.
        """
        state.t += 1
        accumulate(state.m, gradient, self.beta1)
        accumulate_square(state.v, gradient, self.beta2, state.scratch)
        scale_m = (1 - self.beta1) / (1 - self.beta1**state.t)
        scale_v = sqrt((1 - self.beta2) / (1 - self.beta2**state.t))
        descend_normalised(theta, state.m, state.v, lr * scale_m / scale_v, self.eps / scale_v, state.scratch)
