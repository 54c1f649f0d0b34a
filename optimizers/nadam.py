"""NAdam."""

from math import sqrt
from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import State
from optimizers._domains import NonNegative, Positive, searched
from optimizers._kernels import accumulate, accumulate_square, combine, corrected, descend_normalised
from optimizers.adam import Adam


class NAdam(Adam):
    """Adam with Nesterov's look-ahead, under a momentum that grows from beta1 / 2 to beta1.

        mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2),  p_t = mu_1 ... mu_t;  m and v as in Adam
        m^ = mu_(t+1) m / (1 - p_(t+1)) + (1 - mu_t) g / (1 - p_t)
        theta <- theta - lr m^ / (sqrt(v^) + eps),  v^ = v / (1 - beta2^t)

    Source: Dozat 2016, algorithm 2, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ; schedule of mu and defaults
    are torch's. As there, m itself is averaged with beta1, though the paper has mu_t in that place, too. optax's nadam
    has a constant mu, and the factor (1 - beta1^t) in place of (1 - p_t).
    """

    year = 2016
    lr: Positive = searched(2e-3, 1e-5, 1e-1)
    momentum_decay: NonNegative = 4e-3

    def init(self, theta: Vector, layout: Layout) -> State:
        state = super().init(theta, layout)
        state.p, state.scratch_m = 1.0, np.empty_like(theta)
        return state

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """One step of algorithm 2, with m / (1 - beta1) and v / (1 - beta2) kept in place of m and v, as in Adam."""
        state.t += 1
        mu, mu_next = self._mu(state.t), self._mu(state.t + 1)
        state.p *= mu
        accumulate(state.m, gradient, self.beta1)
        accumulate_square(state.v, gradient, self.beta2, state.scratch)
        scale_g = (1 - mu) / (1 - state.p)
        scale_m = mu_next * (1 - self.beta1) / (1 - state.p * mu_next)
        scale_v = sqrt(corrected(self.beta2, state.t))
        combine(state.m, gradient, scale_m / scale_g, out=state.scratch_m)
        descend_normalised(theta, state.scratch_m, state.v, lr * scale_g / scale_v, self.eps / scale_v, state.scratch)

    def _mu(self, t: int) -> float:
        return float(self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay)))
