"""Small functions to descend, each with its gradient, its start and its layout."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network.layout import Layout, Vector

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Problem:
    """A loss; `function(theta, gradient, t)` writes the gradient at theta (n,) on batch t and returns the loss."""

    layout: Layout
    start: Vector
    function: Callable[[Vector, Vector, int], float]


NETWORK = Layout.dense((4, 3, 2))


def noisy(seed: int = 0, layout: Layout = NETWORK, chosen: Indices | None = None) -> Problem:
    """1/2 sum_i d_i (theta_i - c_ti)^2, whose minimum c_t is another on every batch; maybe of `chosen` i alone."""
    rng = np.random.default_rng(seed)
    start, d, c = rng.standard_normal(layout.n), rng.uniform(0.5, 2, layout.n), rng.standard_normal((32, layout.n))
    if chosen is not None:
        layout, start, d, c = Layout.single(len(chosen)), start[chosen], d[chosen], c[:, chosen]

    def function(theta: Vector, gradient: Vector, t: int) -> float:
        error = theta - c[t % len(c)]
        gradient[:] = d * error
        return float(gradient @ error) / 2

    return Problem(layout, start, function)


def silent() -> Problem:
    """The noisy problem, on whose batch t the first t coordinates have no say: their gradient is zero."""
    whole = noisy()

    def function(theta: Vector, gradient: Vector, t: int) -> float:
        loss = whole.function(theta, gradient, t)
        gradient[:t] = 0
        return loss

    return Problem(whole.layout, whole.start, function)


def linear(slope: float, layout: Layout = NETWORK) -> Problem:
    """The sum over i of slope g_i theta_i, whose gradient is the same everywhere."""
    rng = np.random.default_rng(5)
    start, g = rng.standard_normal(layout.n), slope * rng.standard_normal(layout.n)

    def function(theta: Vector, gradient: Vector, _: int) -> float:
        gradient[:] = g
        return float(g @ theta)

    return Problem(layout, start, function)


def quadratic() -> Problem:
    """1/2 sum_i d_i theta_i^2 in eight dimensions, with curvatures d_i from 0.1 to 1."""
    d = np.logspace(-1, 0, 8)

    def function(theta: Vector, gradient: Vector, _: int) -> float:
        gradient[:] = d * theta
        return float(gradient @ theta) / 2

    return Problem(Layout.single(8), np.linspace(0.5, 1.5, 8), function)


def rosenbrock() -> Problem:
    """(1 - x)^2 / 100 + (y - x^2)^2, a bent valley, from (-1.2, 1)."""

    def function(theta: Vector, gradient: Vector, _: int) -> float:
        x, y = map(float, theta)
        gradient[:] = -0.02 * (1 - x) - 4 * x * (y - x * x), 2 * (y - x * x)
        return (1 - x) ** 2 / 100 + (y - x * x) ** 2

    return Problem(Layout.single(2), np.array([-1.2, 1.0]), function)


def matrix() -> Problem:
    """||A X B - C||^2 / 2 over a matrix X (4, 3), with a C that some X attains."""
    rng = np.random.default_rng(7)
    a, b, x_start, x_best = (rng.standard_normal(shape) / 2 for shape in ((6, 4), (3, 5), (4, 3), (4, 3)))
    c = a @ x_best @ b

    def function(theta: Vector, gradient: Vector, _: int) -> float:
        error = a @ theta.reshape(4, 3) @ b - c
        gradient[:] = (a.T @ error @ b.T).ravel()
        return float((error * error).sum()) / 2

    return Problem(Layout.single(4, 3), x_start.ravel(), function)
