"""The conformance kit: every optimizer of the folder passes it, and each check catches what it is there for."""

import re
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bench.guard import child_environment
from bench.plugin import PluginError
from bench.registry import optimizer, optimizer_in, optimizer_names
from bench.scaffold import new_plugin
from optimizers import Fraction, Optimizer, Positive, State, searched
from optimizers._conformance import CHECKS, check_optimizer, run_checks
from optimizers.adam import Adam
from optimizers.lookahead import Lookahead
from optimizers.minibatch_gd import MinibatchGD
from optimizers.polyak import Polyak
from optimizers.rmsprop import RMSprop
from optimizers.sam import SAM

EXPECTED_FAILURES: dict[str, dict[str, str]] = {}


@pytest.mark.parametrize("name", optimizer_names())
def test_every_optimizer_of_the_folder_passes_the_kit(name):
    check_optimizer(optimizer(name).kind, expected_failures=EXPECTED_FAILURES.get(name))


@pytest.mark.parametrize(
    "spec",
    [
        Lookahead(inner=SAM()),
        SAM(inner=Lookahead()),
        Polyak(inner=Adam(lr=0.01)),
        Lookahead(inner=Polyak(inner=SAM(inner=RMSprop()))),
    ],
    ids=lambda spec: f"{type(spec).__name__}({type(spec.inner).__name__})",
)
def test_a_wrapper_around_another_rule_passes_too(spec):
    check_optimizer(spec)


def test_what_a_method_says_of_its_step_is_not_said_of_a_subclass_s_step():
    class Other(MinibatchGD):
        def step(self, theta, gradient, state, lr):
            theta -= lr * (gradient + theta)

    class Renamed(MinibatchGD):
        lr: Positive = 0.5

    assert (MinibatchGD.sparse, Renamed.sparse, Other.sparse) == (True, True, False)


# --- A good optimizer, and one broken in each way ----------------------------------------------------------------


class Good(Optimizer):
    """Momentum with a decay of beta, at the rate lr.

    Source: Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5.
    """

    lr: Positive = searched(0.1, 1e-2, 1)
    beta: Fraction = 0.5

    def init(self, theta, layout):
        return State(m=np.zeros_like(theta), scratch=np.empty_like(theta))

    def step(self, theta, gradient, state, lr):
        state.m *= self.beta
        state.m += self.direction(gradient)
        np.multiply(state.m, lr, out=state.scratch)
        theta -= state.scratch

    def direction(self, gradient):
        return gradient


BROKEN = []


def breaks(check, *, also=()):
    """Put a class into the table: the check that must catch it, and those that cannot help catching it too."""

    def add(kind):
        if not check.startswith("docstring") and "Source" not in kind.__doc__:
            kind.__doc__ = Good.__doc__
        BROKEN.append((check, also, kind))
        return kind

    return add


@breaks("spec_is_frozen")
@dataclass(kw_only=True, unsafe_hash=True)
class Thawed:
    lr: float = 0.1

    def init(self, theta, layout):
        return {}

    def step(self, theta, gradient, state, lr):
        theta -= lr * gradient.astype(theta.dtype)


@breaks("spec_is_equal_by_value")
class HashedByPlace(Good):
    def __hash__(self):
        return id(self)


@breaks("spec_survives_its_record")
class Unwritable(Good):
    """Momentum with beta at the rate lr for the chosen. Source: Polyak 1964."""

    chosen: frozenset = frozenset({1})


@breaks("values_outside_a_domain_are_refused")
class Unguarded(Good):
    def __post_init__(self):
        pass


@breaks("values_outside_a_domain_are_refused")
class Mumbling(Good):
    def __post_init__(self):
        try:
            super().__post_init__()
        except ValueError:
            raise ValueError("a wrong value") from None


@breaks("docstring_has_a_source")
class OfNowhere(Good):
    """Momentum with a decay of beta, at the rate lr."""


@breaks("docstring_names_every_hyperparameter")
class Taciturn(Good):
    """Momentum at the rate lr. Source: Polyak 1964."""


@breaks("init_leaves_theta_alone")
class Shrinking(Good):
    def init(self, theta, layout):
        theta *= 0.5
        return super().init(theta, layout)


@breaks("init_aliases_nothing")
class Holding(Good):
    def init(self, theta, layout):
        return State(start=theta[::2], **vars(super().init(theta, layout)))


@breaks(
    "step_moves_theta_in_place",
    also={
        "step_uses_the_rate_it_is_given",
        "loss_falls_on_a_quadratic",
        "loss_falls_on_rosenbrock",
        "loss_falls_on_a_matrix_problem",
    },
)
class Rebinding(Good):
    def step(self, theta, gradient, state, lr):
        theta = theta - lr * gradient


