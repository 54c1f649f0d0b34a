"""L-BFGS."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import AtLeastOne, Positive, searched
from optimizers._kernels import descend

CURVATURE = 1e-10  # torch's least s . y for a step to be remembered


class LBFGS(Optimizer):
    """A quasi-Newton step: curvature is learnt from the last steps and the changes of the gradient along them.

        s = the last step, y = the change of g along it;  H from the last history_size pairs, H_0 = s.y / y.y
        theta <- theta - lr H g, the first step - lr min(1, 1 / |g|_1) g

    Source: Nocedal and Wright 2006, algorithms 7.4 and 7.5, https://doi.org/10.1007/978-0-387-40065-5, in the form of
    torch.optim.LBFGS with max_iter = 1 and no line search, so that every step costs one gradient like any other. As in
    torch a pair with s.y <= 1e-10 is dropped; torch's tolerances for stopping early are left out, for a run here has a
    budget, not a tolerance. Book and SciPy search along the line for Wolfe's conditions: that costs evaluations, makes
    lr = 1 safe and s.y positive. Not for mini-batches, whose noise is mistaken for curvature: batch_size is the full.
    """

    family = "second order"
    year = 1989
    batch_size = None
    elementwise = False
    lr: Positive = searched(1.0, 1e-2, 2)
    history_size: AtLeastOne = 100

    def init(self, theta: Vector, layout: Layout) -> State:
        zeros = {name: np.zeros_like(theta) for name in ("last_gradient", "step")}
        scratch, direction = np.empty((2, theta.size), theta.dtype)
        return State(t=0, s=[], y=[], rho=[], scale=1.0, **zeros, scratch=scratch, scratch_direction=direction)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        if not gradient.any():
            return
        if state.t > 0:
            self._remember(gradient, state)
        else:
            lr *= min(1.0, 1 / float(np.abs(gradient, out=state.scratch).sum()))
        direction = state.scratch_direction
        np.copyto(direction, gradient)
        _multiply_by_h(direction, state)
        np.multiply(direction, -lr, out=state.step)
        np.add(theta, state.step, out=theta)
        np.copyto(state.last_gradient, gradient)
        state.t += 1

    def _remember(self, gradient: Vector, state: Any) -> None:
        """Add the pair of the last step and its change of the gradient to the history, unless it is not convex."""
        np.subtract(gradient, state.last_gradient, out=state.scratch)
        curvature = float(state.step @ state.scratch)
        if curvature <= CURVATURE:
            return
        state.scale = curvature / float(state.scratch @ state.scratch)
        for pairs, newest in ((state.s, state.step), (state.y, state.scratch)):
            oldest = pairs.pop(0) if len(pairs) == self.history_size else np.empty_like(newest)
            np.copyto(oldest, newest)
            pairs.append(oldest)
        state.rho = [*state.rho, 1 / curvature][-self.history_size :]


def _multiply_by_h(q: Vector, state: Any) -> None:
    """Q <- H q, by the recursion of two loops over the history."""
    alphas = []
    for s, y, rho in zip(state.s[::-1], state.y[::-1], state.rho[::-1], strict=True):
        alphas.append(rho * float(s @ q))
        descend(q, y, alphas[-1], state.scratch)
    np.multiply(q, state.scale, out=q)
    for s, y, rho, alpha in zip(state.s, state.y, state.rho, alphas[::-1], strict=True):
        descend(q, s, rho * float(y @ q) - alpha, state.scratch)
