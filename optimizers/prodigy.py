"""Prodigy."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, NonNegative, Positive, searched
from optimizers._kernels import accumulate, descend_normalised, shrink


class Prodigy(Optimizer):
    """Adam whose rate is an estimate of the distance to the solution, which only grows: no rate to tune.

        m, v as in Adam, of d g;  r <- beta3 r + lr d^2 <g, theta_0 - theta>;  s <- beta3 s + lr d^2 g
        theta <- (1 - lr d weight_decay) theta - lr d m / (sqrt(v) + d' eps)
        d <- d' = max(d, d_coef r / |s|_1), from d = d0; beta3 = sqrt(beta2)

    Source: Mishchenko and Defazio 2024, section 5, the Adam version, https://arxiv.org/abs/2306.06101, in the form of
    the authors' package prodigyopt at its defaults: r and s are divided by d0; `weight_decay` is AdamW's; m and v, with
    `beta1` and `beta2`, are not corrected for their start at 0; `eps` is multiplied by the new d. The package can also
    bound the growth of d, correct the bias, and shorten d's first estimates during a warm-up. `lr` is a factor on the
    estimate, to be left at 1 or given a falling schedule; `d_coef` stretches the estimate itself. Not for short runs:
    d grows from 1e-6 through the first hundred steps or so.
    """

    family = "parameter-free"
    year = 2024
    elementwise = False
    lr: Positive = searched(1.0, 0.1, 10)
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0
    d0: Positive = 1e-6
    d_coef: Positive = searched(1.0, 0.1, 10)

    def init(self, theta: Vector, layout: Layout) -> State:
        zeros = {name: np.zeros_like(theta) for name in ("m", "v", "s")}
        return State(d=self.d0, r=0.0, start=theta.copy(), scratch=np.empty_like(theta), **zeros)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        d = state.d
        self._follow(theta, gradient, state, lr * d)
        shrink(theta, lr * d * self.weight_decay)
        descend_normalised(theta, state.m, state.v, lr * d, state.d * self.eps, state.scratch)

    def _follow(self, theta: Vector, gradient: Vector, state: Any, rate: float) -> None:
        """Let m, v, r and s follow the gradient, and d grow if they say so."""
        d, beta3, scratch = state.d, self.beta2**0.5, state.scratch
        np.subtract(state.start, theta, out=scratch)
        state.r = beta3 * state.r + d / self.d0 * rate * float(gradient @ scratch)
        for total, factor, decay in (
            (state.m, d * (1 - self.beta1), self.beta1),
            (state.s, d / self.d0 * rate, beta3),
        ):
            np.multiply(gradient, factor, out=scratch)
            accumulate(total, scratch, decay)
        np.multiply(gradient, d * (1 - self.beta2) ** 0.5, out=scratch)
        np.multiply(scratch, scratch, out=scratch)
        accumulate(state.v, scratch, self.beta2)
        length = float(np.abs(state.s, out=scratch).sum())
        if length > 0:
            state.d = max(d, self.d_coef * state.r / length)
