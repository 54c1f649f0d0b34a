"""A method around another one: what the wrappers share."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Closure, Optimizer, State
from optimizers.minibatch_gd import MinibatchGD


class Wrapper(Optimizer):
    """A rule around any other rule, `inner`, whose steps are taken with this rule's `lr`: `inner.lr` is not used.

    What the inner rule needs, the wrapper asks for; the gradients that it costs are counted in.
    """

    family = "wrapper"
    inner: Optimizer = MinibatchGD(lr=0.1)

    def __post_init__(self) -> None:
        super().__post_init__()
        own, inner = type(self), self.inner
        traits = {
            "needs_closure": own.needs_closure or inner.needs_closure,
            "needs_rng": own.needs_rng or inner.needs_rng,
            "evaluations_per_step": own.evaluations_per_step + inner.evaluations_per_step - 1,
            "elementwise": own.elementwise and inner.elementwise,
        }
        for name, value in traits.items():
            object.__setattr__(self, name, value)

    def init_inner(self, theta: Vector, layout: Layout, rng: np.random.Generator | None) -> Any:
        """The inner rule's state."""
        inner: Any = self.inner  # whose init takes rng only if it needs one
        return inner.init(theta, layout, rng=rng) if inner.needs_rng else inner.init(theta, layout)

    def step_inner(self, theta: Vector, gradient: Vector, state: State, lr: float, closure: Closure | None) -> None:
        """One step of the inner rule."""
        inner: Any = self.inner
        extra = {"closure": closure} if inner.needs_closure else {}
        inner.step(theta, gradient, state.inner, lr, **extra)
