"""The logic gates of "Going Deep From Scratch": [2, 3, 5, 1] sigmoid units, full batch."""

from collections.abc import Iterator
from pathlib import Path

from bench import datasets
from bench.recipes import _course as course
from bench.recipes._finding import Finding, at_least, at_most, near
from network import Network, Score
from network.initializers import Initializer, Scaled, Xavier
from optimizers.batch_gd import BatchGD

TAKES = "seconds"

SIZES = (2, 3, 5, 1)
N_STEPS = 3000
SEED = 1
GATES = ("and", "or", "xor")
PLATEAUS = {"and": 0.5623, "xor": 0.6931}  # the loss of a network that has only learnt how often the gate is 1


def findings(folder: Path) -> Iterator[Finding]:
    """Small weights and a small rate end on a plateau; Xavier's at a rate of 1 learn every gate."""
    for gate in GATES:
        score = trained(gate, Xavier(), 1.0)
        yield at_least(f"{gate}, Xavier, lr 1: accuracy", 1.0, score.accuracy, 1)
        yield at_most(f"{gate}, Xavier, lr 1: loss", "< 0.001", score.loss, 0.001)
    for gate, plateau in PLATEAUS.items():
        loss = trained(gate, Scaled(scale=0.01), 0.01).loss
        yield near(f"{gate}, weights of 0.01, lr 0.01: loss", plateau, loss, 1e-3)


def trained(gate: str, initializer: Initializer, lr: float, seed: int = SEED, activation: str = "sigmoid") -> Score:
    """How well the gate is learnt after 3,000 steps."""
    data = datasets.load(f"gates-{gate}")
    run = course.training(Network(SIZES, activation), initializer, BatchGD(lr=lr), seed)
    for _ in range(N_STEPS):
        run.step(data.x_train, data.y_train)
    return run.network.evaluate(run.theta, data.x_train, data.y_train)
