"""The methods that treat each coordinate alone."""

from functools import cached_property

from oracles.case import N_STEPS, Case, Problem, Trajectory
from oracles.engines import optax, pytorch_optimizer, torch_optim

from optimizers._schedules import Cosine, Exponential, InverseTime, OneCycle, Polynomial, Table, WarmupCosine
from optimizers.adabelief import AdaBelief
from optimizers.adadelta import Adadelta
from optimizers.adagrad import Adagrad
from optimizers.adam import Adam
from optimizers.adamax import Adamax
from optimizers.adamw import AdamW
from optimizers.adan import Adan
from optimizers.amsgrad import AMSGrad
from optimizers.batch_gd import BatchGD
from optimizers.lion import Lion
from optimizers.lr_decay import LRDecay
from optimizers.minibatch_gd import MinibatchGD
from optimizers.momentum import Momentum
from optimizers.nadam import NAdam
from optimizers.nesterov import Nesterov
from optimizers.radam import RAdam
from optimizers.rmsprop import RMSprop
from optimizers.sgd import SGD


class StillStart(Problem):
    """The same gradients but for the first, which is zero."""

    @cached_property
    def gradients(self) -> Trajectory:
        gradients = super().gradients.copy()
        gradients[0] = 0
        return gradients


def one_over_1_plus(epoch: int) -> float:
    return 1 / (1 + epoch)


def one_over_1_plus_half(epoch: int) -> float:
    return 1 / (1 + epoch / 2)


DESCENT = [
    Case("batch_gd", BatchGD(lr=0.05), torch_optim("SGD", lr=0.05)),
    Case("minibatch_gd", MinibatchGD(lr=0.02), torch_optim("SGD", lr=0.02)),
    Case("sgd", SGD(lr=0.01), torch_optim("SGD", lr=0.01)),
    Case(
        "lr_decay",
        LRDecay(lr=0.1),
        torch_optim("SGD", lr=0.1, scheduler=("LambdaLR", {"lr_lambda": one_over_1_plus_half})),
        schedule=LRDecay.schedule,
    ),
    Case(
        "momentum",
        Momentum(lr=0.05),
        torch_optim("SGD", lr=0.05 * (1 - 0.9), momentum=0.9),
        note="torch's default has no factor (1 - momentum) before g: it is ours at lr / (1 - momentum)",
    ),
    Case(
        "momentum, dampened",
        Momentum(lr=0.05, momentum=0.8),
        torch_optim("SGD", lr=0.05, momentum=0.8, dampening=0.8),
        problem=StillStart(),
        note="torch's average starts at the first gradient, ours at zero: they agree where the first gradient is zero",
    ),
    Case("nesterov", Nesterov(lr=0.01), torch_optim("SGD", lr=0.01, momentum=0.9, nesterov=True)),
    Case("nesterov, light", Nesterov(lr=0.03, momentum=0.5), torch_optim("SGD", lr=0.03, momentum=0.5, nesterov=True)),
    Case("nesterov, optax", Nesterov(lr=0.01), optax("sgd", 0.01, momentum=0.9, nesterov=True)),
]

ADAPTIVE = [
    Case("adagrad", Adagrad(lr=0.1), torch_optim("Adagrad", lr=0.1)),
    Case(
        "adagrad, started",
        Adagrad(lr=0.05, initial_accumulator_value=0.1, eps=1e-3),
        torch_optim("Adagrad", lr=0.05, initial_accumulator_value=0.1, eps=1e-3),
    ),
    Case("adadelta", Adadelta(), torch_optim("Adadelta", lr=1.0)),
    Case("adadelta, slow", Adadelta(lr=3.0, rho=0.98, eps=1e-4), torch_optim("Adadelta", lr=3.0, rho=0.98, eps=1e-4)),
    Case("rmsprop", RMSprop(lr=0.01), torch_optim("RMSprop", lr=0.01, alpha=0.9)),
    Case("rmsprop, slow", RMSprop(lr=0.02, beta=0.99, eps=1e-4), torch_optim("RMSprop", lr=0.02, alpha=0.99, eps=1e-4)),
    Case("adam", Adam(lr=0.01), torch_optim("Adam", lr=0.01)),
    Case(
        "adam, quick",
        Adam(lr=0.05, beta1=0.5, beta2=0.9, eps=1e-3),
        torch_optim("Adam", lr=0.05, betas=(0.5, 0.9), eps=1e-3),
    ),
    Case("adam, no memory", Adam(lr=0.01, beta1=0.0), torch_optim("Adam", lr=0.01, betas=(0.0, 0.999))),
    Case("adamax", Adamax(lr=0.02), torch_optim("Adamax", lr=0.02)),
    Case(
        "adamax, quick",
        Adamax(lr=0.02, beta1=0.7, beta2=0.95, eps=1e-2),
        torch_optim("Adamax", lr=0.02, betas=(0.7, 0.95), eps=1e-2),
    ),
    Case("adamw", AdamW(lr=0.01), torch_optim("AdamW", lr=0.01)),
    Case("adamw, strong", AdamW(lr=0.02, weight_decay=0.5), torch_optim("AdamW", lr=0.02, weight_decay=0.5)),
    Case("adamw, none", AdamW(lr=0.01, weight_decay=0.0), torch_optim("Adam", lr=0.01)),
    Case("nadam", NAdam(lr=0.01), torch_optim("NAdam", lr=0.01)),
    Case(
        "nadam, quick",
        NAdam(lr=0.02, beta1=0.8, beta2=0.95, eps=1e-4, momentum_decay=0.05),
        torch_optim("NAdam", lr=0.02, betas=(0.8, 0.95), eps=1e-4, momentum_decay=0.05),
    ),
    Case("radam", RAdam(lr=0.01), torch_optim("RAdam", lr=0.01)),
    Case(
        "radam, quick",
        RAdam(lr=0.02, beta1=0.8, beta2=0.9, eps=1e-3),
        torch_optim("RAdam", lr=0.02, betas=(0.8, 0.9), eps=1e-3),
    ),
    Case(
        "radam, never sure",
        RAdam(lr=0.01, beta2=0.6),
        torch_optim("RAdam", lr=0.01, betas=(0.9, 0.6)),
        note="rho is 4 at beta2 = 0.6, so no step is ever divided",
    ),
    Case("amsgrad", AMSGrad(lr=0.01), torch_optim("Adam", lr=0.01, amsgrad=True)),
    Case(
        "amsgrad, quick",
        AMSGrad(lr=0.02, beta1=0.8, beta2=0.9, eps=1e-3),
        torch_optim("Adam", lr=0.02, betas=(0.8, 0.9), eps=1e-3, amsgrad=True),
    ),
    Case("adabelief", AdaBelief(lr=0.01), pytorch_optimizer("AdaBelief", lr=0.01), tolerance=1e-9),
    Case(
        "adabelief, quick",
        AdaBelief(lr=0.02, beta1=0.8, beta2=0.95, eps=1e-6),
        pytorch_optimizer("AdaBelief", lr=0.02, betas=(0.8, 0.95), eps=1e-6),
        tolerance=1e-9,
    ),
    Case("adabelief, optax", AdaBelief(lr=0.01), optax("adabelief", 0.01), tolerance=1e-9),
    Case("adan", Adan(lr=0.01), pytorch_optimizer("Adan", lr=0.01), tolerance=1e-9),
    Case(
        "adan, decayed",
        Adan(lr=0.02, beta1=0.9, beta2=0.8, beta3=0.95, eps=1e-4, weight_decay=0.3),
        pytorch_optimizer("Adan", lr=0.02, betas=(0.9, 0.8, 0.95), eps=1e-4, weight_decay=0.3),
        tolerance=1e-9,
    ),
    Case(
        "adan, optax",
        Adan(lr=0.01, beta2=0.5),
        optax("adan", 0.01, b2=0.5, eps_root=0.0),
        tolerance=1e-9,
        note="optax weighs the change of the gradient with 1 - b2, the authors' code with beta2: they agree at a half",
    ),
]

