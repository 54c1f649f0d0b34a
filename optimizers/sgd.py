"""Stochastic gradient descent."""

from optimizers._domains import Positive, searched
from optimizers.minibatch_gd import MinibatchGD


class SGD(MinibatchGD):
    """Gradient descent on one random example a step.

        theta <- theta - lr g

    Source: Robbins and Monro 1951, https://doi.org/10.1214/aoms/1177729586 (with a constant `lr`).
    Not for vector machines: a step on one example uses a small part of their speed.
    """

    year = 1951
    lr: Positive = searched(0.01, 1e-4, 1)
    batch_size = 1
