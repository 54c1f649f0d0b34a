"""Sophia-H."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Closure, Optimizer, State
from optimizers._domains import AtLeastOne, Fraction, NonNegative, Positive, searched
from optimizers._kernels import average, descend, shrink


class Sophia(Optimizer):
    """Momentum over an average of the Hessian's diagonal, each coordinate's step cut off at lr.

        m <- beta1 m + (1 - beta1) g;  every `interval` steps h <- beta2 h + (1 - beta2) u * (H u), u ~ N(0, I)
        theta <- (1 - lr weight_decay) theta - lr clip(m / max(gamma h, eps), 1)

    Source: Liu et al. 2023, algorithm 3 with the Hutchinson estimator, algorithm 1, https://arxiv.org/abs/2305.14342.
    This is Sophia-H: Sophia-G's estimator needs labels drawn from the model's own softmax, which no method that only
    sees a loss can ask for. H u is a finite difference of the gradients of one batch, (g(theta + e u) - g(theta)) / e,
    which costs one gradient every `interval` steps; the paper's is exact, on a part of a batch. Variants: optax
    corrects m for its start at 0, draws u of signs, and uses h before it is renewed; pytorch_optimizer cuts at another
    value and has no gamma. Where curvature is negative the step is lr in size, like a sign's.
    """

    family = "second order"
    year = 2023
    needs_closure = True
    needs_rng = True
    elementwise = False
    lr: Positive = searched(1e-3, 1e-5, 1e-1)
    beta1: Fraction = 0.96
    beta2: Fraction = 0.99
    gamma: Positive = searched(0.01, 1e-3, 1)
    eps: Positive = 1e-12
    weight_decay: NonNegative = 0.2
    interval: AtLeastOne = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "evaluations_per_step", 1 + 1 / self.interval)

    def init(self, theta: Vector, layout: Layout, rng: np.random.Generator | None = None) -> State:
        names = ("scratch", "scratch_u", "scratch_point")
        zeros = {name: np.zeros_like(theta) for name in ("m", "h")}
        return State(t=0, rng=rng, **zeros, **{name: np.empty_like(theta) for name in names})

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float, closure: Closure | None = None) -> None:
        average(state.m, gradient, self.beta1, state.scratch)
        if state.t % self.interval == 0:
            assert closure is not None, "Sophia: step must be given a closure"
            self._estimate(theta, gradient, state, closure)
        state.t += 1
        shrink(theta, lr * self.weight_decay)
        self._clipped(state, state.scratch_u)
        descend(theta, state.scratch_u, lr, state.scratch)

    def _estimate(self, theta: Vector, gradient: Vector, state: Any, closure: Closure) -> None:
        """Let h follow u * (H u), with the step of the difference at the root of the rounding error."""
        u, point, there = state.scratch_u, state.scratch_point, state.scratch
        state.rng.standard_normal(out=u, dtype=u.dtype)
        size = (1 + float(np.linalg.norm(theta))) / float(np.linalg.norm(u))
        e = float(np.finfo(u.dtype).eps) ** 0.5 * size
        np.multiply(u, e, out=point)
        np.add(theta, point, out=point)
        closure(point, there)
        np.subtract(there, gradient, out=there)
        np.multiply(u, 1 / e, out=u)
        np.multiply(u, there, out=u)
        average(state.h, u, self.beta2, there)

    def _clipped(self, state: Any, out: Vector) -> None:
        """Write clip(m / max(gamma h, eps), 1) into `out`: m is cut off before it is divided, which cannot overflow."""
        bound = state.scratch
        np.multiply(state.h, self.gamma, out=bound)
        np.maximum(bound, self.eps, out=bound)
        np.minimum(state.m, bound, out=out)
        np.negative(bound, out=state.scratch_point)
        np.maximum(out, state.scratch_point, out=out)
        np.divide(out, bound, out=out)
