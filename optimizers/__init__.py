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
