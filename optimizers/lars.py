"""LARS."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, NonNegative, Positive, searched
from optimizers._kernels import accumulate, combine
from optimizers._layers import layers


class LARS(Optimizer):
    """Momentum with a rate for each layer: in proportion to the layer's norm over its gradient's.

        r = trust_coefficient |theta_l| / (|g_l| + weight_decay |theta_l|), for each layer l
        v_l <- momentum v_l + lr r (g_l + weight_decay theta_l)
        theta <- theta - v

    Source: You, Gitman and Ginsburg 2017, algorithm 1, https://arxiv.org/abs/1708.03888. A layer is its weights and
    bias together, as algorithm 1 has it; torch-like implementations take each tensor alone, and since a bias starts
    at 0 they leave biases out. r is 1 where it would be 0 or 0 / 0. Variants: optax divides by the norm of
    g + weight_decay theta, the same without decay; pytorch_optimizer multiplies v by lr instead of the gradient, the
    same at a constant lr. Made for batches of thousands: at small ones it has nothing over momentum. As r is about
    0.01, `lr` is large.
    """

    family = "layer-wise"
    year = 2017
    elementwise = False
    lr: Positive = searched(3.0, 0.03, 300)
    momentum: Fraction = searched(0.9, 0.5, 0.99, "one_minus_log")
    weight_decay: NonNegative = 5e-4
    trust_coefficient: Positive = 1e-3

    def init(self, theta: Vector, layout: Layout) -> State:
        return State(layers=layers(layout), v=np.zeros_like(theta), scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        combine(theta, gradient, self.weight_decay, state.scratch)
        for start, stop in state.layers:
            state.scratch[start:stop] *= lr * self._trust(theta[start:stop], gradient[start:stop])
        accumulate(state.v, state.scratch, self.momentum)
        np.subtract(theta, state.v, out=theta)

    def _trust(self, theta: Vector, gradient: Vector) -> float:
        """The local rate r of the layer with these parameters and this gradient."""
        size = float(np.linalg.norm(theta))
        slope = float(np.linalg.norm(gradient)) + self.weight_decay * size
        return self.trust_coefficient * size / slope if size and slope else 1.0
