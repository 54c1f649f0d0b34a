"""AMSGrad."""

from math import sqrt
from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import State
from optimizers._kernels import accumulate, accumulate_square, corrected, descend_normalised
from optimizers.adam import Adam


class AMSGrad(Adam):
    """Adam divided by the largest mean square so far, so that no coordinate's rate grows again.

        m and v as in Adam;  w <- max(w, v)
        theta <- theta - lr m^ / (sqrt(w^) + eps),  m^ = m / (1 - beta1^t),  w^ = w / (1 - beta2^t)

    Source: Reddi, Kale and Kumar 2018, algorithm 2, https://openreview.net/forum?id=ryQu7f-RZ, which corrects neither m
    nor w for their start at zero and has no eps. Both are here as in torch's Adam with `amsgrad=True`: the maximum is
    of the uncorrected v, and corrected afterwards. optax takes the maximum of the corrected ones, in which the first
    steps weigh for ever.
    Not where gradients shrink by orders of magnitude: the steps then shrink with them.
    """

    year = 2018

    def init(self, theta: Vector, layout: Layout) -> State:
        state = super().init(theta, layout)
        state.w = np.zeros_like(theta)
        return state

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """One step, with m / (1 - beta1), v / (1 - beta2) and w / (1 - beta2) kept in their place, as in Adam."""
        state.t += 1
        accumulate(state.m, gradient, self.beta1)
        accumulate_square(state.v, gradient, self.beta2, state.scratch)
        np.maximum(state.w, state.v, out=state.w)
        scale_m, scale_w = corrected(self.beta1, state.t), sqrt(corrected(self.beta2, state.t))
        descend_normalised(theta, state.m, state.w, lr * scale_m / scale_w, self.eps / scale_w, state.scratch)
