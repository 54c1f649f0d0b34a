"""Gradient clipping, for any rule: before its step and into another vector, for no step writes into its gradient."""

from math import isfinite, sqrt

import numpy as np

from network.layout import Vector


def clip_by_norm(gradient: Vector, max_norm: float, out: Vector) -> float:
    """Out <- gradient min(1, max_norm / (norm + 1e-6)), all vectors (n,); returns the norm before.

    The norm is Euclidean, over all parameters together. As torch's `clip_grad_norm_` with its 1e-6, which keeps a zero
    gradient zero, and its way with a gradient that is not finite: it goes on as NaN for the training loop to find.
    Source: Pascanu, Mikolov and Bengio 2013, algorithm 1, https://arxiv.org/abs/1211.5063 (without the 1e-6).
    """
    norm = _norm(gradient)
    np.multiply(gradient, min(1.0, max_norm / (norm + 1e-6)) if isfinite(norm) else np.nan, out=out)
    return norm


def clip_by_value(gradient: Vector, limit: float, out: Vector) -> None:
    """Out <- gradient with every component between -limit and limit, as torch's `clip_grad_value_`; NaN stays NaN."""
    np.clip(gradient, -limit, limit, out=out)


def _norm(gradient: Vector) -> float:
    """The Euclidean norm, in double precision where the squares leave the range of the gradient's own."""
    with np.errstate(over="ignore"):
        square = float(gradient @ gradient)
    if isfinite(square) and square > np.finfo(gradient.dtype).tiny:
        return sqrt(square)
    return float(np.linalg.norm(gradient.astype(np.float64)))
