"""What the schedule-free methods share: three points, of which gradients see one and evaluations another."""

from typing import Any

import numpy as np

from network.layout import Vector
from optimizers._kernels import blend, descend


def warmed_up(lr: float, t: int, warmup_steps: int) -> float:
    """The rate of step t, counted from 1: it rises evenly over the first steps."""
    return lr * min(1.0, t / warmup_steps) if warmup_steps else lr


def weight(state: Any, lr: float) -> float:
    """The weight c of the newest z in the mean x: the square of the greatest rate so far over the sum of these."""
    state.lr_max = max(state.lr_max, lr)
    state.weight_sum += state.lr_max**2
    return float(state.lr_max**2 / state.weight_sum) if state.weight_sum else 0.0


def move(y: Vector, state: Any, update: Vector, lr: float, beta: float) -> None:
    """Z <- z - lr update; x <- (1 - c) x + c z; y <- (1 - beta) z + beta x, without x, which y and z contain."""
    c = weight(state, lr)
    blend(y, state.z, c, state.scratch)
    descend(y, update, lr * (1 - beta * (1 - c)), state.scratch)
    descend(state.z, update, lr, state.scratch)


def mean(y: Vector, state: Any, beta: float) -> Vector:
    """The mean x (n,) = z + (y - z) / beta, a new vector."""
    x: Vector = np.subtract(y, state.z)
    np.multiply(x, 1 / beta, out=x)
    np.add(x, state.z, out=x)
    return x
