"""Every optimizer in the folder keeps the contract; the classic ones reproduce published and hand-worked numbers."""

# The ids of the feature checklist keep their capital letter inside the tests' names.

import copy
import importlib
import pkgutil
import re
from dataclasses import FrozenInstanceError, fields, replace
from fractions import Fraction
from itertools import pairwise
from math import inf, nan, nextafter, sqrt
from typing import Literal, get_origin

import numpy as np
import pytest

import optimizers
from network import Layout
from optimizers import Optimizer, Progress
from optimizers._domains import Interval, domains
from optimizers._schedules import SCHEDULES, Exponential, InverseSqrt, InverseTime, Staircase, Table
from optimizers.adam import Adam
from optimizers.batch_gd import BatchGD
from optimizers.lr_decay import LRDecay
from optimizers.minibatch_gd import MinibatchGD
from optimizers.momentum import Momentum
from optimizers.rmsprop import RMSprop
from optimizers.sgd import SGD


def methods():
    """The one optimizer that each file of the folder defines."""
    names = [info.name for info in pkgutil.iter_modules(optimizers.__path__) if not info.name.startswith("_")]
    return [the_optimizer(importlib.import_module(f"optimizers.{name}")) for name in names]


def the_optimizer(module):
    defined = [value for value in vars(module).values() if getattr(value, "__module__", None) == module.__name__]
    (only,) = [value for value in defined if isinstance(value, type) and issubclass(value, Optimizer)]
    return only


METHODS = methods()
each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)


class Run:
    """An optimizer with its own parameters and state, which a test moves step by step."""

    def __init__(self, optimizer, theta, layout=None):
        self.optimizer = optimizer
        self.theta = np.array(theta)
        rng = {"rng": np.random.default_rng(5)} if optimizer.needs_rng else {}
        self.state = optimizer.init(self.theta, layout or Layout.single(len(self.theta)), **rng)

    def step(self, gradient, lr=None):
        before, gradient = self.theta.copy(), np.asarray(gradient)
        closure = {"closure": linear(gradient)} if self.optimizer.needs_closure else {}
        self.optimizer.step(self.theta, gradient, self.state, self.optimizer.lr if lr is None else lr, **closure)
        return self.theta - before


def linear(slope):
    """The closure of a linear function, whose gradient is everywhere the same."""

    def closure(theta, gradient):
        np.copyto(gradient, slope)
        return float(slope @ theta)

    return closure


LAYOUT = Layout.dense((4, 3, 2))


