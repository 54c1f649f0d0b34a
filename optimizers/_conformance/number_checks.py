"""Checks of the arithmetic: dtypes, extremes, the smallest size."""

import warnings
from typing import Any

import numpy as np

from network.layout import Layout
from optimizers._conformance.check import Failure, check, require
from optimizers._conformance.problems import Problem, linear, noisy
from optimizers._conformance.run import Run
from optimizers._state import arrays


@check("Make the state's arrays with np.zeros_like(theta), and write with out=: a NumPy float64 number widens.")
def float32_stays_float32(spec: Any) -> None:
    """With float32 parameters, theta and every floating-point array of the state stay float32."""
    run = Run(spec, dtype=np.float32)
    run.steps(8)
    found = {"theta": run.theta.dtype} | {path: array.dtype for path, array in arrays(run.state) if array.ndim}
    wrong = [f"{path} is {dtype}" for path, dtype in found.items() if dtype.kind == "f" and dtype != np.float32]
    require(not wrong, ", ".join(wrong))


@check("Guard each division: add eps to the divisor.")
def zero_gradient_is_safe(spec: Any) -> None:
    """A gradient of zero, from the first step on or later, gives finite parameters without a warning."""
    with warnings.catch_warnings(), np.errstate(divide="warn", over="warn", invalid="warn"):
        warnings.simplefilter("error")
        _stays_finite(spec, linear(0.0))
        _stays_finite(spec, _fades())


@check("Mind squares and products: 1e12 to the fourth power overflows float32.")
def huge_gradients_stay_finite(spec: Any) -> None:
    """Gradients around 1e12 leave float32 parameters finite."""
    _stays_finite(spec, linear(1e12))


@check("Mind squares that underflow to 0 in a divisor: add eps to it.")
def tiny_gradients_stay_finite(spec: Any) -> None:
    """Gradients around 1e-30 leave float32 parameters finite."""
    _stays_finite(spec, linear(1e-30))


@check("Mind shapes: a vector of length 1 is still a vector, and its matrix has shape (1, 1).")
def one_parameter_is_enough(spec: Any) -> None:
    """A single parameter is trained like many."""
    _stays_finite(spec, noisy(layout=Layout.single(1)))


def _stays_finite(spec: Any, problem: Problem) -> None:
    run = Run(spec, problem, dtype=np.float32)
    for _ in range(8):
        run.step()
        if not (np.isfinite(run.theta).all() and np.isfinite(run.readout()).all()):
            raise Failure(f"the parameters are not finite after step {run.t}")


def _fades() -> Problem:
    """A problem whose gradient is 0 from the fifth batch on."""
    problem, flat = noisy(), linear(0.0)
    return Problem(problem.layout, problem.start, lambda *a: (problem if a[2] < 4 else flat).function(*a))
