"""Adan."""

from math import sqrt
from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, NonNegative, Positive, searched
from optimizers._kernels import accumulate, accumulate_square, combine, corrected, descend_normalised


class Adan(Optimizer):
    """Adam with Nesterov's momentum written as the gradient and its change, each averaged by itself.

        d = g - g_(t-1);  m and v: averages of g and d with beta1 and beta2;  n: of (g + beta2 d)^2 with beta3
        theta <- theta - lr (m^ + beta2 v^) / (sqrt(n^) + eps)
        theta <- theta / (1 + lr weight_decay)

    Source: Xie et al. 2022, algorithm 1, https://arxiv.org/abs/2208.06677. The betas are the shares that are kept, as
    in every other method here and the authors' code; the paper's are 1 minus ours. m^, v^ and n^ are corrected for
    their start at zero (by 1 - beta^t) as in the authors' code; d is zero in the first step. The decay is the paper's
    proximal one, apart from the gradient. optax's adan weighs d with 1 - beta2 where the paper, in our terms, has
    beta2.
    Not where memory is short: it keeps four vectors, twice as many as Adam.
    """

    family = "adaptive"
    year = 2022
    lr: Positive = searched(1e-3, 1e-5, 1e-1)
    beta1: Fraction = searched(0.98, 0.8, 0.995, "one_minus_log")
    beta2: Fraction = 0.92
    beta3: Fraction = 0.99
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0

    def init(self, theta: Vector, layout: Layout) -> State:
        m, v, n, past = (np.zeros_like(theta) for _ in range(4))
        return State(t=0, m=m, v=v, n=n, past=past, scratch=np.empty_like(theta), scratch_d=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """One step of algorithm 1, with m / (1 - beta1), v / (1 - beta2), n / (1 - beta3) kept in their place."""
        state.t += 1
        d, t = state.scratch_d, state.t
        np.subtract(gradient, state.past if t > 1 else gradient, out=d)
        np.copyto(state.past, gradient)
        accumulate(state.m, gradient, self.beta1)
        accumulate(state.v, d, self.beta2)
        combine(d, gradient, self.beta2, out=d)
        accumulate_square(state.n, d, self.beta3, state.scratch)
        scale_m, scale_n = corrected(self.beta1, t), sqrt(corrected(self.beta3, t))
        combine(state.v, state.m, self.beta2 * corrected(self.beta2, t) / scale_m, out=d)
        descend_normalised(theta, d, state.n, lr * scale_m / scale_n, self.eps / scale_n, state.scratch)
        if self.weight_decay:
            np.divide(theta, 1 + lr * self.weight_decay, out=theta)
