"""DeepScratch, Day 7: softmax and loss in one, with a factor too many; the test accuracy is 98.29 %."""

from collections.abc import Iterator
from pathlib import Path

from bench.recipes._days import Day
from bench.recipes._faults import TenNinths, forgotten_keep
from bench.recipes._finding import Finding, digits, near, shown
from bench.recipes._first_step import first_step
from bench.recipes._notebook import Settings

TAKES = "five minutes; interrupted, it goes on from its last epoch"

SETTINGS = Settings(
    hidden=(784, 1024), lr=0.1, epochs=50, keep=0.8, every=1000, loss=TenNinths, fault=forgotten_keep(0.8)
)
PRINTED = {1000: 0.96, 12000: 0.9833, 19000: 0.9818}


def start() -> Iterator[Finding]:
    """The first step from the seed, dropout's masks included."""
    first = first_step(SETTINGS)
    yield digits("first step: loss as shown", 3.25384142622, first.loss, 11)
    yield digits("first step: accuracy on the batch", 0.0625, first.accuracy, 4)
    yield digits("after the first step: dev loss as shown", 3.24895153358, first.validation_loss, 11)
    yield digits("after the first step: dev accuracy", 0.109, first.validation_accuracy, 4)


def findings(folder: Path) -> Iterator[Finding]:
    """The start digit by digit, the end within its spread: with both of the notebook's mistakes."""
    yield from start()
    day = Day("day7", SETTINGS, folder)
    day.run()
    for step, printed in PRINTED.items():
        yield shown(f"dev accuracy at step {step}", printed, day.accuracies[step])
    yield near("test accuracy", 0.9829, day.test_accuracy, 0.003)
    yield shown("training, s (theirs with 20 looks at the dev set)", 584.75, round(day.training_s, 1))
    yield shown("training, examples/s", 4268, round(day.examples_per_s))
