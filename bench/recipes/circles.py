"""Zeros, large random weights and He's on the circles of Ng's course 2, week 1, "Initialization"."""

from collections.abc import Iterator
from pathlib import Path

from bench import datasets
from bench.recipes import _course as course
from bench.recipes._finding import Finding, at_least, digits, holds, near, shown
from bench.recipes._training import Training
from network import Network
from network.initializers import He, Initializer, Scaled, Zeros
from optimizers.batch_gd import BatchGD

TAKES = "a quarter of a minute"

SIZES = (2, 10, 5, 1)
LR = 0.01
N_STEPS = 15000
FIRST, LAST = "cost at the start", "cost after 14,000 steps"
ZEROS_COST = 0.6931471805599453  # log 2


def findings(folder: Path) -> Iterator[Finding]:
    """Zeros never learn, large weights learn badly, He's learn."""
    costs, train, test = trained(Zeros())
    yield holds("zeros: every cost is log 2", ZEROS_COST, max(costs), _all_equal(costs, ZEROS_COST))
    yield near("zeros: training accuracy", 0.5, train, 1e-12)
    yield near("zeros: test accuracy", 0.5, test, 1e-12)
    costs, large, test = trained(Scaled(scale=10))
    yield shown(f"large: {FIRST} (theirs took the logarithm of 0)", "inf", costs[0])
    yield digits(f"large: {LAST}", 0.3828, costs[14000], 4)
    yield near("large: training accuracy", 0.83, large, 1.01 / 300)
    yield near("large: test accuracy", 0.86, test, 1.01 / 100)
    costs, he, test = trained(He())
    yield digits(f"He: {FIRST}", 0.8830537463419761, costs[0], 12)
    yield digits(f"He: {LAST}", 0.0735789596, costs[14000], 6)
    yield at_least("He: training accuracy", 0.993333, he, 0.99)
    yield near("He: test accuracy", 0.96, test, 1.01 / 100)
    ends = " ".join(f"{accuracy:.2f}" for accuracy in (train, large, he))
    yield holds("zeros, large and He: accuracies rise", "0.50 0.83 0.99", ends, train < large < he)


def start(initializer: Initializer) -> Training:
    """The course's network before its first step."""
    return course.training(Network(SIZES), initializer, BatchGD(lr=LR))


def trained(initializer: Initializer, n_steps: int = N_STEPS) -> tuple[list[float], float, float]:
    """The cost before each step, and the accuracy on both parts in the end."""
    run, data = start(initializer), datasets.load("circles")
    costs = [run.step(data.x_train, data.y_train) for _ in range(n_steps)]
    return costs, run.accuracy(data.x_train, data.y_train), run.accuracy(data.x_test, data.y_test)


def _all_equal(costs: list[float], value: float) -> bool:
    return all(abs(cost - value) <= 1e-15 for cost in costs)
