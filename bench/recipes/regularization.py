"""L2 and dropout as in Ng's course 2, week 1, "Regularization", on noisy moons: the course's data cannot be shipped."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from bench import datasets
from bench.recipes._finding import Finding, holds, shown
from bench.recipes._training import Training
from network import Network, Penalty, initialize
from network.initializers import Xavier
from optimizers.batch_gd import BatchGD

TAKES = "a quarter of a minute"

SIZES = (2, 20, 3, 1)
LR = 0.3
N_STEPS = 3000  # the course takes 30,000
N_POINTS = 120
NOISE = 0.35
SEEDS = range(3, 8)
L2 = 0.7
KEEP = 0.86
THEIRS = {"none": "0.948 / 0.915", "L2": "0.938 / 0.93", "dropout": "0.929 / 0.95"}

Accuracies = tuple[float, float]


def findings(folder: Path) -> Iterator[Finding]:
    """Both lower the training accuracy and narrow the gap to the test accuracy, on the mean of five seeds."""
    for kind, theirs in THEIRS.items():
        train, test = mean(kind)
        yield shown(f"{kind}: training / test accuracy (theirs on their data)", theirs, f"{train:.3f} / {test:.3f}")
    bare = mean("none")
    for kind in ("L2", "dropout"):
        train, test = mean(kind)
        yield holds(f"{kind}: lowers the training accuracy by", "0.010, 0.019", bare[0] - train, train < bare[0])
        narrower = (bare[0] - bare[1]) - (train - test)
        yield holds(f"{kind}: narrows the gap to the test accuracy by", "0.025, 0.054", narrower, narrower > 0)


@cache
def mean(kind: str) -> Accuracies:
    """Training and test accuracy with a kind of regularization, one of THEIRS: means over the seeds."""
    train, test = np.mean([trained(kind, seed) for seed in SEEDS], axis=0)
    return float(train), float(test)


def trained(kind: str, seed: int) -> Accuracies:
    """Training accuracy, and test accuracy on 1,000 points of another draw."""
    data, other = (
        datasets.load(f"moons?n={n}&noise={NOISE}&seed={s}") for n, s in ((N_POINTS, seed), (1000, seed + 100))
    )
    network = network_for(kind, seed)
    theta = initialize(Xavier(), network.layout, np.random.RandomState(seed), np.float64)
    run = Training(network, theta, BatchGD(lr=LR))
    for _ in range(N_STEPS):
        run.step(data.x_train, data.y_train)
    return run.accuracy(data.x_train, data.y_train), run.accuracy(other.x_train, other.y_train)


def network_for(kind: str, seed: int) -> Network:
    """The course's network with a kind of regularization."""
    if kind == "L2":
        return Network(SIZES, penalty=Penalty(l2=L2, n_examples=N_POINTS))
    if kind == "dropout":
        return Network(SIZES, dropout=1 - KEEP, rng=np.random.default_rng(seed))
    return Network(SIZES)
