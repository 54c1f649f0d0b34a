"""AdaBelief."""

from math import sqrt
from typing import Any

import numpy as np

from network.layout import Vector
from optimizers._domains import Positive, searched
from optimizers._kernels import accumulate, accumulate_square, combine, corrected, descend_normalised
from optimizers.adam import Adam


class AdaBelief(Adam):
    """Adam divided by how far the gradient lies from its own average, not from zero.

        m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) (g - m)^2 + eps
        theta <- theta - lr m^ / (sqrt(v^) + eps),  m^ = m / (1 - beta1^t),  v^ = v / (1 - beta2^t)

    Source: Zhuang et al. 2020, algorithm 2, https://arxiv.org/abs/2010.07468, where v is s. eps is added twice, as in
    the paper: inside v, where it piles up to eps / (1 - beta2), and to the root. Its default 1e-16 is that of the
    authors' code and of optax. The rectified start and the weight decay of the authors' code are left out.
    Not for gradients that hardly change: the steps grow to lr / sqrt(eps) in proportion.
    """

    year = 2020
    eps: Positive = searched(1e-16, 1e-18, 1e-8)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """One step of algorithm 2, with m / (1 - beta1) and v / (1 - beta2) kept in place of m and v, as in Adam."""
        state.t += 1
        accumulate(state.m, gradient, self.beta1)
        combine(state.m, gradient, self.beta1 - 1, out=state.scratch)
        accumulate_square(state.v, state.scratch, self.beta2, state.scratch)
        np.add(state.v, self.eps / (1 - self.beta2), out=state.v)
        scale_m, scale_v = corrected(self.beta1, state.t), sqrt(corrected(self.beta2, state.t))
        descend_normalised(theta, state.m, state.v, lr * scale_m / scale_v, self.eps / scale_v, state.scratch)
