"""What Adam's bias correction does: exponentially weighted averages with and without it, and the first steps' sizes."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import registry
from network.layout import Layout

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Averages:
    """The exponentially weighted averages (n,) of a series, as they are and corrected for their start at zero."""

    plain: Array
    corrected: Array


@dataclass(frozen=True)
class StepSizes:
    """How far Adam's t-th step (n,) goes under a gradient that stays the same, in units of the learning rate."""

    plain: Array
    corrected: Array


def averages(values: Array, beta: float) -> Averages:
    """v <- beta v + (1 - beta) value from v = 0, and v / (1 - beta^t), for t = 1, 2, ..."""
    v, plain = 0.0, np.empty(len(values))
    for i, value in enumerate(values):
        v = beta * v + (1 - beta) * float(value)
        plain[i] = v
    return Averages(plain, plain / (1 - beta ** np.arange(1.0, len(values) + 1)))


def step_sizes(n: int, gradient: float = 0.3) -> StepSizes:
    """The sizes of the first `n` steps: Adam's own as it takes them, and those it would take without its corrections.

    Under a constant gradient each correction is the quotient of what an average is and what it should be.
    """
    adam = registry.optimizer("adam").make({})
    theta, g = np.zeros(1), np.full(1, gradient)
    state = adam.init(theta, Layout.single(1))
    corrected, m, v = np.empty(n), 0.0, 0.0
    plain = np.empty(n)
    for i in range(n):
        before = float(theta[0])
        adam.step(theta, g, state, adam.lr)
        corrected[i] = (before - float(theta[0])) / adam.lr
        m = adam.beta1 * m + (1 - adam.beta1) * gradient
        v = adam.beta2 * v + (1 - adam.beta2) * gradient**2
        plain[i] = m / (sqrt(v) + adam.eps)
    return StepSizes(plain, corrected)


def temperatures(n: int = 100, seed: int = 1) -> Array:
    """A year's noisy temperatures (n,) in degrees Celsius: something to average."""
    day = np.linspace(0, 1, n)
    noise: Array = np.random.default_rng(seed).normal(0, 2.5, n)
    return 10 + 9 * np.sin(np.pi * day) + noise
