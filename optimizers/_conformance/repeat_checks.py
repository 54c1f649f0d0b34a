"""Checks that a trial is repeatable: it depends on its seed, its own state and nothing else."""

import copy
import random
from typing import Any

import numpy as np

from optimizers._conformance.check import NotApplicable, check, require
from optimizers._conformance.problems import NETWORK, noisy, silent
from optimizers._conformance.run import Run
from optimizers._state import arrays, is_scratch, loaded, saved


@check("Keep whatever changes in the state that init returns: nothing in the module, the class or the spec.")
def interleaved_trials_do_not_meet(spec: Any) -> None:
    """Two trials taken in turns equal the same two taken one after the other, bit for bit."""
    alone = [Run(spec, noisy(seed)).steps(12) for seed in (0, 1)]
    runs = [Run(spec, noisy(seed)) for seed in (0, 1)]
    turns = [[run.steps(1)[0] for run in runs] for _ in range(12)]
    for i, trajectory in enumerate(alone):
        _equal(np.array([turn[i] for turn in turns]), trajectory)


@check("Draw from the Generator that init is handed where the class says needs_rng = True, from nothing else.")
def same_seed_same_trajectory(spec: Any) -> None:
    """Two trials of one seed are equal bit for bit."""
    _equal(Run(spec).steps(16), Run(spec).steps(16))


@check("Never call np.random.* or random.*: declare needs_rng = True and draw from the Generator.")
def global_random_state_is_untouched(spec: Any) -> None:
    """The global random states of NumPy and of Python are left as they were."""
    kept = np.random.get_state(), random.getstate()
    try:
        np.random.seed(0xBEEF)
        random.seed(0xBEEF)
        before = _global_states()
        Run(spec).steps(4)
        for whose, old, new in zip(("NumPy's", "Python's"), before, _global_states(), strict=True):
            require(new == old, f"{whose} global random state changed")
    finally:
        np.random.set_state(kept[0])
        random.setstate(kept[1])


@check("Keep arrays, numbers, a Generator, lists, dicts and States of these in the state, no views of one another.")
def a_saved_state_continues(spec: Any) -> None:
    """A state copied, or saved and loaded, in the middle of a run continues bit for bit."""
    run = Run(spec)
    run.steps(12)
    copied, stored = copy.copy(run), copy.copy(run)
    copied.theta, copied.state = run.theta.copy(), copy.deepcopy(run.state)
    stored.theta, stored.state = run.theta.copy(), loaded(saved(run.state))
    rest = run.steps(12)
    _equal(copied.steps(12), rest, "after a deep copy ")
    _equal(stored.steps(12), rest, "after saving and loading ")


@check("Call an array scratch only if each step writes it before reading it; give it another name otherwise.")
def scratch_does_not_outlive_a_step(spec: Any) -> None:
    """Working memory, the names that begin with `scratch`, may hold anything when a step begins."""
    run, disturbed = Run(spec), Run(spec)
    if not any(is_scratch(path) for path, _ in arrays(disturbed.state)):
        raise NotApplicable("the state has no working memory")
    for _ in range(12):
        for path, array in arrays(disturbed.state):
            if is_scratch(path):
                array.fill(np.nan if array.dtype.kind == "f" else 1)
        _equal(disturbed.steps(1), run.steps(1))


@check("Say elementwise = False in the class, or update each coordinate from that coordinate alone.")
def coordinates_are_independent(spec: Any) -> None:
    """An element-wise method moves some coordinates, in another order, as it moves them among all."""
    if not getattr(spec, "elementwise", False):
        raise NotApplicable("the method is not declared element-wise")
    if getattr(spec, "needs_rng", False):
        raise NotApplicable("the method draws random numbers")
    chosen = np.random.default_rng(3).permutation(NETWORK.n)[: NETWORK.n // 2]
    together, alone = Run(spec).steps(16)[:, chosen], Run(spec, noisy(chosen=chosen)).steps(16)
    error = np.abs(together - alone).max()
    require(bool(error <= 1e-12), f"coordinates differ by up to {error:.2g} after 16 steps")


@check("Say sparse = True only where step leaves a coordinate alone whose gradient is zero, and takes any length.")
def zeros_may_be_left_out(spec: Any) -> None:
    """A sparse method's step without the zeros that lead its gradient equals its step with them, bit for bit."""
    if not getattr(spec, "sparse", False):
        raise NotApplicable("the method is not declared sparse")
    wanted, run = Run(spec, silent()).steps(12), Run(spec, silent())
    path = np.empty_like(wanted)
    for n_zeros, row in enumerate(path):
        run.evaluate(run.theta, run.gradient)
        spec.step(run.theta[n_zeros:], run.gradient[n_zeros:], run.state, run.lr)
        run.t += 1
        row[:] = run.theta
    _equal(path, wanted)


def _equal(found: Any, wanted: Any, when: str = "") -> None:
    """Require that two trajectories (n_steps, n) are equal, bit for bit."""
    same = (found == wanted).all(axis=1)
    require(bool(same.all()), f"{when}step {int(np.argmin(same)) + 1} of {len(same)} went elsewhere")


def _global_states() -> tuple[object, object]:
    """The states of NumPy's and of Python's global generators, to be compared."""
    kind, keys, *rest = np.random.get_state()
    return (kind, np.asarray(keys).tolist(), rest), random.getstate()