@breaks("step_returns_none")
class Answering(Good):
    def step(self, theta, gradient, state, lr):
        super().step(theta, gradient, state, lr)
        return theta


@breaks("step_leaves_the_gradient_alone")
class Scribbling(Good):
    def step(self, theta, gradient, state, lr):
        gradient *= 0.5
        super().step(theta, gradient, state, lr)


@breaks("step_keeps_no_reference_to_the_gradient", also={"a_saved_state_continues"})
class Clinging(Good):
    def init(self, theta, layout):
        return State(last=None, **vars(super().init(theta, layout)))

    def step(self, theta, gradient, state, lr):
        super().step(theta, gradient if state.last is None else (gradient + state.last) / 2, state, lr)
        state.last = gradient


@breaks("step_uses_the_rate_it_is_given")
class Unscheduled(Good):
    def step(self, theta, gradient, state, lr):
        super().step(theta, gradient, state, self.lr)


@breaks("readout_changes_nothing")
class Counting(Good):
    def init(self, theta, layout):
        return State(n_read=0, **vars(super().init(theta, layout)))

    def readout(self, theta, state):
        state.n_read += 1
        return theta


@breaks("readout_changes_nothing")
class Widening(Good):
    def readout(self, theta, state):
        return theta.astype(np.float64)


@breaks("readout_changes_nothing")
class Polishing(Good):
    def readout(self, theta, state):
        theta *= 0.999
        return theta


@breaks("interleaved_trials_do_not_meet")
class Anchored(Good):
    def init(self, theta, layout):
        type(self).anchor = theta.copy()
        return super().init(theta, layout)

    def step(self, theta, gradient, state, lr):
        super().step(theta, gradient, state, lr)
        theta += 0.01 * lr * (self.anchor - theta)


@breaks(
    "same_seed_same_trajectory",
    also={
        "step_keeps_no_reference_to_the_gradient",
        "interleaved_trials_do_not_meet",
        "a_saved_state_continues",
        "scratch_does_not_outlive_a_step",
        "coordinates_are_independent",
    },
)
class Unseeded(Good):
    def step(self, theta, gradient, state, lr):
        super().step(theta, gradient, state, lr * np.random.default_rng().uniform(0.9, 1))


@breaks("global_random_state_is_untouched")
class Reseeding(Good):
    def init(self, theta, layout):
        np.random.seed(0)
        return super().init(theta, layout)


@breaks("a_saved_state_continues")
class Entangled(Good):
    def init(self, theta, layout):
        m = np.zeros_like(theta)
        return State(m=m, view=m[:], scratch=np.empty_like(theta))

    def step(self, theta, gradient, state, lr):
        state.view *= self.beta
        state.m += gradient
        theta -= lr * state.view


@breaks("a_saved_state_continues")
class Unsaveable(Good):
    def init(self, theta, layout):
        return State(rule=lambda m: m * 1, **vars(super().init(theta, layout)))


@breaks("scratch_does_not_outlive_a_step")
class Misnamed(Good):
    def init(self, theta, layout):
        return State(scratch_m=np.zeros_like(theta))

    def step(self, theta, gradient, state, lr):
        state.scratch_m *= self.beta
        state.scratch_m += gradient
        theta -= lr * state.scratch_m


@breaks("coordinates_are_independent")
class Mixing(Good):
    def direction(self, gradient):
        return gradient / (1e-8 + np.sqrt(gradient @ gradient))


@breaks("zeros_may_be_left_out")
class Forgetful(Good):
    sparse = True

    def step(self, theta, gradient, state, lr):
        state.m *= self.beta
        m = state.m[: len(theta)]
        m += gradient
        theta -= lr * m


@breaks("zeros_may_be_left_out")
class Decaying(MinibatchGD):
    """Descent at the rate lr, with decay. Source: Hanson and Pratt 1988."""

    sparse = True

    def step(self, theta, gradient, state, lr):
        theta *= 1 - 0.1 * lr
        super().step(theta, gradient, state, lr)


@breaks("float32_stays_float32")
class Wide(Good):
    def init(self, theta, layout):
        return State(m=np.zeros(theta.shape), scratch=np.empty_like(theta))

    def step(self, theta, gradient, state, lr):
        state.m *= self.beta
        state.m += gradient
        theta -= (lr * state.m).astype(theta.dtype)


@breaks("zero_gradient_is_safe")
class Normalised(Good):
    elementwise = False

    def direction(self, gradient):
        return gradient / np.abs(gradient).max()


@breaks("huge_gradients_stay_finite")
class Overflowing(Good):
    def direction(self, gradient):
        fourth = gradient**4
        return gradient * (fourth / (fourth + 1e-8))


