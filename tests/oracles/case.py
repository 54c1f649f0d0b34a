"""What a comparison with another implementation is: one method with its settings, an oracle, and the same gradients."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from network.layout import Layout, Vector
from optimizers import Optimizer, Progress, Schedule
from optimizers._schedules import Constant

N_STEPS = 200
STEPS_PER_EPOCH = 10
RECORDED_STEPS = (1, 2, 3, 10, 50, 200)

Trajectory = NDArray[np.float64]
"""The parameters after every step, (N_STEPS, n)."""


@dataclass(frozen=True)
class Problem:
    """Gradients that do not depend on theta, in float64: smooth, of a scale that wanders over three decades.

    Some are exactly zero: the first coordinate's always, the second's for the first 20 steps, all of them for a while.
    A subclass that writes `loss` and `gradient` anew serves the methods that ask for the loss at points of their own.
    """

    layout: Layout = field(default_factory=lambda: Layout.single(7))

    @cached_property
    def start(self) -> Vector:
        """Where every run begins, (n,)."""
        return 2 * np.sin(1.7 * np.arange(self.layout.n) + 0.4)

    @cached_property
    def gradients(self) -> Trajectory:
        """The gradient of every step, (N_STEPS, n)."""
        t, i = np.arange(N_STEPS)[:, None], np.arange(self.layout.n)
        wave = np.sin(0.23 * t * (1 + i % 7 / 5) + i) + 0.4 * np.cos(1.1 * t + 0.3 * i) + 0.1
        gradients = 10 ** (1.5 * np.sin(t / 17)) * wave
        gradients[:, 0] = 0
        gradients[:20, 1] = 0
        gradients[60:65] = 0
        return gradients

    def loss(self, theta: Vector, t: int) -> float:
        """The loss at `theta` on the batch of step t, counted from 0."""
        return float(self.gradients[t] @ theta)

    def gradient(self, theta: Vector, t: int) -> Vector:
        """Its gradient, (n,)."""
        return self.gradients[t]


@dataclass(frozen=True)
class Oracle:
    """Another implementation: the distribution it comes from, the call in words, and a function that runs it."""

    package: str
    call: str
    run: Callable[[Problem], Trajectory]


@dataclass(frozen=True)
class Case:
    """One row of the comparison. `note` says what differs on purpose and how the settings make up for it."""

    name: str
    optimizer: Optimizer
    oracle: Oracle
    schedule: Schedule = field(default_factory=Constant)
    problem: Problem = field(default_factory=Problem)
    tolerance: float = 1e-12  # absolute; 1e-9 where torch.optim has no such method
    note: str = ""

    @property
    def spec(self) -> str:
        """What was run, in words: a recorded trajectory of another spec is out of date."""
        return f"{self.optimizer} {self.schedule} {type(self.problem).__name__}"


def trajectory(case: Case) -> Trajectory:
    """The parameters that our method would be evaluated at after every step."""
    optimizer, problem = case.optimizer, case.problem
    theta = problem.start.copy()
    extras = {"rng": np.random.default_rng(0)} if optimizer.needs_rng else {}
    state = optimizer.init(theta, problem.layout, **extras)
    path = []
    for t in range(N_STEPS):
        lr = optimizer.lr * case.schedule.factor(Progress(t, STEPS_PER_EPOCH, N_STEPS))
        gradient = np.array(problem.gradient(theta, t))
        closure = {"closure": _closure(problem, t)} if optimizer.needs_closure else {}
        optimizer.step(theta, gradient, state, lr, **closure)
        path.append(optimizer.readout(theta, state).copy())
    return np.array(path)


def _closure(problem: Problem, t: int) -> Callable[[Vector, Vector], float]:
    def closure(theta: Vector, gradient: Vector) -> float:
        gradient[:] = problem.gradient(theta, t)
        return problem.loss(theta, t)

    return closure
