"""LAMB."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, NonNegative, Positive, searched
from optimizers._kernels import accumulate, accumulate_square, corrected, descend, normalise
from optimizers._layers import layers


class LAMB(Optimizer):
    """Adam's step with decay, stretched in each layer to the norm of the layer: relative changes of lr.

        m, v, m^, v^ as in Adam;  u = m^ / (sqrt(v^) + eps) + weight_decay theta
        theta_l <- theta_l - lr |theta_l| / |u_l| u_l, for each layer l: theta <- theta - lr r u

    Source: You et al. 2020, algorithm 2, https://arxiv.org/abs/1904.00962, with phi(x) = x and the correction by
    `beta1` and `beta2` of the averages' start at 0. A layer is its weights and bias together, as in the paper;
    torch-like implementations take each tensor alone. r is 1 where a norm is 0. Variants: pytorch_optimizer follows
    the paper's third version, without the corrections, with |theta_l| cut off at 10; apex clips the gradient first.
    Made for batches of thousands: at small ones it has nothing over AdamW.
    """

    family = "layer-wise"
    year = 2020
    elementwise = False
    lr: Positive = searched(2e-3, 1e-4, 1e-1)
    beta1: Fraction = searched(0.9, 0.8, 0.99, "one_minus_log")
    beta2: Fraction = 0.999
    eps: Positive = 1e-6
    weight_decay: NonNegative = 0.01

    def init(self, theta: Vector, layout: Layout) -> State:
        m, v, scratch, update = np.zeros_like(theta), np.zeros_like(theta), *np.empty((2, theta.size), theta.dtype)
        return State(t=0, layers=layers(layout), m=m, v=v, scratch=scratch, scratch_update=update)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        state.t += 1
        self._direct(theta, gradient, state, state.scratch_update)
        for start, stop in state.layers:
            state.scratch_update[start:stop] *= _trust(theta[start:stop], state.scratch_update[start:stop])
        descend(theta, state.scratch_update, lr, state.scratch)

    def _direct(self, theta: Vector, gradient: Vector, state: Any, out: Vector) -> None:
        """Write u into `out`; m and v are kept without their factors 1 - beta, which go in here."""
        accumulate(state.m, gradient, self.beta1)
        accumulate_square(state.v, gradient, self.beta2, state.scratch)
        scale = corrected(self.beta2, state.t) ** 0.5
        normalise(state.m, state.v, self.eps / scale, out)
        np.multiply(out, corrected(self.beta1, state.t) / scale, out=out)
        if self.weight_decay:
            np.multiply(theta, self.weight_decay, out=state.scratch)
            np.add(out, state.scratch, out=out)


def _trust(theta: Vector, update: Vector) -> float:
    """The ratio of the layer's norm to its update's."""
    size, length = float(np.linalg.norm(theta)), float(np.linalg.norm(update))
    return size / length if size and length else 1.0
