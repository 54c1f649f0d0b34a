"""The way of any optimizer down a function of two variables, through the contract that trials hold it to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from bench import registry
from bench.method import Method
from bench.pictures.functions import STAY, Array, Function
from bench.seeds import generator
from network.layout import Layout, Vector
from optimizers import Progress


@dataclass(frozen=True)
class Path:
    """Where an optimizer went: points (n + 1, 2), the start first.

    `status` is `arrived`, `on its way` when the steps were used up, `left` when it ran out of the domain, its last
    point then lies outside, or `diverged` when it came upon what is no number, which is not among the points.
    """

    optimizer: str
    lr: float
    points: Array
    status: str
    arrival: int | None  # the step from which on it was where it should be
    last_value: float

    @property
    def rank(self) -> tuple[bool, bool, int, float]:
        """What makes one path better than another, the lower the better: to arrive, soon, or at least to get low."""
        lost = self.status in {"left", "diverged"}
        return self.arrival is None, lost and self.arrival is None, self.arrival or 0, self.last_value

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        if self.arrival is not None:
            return f"{self.arrival} steps"
        n_steps = len(self.points) - 1
        return f"not in {n_steps} steps" if self.status == "on its way" else f"{self.status} after {n_steps}"


def best_paths(names: Iterable[str], function: Function, n_steps: int | None = None) -> list[Path]:
    """Each optimizer's path at its own best learning rate of the function's; PluginError for an unknown name."""
    return [best_path(name, function, n_steps) for name in names]


def best_path(name: str, function: Function, n_steps: int | None = None) -> Path:
    """The path at the learning rate that arrives first, or that gets lowest where none arrives."""
    return min((path(name, function, lr, n_steps) for lr in function.lrs), key=lambda found: found.rank)


def path(name: str, function: Function, lr: float, n_steps: int | None = None) -> Path:
    """The path of the optimizer of this name at the learning rate `lr`, in at most so many steps."""
    n_steps = function.n_steps if n_steps is None else n_steps
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        visited = np.array(list(_visited(name, function, lr, n_steps)))
        finite = bool(np.isfinite(visited[-1]).all())
        points = visited if finite else visited[:-1]
        last_value = float(function.value(*points[-1]))
    arrival = _arrival(function, points) if finite else None
    return Path(name, lr, points, _status(function, visited, finite, arrival), arrival, last_value)


def _visited(name: str, function: Function, lr: float, n_steps: int) -> Iterator[tuple[float, float]]:
    """The start, and the point after each step, until one lies outside the domain, or so many in a row at the goal."""

    def loss_and_gradient(theta: Vector, gradient: Vector) -> float:
        gradient[:] = function.gradient(*theta)
        return float(function.value(*theta))

    method = _method(name, lr)
    theta, gradient = np.array(function.start), np.zeros(2)
    method.start(theta, Layout.single(2), generator(0, "optimizer"), loss_and_gradient)
    n_there = 0
    yield function.start
    for step in range(n_steps):
        loss_and_gradient(theta, gradient)
        method.step(gradient, Progress(step, 1, n_steps))
        x, y = map(float, method.readout())
        yield x, y
        n_there = n_there + 1 if function.reached(np.array([(x, y)]))[0] else 0
        if n_there > STAY or not (function.inside(x, y) and np.isfinite(theta).all()):
            return


def _method(name: str, lr: float) -> Method:
    """The optimizer at this rate, with the schedule that it has of its own."""
    plugin = registry.optimizer(name)
    return Method.chosen(plugin.choice({"lr": lr}), registry.own_schedule(plugin))


def _arrival(function: Function, points: Array) -> int | None:
    """The step from which on all points are where they should be: whoever only flies past has not arrived."""
    elsewhere = np.flatnonzero(~function.reached(points))
    first = int(elsewhere[-1]) + 1 if len(elsewhere) else 0
    return first if first < len(points) else None


def _status(function: Function, visited: Array, finite: bool, arrival: int | None) -> str:
    if not finite:
        return "diverged"
    if arrival is not None:
        return "arrived"
    return "on its way" if function.inside(*visited[-1]) else "left"
