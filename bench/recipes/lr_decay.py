"""Learning rate decay on the moons of Ng's course 2, week 2: each epoch, and in steps of a thousand epochs."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench import datasets
from bench.recipes import _course as course
from bench.recipes._finding import Finding, at_least, digits, near
from bench.recipes._training import Training
from bench.recipes.moons import SIZES
from network import Network
from network.initializers import He
from optimizers import Optimizer, Progress
from optimizers._schedules import InverseTime, Schedule, Staircase
from optimizers.adam import Adam
from optimizers.minibatch_gd import MinibatchGD
from optimizers.momentum import Momentum

TAKES = "a quarter of a minute"

N_EPOCHS = 5000
EACH_EPOCH = InverseTime(rate=1)
STEPS = Staircase(rate=1, interval=1000)
OPTIMIZERS: dict[str, Optimizer] = {
    "gradient descent": MinibatchGD(lr=0.1),
    "momentum": Momentum(lr=0.1, momentum=0.9),
    "Adam": Adam(lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8),
}
FLOORS = {"gradient descent": "> 0.946", "momentum": "> 0.956", "Adam": "0.94"}


def findings(folder: Path) -> Iterator[Finding]:
    """Decay in every epoch goes to zero too quickly, in steps it does not."""
    run, epochs = start("gradient descent", EACH_EPOCH)
    yield digits("each epoch, gradient descent: cost at epoch 1000", 0.661884, _cost(epochs, 1000), 6)
    yield near("each epoch, gradient descent: accuracy", 0.6533, _accuracy(run, epochs), 1.01 / 300)
    for name, printed in FLOORS.items():
        run, epochs = start(name, STEPS)
        cost = _cost(epochs, 1000)
        if name == "gradient descent":
            yield digits("steps, gradient descent: cost at epoch 1000", 0.127161, cost, 6)
        yield at_least(f"steps, {name}: accuracy", printed, _accuracy(run, epochs), 0.94)


def start(name: str, schedule: Schedule) -> tuple[Training, Iterator[float]]:
    """The course's network under the optimizer of this name, and its epochs, at a rate that falls by `schedule`."""
    data = datasets.load("moons")
    run = course.training(Network(SIZES), He(), OPTIMIZERS[name])
    return run, course.epochs(run, data.x_train, data.y_train, lambda epoch: factor(schedule, epoch))


def factor(schedule: Schedule, epoch: int) -> float:
    """The schedule's factor in an epoch."""
    return schedule.factor(Progress(step=epoch, steps_per_epoch=1, n_steps=N_EPOCHS))


def _cost(epochs: Iterator[float], epoch: int) -> float:
    return next(islice(epochs, epoch, None))


def _accuracy(run: Training, epochs: Iterator[float]) -> float:
    """After the last epoch, 1,001 of which are over."""
    next(islice(epochs, N_EPOCHS - 1001 - 1, None))
    data = datasets.load("moons")
    return run.accuracy(data.x_train, data.y_train)
