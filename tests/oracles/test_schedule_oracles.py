"""Every schedule gives the learning rates of torch's or optax's scheduler, step by step."""

import math

import numpy as np
import optax
import pytest
import torch

from optimizers import Progress
from optimizers._schedules import (
    Cosine,
    Exponential,
    InverseSqrt,
    InverseTime,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Staircase,
    Table,
    WarmupCosine,
)

N_STEPS, STEPS_PER_EPOCH, LR = 230, 10, 0.3


def ours(schedule):
    return [LR * schedule.factor(Progress(t, STEPS_PER_EPOCH, N_STEPS)) for t in range(N_STEPS)]


def an_optimizer():
    return torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=LR)


def theirs(make, every_step):
    optimizer = an_optimizer()
    scheduler = make(optimizer)
    rates = []
    for t in range(N_STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if every_step or (t + 1) % STEPS_PER_EPOCH == 0:
            scheduler.step()
    return rates


torch_schedulers = torch.optim.lr_scheduler

EVERY_EPOCH = [
    (InverseTime(rate=0.7), lambda o: torch_schedulers.LambdaLR(o, lambda e: 1 / (1 + 0.7 * e))),
    (Staircase(rate=0.7, interval=4), lambda o: torch_schedulers.LambdaLR(o, lambda e: 1 / (1 + 0.7 * (e // 4)))),
    (InverseSqrt(), lambda o: torch_schedulers.LambdaLR(o, lambda e: 1 / math.sqrt(1 + e))),
    (Exponential(decay=0.8), lambda o: torch_schedulers.ExponentialLR(o, 0.8)),
    (Exponential(decay=0.5, interval=4), lambda o: torch_schedulers.StepLR(o, 4, 0.5)),
    (Table(epochs=(3, 9), factors=(0.2, 0.04)), lambda o: torch_schedulers.MultiStepLR(o, [3, 9], 0.2)),
]

EVERY_STEP = [
    (Polynomial(), lambda o: torch_schedulers.PolynomialLR(o, N_STEPS)),
    (Polynomial(power=0.5), lambda o: torch_schedulers.PolynomialLR(o, N_STEPS, 0.5)),
    (Cosine(), lambda o: torch_schedulers.CosineAnnealingLR(o, N_STEPS)),
    (Cosine(end=0.2), lambda o: torch_schedulers.CosineAnnealingLR(o, N_STEPS, 0.2 * LR)),
    (OneCycle(), lambda o: torch_schedulers.OneCycleLR(o, LR, N_STEPS, cycle_momentum=False)),
    (
        OneCycle(pct_start=0.17, div_factor=5, final_div_factor=10),
        lambda o: torch_schedulers.OneCycleLR(
            o, LR, N_STEPS, pct_start=0.17, div_factor=5, final_div_factor=10, cycle_momentum=False
        ),
    ),
    (
        OneCycle(pct_start=0.0),
        lambda o: torch_schedulers.OneCycleLR(o, LR, N_STEPS, pct_start=0.0, cycle_momentum=False),
    ),
]


@pytest.mark.parametrize(("schedule", "make"), EVERY_EPOCH, ids=lambda value: str(value)[:40])
def test_a_schedule_by_epochs_is_torchs(schedule, make):
    np.testing.assert_allclose(ours(schedule), theirs(make, every_step=False), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("schedule", "make"), EVERY_STEP, ids=lambda value: str(value)[:40])
def test_a_schedule_by_steps_is_torchs(schedule, make):
    np.testing.assert_allclose(ours(schedule), theirs(make, every_step=True), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("schedule", "rate"),
    [
        (
            WarmupCosine(warmup=0.1),
            optax.schedules.warmup_cosine_decay_schedule(0.0, LR, warmup_steps=23, decay_steps=N_STEPS),
        ),
        (
            WarmupCosine(warmup=0.5, start=0.1, end=0.02),
            optax.schedules.warmup_cosine_decay_schedule(
                0.1 * LR, LR, warmup_steps=115, decay_steps=N_STEPS, end_value=0.02 * LR
            ),
        ),
        (Polynomial(power=3.0, end=0.1), optax.schedules.polynomial_schedule(LR, 0.1 * LR, 3.0, N_STEPS)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_schedule_is_optaxs(schedule, rate):
    import jax

    jax.config.update("jax_enable_x64", True)
    rates = [float(rate(jax.numpy.float64(t))) for t in range(N_STEPS)]
    np.testing.assert_allclose(ours(schedule), rates, rtol=0, atol=1e-12)


LOSSES = [
    2.3,
    1.0,
    0.9,
    0.95,
    0.93,
    0.92,
    0.91,
    0.899,
    0.8999,
    0.8989,
    math.nan,
    0.95,
    0.8,
    *[0.8] * 12,
    0.5,
    *[0.6] * 9,
]


@pytest.mark.parametrize("patience", [0, 1, 3, 10])
@pytest.mark.parametrize("cooldown", [0, 2, 5])
@pytest.mark.parametrize(("threshold", "floor"), [(1e-4, 0.0), (0.01, 0.02)])
def test_reduction_on_plateaus_is_torchs(patience, cooldown, threshold, floor):
    schedule = ReduceOnPlateau(decay=0.5, patience=patience, cooldown=cooldown, threshold=threshold, floor=floor)
    optimizer = an_optimizer()
    scheduler = torch_schedulers.ReduceLROnPlateau(
        optimizer,
        factor=0.5,
        patience=patience,
        cooldown=cooldown,
        threshold=threshold,
        min_lr=floor * LR,
        eps=0.0,
    )
    for n, loss in enumerate(LOSSES, start=1):
        scheduler.step(loss)
        progress = Progress(n, 1, len(LOSSES) + 1, tuple(LOSSES[:n]))
        assert LR * schedule.factor(progress) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
