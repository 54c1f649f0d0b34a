"""Is a gradient right? Compare it with central differences."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from network.layout import Layout, Vector


@dataclass(frozen=True)
class GradientReport:
    """The relative differences between a gradient and its central differences, as a whole and by parameter."""

    difference: float
    by_parameter: dict[str, float]
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether every parameter's difference is within the tolerance."""
        return not self.suspects

    @property
    def suspects(self) -> list[str]:
        """The parameters whose gradient is wrong, the worst first."""
        wrong = {name: d for name, d in self.by_parameter.items() if not d <= self.tolerance}
        return sorted(wrong, key=lambda name: -wrong[name])


def check_gradient(
    loss: Callable[[Vector], float],
    theta: Vector,
    gradient: Vector,
    layout: Layout,
    *,
    step: float = 1e-5,
    tolerance: float = 1e-7,
) -> GradientReport:
    """Compare `gradient` (n,) of `loss` at `theta` (n,) with (L(theta + step) - L(theta - step)) / (2 step).

    The relative difference is |g - g'| / (|g| + |g'|). Step and tolerance are two things: at a step of 1e-7
    rounding alone costs 1e-7, at 1e-5 a right gradient comes out near 1e-9. Raises ValueError unless `theta`
    is float64: float32 cannot resolve the differences.
    """
    if theta.dtype != np.float64:
        raise ValueError(f"check_gradient: theta must be float64, got {theta.dtype}")
    numeric = np.array([_slope(loss, theta.copy(), i, step) for i in range(len(theta))])
    by_parameter = {
        parameter.name: _relative_difference(parameter.view(gradient), parameter.view(numeric))
        for parameter in layout.parameters
    }
    return GradientReport(_relative_difference(gradient, numeric), by_parameter, tolerance)


def _slope(loss: Callable[[Vector], float], theta: Vector, i: int, step: float) -> float:
    centre = theta[i]
    theta[i] = centre + step
    above = loss(theta)
    theta[i] = centre - step
    return (above - loss(theta)) / (2 * step)


def _relative_difference(a: Vector, b: Vector) -> float:
    size = float(np.linalg.norm(a) + np.linalg.norm(b))
    return float(np.linalg.norm(a - b)) / size if size else 0.0
