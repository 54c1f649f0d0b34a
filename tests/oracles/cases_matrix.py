"""The methods that see layers and matrices, distances, curvature or the loss again, and the wrappers."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from oracles.case import N_STEPS, Case, Problem, Trajectory
from oracles.engines import optax, pytorch_optimizer, torch_optim
from oracles.engines_matrix import (
    averaged,
    lookahead,
    optax_muon,
    prodigyopt,
    sam,
    schedulefree,
    soap,
    sophia_h,
    torch_muon,
)

from network.layout import Layout, Parameter, Vector
from optimizers._schedules import Exponential
from optimizers.adam import Adam
from optimizers.lamb import LAMB
from optimizers.lars import LARS
from optimizers.lbfgs import LBFGS
from optimizers.lookahead import Lookahead
from optimizers.minibatch_gd import MinibatchGD
from optimizers.momentum import Momentum
from optimizers.muon import Muon
from optimizers.polyak import Polyak
from optimizers.prodigy import Prodigy
from optimizers.sam import SAM
from optimizers.schedule_free_adamw import ScheduleFreeAdamW
from optimizers.schedule_free_sgd import ScheduleFreeSGD
from optimizers.shampoo import Shampoo
from optimizers.soap import SOAP
from optimizers.sophia import Sophia


def two_matrices() -> Layout:
    """A tall and a wide weight matrix and no bias: layers, as LARS counts them, are tensors, as others do."""
    tall, wide = Parameter("W1", 0, (4, 3), "weight", "input"), Parameter("W2", 12, (3, 4), "weight", "hidden")
    return Layout((tall, wide))


@dataclass(frozen=True)
class Matrices(Problem):
    """The same waves, for two matrices."""

    layout: Layout = field(default_factory=two_matrices)


@dataclass(frozen=True)
class Noise(Matrices):
    """Gradients without order, so that matrices of them have full rank and no two singular values are near."""

    @cached_property
    def gradients(self) -> Trajectory:
        t, i = np.arange(N_STEPS)[:, None], np.arange(self.layout.n)
        return np.sin(1e3 * np.sin(12.9898 * (t + 1) + 78.233 * (i + 1)))


@dataclass(frozen=True)
class NoiseInANetwork(Noise):
    """The same for two layers with biases."""

    layout: Layout = field(default_factory=lambda: Layout.dense((4, 3, 2)))


@dataclass(frozen=True)
class Bowl(Problem):
    """A convex function of theta, the same at every step: a quadratic, whose curvatures span two decades."""

    @cached_property
    def hessian(self) -> Trajectory:
        n = self.layout.n
        factor = np.cos(1.3 * np.outer(np.arange(n), np.arange(n)) + 0.5) * 10 ** (-np.arange(n) / n)
        return factor @ factor.T + 0.05 * np.eye(n)

    def loss(self, theta: Vector, t: int) -> float:
        return float(theta @ self.hessian @ theta) / 2

    def gradient(self, theta: Vector, t: int) -> Vector:
        return self.hessian @ theta


@dataclass(frozen=True)
class SteepBowl(Bowl):
    """The same with a term of fourth order, so that curvature changes on the way."""

    def loss(self, theta: Vector, t: int) -> float:
        return super().loss(theta, t) + float(np.sum(theta**4)) / 4

    def gradient(self, theta: Vector, t: int) -> Vector:
        return super().gradient(theta, t) + theta**3


def hutchinson(problem: Problem, rng: np.random.Generator) -> Vector:
    """U * (H u) of a quadratic."""
    assert isinstance(problem, Bowl)
    u = rng.standard_normal(problem.layout.n)
    return u * (problem.hessian @ u)


LAYERS = [
    Case(
        "lars",
        LARS(lr=5.0, weight_decay=0.01),
        pytorch_optimizer("LARS", lr=5.0, momentum=0.9, weight_decay=0.01, trust_coefficient=1e-3),
        problem=Matrices(),
    ),
    Case(
        "lars, exponential",
        LARS(lr=5.0, weight_decay=0),
        optax(
            "lars",
            weight_decay=0.0,
            schedule=(
                "exponential_decay",
                {"init_value": 5.0, "transition_steps": 10, "decay_rate": 0.8, "staircase": True},
            ),
        ),
        schedule=Exponential(decay=0.8),
        problem=Matrices(),
        note="lr stands inside v, as in the paper; optax's denominator is |g + weight_decay theta|, so no decay here",
    ),
    Case("lamb", LAMB(lr=0.01), optax("lamb", 0.01, weight_decay=0.01), problem=Matrices(), tolerance=1e-9),
    Case(
        "lamb, no decay",
        LAMB(lr=0.01, beta1=0.8, beta2=0.99, weight_decay=0),
        optax("lamb", 0.01, b1=0.8, b2=0.99),
        problem=Matrices(),
        tolerance=1e-9,
    ),
]

MATRICES = [
    Case(
        "muon",
        Muon(lr=0.02),
        torch_muon(lr=0.02, weight_decay=0.0),
        problem=Noise(),
        note="torch rounds to bfloat16 before it multiplies; that one rounding is taken out",
    ),
    Case(
        "muon, heavy ball and decay",
        Muon(lr=0.02, momentum=0.8, nesterov=False, weight_decay=0.1, ns_steps=3),
        torch_muon(lr=0.02, momentum=0.8, nesterov=False, weight_decay=0.1, ns_steps=3),
        problem=Noise(),
    ),
    Case(
        "muon, a network",
        Muon(lr=0.02, nesterov=False, weight_decay=0.1, adam_ratio=0.25, eps=1e-30, adam_eps=1e-30),
        optax_muon(
            learning_rate=0.02,
            nesterov=False,
            weight_decay=0.1,
            eps=1e-30,
            adam_b2=0.95,
            adam_learning_rate=0.005,
            adam_weight_decay=0.1,
        ),
        problem=NoiseInANetwork(),
        tolerance=1e-9,
        note="optax corrects m for its start at 0, which orthogonalising undoes, though not in Nesterov's form; its one"
        " eps is added to |N|, ours a bound: so both are next to nothing",
    ),
    Case(
        "shampoo",
        Shampoo(lr=0.1, eps=1e-6, interval=N_STEPS),
        pytorch_optimizer("Shampoo", lr=0.1, matrix_eps=1e-6),
        problem=Noise(),
        tolerance=1e-9,
        note="interval N_STEPS computes the roots at every step; the other starts without roots, and stands still",
    ),
    Case(
        "soap",
        SOAP(lr=0.01),
        soap(lr=0.01),
        problem=Noise(),
        tolerance=1e-9,
        note="the other's QR decomposition rounds to single precision; that one rounding is taken out",
    ),
    Case(
        "soap, one side",
        SOAP(lr=0.01, precondition_frequency=1, max_precondition_dim=3, weight_decay=0),
        soap(lr=0.01, precondition_frequency=1, max_precondition_dim=3, weight_decay=0.0),
        problem=Noise(),
        tolerance=1e-9,
    ),
]

RATES = [
    Case("schedule-free sgd", ScheduleFreeSGD(lr=0.05), schedulefree("SGDScheduleFree", lr=0.05)),
    Case(
        "schedule-free sgd, warm-up and decay",
        ScheduleFreeSGD(lr=0.05, momentum=0.5, weight_decay=0.1, warmup_steps=20),
        schedulefree("SGDScheduleFree", lr=0.05, momentum=0.5, weight_decay=0.1, warmup_steps=20),
    ),
    Case(
        "schedule-free adamw",
        ScheduleFreeAdamW(lr=0.02),
        schedulefree("AdamWScheduleFree", lr=0.02),
    ),
    Case(
        "schedule-free adamw, warm-up and decay",
        ScheduleFreeAdamW(lr=0.02, beta1=0.95, beta2=0.99, weight_decay=0.1, warmup_steps=20),
        schedulefree("AdamWScheduleFree", lr=0.02, betas=(0.95, 0.99), weight_decay=0.1, warmup_steps=20),
    ),
    Case("prodigy", Prodigy(), prodigyopt(), problem=SteepBowl()),
    Case(
        "prodigy, decay",
        Prodigy(lr=0.5, beta1=0.8, beta2=0.99, weight_decay=0.1, d0=1e-4, d_coef=2.0),
        prodigyopt(lr=0.5, betas=(0.8, 0.99), weight_decay=0.1, d0=1e-4, d_coef=2.0),
        problem=SteepBowl(),
        tolerance=1e-9,
    ),
]

CURVATURE = [
    Case(
        "lbfgs",
        LBFGS(lr=0.5),
        torch_optim("LBFGS", lr=0.5, max_iter=1, tolerance_grad=0.0, tolerance_change=0.0),
        problem=SteepBowl(),
    ),
    Case(
        "lbfgs, short history",
        LBFGS(lr=0.1, history_size=3),
        torch_optim("LBFGS", lr=0.1, history_size=3, max_iter=1, tolerance_grad=0.0, tolerance_change=0.0),
        problem=SteepBowl(),
    ),
    Case(
        "sophia",
        Sophia(lr=0.02, gamma=0.5, weight_decay=0.1),
        sophia_h(10, hutchinson, lr=0.02 / 0.5, betas=(0.96, 0.99), weight_decay=0.1 * 0.5, p=0.5, eps=2e-12),
        problem=Bowl(),
        tolerance=1e-6,
        note="clip(m / max(gamma h, eps), 1) = clip(m / max(h, eps / gamma), gamma) / gamma; ours takes H u from a"
        " finite difference, which is good to the root of the rounding error",
    ),
]

WRAPPERS = [
    Case(
        "lookahead",
        Lookahead(lr=0.02),
        lookahead("Adam", {"lr": 0.02}, k=5, alpha=0.5),
    ),
    Case(
        "lookahead, momentum",
        Lookahead(lr=0.02, alpha=0.8, k=6, inner=Momentum()),
        lookahead("SGD", {"lr": 0.02 * (1 - 0.9), "momentum": 0.9}, k=6, alpha=0.8),
    ),
    Case(
        "sam",
        SAM(lr=0.05),
        sam("SGD", rho=0.05, lr=0.05 * (1 - 0.9), momentum=0.9),
        problem=SteepBowl(),
        note="the other's norm is taken in single precision; that rounding is taken out",
    ),
    Case("sam, adam", SAM(lr=0.02, rho=0.5, inner=Adam()), sam("Adam", rho=0.5, lr=0.02), problem=SteepBowl()),
    Case("polyak", Polyak(lr=0.05, inner=MinibatchGD()), averaged("SGD", lr=0.05)),
    Case("polyak, adam", Polyak(lr=0.02, inner=Adam()), averaged("Adam", lr=0.02)),
]

CASES = LAYERS + MATRICES + RATES + CURVATURE + WRAPPERS
