"""AdaDelta."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, Positive, searched
from optimizers._kernels import accumulate_square, descend


class Adadelta(Optimizer):
    """The gradient times the root of a ratio of mean squares: of the past steps, and of the gradients.

        s <- rho s + (1 - rho) g^2;  d = g sqrt((u + eps) / (s + eps));  u <- rho u + (1 - rho) d^2
        theta <- theta - lr d

    Source: Zeiler 2012, algorithm 1, https://arxiv.org/abs/1212.5701, which has no lr: 1 is the paper's method and
    torch's default. eps stands inside both roots, as in the paper, torch and optax. It alone sets the first steps
    going, for u starts at 0; they are sqrt(eps / (1 - rho)) in size. rho and eps are torch's; the paper tries others.
    Not with a very small eps: the steps then have to grow from next to nothing.
    """

    family = "adaptive"
    year = 2012
    lr: Positive = searched(1.0, 1e-2, 100)
    rho: Fraction = searched(0.9, 0.8, 0.99, "one_minus_log")
    eps: Positive = searched(1e-6, 1e-9, 1e-3)

    def init(self, theta: Vector, layout: Layout) -> State:
        s, u = np.zeros_like(theta), np.zeros_like(theta)
        return State(s=s, u=u, scratch=np.empty_like(theta), scratch_d=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """One step of algorithm 1, with s, u and eps all over (1 - rho), which their ratio does not notice."""
        s, u, d, scratch, eps = state.s, state.u, state.scratch_d, state.scratch, self.eps / (1 - self.rho)
        accumulate_square(s, gradient, self.rho, scratch)
        np.add(u, eps, out=d)
        np.add(s, eps, out=scratch)
        np.divide(d, scratch, out=d)
        np.sqrt(d, out=d)
        np.multiply(d, gradient, out=d)
        accumulate_square(u, d, self.rho, scratch)
        descend(theta, d, lr, scratch)
