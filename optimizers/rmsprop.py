"""RMSprop."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, Positive, searched
from optimizers._kernels import average_square, descend_normalised


class RMSprop(Optimizer):
    """Each coordinate's gradient divided by the root of its recent mean square.

        s <- beta s + (1 - beta) g^2
        theta <- theta - lr g / (sqrt(s) + eps)

    Source: Tieleman and Hinton 2012, lecture 6.5, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf.
    Departures: eps stands outside the root, as in torch (TensorFlow has it inside); the lecture has none, and divides
    0 by 0 at a dead pixel. s starts at 0 without bias correction, so the first step is lr / sqrt(1 - beta) in size.
    `beta` is torch's `alpha`.
    """

    family = "adaptive"
    year = 2012
    lr: Positive = searched(1e-3, 1e-5, 1e-1)
    beta: Fraction = searched(0.9, 0.8, 0.999, "one_minus_log")
    eps: Positive = 1e-8

    def init(self, theta: Vector, layout: Layout) -> State:
        return State(s=np.zeros_like(theta), scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        average_square(state.s, gradient, self.beta, state.scratch)
        descend_normalised(theta, gradient, state.s, lr, self.eps, state.scratch)
