"""Where training starts: the weights of a dense layer are normal with a spread that each initializer chooses.

Biases start at 0, the scales of batch normalization at 1. The draws of a layer are ordered unit by unit,
(n_out, n_in), as in the literature.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike

from network.layout import Layout, Vector, aligned_zeros


class Initializer(Protocol):
    """What an initializer must offer; a frozen dataclass of its settings."""

    def std(self, n_in: int, n_out: int) -> float:
        """The standard deviation of the weights of a layer of `n_out` units with `n_in` inputs each."""


@dataclass(frozen=True)
class Zeros:
    """All weights zero. The units of a layer stay each other's copies for ever: the symmetry never breaks."""

    def std(self, n_in: int, n_out: int) -> float:
        """0."""
        return 0.0


@dataclass(frozen=True)
class Scaled:
    """Normal with one standard deviation for every layer, whatever its width.

    Raises ValueError for a scale that is not positive.
    """

    scale: float = 0.01

    def __post_init__(self) -> None:
        if not 0 < self.scale < np.inf:
            raise ValueError(f"Scaled: scale must be in (0, inf), got {self.scale}")

    def std(self, n_in: int, n_out: int) -> float:
        """`scale`."""
        return self.scale


@dataclass(frozen=True)
class He:
    """Var = 2 / n_in, which keeps the activations' size through ReLU layers.

    He et al. 2015, eq. 10, https://arxiv.org/abs/1502.01852
    """

    def std(self, n_in: int, n_out: int) -> float:
        """sqrt(2 / n_in)."""
        return sqrt(2 / n_in)


@dataclass(frozen=True)
class Xavier:
    """Var = 1 / n_in, for tanh: the forward half of Glorot's argument, the form of LeCun et al. 1998, section 4.6."""

    def std(self, n_in: int, n_out: int) -> float:
        """sqrt(1 / n_in)."""
        return sqrt(1 / n_in)


@dataclass(frozen=True)
class Glorot:
    """Var = 2 / (n_in + n_out), the compromise between the forward and the backward pass.

    Glorot and Bengio 2010, eq. 12 (there as a uniform distribution of the same variance, eq. 16),
    https://proceedings.mlr.press/v9/glorot10a.html
    """

    def std(self, n_in: int, n_out: int) -> float:
        """sqrt(2 / (n_in + n_out))."""
        return sqrt(2 / (n_in + n_out))


INITIALIZERS: dict[str, type[Initializer]] = {
    "zeros": Zeros,
    "scaled": Scaled,
    "he": He,
    "xavier": Xavier,
    "glorot": Glorot,
}


def initialize(
    initializer: Initializer,
    layout: Layout,
    rng: np.random.Generator | np.random.RandomState,
    dtype: DTypeLike = np.float32,
) -> Vector:
    """The flat vector (n,) at which training starts: weights from `initializer` by way of `rng`, biases 0, scales 1."""
    theta = aligned_zeros(layout.n, dtype)
    for parameter, view in layout.views(theta):
        if parameter.role == "weight":
            n_in, n_out = parameter.shape
            view[:] = rng.standard_normal((n_out, n_in)).T * initializer.std(n_in, n_out)
        elif parameter.role == "scale":
            view[:] = 1
    return theta