def gradients(n_steps, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal((n_steps, LAYOUT.n)).astype(dtype)


def start(dtype=np.float64):
    return np.random.default_rng(99).standard_normal(LAYOUT.n).astype(dtype)


def state_arrays(state):
    return {name: value for name, value in vars(state).items() if isinstance(value, np.ndarray)}


# --- The catalogue -----------------------------------------------------------------------------------------------


def test_O1_the_folder_holds_the_classic_methods():
    assert {BatchGD, SGD, MinibatchGD, Momentum, RMSprop, Adam, LRDecay} <= set(METHODS)


def test_B1_batch_stochastic_and_minibatch_descent_differ_in_the_batch_alone():
    assert (BatchGD.batch_size, SGD.batch_size, MinibatchGD.batch_size) == (None, 1, 64)
    runs = [Run(method(lr=0.1), start(), LAYOUT) for method in (BatchGD, SGD, MinibatchGD, LRDecay)]
    for g in gradients(5):
        moves = [run.step(g) for run in runs]
        for move in moves[1:]:
            np.testing.assert_array_equal(move, moves[0])


# --- Published numbers -------------------------------------------------------------------------------------------


def course_case():
    """Parameters and gradients of the test cases of Ng's course 2, "Optimization methods", each as one flat vector.

    Drawn in the order W1 (2, 3), b1 (2, 1), W2 (3, 3), b2 (3, 1), first the parameters, then their gradients.
    """
    draws = np.random.RandomState(1).standard_normal((2, 6 + 2 + 9 + 3))
    return draws[0], draws[1]


def test_O2_gradient_descent_reproduces_the_course():
    theta, gradient = course_case()
    run = Run(BatchGD(lr=0.01), theta)
    run.step(gradient)
    np.testing.assert_allclose(run.theta[:3], [1.63535156, -0.62320365, -0.53718766], rtol=0, atol=5e-9)


def test_O3_momentum_reproduces_the_course():
    theta, gradient = course_case()
    run = Run(Momentum(lr=0.01, momentum=0.9), theta)
    run.step(gradient)
    np.testing.assert_allclose(run.theta[:3], [1.62544598, -0.61290114, -0.52907334], rtol=0, atol=5e-9)
    np.testing.assert_allclose(run.state.v[:3], [-0.11006192, 0.11447237, 0.09015907], rtol=0, atol=5e-9)


def test_O5_adam_reproduces_the_course():
    theta, gradient = course_case()
    run = Run(Adam(lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8), theta)
    run.state.t = 1  # the course calls its function with t = 2 and averages of zero
    run.step(gradient)
    np.testing.assert_allclose(run.theta[:3], [1.63178673, -0.61919778, -0.53561312], rtol=0, atol=5e-9)


# --- Momentum ----------------------------------------------------------------------------------------------------


def test_O3_momentum_of_0_is_gradient_descent_bit_for_bit():
    plain, heavy = Run(BatchGD(lr=0.1), start(), LAYOUT), Run(Momentum(lr=0.1, momentum=0.0), start(), LAYOUT)
    for g in gradients(20):
        plain.step(g)
        heavy.step(g)
        np.testing.assert_array_equal(heavy.theta, plain.theta)


@pytest.mark.parametrize("beta", [0.5, 0.9, 0.99])
def test_O13_momentum_equals_the_form_without_the_factor_at_another_rate(beta):
    """Sutskever et al.'s form: a velocity that loses a share of itself and gains -lr g."""
    run = Run(Momentum(lr=0.02 / (1 - beta), momentum=beta), start(), LAYOUT)
    theta, velocity = start(), 0.0
    for g in gradients(50):
        run.step(g)
        velocity = beta * velocity - 0.02 * g
        theta = theta + velocity
        np.testing.assert_allclose(run.theta, theta, rtol=0, atol=1e-12)


def test_O3_momentum_at_a_constant_gradient_approaches_plain_descent_geometrically():
    run = Run(Momentum(lr=1.0, momentum=0.5), [0.0])
    moves = [run.step([1.0])[0] for _ in range(4)]
    assert moves == [-1 / 2, -3 / 4, -7 / 8, -15 / 16]  # 1 - beta^t


# --- RMSprop -----------------------------------------------------------------------------------------------------


def test_O4_rmsprop_makes_a_zero_step_of_a_zero_gradient():
    run = Run(RMSprop(), np.ones(5, np.float32))
    assert not run.step(np.zeros(5, np.float32)).any()  # and no warning of 0 / 0: warnings are errors here


def test_O4_rmsprop_takes_three_steps_worked_out_by_hand():
    """At beta 3/4 and eps 1/2 the gradients 2, -11/4, 13/8 give mean squares whose roots are rational.

    s: 1, then 3/4 + 121/64 = (13/8)^2, then 507/256 + 169/256 = (13/8)^2.
    Steps: 2 / (3/2) = 4/3, -(11/4) / (17/8) = -22/17, (13/8) / (17/8) = 13/17, each times 1/10.
    """
    run = Run(RMSprop(lr=0.1, beta=0.75, eps=0.5), [1.0])
    by_hand = [
        (2, Fraction(13, 15), Fraction(1)),
        (-2.75, Fraction(254, 255), Fraction(169, 64)),
        (1.625, Fraction(469, 510), Fraction(169, 64)),
    ]
    for gradient, theta, mean_square in by_hand:
        run.step([gradient])
        assert run.theta[0] == pytest.approx(float(theta), abs=1e-15)
        assert run.state.s[0] == float(mean_square)


@pytest.mark.parametrize(("beta", "size"), [(0.9, 3.16), (0.99, 10.0), (0.999, 31.6)])
def test_O4_rmsprops_first_step_is_lr_over_sqrt_of_1_minus_beta(beta, size):
    run = Run(RMSprop(lr=0.01, beta=beta), np.zeros(3))
    np.testing.assert_allclose(run.step([1e-3, -5.0, 700.0]) / 0.01, [-size, size, -size], rtol=2e-3)


# --- Adam --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.0, 0.9), (0.5, 0.0)])
def test_O5_adams_first_step_is_lr_whatever_the_gradient(beta1, beta2):
    run = Run(Adam(lr=0.01, beta1=beta1, beta2=beta2), np.zeros(4))
    np.testing.assert_allclose(run.step([1e-3, -5.0, 700.0, 0.0]), [-0.01, 0.01, -0.01, 0], rtol=2e-5)
    assert run.state.t == 1


def test_O5_adam_at_a_constant_gradient_keeps_steps_of_lr():
    run = Run(Adam(lr=0.01), [0.0])
    for _ in range(200):
        assert run.step([3.0])[0] == pytest.approx(-0.01, rel=1e-6)  # the corrections cancel the start at zero


def test_O5_adam_equals_algorithm_1_written_out():
    """m and v as explicit sums over all past gradients, which is what their recursions amount to."""
    run = Run(Adam(lr=0.02, beta1=0.8, beta2=0.95, eps=1e-3), start(), LAYOUT)
    theta, past = start(), gradients(60)
    for t, g in enumerate(past, start=1):
        run.step(g)
        ages = np.arange(t)[::-1, None]
        m_hat = np.average(past[:t], axis=0, weights=(0.8**ages)[:, 0])
        v_hat = np.average(past[:t] ** 2, axis=0, weights=(0.95**ages)[:, 0])
        theta = theta - 0.02 * m_hat / (np.sqrt(v_hat) + 1e-3)
        np.testing.assert_allclose(run.theta, theta, rtol=0, atol=1e-12)


# --- Schedules ---------------------------------------------------------------------------------------------------


def rate(lr, schedule, epoch):
    return lr * schedule.factor(Progress(step=epoch * 10, steps_per_epoch=10, n_steps=10_000))


def test_O7_inverse_time_of_the_course():
    assert rate(0.5, InverseTime(rate=1), 2) == pytest.approx(0.1666667, abs=5e-8)
    rates = [rate(0.2, InverseTime(rate=1), epoch) for epoch in (1, 2, 3, 4)]
    assert rates == pytest.approx([0.1, 0.0667, 0.05, 0.04], abs=5e-5)


def test_O7_staircase_of_the_course():
    staircase = Staircase(rate=0.3, interval=100)
    assert rate(0.5, staircase, 10) == rate(0.5, staircase, 99) == 0.5
    assert rate(0.5, staircase, 100) == rate(0.5, staircase, 199) == pytest.approx(0.3846154, abs=5e-8)
    assert rate(0.5, staircase, 200) == pytest.approx(0.3125)


def test_O7_exponential_halves_at_a_half():
    assert [rate(0.8, Exponential(decay=0.5), epoch) for epoch in range(4)] == [0.8, 0.4, 0.2, 0.1]
    assert rate(0.8, Exponential(decay=1.0), 500) == 0.8


@pytest.mark.parametrize("decay", [nextafter(1, 2), 2.718, 0, -0.5, inf, nan])
def test_O7_exponential_refuses_to_grow(decay):
    with pytest.raises(ValueError, match=r"Exponential: decay must be in \(0, 1\], got"):
        Exponential(decay=decay)


def test_O7_inverse_sqrt_halves_at_epoch_3_and_thirds_at_epoch_8():
    assert [rate(1.0, InverseSqrt(), epoch) for epoch in (0, 3, 8, 99)] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 10])


