"""One training run of an optimizer on a small problem, taken step by step."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from network.layout import Vector
from optimizers._conformance.problems import Problem, noisy


class Run:
    """A spec with parameters, a gradient and a state of its own; it counts the gradients that it costs."""

    def __init__(
        self,
        spec: Any,
        problem: Problem | None = None,
        *,
        lr: float | None = None,
        seed: int = 0,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.spec, self.problem = spec, problem or noisy()
        self.lr = spec.lr if lr is None else lr
        self.theta = self.problem.start.astype(dtype)
        self.gradient = np.empty_like(self.theta)
        self.t = self.n_evaluations = 0
        rng = {"rng": np.random.default_rng(seed)} if getattr(spec, "needs_rng", False) else {}
        self.state = spec.init(self.theta, self.problem.layout, **rng)

    def evaluate(self, theta: Vector, gradient: Vector) -> float:
        """Write the gradient at `theta` (n,) on the present batch into `gradient` (n,) and return the loss."""
        self.n_evaluations += 1
        return self.problem.function(theta, gradient, self.t)

    def step(self) -> Any:
        """Take a step and return what the optimizer's step returned."""
        self.evaluate(self.theta, self.gradient)
        self.given = self.gradient.copy()
        closure = {"closure": self.evaluate} if getattr(self.spec, "needs_closure", False) else {}
        returned = self.spec.step(self.theta, self.gradient, self.state, self.lr, **closure)
        self.t += 1
        return returned

    def steps(self, n: int) -> Vector:
        """Take `n` steps and return where each ended, (n, n_parameters)."""
        path = np.empty((n, len(self.theta)), self.theta.dtype)
        for row in path:
            self.step()
            row[:] = self.theta
        return path

    def readout(self) -> Vector:
        """The parameters (n,) to evaluate."""
        readout = getattr(self.spec, "readout", None)
        return self.theta if readout is None else readout(self.theta, self.state)

    def loss(self) -> float:
        """The loss at the parameters to evaluate."""
        return self.problem.function(self.readout(), np.empty_like(self.theta), 0)