@breaks("tiny_gradients_stay_finite")
class Underflowing(Good):
    def direction(self, gradient):
        return np.divide(gradient, np.sqrt(gradient * gradient), out=gradient * 0, where=gradient != 0)


@breaks("one_parameter_is_enough")
class Standardised(Good):
    elementwise = False

    def direction(self, gradient):
        return gradient / (gradient.std(ddof=1) + 1e-8)


@breaks("loss_falls_on_a_quadratic")
class OnlyUp(Good):
    def direction(self, gradient):
        return np.minimum(gradient, 0)


@breaks("loss_falls_on_rosenbrock")
class Hesitant(Good):
    elementwise = False

    def direction(self, gradient):
        return gradient if gradient.max() > 0 else 0 * gradient


@breaks("loss_falls_on_a_matrix_problem")
class Transposing(Good):
    elementwise = False

    def init(self, theta, layout):
        (*_, last) = layout.parameters
        return State(shape=last.shape, **vars(super().init(theta, layout)))

    def step(self, theta, gradient, state, lr):
        rows, columns = state.shape
        n = rows * columns
        turned = gradient.copy()
        turned[-n:] = gradient[-n:].reshape(rows, columns).T.ravel()
        super().step(theta, turned, state, lr)


@breaks("declared_evaluations_are_those_counted")
class LookingTwice(Good):
    needs_closure = True

    def step(self, theta, gradient, state, lr, closure):
        again = np.empty_like(gradient)
        closure(theta, again)
        super().step(theta, again, state, lr)


@breaks("memory_does_not_grow")
class Remembering(Good):
    def init(self, theta, layout):
        return State(history=[], **vars(super().init(theta, layout)))

    def step(self, theta, gradient, state, lr):
        super().step(theta, gradient, state, lr)
        state.history.append(float(theta[0]))


ALL_PASSED = {**dict.fromkeys(CHECKS, "passed"), "zeros_may_be_left_out": "not applicable"}  # to those not sparse


def statuses(kind, **options):
    return {outcome.check: outcome.status for outcome in run_checks(kind, **options)}


def failed(kind):
    return {check for check, status in statuses(kind).items() if status == "failed"}


def test_a_good_optimizer_passes_every_check():
    assert statuses(Good) == ALL_PASSED
    check_optimizer(Good)
    check_optimizer(Good(lr=0.05, beta=0.0))


@pytest.mark.parametrize(
    ("check", "also", "kind"), BROKEN, ids=[f"{check}-{kind.__name__}" for check, _, kind in BROKEN]
)
def test_each_check_catches_what_it_is_there_for(check, also, kind):
    assert failed(kind) == {check, *also}


def test_every_check_is_shown_to_catch_something():
    assert {check for check, _, _ in BROKEN} == set(CHECKS)


class Occasional(Good):
    """Momentum with beta at the rate lr, with a second look every tenth step. Source: Polyak 1964."""

    needs_closure = True
    evaluations_per_step = 1.1

    def init(self, theta, layout):
        return State(t=0, scratch_gradient=np.empty_like(theta), **vars(super().init(theta, layout)))

    def step(self, theta, gradient, state, lr, closure):
        state.t += 1
        np.copyto(state.scratch_gradient, gradient)
        if state.t % 10 == 0:
            closure(theta, state.scratch_gradient)
        super().step(theta, state.scratch_gradient, state, lr)


class Jittering(Good):
    """Momentum with beta at a rate around lr. Source: Polyak 1964."""

    needs_rng = True

    def init(self, theta, layout, rng):
        return State(rng=rng, past=[deque([1.0], maxlen=3), {"n": 0}, (None,)], **vars(super().init(theta, layout)))

    def step(self, theta, gradient, state, lr):
        past, counts, _ = state.past
        past.append(state.rng.uniform(0.9, 1))
        counts["n"] += 1
        super().step(theta, gradient, state, lr * past[0])


@pytest.mark.parametrize("kind", [Occasional, Jittering])
def test_closures_now_and_then_and_random_numbers_of_their_own_are_fine(kind):
    check_optimizer(kind)
    assert failed(type("Wrong", (kind,), {"__doc__": kind.__doc__, "evaluations_per_step": 2})) == {
        "declared_evaluations_are_those_counted"
    }


# --- Plugins that know nothing of scratchmark --------------------------------------------------------------------


class Stranger:
    """Plain descent at the rate lr. Source: Cauchy 1847."""

    lr = 0.1

    def init(self, theta, layout):
        return SimpleNamespace(t=0)

    def step(self, theta, gradient, state, lr):
        state.t += 1
        theta -= (lr * gradient).astype(theta.dtype)


@dataclass(frozen=True)
class Guest(Stranger):
    """Plain descent at the rate lr. Source: Cauchy 1847."""

    lr: float = 0.1


