"""The schedules that reach beyond a falling rate by epochs: shapes over the whole run, and the plateau."""

from math import cos, inf, nan, pi

import pytest

from optimizers import Progress
from optimizers._schedules import (
    SCHEDULES,
    Cosine,
    Exponential,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Table,
    WarmupCosine,
)


def factors(schedule, n_steps=100, losses=()):
    return [schedule.factor(Progress(step, 10, n_steps, losses)) for step in range(n_steps)]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("n_steps", [1, 2, 3, 10, 97])
def test_every_factor_lies_between_0_and_1(name, n_steps):
    assert all(0 <= factor <= 1 for factor in factors(SCHEDULES[name](), n_steps))


@pytest.mark.parametrize("name", ["polynomial", "cosine", "reduce_on_plateau"])
def test_a_decay_starts_at_1_and_never_rises(name):
    found = factors(SCHEDULES[name](), losses=(1.0,) * 30)
    assert found == sorted(found, reverse=True)
    assert SCHEDULES[name]().factor(Progress(0, 10, 100)) == 1


def test_a_polynomial_of_power_1_is_a_straight_line():
    assert factors(Polynomial(), 4) == [1, 3 / 4, 1 / 2, 1 / 4]
    assert factors(Polynomial(power=2.0, end=0.2), 2) == pytest.approx([1, 0.2 + 0.8 / 4])


def test_a_cosine_is_half_down_in_the_middle_and_would_end_after_the_last_step():
    found = factors(Cosine(end=0.2))
    assert found[50] == pytest.approx(0.6)
    assert found[99] == pytest.approx(0.2 + 0.4 * (1 + cos(0.99 * pi)))
    assert Cosine(end=0.2).factor(Progress(100, 10, 100)) == 0.2


def test_a_warm_up_rises_in_a_straight_line_and_falls_from_its_peak():
    found = factors(WarmupCosine(warmup=0.1, start=0.5))
    assert found[:11] == pytest.approx([0.5 + 0.05 * i for i in range(11)])
    assert found.index(max(found)) == 10
    assert factors(WarmupCosine(warmup=0.0)) == factors(Cosine())


def test_one_cycle_rises_to_its_peak_and_ends_far_below_its_start():
    found = factors(OneCycle())
    assert (found[0], found[29], found[99]) == pytest.approx((1 / 25, 1, 1 / 250_000))
    assert found[:30] == sorted(found[:30])
    assert found[29:] == sorted(found[29:], reverse=True)


def test_an_exponential_may_wait_between_its_steps():
    progress = [Progress(step, 1, 10) for step in range(7)]
    assert [Exponential(decay=0.5, interval=3).factor(p) for p in progress] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def after(losses, **settings):
    return ReduceOnPlateau(decay=0.5, **settings).factor(Progress(0, 1, 1, tuple(losses)))


def test_a_plateau_is_noticed_when_patience_is_exceeded():
    assert after([]) == after([1.0]) == after([1.0, 1.0, 1.0], patience=2) == 1
    assert after([1.0, 1.0, 1.0, 1.0], patience=2) == 0.5
    assert after([1.0] * 7, patience=2) == 0.25


def test_an_improvement_restarts_the_patience_and_too_small_a_one_does_not():
    assert after([1.0, 1.0, 0.5, 0.5], patience=1) == 1
    assert after([1.0, 0.99995, 0.9999], patience=1) == 0.5  # not below 0.9999
    assert after([1.0, 0.99995, 0.9998], patience=1) == 1


def test_a_loss_that_is_no_number_is_no_improvement():
    assert after([1.0, nan, inf], patience=1) == 0.5
    assert after([nan, nan], patience=1) == 0.5


def test_evaluations_in_the_cooldown_do_not_count():
    assert after([1.0, 1.0, 1.0, 1.0], patience=0, cooldown=2) == 0.5
    assert after([1.0, 1.0, 1.0, 1.0, 1.0], patience=0, cooldown=2) == 0.25


def test_a_plateaus_floor_holds():
    assert after([1.0] * 50, patience=0, floor=0.1) == 0.1


@pytest.mark.parametrize("epochs", [(-1, 2), (0.5, 1), (True, 2)])
def test_a_table_refuses_epochs_that_are_no_counts(epochs):
    with pytest.raises(ValueError, match=r"Table: epochs must each be in the integers of \[0, inf\), got"):
        Table(epochs=epochs, factors=(0.5, 0.1))


@pytest.mark.parametrize("factor", [-0.1, nan, inf, "0.1", None])
def test_a_table_refuses_factors_that_are_no_rates(factor):
    with pytest.raises(ValueError, match=r"Table: factors must each be in \[0, inf\), got"):
        Table(epochs=(1, 2), factors=(0.5, factor))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReduceOnPlateau(decay=1.0), r"ReduceOnPlateau: decay must be in \(0, 1\), got 1\.0"),
        (lambda: ReduceOnPlateau(patience=-1), r"ReduceOnPlateau: patience must be in the integers of \[0, inf\)"),
        (lambda: OneCycle(div_factor=0.5), r"OneCycle: div_factor must be in \[1, inf\), got 0\.5"),
        (lambda: WarmupCosine(warmup=1.0), r"WarmupCosine: warmup must be in \[0, 1\), got 1\.0"),
        (lambda: Polynomial(power=0.0), r"Polynomial: power must be in \(0, inf\), got 0\.0"),
    ],
)
def test_a_schedule_refuses_what_is_outside_its_domain(make, message):
    with pytest.raises(ValueError, match=message):
        make()
