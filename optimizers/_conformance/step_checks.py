"""Checks of `init`, `step` and `readout`: what they may touch."""

from typing import Any

import numpy as np

from optimizers._conformance.check import NotApplicable, check, require
from optimizers._conformance.problems import noisy
from optimizers._conformance.run import Run
from optimizers._state import arrays, fingerprint


@check("Only read theta in init.")
def init_leaves_theta_alone(spec: Any) -> None:
    """`init` does not change theta."""
    require(np.array_equal(Run(spec).theta, noisy().start), "theta changed")


@check("Copy what the state keeps: theta.copy(), np.zeros_like(theta).")
def init_aliases_nothing(spec: Any) -> None:
    """No array of a new state shares memory with theta."""
    run = Run(spec)
    shared = [path for path, array in arrays(run.state) if np.shares_memory(array, run.theta)]
    require(not shared, f"{', '.join(shared)} shares memory with theta")


@check("Write into theta: `theta -= ...` or np.subtract(theta, ..., out=theta), not `theta = theta - ...`.")
def step_moves_theta_in_place(spec: Any) -> None:
    """`step` changes the array theta that it is given."""
    run = Run(spec)
    run.steps(16)
    require(not np.array_equal(run.theta, run.problem.start), "theta was the same after 16 steps")


@check("Return nothing from step: theta and state change in place.")
def step_returns_none(spec: Any) -> None:
    """`step` returns None."""
    returned = Run(spec).step()
    require(returned is None, f"it returned a {type(returned).__name__}")


@check("Only read the gradient: work in an array of the state (state.scratch) instead.")
def step_leaves_the_gradient_alone(spec: Any) -> None:
    """`step` never writes into the gradient."""
    run = Run(spec)
    for _ in range(16):
        run.step()
        require(np.array_equal(run.gradient, run.given), f"the gradient changed at step {run.t}")


@check("Copy the gradient if the state keeps it: np.copyto(state.last, gradient).")
def step_keeps_no_reference_to_the_gradient(spec: Any) -> None:
    """Changing the gradient after a step changes nothing later."""
    run, disturbed = Run(spec), Run(spec)
    for _ in range(16):
        run.step()
        disturbed.step()
        disturbed.gradient[:] = 1e3
        disturbed.gradient = np.empty_like(run.gradient)
        require(np.array_equal(disturbed.theta, run.theta), f"step {run.t} went elsewhere")


@check("Multiply the update by the argument `lr`, not by self.lr: a schedule changes it from step to step.")
def step_uses_the_rate_it_is_given(spec: Any) -> None:
    """Another `lr` handed to `step` leads elsewhere."""
    whole, half = Run(spec), Run(spec, lr=spec.lr / 2)
    require(not np.array_equal(whole.steps(4), half.steps(4)), "half the rate led to the same parameters")


@check("Return theta or an array of the state from readout, and write into working memory (state.scratch) only.")
def readout_changes_nothing(spec: Any) -> None:
    """`readout` returns parameters of theta's shape and dtype and changes neither theta nor the state."""
    if not hasattr(spec, "readout"):
        raise NotApplicable("there is no readout: theta is evaluated")
    run = Run(spec, dtype=np.float32)
    run.steps(8)
    theta, state = run.theta.copy(), fingerprint(run.state)
    found = run.readout()
    require((found.shape, found.dtype) == (theta.shape, theta.dtype), f"it returned {found.dtype} {found.shape}")
    require(np.array_equal(run.theta, theta), "theta changed")
    changed = [path for path, leaf in fingerprint(run.state).items() if state.get(path) != leaf]
    require(not changed, f"{', '.join(changed)} changed")
