"""Optimizers, one method a file: the listing of this folder is the catalogue."""

from optimizers._base import Closure, Optimizer, State
from optimizers._domains import AtLeastOne, Fraction, NonNegative, Positive, searched
from optimizers._schedules import Progress, Schedule

__all__ = [
    "AtLeastOne",
    "Closure",
    "Fraction",
    "NonNegative",
    "Optimizer",
    "Positive",
    "Progress",
    "Schedule",
    "State",
    "searched",
]


def __getattr__(name: str) -> object:
    """`check_optimizer` comes from the conformance kit, which a training run does not need and does not import."""
    if name == "check_optimizer":
        from optimizers._conformance import check_optimizer

        return check_optimizer
    raise AttributeError(f"module 'optimizers' has no attribute {name!r}")