def test_O7_a_table_holds_each_factor_until_the_next():
    table = Table(epochs=(2, 5), factors=(0.5, 0.1))
    assert [rate(1.0, table, epoch) for epoch in range(7)] == [1, 1, 0.5, 0.5, 0.5, 0.1, 0.1]
    assert rate(1.0, Table(), 3) == 1


@pytest.mark.parametrize(("epochs", "factors"), [((1, 2), (0.5,)), ((2, 1), (0.5, 0.1)), ((1, 1), (0.5, 0.1))], ids=str)
def test_O7_a_table_refuses_epochs_that_do_not_rise_or_match(epochs, factors):
    with pytest.raises(ValueError, match="Table: epochs must rise"):
        Table(epochs=epochs, factors=factors)


def test_O7_a_staircases_interval_is_a_whole_number():
    with pytest.raises(ValueError, match=r"Staircase: interval must be .*got 1\.5"):
        Staircase(interval=1.5)


@pytest.mark.parametrize("name", ["constant", "inverse_time", "staircase", "exponential", "inverse_sqrt", "table"])
def test_O7_a_decay_starts_at_1_and_never_rises(name):
    schedule = SCHEDULES[name]()
    factors = [schedule.factor(Progress(step=step, steps_per_epoch=7, n_steps=210)) for step in range(210)]
    assert factors[0] == 1
    assert all(later <= earlier for earlier, later in pairwise(factors))


