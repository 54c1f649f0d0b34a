"""Mini-batches, costs and weights as Ng's course 2 has them."""

from collections.abc import Callable, Iterator

import numpy as np

from bench.recipes._training import Training
from network import Network, initialize
from network.initializers import Initializer
from network.layers import Inputs
from network.mlp import Labels
from optimizers import Optimizer

BATCH_SIZE = 64
FIRST_SEED = 11  # the course starts from 10 and adds 1 before it shuffles

Factor = Callable[[int], float]  # of the learning rate, by the epoch counted from 0


def constant(epoch: int) -> float:
    """1."""
    return 1.0


def training(network: Network, initializer: Initializer, optimizer: Optimizer, seed: int = 3) -> Training:
    """A network whose weights are drawn as the course draws them, in float64."""
    theta = initialize(initializer, network.layout, np.random.RandomState(seed), np.float64)
    return Training(network, theta, optimizer)


def epochs(run: Training, x: Inputs, y: Labels, factor: Factor = constant) -> Iterator[float]:
    """Train epoch after epoch, without end; each yields the sum of its examples' losses over their number.

    The rate of an epoch is the one worked out at the end of the epoch before, as in the course.
    """
    epoch = 0
    while True:
        rate = factor(max(epoch - 1, 0))
        rows = np.random.RandomState(FIRST_SEED + epoch).permutation(len(x))
        batches = np.split(rows, range(BATCH_SIZE, len(rows), BATCH_SIZE))
        yield sum(len(batch) * run.step(x[batch], y[batch], rate) for batch in batches) / len(rows)
        epoch += 1