NEEDS_A_DATACLASS = {
    "spec_is_frozen",
    "spec_is_equal_by_value",
    "spec_survives_its_record",
    "values_outside_a_domain_are_refused",
}
NEEDS_THE_CONTRACT = {
    "readout_changes_nothing",
    "scratch_does_not_outlive_a_step",
    "coordinates_are_independent",
    "zeros_may_be_left_out",
}


@pytest.mark.parametrize(
    ("kind", "not_applicable"),
    [
        (Stranger, NEEDS_A_DATACLASS | NEEDS_THE_CONTRACT),
        (Guest, {"values_outside_a_domain_are_refused"} | NEEDS_THE_CONTRACT),
    ],
)
def test_a_plugin_need_not_import_scratchmark(kind, not_applicable):
    found = statuses(kind)
    assert {check for check, status in found.items() if status == "not applicable"} == not_applicable
    assert set(found.values()) == {"passed", "not applicable"}
    check_optimizer(kind)


# --- What is said ------------------------------------------------------------------------------------------------


def test_a_failure_says_what_was_expected_what_happened_and_what_to_do():
    with pytest.raises(AssertionError) as caught:
        check_optimizer(Scribbling)
    said = str(caught.value)
    assert f"Scribbling fails 1 of {len(CHECKS)} checks" in said
    assert "step_leaves_the_gradient_alone" in said
    assert "expected: `step` never writes into the gradient." in said
    assert "happened: the gradient changed at step 1" in said
    assert "do: Only read the gradient" in said


class Raising(Good):
    def step(self, theta, gradient, state, lr):
        np.linalg.inv(np.zeros((2, 2)))


class Bare(Optimizer):
    lr: Positive


@pytest.mark.parametrize(
    ("kind", "said"),
    [(Raising, r"LinAlgError: Singular matrix \(test_conformance\.py, line \d+\)"), (Bare, "TypeError: .*'lr'")],
)
def test_an_optimizer_that_takes_no_step_is_told_so_once(kind, said):
    (outcome,) = run_checks(kind)
    assert (outcome.check, outcome.status) == ("takes_a_step", "failed")
    assert re.match(said, outcome.happened)


def test_an_expected_failure_passes_with_its_reason():
    excused = {"memory_does_not_grow": "it keeps its past"}
    check_optimizer(Remembering, expected_failures=excused)
    outcome = next(o for o in run_checks(Remembering, expected_failures=excused) if o.check in excused)
    assert outcome.status == "expected failure"
    assert "it keeps its past" in outcome.happened


def test_an_expected_failure_that_passes_is_a_failure():
    with pytest.raises(AssertionError, match="it was to fail \\(it keeps its past\\), but is passed"):
        check_optimizer(Good, expected_failures={"memory_does_not_grow": "it keeps its past"})


def test_an_expected_failure_names_a_check():
    with pytest.raises(ValueError, match="there is no check no_such_check"):
        check_optimizer(Good, expected_failures={"no_such_check": "?"})


# --- scratchmark new ---------------------------------------------------------------------------------------------


def test_a_new_plugin_runs_and_its_test_passes(tmp_path):
    assert new_plugin("my_rule", tmp_path) == [tmp_path / "my_rule.py", tmp_path / "test_my_rule.py"]
    plugin = optimizer_in(tmp_path / "my_rule.py")
    assert plugin.kind.__name__ == "MyRule"
    assert statuses(plugin.kind) == ALL_PASSED
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_rule.py"]
    done = subprocess.run(command, cwd=tmp_path, env=child_environment(), capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_new_plugin_is_short(tmp_path):
    plugin, _ = new_plugin("my_rule", tmp_path)
    assert len(plugin.read_text("utf-8").splitlines()) <= 30


def test_a_new_plugin_overwrites_nothing(tmp_path):
    (tmp_path / "test_my_rule.py").write_text("mine")
    with pytest.raises(PluginError, match=r"test_my_rule\.py is there already"):
        new_plugin("my_rule", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["test_my_rule.py"]
    assert (tmp_path / "test_my_rule.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my-rule", "must be a Python name that does not begin with _, got 'my-rule'"),
        ("2fast", "must be a Python name"),
        ("_hidden", "must be a Python name"),
        ("class", "must be a Python name"),
        ("../up", "must be a Python name"),
        ("", "must be a Python name"),
        ("numpy", "'numpy' is taken"),
        ("adam", "'adam' is taken"),
    ],
)
def test_a_new_plugin_needs_a_usable_name(tmp_path, name, said):
    with pytest.raises(PluginError, match=said):
        new_plugin(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_class_of_a_new_plugin_hides_nothing_that_it_imports(tmp_path: Path):
    plugin, _ = new_plugin("state", tmp_path)
    assert statuses(optimizer_in(plugin).kind) == ALL_PASSED
