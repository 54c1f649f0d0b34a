"""Gradient descent, momentum and Adam on the moons of Ng's course 2, week 2, "Optimization methods"."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench import datasets
from bench.recipes import _course as course
from bench.recipes._finding import Finding, digits, near
from bench.recipes._training import Training
from network import Network
from network.initializers import He
from optimizers import Optimizer
from optimizers.adam import Adam
from optimizers.minibatch_gd import MinibatchGD
from optimizers.momentum import Momentum

TAKES = "half a minute"

SIZES = (2, 5, 2, 1)
LR = 0.0007
OPTIMIZERS: dict[str, Optimizer] = {
    "gradient descent": MinibatchGD(lr=LR),
    "momentum": Momentum(lr=LR, momentum=0.9),
    "Adam": Adam(lr=LR, beta1=0.9, beta2=0.999, eps=1e-8),
}
COSTS = {
    "gradient descent": (0.702405, 0.668101, 0.635288, 0.600491, 0.573367),
    "momentum": (0.702413, 0.668167, 0.635388, 0.600591, 0.573444),
    "Adam": (0.702166, 0.167845, 0.141316, 0.138788, 0.136066),
}
ACCURACIES = {
    "gradient descent": {5000: 0.716667, 10000: 0.796667},
    "momentum": {5000: 0.716667, 10000: 0.796667},
    "Adam": {5000: 0.943333, 10000: 0.94},
}


def findings(folder: Path) -> Iterator[Finding]:
    """The costs that the course prints every 1,000 epochs, and its accuracies after 5,000 and 10,000."""
    for name in OPTIMIZERS:
        run, data = start(name), datasets.load("moons")
        epochs = course.epochs(run, data.x_train, data.y_train)
        yield from costs(name, epochs, 5)
        yield accuracy(name, 5000, run, epochs, 999)  # the cost of epoch 4000 has been seen
        yield accuracy(name, 10000, run, epochs, 5000)


def start(name: str) -> Training:
    """The course's network before its first step, under the optimizer of this name."""
    return course.training(Network(SIZES), He(), OPTIMIZERS[name])


def costs(name: str, epochs: Iterator[float], n: int) -> Iterator[Finding]:
    """The first `n` costs that the course prints, an epoch in 1,000."""
    every = islice(epochs, 0, 1000 * (n - 1) + 1, 1000)
    for i, (printed, cost) in enumerate(zip(COSTS[name], every, strict=False)):
        yield digits(f"{name}: cost at epoch {1000 * i}", printed, cost, 6)


def accuracy(name: str, n_epochs: int, run: Training, epochs: Iterator[float], n_more: int) -> Finding:
    """The accuracy `n_more` epochs later; one example of 300 may differ."""
    next(islice(epochs, n_more - 1, None))
    data = datasets.load("moons")
    came_out = run.accuracy(data.x_train, data.y_train)
    return near(f"{name}: accuracy after {n_epochs} epochs", ACCURACIES[name][n_epochs], came_out, 1.01 / 300)