def test_O7_epochs_turn_over_at_their_last_step():
    assert [Progress(step=step, steps_per_epoch=4, n_steps=12).epoch for step in (0, 3, 4, 7, 8)] == [0, 0, 1, 1, 2]


@each_method
def test_O7_the_rate_of_a_step_is_the_one_handed_in(method):
    own, other = Run(method(lr=0.01), start(), LAYOUT), Run(method(lr=0.04), start(), LAYOUT)
    for g, lr in zip(gradients(6), (0.02, 0.02, 0.01, 0.01, 0.005, 0.0), strict=True):
        own.step(g, lr)
        other.step(g, lr)
        np.testing.assert_array_equal(own.theta, other.theta)


# --- The contract ------------------------------------------------------------------------------------------------


@each_method
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_O8_state_arrays_have_the_shape_and_type_of_theta(method, dtype):
    run = Run(method(), start(dtype), LAYOUT)
    arrays = state_arrays(run.state)
    for g in gradients(3, dtype=dtype):
        run.step(g)
        assert state_arrays(run.state).keys() == arrays.keys()
        for name, array in state_arrays(run.state).items():
            assert (array.shape, array.dtype) == (run.theta.shape, dtype), name
            assert not np.shares_memory(array, run.theta), name


@each_method
def test_O8_init_reads_theta_and_step_reads_the_gradient_only(method):
    theta = start()
    theta.flags.writeable = False
    rng = {"rng": np.random.default_rng(5)} if method.needs_rng else {}
    method().init(theta, LAYOUT, **rng)
    run = Run(method(), theta, LAYOUT)
    for g in gradients(3):
        g.flags.writeable = False  # NumPy raises if anybody tries to write
        run.step(g)


@each_method
def test_O8_step_moves_theta_in_place_to_finite_values(method):
    run = Run(method(), start(np.float32), LAYOUT)
    theta = run.theta
    moved = [run.step(g).any() for g in gradients(5, dtype=np.float32)]
    assert all(moved[1:])  # the first step may only take its bearings
    assert run.theta is theta
    assert np.isfinite(theta).all()
    evaluated = run.optimizer.readout(theta, run.state)
    assert (evaluated.shape, evaluated.dtype) == (theta.shape, np.float32)


