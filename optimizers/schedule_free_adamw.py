"""Schedule-Free AdamW."""

from math import inf
from typing import Annotated, Any

import numpy as np

from network.layout import Layout, Vector
from optimizers import _schedule_free as free
from optimizers._base import Optimizer, State
from optimizers._domains import Fraction, Interval, NonNegative, Positive, searched
from optimizers._kernels import accumulate_square, combine, corrected, normalise


class ScheduleFreeAdamW(Optimizer):
    """Schedule-free descent in Adam's scaling: z steps, x is its mean, gradients are taken between them.

        v <- beta2 v + (1 - beta2) g(y)^2;  u = g(y) / (sqrt(v^) + eps) + weight_decay y
        z <- z - lr u;  x <- (1 - c) x + c z;  theta is y: theta <- (1 - beta1) z + beta1 x

    Source: Defazio et al. 2024, algorithm 1, https://arxiv.org/abs/2405.15682, as in the authors' package schedulefree
    with r = 0, so c = lr_max^2 / (sum of all lr_max^2). The package corrects v for its start at 0 (v^ = v / (1 -
    beta2^t)) as here; the paper puts that correction into the rate. `beta1` takes momentum's place and must be above 0:
    x, where the method is evaluated, is found from y and z. The rate rises evenly over the first `warmup_steps`, which
    the paper advises. Not with a falling schedule, which it replaces.
    """

    family = "schedule-free"
    year = 2024
    lr: Positive = searched(2.5e-3, 1e-4, 1e-1)
    beta1: Annotated[float, Interval(0, 1, open_low=True)] = searched(0.9, 0.5, 0.98, "one_minus_log")
    beta2: Fraction = 0.999
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0
    warmup_steps: Annotated[int, Interval(0, inf, whole=True)] = 0

    def init(self, theta: Vector, layout: Layout) -> State:
        v, z, (scratch, update) = np.zeros_like(theta), theta.copy(), np.empty((2, theta.size), theta.dtype)
        return State(t=0, lr_max=0.0, weight_sum=0.0, v=v, z=z, scratch=scratch, scratch_update=update)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        state.t += 1
        self._direct(theta, gradient, state, state.scratch_update)
        free.move(theta, state, state.scratch_update, free.warmed_up(lr, state.t, self.warmup_steps), self.beta1)

    def _direct(self, y: Vector, gradient: Vector, state: Any, out: Vector) -> None:
        """Write u into `out`; v is kept without its factor 1 - beta2, which goes in here."""
        accumulate_square(state.v, gradient, self.beta2, state.scratch)
        scale = corrected(self.beta2, state.t) ** 0.5
        normalise(gradient, state.v, self.eps / scale, out)
        np.multiply(out, 1 / scale, out=out)
        if self.weight_decay:
            combine(y, out, self.weight_decay, state.scratch)
            np.copyto(out, state.scratch)

    def readout(self, theta: Vector, state: Any) -> Vector:
        return free.mean(theta, state, self.beta1)