SIGN = [
    Case("lion", Lion(lr=0.01), pytorch_optimizer("Lion", lr=0.01), tolerance=1e-9),
    Case(
        "lion, decayed",
        Lion(lr=0.02, beta1=0.8, beta2=0.95, weight_decay=0.3),
        pytorch_optimizer("Lion", lr=0.02, betas=(0.8, 0.95), weight_decay=0.3),
        tolerance=1e-9,
    ),
    Case(
        "lion, optax",
        Lion(lr=0.01, weight_decay=0.1),
        optax("lion", 0.01, weight_decay=0.1),
        tolerance=1e-9,
    ),
]

SCHEDULED = [
    Case(
        "adam, exponential",
        Adam(lr=0.02),
        torch_optim("Adam", lr=0.02, scheduler=("ExponentialLR", {"gamma": 0.9})),
        schedule=Exponential(decay=0.9),
    ),
    Case(
        "nesterov, staircase",
        Nesterov(lr=0.02),
        torch_optim("SGD", lr=0.02, momentum=0.9, nesterov=True, scheduler=("StepLR", {"step_size": 3, "gamma": 0.5})),
        schedule=Exponential(decay=0.5, interval=3),
    ),
    Case(
        "rmsprop, table",
        RMSprop(lr=0.02),
        torch_optim("RMSprop", lr=0.02, alpha=0.9, scheduler=("MultiStepLR", {"milestones": [5, 12], "gamma": 0.1})),
        schedule=Table(epochs=(5, 12), factors=(0.1, 0.01)),
    ),
    Case(
        "adagrad, inverse time",
        Adagrad(lr=0.2),
        torch_optim("Adagrad", lr=0.2, scheduler=("LambdaLR", {"lr_lambda": one_over_1_plus})),
        schedule=InverseTime(rate=1.0),
    ),
    Case(
        "adamw, cosine",
        AdamW(lr=0.02, weight_decay=0.1),
        torch_optim(
            "AdamW",
            lr=0.02,
            weight_decay=0.1,
            every_step=True,
            scheduler=("CosineAnnealingLR", {"T_max": N_STEPS, "eta_min": 0.002}),
        ),
        schedule=Cosine(end=0.1),
    ),
    Case(
        "nadam, polynomial",
        NAdam(lr=0.02),
        torch_optim(
            "NAdam", lr=0.02, every_step=True, scheduler=("PolynomialLR", {"total_iters": N_STEPS, "power": 2.0})
        ),
        schedule=Polynomial(power=2.0),
    ),
    Case(
        "adamax, one cycle",
        Adamax(lr=0.05),
        torch_optim(
            "Adamax",
            lr=0.05,
            every_step=True,
            scheduler=("OneCycleLR", {"max_lr": 0.05, "total_steps": N_STEPS, "cycle_momentum": False}),
        ),
        schedule=OneCycle(),
    ),
    Case(
        "lion, warm-up and cosine",
        Lion(lr=0.01, weight_decay=0.1),
        optax(
            "lion",
            weight_decay=0.1,
            schedule=(
                "warmup_cosine_decay_schedule",
                {"init_value": 1e-3, "peak_value": 0.01, "warmup_steps": 20, "decay_steps": N_STEPS},
            ),
        ),
        schedule=WarmupCosine(warmup=0.1, start=0.1),
        tolerance=1e-9,
    ),
]

CASES = DESCENT + ADAPTIVE + SIGN + SCHEDULED
