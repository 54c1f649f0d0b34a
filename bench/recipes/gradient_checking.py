"""The gradient checks of Ng's course 2, week 1, and the two mistakes planted there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.recipes._finding import Finding, at_most, holds, near
from network import GradientReport, Layout, Network, check_gradient
from network.layers import Inputs
from network.layout import Vector
from network.losses import BinaryCrossEntropy
from network.mlp import Labels

TAKES = "a moment"

SIZES = (4, 5, 3, 1)
Cost = Callable[[Network, Vector, Inputs, Labels], float]
MISTAKES = {"W2": 2, "b1": 4}  # what the course multiplies these gradients by, wrongly


def findings(folder: Path) -> Iterator[Finding]:
    """A right gradient passes, at a step of 1e-5 by far; each planted mistake is found in its layer."""
    yield at_most("J = theta x: difference", 2.919335883291695e-10, one_dimension().difference, 1e-9)
    for step, printed, tolerance in ((1e-7, 1.1872208948988808e-07, 2e-8), (1e-5, 9.3e-10, 1e-10)):
        difference = network(step, cost=rounded_cost).difference
        yield near(f"[4, 5, 3, 1], their cost, step {step:g}: difference", printed, difference, tolerance)
    yield at_most("[4, 5, 3, 1], our cost, step 1e-5: difference", "< 1e-7", network(1e-5).difference, 1e-7)
    for name, factor in MISTAKES.items():
        suspects = network(1e-5, {name: factor}).suspects
        yield holds(f"d{name} times {factor}: found in", name, ", ".join(suspects), suspects == [name])


def one_dimension() -> GradientReport:
    """The check of J = theta x at x = 2, theta = 4."""
    return check_gradient(
        lambda theta: float(2 * theta[0]), np.array([4.0]), np.array([2.0]), Layout.single(1), step=1e-7
    )


def cost(net: Network, theta: Vector, x: Inputs, y: Labels) -> float:
    """The mean loss, worked out from the logits."""
    return net.evaluate(theta, x, y).loss


def rounded_cost(net: Network, theta: Vector, x: Inputs, y: Labels) -> float:
    """The same as the course works it out, from probabilities: where they come close to 1, digits are lost."""
    a = BinaryCrossEntropy.probabilities(net.logits(theta, x)[:, 0])
    return float(np.mean(-np.log(a) * y - np.log(1 - a) * (1 - y)))


def network(step: float, mistakes: dict[str, int] | None = None, cost: Cost = cost) -> GradientReport:
    """The check of the course's network, whose gradient of each named parameter is so many times too large."""
    theta, x, y = case()
    net, gradient = Network(SIZES), np.empty_like(theta)
    net.loss_and_gradient(theta, x, y, gradient)
    for parameter, view in net.layout.views(gradient):
        view *= (mistakes or {}).get(parameter.name, 1)
    return check_gradient(lambda t: cost(net, t, x, y), theta, gradient, net.layout, step=step)


def case() -> tuple[Vector, Inputs, Labels]:
    """Parameters and three examples, drawn in the course's order; there examples are columns, and so is a bias."""
    rng = np.random.RandomState(1)
    x = rng.standard_normal((4, 3)).T
    layout = Layout.dense(SIZES)
    draws = [rng.standard_normal(parameter.shape[::-1]).T.ravel() for parameter in layout.parameters]
    return np.concatenate(draws), x, np.array([1, 1, 0])
