"""Optimizers, one method a file: the listing of this folder is the catalogue."""

from optimizers._base import Optimizer, State
from optimizers._domains import AtLeastOne, Fraction, NonNegative, Positive
from optimizers._schedules import Progress, Schedule

__all__ = ["AtLeastOne", "Fraction", "NonNegative", "Optimizer", "Positive", "Progress", "Schedule", "State"]
