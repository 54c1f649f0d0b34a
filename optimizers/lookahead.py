"""Lookahead."""

from typing import Annotated, Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Closure, Optimizer, State
from optimizers._domains import AtLeastOne, Interval, Positive, searched
from optimizers._kernels import blend
from optimizers._wrapper import Wrapper
from optimizers.adam import Adam


class Lookahead(Wrapper):
    """Any rule runs ahead for k steps; the slow weights follow it by a part of the way, and it starts again there.

        theta <- inner step from theta, at rate lr
        every k steps: slow <- slow + alpha (theta - slow); theta <- slow

    Source: Zhang et al. 2019, algorithm 1, https://arxiv.org/abs/1907.08610. The slow weights are what is evaluated.
    `inner` is the rule inside; its own lr is not used. Its state (momentum) lives on over a synchronisation, the
    paper's choice; optax can reset it, and pytorch_optimizer can also average it. At `alpha` = 1 it is the inner rule,
    seen every `k` steps.
    """

    year = 2019
    lr: Positive = searched(1e-3, 1e-5, 1e-1)
    alpha: Annotated[float, Interval(0, 1, open_low=True, open_high=False)] = searched(0.5, 0.2, 0.8, "linear")
    k: AtLeastOne = 5
    inner: Optimizer = Adam(lr=1e-3, beta1=0.9)

    def init(self, theta: Vector, layout: Layout, rng: np.random.Generator | None = None) -> State:
        return State(t=0, slow=theta.copy(), inner=self.init_inner(theta, layout, rng), scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float, closure: Closure | None = None) -> None:
        state.t += 1
        self.step_inner(theta, gradient, state, lr, closure)
        if state.t % self.k == 0:
            blend(state.slow, theta, self.alpha, state.scratch)
            np.copyto(theta, state.slow)

    def readout(self, theta: Vector, state: Any) -> Vector:
        slow: Vector = state.slow
        return slow
