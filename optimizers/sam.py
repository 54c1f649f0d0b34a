"""Sharpness-aware minimization."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Closure, Optimizer, State
from optimizers._domains import Positive, searched
from optimizers._wrapper import Wrapper
from optimizers.momentum import Momentum


class SAM(Wrapper):
    """Any rule, fed with the gradient at the worst point nearby: two gradients a step, both on the step's batch.

        theta' = theta + rho g / (|g| + 1e-12)
        theta <- inner step from theta, at rate lr, with the gradient at theta'

    Source: Foret et al. 2021, algorithm 1, https://arxiv.org/abs/2010.01412, with p = 2 and the second-order term
    left out, as there. |g| is the norm over all parameters; the 1e-12 keeps a zero gradient harmless. `inner` is the
    rule inside, in the paper SGD with momentum; its own lr is not used. Variants: ASAM scales the step of size `rho`
    by |theta| coordinate by coordinate; optax's version climbs several times and shows the climb to the training loop.
    Not where gradients are dear: it must win by more than a factor of two in steps.
    """

    year = 2021
    evaluations_per_step = 2
    needs_closure = True
    elementwise = False
    lr: Positive = searched(0.1, 1e-3, 10)
    rho: Positive = searched(0.05, 1e-3, 1)
    inner: Optimizer = Momentum(lr=0.1, momentum=0.9)

    def init(self, theta: Vector, layout: Layout, rng: np.random.Generator | None = None) -> State:
        inner = self.init_inner(theta, layout, rng)
        return State(inner=inner, scratch=np.empty_like(theta), scratch_gradient=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float, closure: Closure | None = None) -> None:
        assert closure is not None, "SAM: step must be given a closure"
        np.multiply(gradient, self.rho / (float(np.linalg.norm(gradient)) + 1e-12), out=state.scratch)
        np.add(theta, state.scratch, out=state.scratch)
        closure(state.scratch, state.scratch_gradient)
        self.step_inner(theta, state.scratch_gradient, state, lr, closure)
