"""Checks of the descent: that the loss falls, and what that costs."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from math import isfinite, log
from typing import Any

import numpy as np

from optimizers._conformance.check import Failure, check, require
from optimizers._conformance.problems import Problem, matrix, quadratic, rosenbrock
from optimizers._conformance.run import Run
from optimizers._domains import search_space

N_STEPS = 200
N_WARM_UP = 120
FREE_BYTES = 4096  # what Python itself keeps, over all the steps

ADVICE = "Look at the sign of the update, and at the range of lr: searched(default, low, high)."


@check(ADVICE)
def loss_falls_on_a_quadratic(spec: Any) -> None:
    """With its best lr of five, the method halves the loss of a convex quadratic in 200 steps."""
    _halves(spec, quadratic)


@check(ADVICE)
def loss_falls_on_rosenbrock(spec: Any) -> None:
    """With its best lr of five, the method halves the loss of Rosenbrock's valley in 200 steps."""
    _halves(spec, rosenbrock)


@check(ADVICE)
def loss_falls_on_a_matrix_problem(spec: Any) -> None:
    """With its best lr of five, the method halves ||A X B - C||^2 over a matrix X in 200 steps."""
    _halves(spec, matrix)


@check("Set evaluations_per_step: 1 plus the closure's calls in a step; as a float where that is an average.")
def declared_evaluations_are_those_counted(spec: Any) -> None:
    """A step costs the declared number of gradients: exactly an integer, on average and within 10 % a float."""
    run, declared = Run(spec), getattr(spec, "evaluations_per_step", 1)
    run.steps(60)
    counted, free = run.n_evaluations / 60, 0.1 * declared if isinstance(declared, float) else 0
    require(abs(counted - declared) <= free, f"declared are {declared}, counted were {counted:g} a step")


@check("Do not collect things step by step in the state, or give the collection a largest size.")
def memory_does_not_grow(spec: Any) -> None:
    """After a warm-up of 120 steps, 200 more keep no more memory."""
    run = Run(spec)
    with _traced():
        _walk(run, N_WARM_UP)
        before = _bytes_held()
        _walk(run, N_STEPS)
        grown = _bytes_held() - before
    require(grown <= FREE_BYTES, f"memory grew by {grown} bytes in {N_STEPS} steps")


def rates(spec: Any) -> list[float]:
    """Five learning rates: evenly over the declared range, or decades around the default."""
    search = search_space(type(spec)).get("lr") if is_dataclass(spec) else None
    found = [search.value(i / 4) for i in range(5)] if search else [spec.lr * 10.0**i for i in range(-2, 3)]
    return sorted(found, key=lambda lr: abs(log(lr / spec.lr)))


def _halves(spec: Any, problem: Callable[[], Problem]) -> None:
    left: dict[float, float] = {}
    for lr in rates(spec):
        left[lr] = _left(spec, problem(), lr)
        if left[lr] <= 0.5:
            return
    best = min(left, key=lambda lr: left[lr])
    require(isfinite(left[best]), f"it diverged at every lr of {', '.join(f'{lr:g}' for lr in sorted(left))}")
    raise Failure(f"the best lr, {best:g}, left {left[best]:.0%} of the loss")


def _left(spec: Any, problem: Problem, lr: float) -> float:
    """The part of the loss that is left after the steps; infinity where the method diverged."""
    run = Run(spec, problem, lr=lr)
    first = run.loss()
    try:
        _walk(run, N_STEPS)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return float("inf")  # too large a rate: the other checks show errors that are not its fault
    return run.loss() / first if isfinite(run.loss()) else float("inf")


def _walk(run: Run, n: int) -> None:
    for _ in range(n):
        run.step()


def _bytes_held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@contextmanager
def _traced() -> Iterator[None]:
    mine = not tracemalloc.is_tracing()
    if mine:
        tracemalloc.start()
    try:
        yield
    finally:
        if mine:
            tracemalloc.stop()
