"""The methods that treat each coordinate alone."""

from functools import cached_property

from oracles.case import Case, Problem, Trajectory
from oracles.engines import torch_optim

from optimizers.adam import Adam
from optimizers.batch_gd import BatchGD
from optimizers.momentum import Momentum
from optimizers.rmsprop import RMSprop


class StillStart(Problem):
    """The same gradients but for the first, which is zero."""

    @cached_property
    def gradients(self) -> Trajectory:
        gradients = super().gradients.copy()
        gradients[0] = 0
        return gradients


CASES = [
    Case("batch_gd", BatchGD(lr=0.05), torch_optim("SGD", lr=0.05)),
    Case("momentum", Momentum(lr=0.05), torch_optim("SGD", lr=0.05 * (1 - 0.9), momentum=0.9)),
    Case(
        "momentum, dampened",
        Momentum(lr=0.05),
        torch_optim("SGD", lr=0.05, momentum=0.9, dampening=0.9),
        problem=StillStart(),
        note="torch's average starts at the first gradient, ours at zero: they agree where the first gradient is zero",
    ),
    Case("rmsprop", RMSprop(lr=0.01), torch_optim("RMSprop", lr=0.01, alpha=0.9, eps=1e-8)),
    Case("adam", Adam(lr=0.01), torch_optim("Adam", lr=0.01)),
]
