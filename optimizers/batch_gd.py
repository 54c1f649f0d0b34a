"""Batch gradient descent."""

from optimizers._domains import Positive, searched
from optimizers.minibatch_gd import MinibatchGD


class BatchGD(MinibatchGD):
    """Gradient descent on the whole training set: one step an epoch.

        theta <- theta - lr g

    Source: Cauchy 1847, "Méthode générale pour la résolution des systèmes d'équations simultanées".
    Not for large training sets: the cost never rises at a small enough `lr`, but every step costs an epoch.
    """

    year = 1847
    batch_size = None
    lr: Positive = searched(0.5, 0.01, 10)
