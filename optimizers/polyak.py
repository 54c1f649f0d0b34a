"""Polyak-Ruppert averaging."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Closure, Optimizer, State
from optimizers._domains import NonNegative, Positive, searched
from optimizers._kernels import blend
from optimizers._wrapper import Wrapper
from optimizers.minibatch_gd import MinibatchGD


class Polyak(Wrapper):
    """Any rule, evaluated at the average of the points that it passed through.

        theta <- inner step from theta, at rate lr
        mean <- mean + (1 + eta) / (t + eta) (theta - mean)

    Source: Polyak and Juditsky 1992, https://doi.org/10.1137/0330046, and Ruppert 1988: the plain mean, `eta` = 0.
    Greater `eta` is polynomial-decay averaging, Shamir and Zhang 2013, section 4, https://arxiv.org/abs/1212.1824:
    it forgets the way from the start and, unlike an average over the run's tail, need not know when the run ends. An
    exponential average, as torch's swa_utils also offers, forgets at one fixed age instead. t counts from 1: the start
    itself is left out. `inner` is the rule inside; its own lr is not used. Take a greater `lr` than without: noise is
    averaged away, slowness is not.
    """

    year = 1992
    lr: Positive = searched(0.1, 1e-3, 10)
    eta: NonNegative = searched(0.0, 0, 16, "linear")
    inner: Optimizer = MinibatchGD(lr=0.1)

    def init(self, theta: Vector, layout: Layout, rng: np.random.Generator | None = None) -> State:
        return State(t=0, mean=theta.copy(), inner=self.init_inner(theta, layout, rng), scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float, closure: Closure | None = None) -> None:
        state.t += 1
        self.step_inner(theta, gradient, state, lr, closure)
        blend(state.mean, theta, (1 + self.eta) / (state.t + self.eta), state.scratch)

    def readout(self, theta: Vector, state: Any) -> Vector:
        mean: Vector = state.mean
        return mean
