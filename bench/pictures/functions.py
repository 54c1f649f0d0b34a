"""Functions of two variables to descend, each with its gradient, its start, its minimum and the domain to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Bounds = tuple[float, float]

LRS = tuple(digit * 10.0**power for power in range(-4, 2) for digit in (1, 2, 5))[:-2]
"""The learning rates that are tried: 1, 2 and 5 in each decade, 0.0001 to 10."""

STAY = 100  # steps: whoever has been where it should be for so long has arrived, and is not watched any longer


@dataclass(frozen=True)
class Function:
    """f(x, y), elementwise on arrays of one shape; `gradient` gives df/dx and df/dy.

    A path arrives when it comes within `radius` of the minimum and stays there for STAY steps, or till the end; where
    there is no minimum, as on a saddle, when |y| grows beyond `radius`. `lrs` are the learning rates from which each
    optimizer takes its best.
    """

    name: str
    formula: str
    value: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], tuple[Any, Any]]
    start: tuple[float, float]
    minimum: tuple[float, float] | None
    radius: float
    domain: tuple[Bounds, Bounds]
    n_steps: int
    lrs: tuple[float, ...] = LRS

    @property
    def goal(self) -> str:
        """What counts as arrival, in words."""
        there = f"Within {self.radius:g} of the minimum\nfor {STAY} steps"
        return there if self.minimum else f"Beyond |y| = {self.radius:g}"

    def reached(self, points: Array) -> NDArray[np.bool_]:
        """Which of the points (n, 2) are where a path shall arrive."""
        if self.minimum is None:
            return np.abs(points[:, 1]) > self.radius
        return np.hypot(*(points - self.minimum).T) < self.radius

    def inside(self, x: float, y: float) -> bool:
        """Whether the point lies in the domain; one that is no number does not."""
        (left, right), (low, high) = self.domain
        return bool(left <= x <= right and low <= y <= high)


def _saddle(x: Any, y: Any) -> Any:
    return x**2 - y**2


def _saddle_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 2 * x, -2 * y


def _ravine(x: Any, y: Any) -> Any:
    return (x**2 + 30 * y**2) / 2


def _ravine_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return x, 30 * y


def _rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _rosenbrock_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return -2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)


def _beale(x: Any, y: Any) -> Any:
    a, b, c = _beale_terms(x, y)
    return a**2 + b**2 + c**2


def _beale_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    a, b, c = _beale_terms(x, y)
    dx = 2 * (a * (y - 1) + b * (y**2 - 1) + c * (y**3 - 1))
    dy = 2 * x * (a + 2 * b * y + 3 * c * y**2)
    return dx, dy


def _beale_terms(x: Any, y: Any) -> tuple[Any, Any, Any]:
    return 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3


# The saddle has no best learning rate: with one as large as the picture, the first step of a method that normalises
# its gradient leaps off. There all have the same, small one.
FUNCTIONS = {
    function.name: function
    for function in (
        Function(
            "saddle",
            "x² − y²",
            _saddle,
            _saddle_gradient,
            start=(1.0, 1e-3),
            minimum=None,
            radius=1.0,
            domain=((-1.2, 1.2), (-1.1, 1.1)),
            n_steps=450,
            lrs=(0.01,),
        ),
        Function(
            "ravine",
            "(x² + 30 y²) / 2",
            _ravine,
            _ravine_gradient,
            start=(-9.0, 2.5),
            minimum=(0.0, 0.0),
            radius=0.1,
            domain=((-10.0, 4.0), (-3.4, 3.4)),
            n_steps=300,
        ),
        Function(
            "rosenbrock",
            "(1 − x)² + 100 (y − x²)²",
            _rosenbrock,
            _rosenbrock_gradient,
            start=(-1.2, 1.0),
            minimum=(1.0, 1.0),
            radius=0.05,
            domain=((-1.8, 1.8), (-0.6, 2.2)),
            n_steps=2000,
        ),
        Function(
            "beale",
            "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
            _beale,
            _beale_gradient,
            start=(1.0, 1.5),
            minimum=(3.0, 0.5),
            radius=0.05,
            domain=((-0.5, 4.5), (-1.6, 2.2)),
            n_steps=1000,
        ),
    )
}
