"""Schedule-Free SGD."""

from math import inf
from typing import Annotated, Any

import numpy as np

from network.layout import Layout, Vector
from optimizers import _schedule_free as free
from optimizers._base import Optimizer, State
from optimizers._domains import Interval, NonNegative, Positive, searched
from optimizers._kernels import combine


class ScheduleFreeSGD(Optimizer):
    """Gradients are taken between the plain iterate z and its mean x; x is evaluated, and no schedule is needed.

        y = (1 - momentum) z + momentum x;  z <- z - lr (g(y) + weight_decay y);  x <- (1 - c) x + c z
        c = lr_max^2 / (sum of all lr_max^2);  theta is y: theta <- the new y

    Source: Defazio et al. 2024, section 2, https://arxiv.org/abs/2405.15682, as in the authors' package schedulefree
    with r = 0 and weight_lr_power = 2. The rate rises evenly over the first `warmup_steps`. Momentum must be above 0:
    x is not kept, but found from y and z. Variants: optax makes any rule schedule-free; c may weigh late points more
    (the package's r). Not with a falling schedule, which it replaces; and its best `lr` is greater than SGD's.
    """

    family = "schedule-free"
    year = 2024
    lr: Positive = searched(1.0, 1e-2, 30)
    momentum: Annotated[float, Interval(0, 1, open_low=True)] = searched(0.9, 0.5, 0.98, "one_minus_log")
    weight_decay: NonNegative = 0.0
    warmup_steps: Annotated[int, Interval(0, inf, whole=True)] = 0

    def init(self, theta: Vector, layout: Layout) -> State:
        scratch, update = np.empty((2, theta.size), theta.dtype)
        return State(t=0, lr_max=0.0, weight_sum=0.0, z=theta.copy(), scratch=scratch, scratch_update=update)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        state.t += 1
        update = gradient
        if self.weight_decay:
            combine(theta, gradient, self.weight_decay, state.scratch_update)
            update = state.scratch_update
        free.move(theta, state, update, free.warmed_up(lr, state.t, self.warmup_steps), self.momentum)

    def readout(self, theta: Vector, state: Any) -> Vector:
        return free.mean(theta, state, self.momentum)
