"""Mini-batch gradient descent with a falling learning rate."""

from optimizers._domains import Positive, searched
from optimizers._schedules import InverseTime
from optimizers.minibatch_gd import MinibatchGD


class LRDecay(MinibatchGD):
    """Mini-batch gradient descent whose rate falls with the inverse of the epochs done.

        lr_e = lr / (1 + rate e)
        theta <- theta - lr_e g

    Source: Robbins and Monro 1951, https://doi.org/10.1214/aoms/1177729586, in the form of Ng's course 2, "Learning
    rate decay". The other decays (staircase, exponential, 1/sqrt(t), a table) are schedules: a plan gives any of them
    to any method.
    """

    year = 1951
    lr: Positive = searched(0.2, 1e-3, 10)
    schedule = InverseTime(rate=0.5)