@each_method
def test_O8_a_copied_state_continues_bit_for_bit(method):
    run = Run(method(), start(), LAYOUT)
    past, future = np.split(gradients(20), 2)
    for g in past:
        run.step(g)
    twin = copy.deepcopy(run)
    moves = [run.step(g) for g in future]
    twin_moves = [twin.step(g) for g in future]
    np.testing.assert_array_equal(twin_moves, moves)
    np.testing.assert_array_equal(
        twin.optimizer.readout(twin.theta, twin.state), run.optimizer.readout(run.theta, run.state)
    )


@each_method
def test_O8_two_runs_of_one_optimizer_do_not_know_each_other(method):
    optimizer = method()
    alone, disturbed, other = (Run(optimizer, start(), LAYOUT) for _ in range(3))
    for g, noise in zip(gradients(6), gradients(6, seed=7), strict=True):
        alone_move = alone.step(g)
        other.step(noise)
        np.testing.assert_array_equal(disturbed.step(g), alone_move)


@each_method
def test_O8_scratch_does_not_outlive_a_step(method):
    run, twin = Run(method(), start(), LAYOUT), Run(method(), start(), LAYOUT)
    for g in gradients(6):
        for name, array in state_arrays(twin.state).items():
            if name.startswith("scratch"):
                array.fill(np.nan)
        np.testing.assert_array_equal(twin.step(g), run.step(g))


@each_method
def test_a_step_goes_downhill(method):
    """The first steps along a constant gradient lower a linear function, and zero gradients raise nothing."""
    run = Run(method(), start(), LAYOUT)
    g = gradients(1)[0]
    assert (run.step(g) + run.step(g)) @ g < 0
    Run(method(), start(np.float32), LAYOUT).step(np.zeros(LAYOUT.n, np.float32))


# --- The saddle --------------------------------------------------------------------------------------------------


def steps_off_the_saddle(optimizer):
    """Steps on x^2 - y^2 from just beside its ridge, (1, 0.001), until |y| > 1."""
    run = Run(optimizer, [1.0, 1e-3])
    n = 0
    while abs(run.theta[1]) <= 1:
        run.step(run.theta * [2, -2])
        n += 1
    return n


@pytest.mark.parametrize(
    ("optimizer", "n_steps"),
    [
        (BatchGD(lr=0.01), 349),
        (Momentum(lr=0.01, momentum=0.9), 409),
        (RMSprop(lr=0.01, beta=0.9), 72),
        (Adam(lr=0.01), 77),
    ],
    ids=repr,
)
def test_O11_steps_off_the_saddle(optimizer, n_steps):
    assert steps_off_the_saddle(optimizer) == n_steps


# --- Specs -------------------------------------------------------------------------------------------------------


def outside(domain):
    """Values just outside the domain, and of wrong types."""
    if isinstance(domain, Interval):
        return [*beyond_the_ends(domain), nan, inf, -inf, "0.5", None, True, [0.5]]
    if get_origin(domain) is Literal:
        return ["no such word", None]
    if domain is bool:
        return [1, 0.0, "yes", None]
    return [object()]


def beyond_the_ends(domain):
    if domain.whole:
        return [domain.low if domain.open_low else domain.low - 1, domain.low + 1.5]
    low = domain.low if domain.open_low else nextafter(domain.low, -inf)
    high = domain.high if domain.open_high else nextafter(domain.high, inf)
    return [low, high]


def inside(domain):
    """The outermost values of an interval of real numbers."""
    low = nextafter(domain.low, inf) if domain.open_low else domain.low
    high = nextafter(domain.high, -inf) if domain.open_high else domain.high
    return [low, high]


FIELDS = [(method, field.name, domain) for method in METHODS for field, domain in domains(method)]
REFUSED = [(method, name, domain, value) for method, name, domain in FIELDS for value in outside(domain)]


@pytest.mark.parametrize(
    ("method", "name", "domain", "value"), REFUSED, ids=[f"{m.__name__}-{n}-{v!r:.20}" for m, n, _, v in REFUSED]
)
def test_a_value_outside_its_domain_is_refused_by_name(method, name, domain, value):
    with pytest.raises(ValueError) as caught:
        method(**{name: value})
    message = str(caught.value)
    assert message.startswith(f"{method.__name__}: {name} must be ")
    assert message.endswith(f"got {value!r}")
    if isinstance(domain, Interval):
        assert str(domain) in message


