"""Stochastic gradient descent."""

from typing import ClassVar

from optimizers._domains import Positive
from optimizers.batch_gd import BatchGD


class SGD(BatchGD):
    """Gradient descent on one random example a step.

        theta <- theta - lr g

    Source: Robbins and Monro 1951, https://doi.org/10.1214/aoms/1177729586 (with a constant `lr`).
    Not for vector machines: a step on one example uses a small part of their speed.
    """

    lr: Positive = 0.01
    batch_size: ClassVar[int | None] = 1
