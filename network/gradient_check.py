"""Is a gradient right? Compare it with central differences."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from network.layers import Inputs
from network.layout import Layout, Vector
from network.mlp import Labels, Network


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
    n_entries: int | None = None,
) -> GradientReport:
    """Compare `gradient` (n,) of `loss` at `theta` (n,) with (L(theta + step) - L(theta - step)) / (2 step).

    The relative difference is |g - g'| / (|g| + |g'|). Step and tolerance are two things: at a step of 1e-7
    rounding alone costs 1e-7, at 1e-5 a right gradient comes out near 1e-9. With `n_entries` only so many entries
    of each parameter are looked at, drawn at random but always the same.

    Raises ValueError unless `theta` is float64, since float32 cannot resolve the differences, and the loss is the
    same when it is asked twice: with dropout a new mask would be drawn each time.
    """
    if theta.dtype != np.float64:
        raise ValueError(f"check_gradient: theta must be float64, got {theta.dtype}")
    first, second = loss(theta.copy()), loss(theta.copy())
    if first != second and first == first:
        raise ValueError(
            f"check_gradient: the loss must be the same when asked twice, got {first} and {second}: "
            "switch dropout off or freeze its mask"
        )
    rng = np.random.default_rng(0)
    differences, pairs = {}, []
    for parameter in layout.parameters:
        entries = parameter.offset + _chosen(parameter.size, n_entries, rng)
        numeric = np.array([_slope(loss, theta.copy(), i, step) for i in entries])
        differences[parameter.name] = _relative_difference(gradient[entries], numeric)
        pairs.append((gradient[entries], numeric))
    whole, numeric = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return GradientReport(_relative_difference(whole, numeric), differences, tolerance)


def check_network(
    network: Network, theta: Vector, x: Inputs, y: Labels, *, frozen_mask: bool = False, n_entries: int | None = None
) -> GradientReport:
    """Check the gradient of all that `network` minimises on a batch: loss, penalty and batch normalization.

    Raises ValueError for a network with dropout, unless `frozen_mask` says to keep one mask for the whole check.
    """
    if network.dropout and not frozen_mask:
        raise ValueError(f"check_network: dropout must be 0 or its mask frozen, got dropout {network.dropout}")
    statistics, gradient, scratch = network.statistics, np.empty_like(theta), np.empty_like(theta)
    network.loss_and_gradient(theta, x, y, gradient)
    network.statistics = statistics  # a check is no training
    again = partial(network.loss_and_gradient, x=x, y=y, gradient=scratch, again=True)
    return check_gradient(again, theta, gradient, network.layout, n_entries=n_entries)


def _chosen(size: int, n: int | None, rng: np.random.Generator) -> NDArray[np.intp]:
    return np.arange(size) if n is None or n >= size else np.sort(rng.choice(size, n, replace=False))


def _slope(loss: Callable[[Vector], float], theta: Vector, i: int, step: float) -> float:
    centre = theta[i]
    theta[i] = centre + step
    above = loss(theta)
    theta[i] = centre - step
    return (above - loss(theta)) / (2 * step)


def _relative_difference(a: Vector, b: Vector) -> float:
    size = float(np.linalg.norm(a) + np.linalg.norm(b))
    return float(np.linalg.norm(a - b)) / size if size else 0.0