@pytest.mark.parametrize(
    ("method", "name", "domain"),
    [(m, n, d) for m, n, d in FIELDS if isinstance(d, Interval) and not d.whole],
    ids=lambda v: getattr(v, "__name__", str(v)),
)
def test_the_ends_of_a_domain_are_accepted(method, name, domain):
    for value in inside(domain):
        assert getattr(method(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adam(beta1=1.0), "Adam: beta1 must be in [0, 1), got 1.0"),
        (lambda: Adam(eps=0.0), "Adam: eps must be in (0, inf), got 0.0"),
        (lambda: SGD(lr=-0.1), "SGD: lr must be in (0, inf), got -0.1"),
        (lambda: RMSprop(beta=nan), "RMSprop: beta must be in [0, 1), got nan"),
    ],
)
def test_a_refusal_says_who_what_the_range_and_the_value(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


@each_method
def test_a_spec_is_frozen_hashable_and_equal_by_value(method):
    spec = method()
    assert spec == method()
    assert hash(spec) == hash(method())
    changed = replace(spec, lr=spec.lr * 2)
    assert changed != spec
    assert {spec: "found"}[method()] == "found"
    assert changed not in {spec}
    for field in fields(spec):
        with pytest.raises(FrozenInstanceError):
            setattr(spec, field.name, getattr(spec, field.name))


@each_method
def test_a_spec_takes_keywords_only_and_refuses_unknown_ones(method):
    with pytest.raises(TypeError):
        method(0.1)
    with pytest.raises(TypeError, match="no_such_setting"):
        method(no_such_setting=1)


def test_specs_of_two_methods_differ_even_with_equal_numbers():
    assert SGD(lr=0.1) != MinibatchGD(lr=0.1)


@each_method
def test_the_docstring_names_its_source(method):
    text = method.__doc__
    assert "Source:" in text
    assert re.search(r"https?://\S+|\b(1[89]|20)\d\d\b", text), "neither a link nor a year"
    assert "theta <-" in text, "the update is missing"


@each_method
def test_every_method_has_a_batch_size_and_a_schedule_of_its_own(method):
    assert method.batch_size is None or method.batch_size >= 1
    assert 0 < method.schedule.factor(Progress(step=0, steps_per_epoch=10, n_steps=100)) <= 1


def test_O7_lr_decay_falls_as_the_inverse_of_the_epochs():
    first = Progress(step=0, steps_per_epoch=782, n_steps=7820)
    later = first._replace(step=782 * 8)
    assert LRDecay.schedule.factor(first) == 1
    assert LRDecay.schedule.factor(later) == pytest.approx(1 / 5)  # rate 1/2 for 8 epochs


def test_O6_a_decayed_average_is_the_closed_form_sum():
    """v_t = sum over i from 0 of (1 - beta) beta^i g_(t - i), so the newest gradient counts."""
    run, past = Run(Momentum(lr=1.0, momentum=0.9), start(), LAYOUT), gradients(30)
    for g in past:
        run.step(g)
    closed_form = sum((1 - 0.9) * 0.9**i * past[29 - i] for i in range(30))
    np.testing.assert_allclose(run.state.v, closed_form, rtol=0, atol=1e-13)


def test_float32_steps_equal_float64_steps_to_rounding():
    for optimizer in (BatchGD(), Momentum(), RMSprop(lr=0.01), Adam(lr=0.01)):
        wide, narrow = Run(optimizer, start(), LAYOUT), Run(optimizer, start(np.float32), LAYOUT)
        for g in gradients(50):
            wide.step(g)
            narrow.step(g.astype(np.float32))
        assert np.abs(narrow.theta - wide.theta).max() < 50 * 2e-7 * sqrt(50), optimizer
