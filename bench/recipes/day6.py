"""DeepScratch, Day 6: dropout brings the dev set to 98.34 %, here from a fresh start within 100 epochs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.recipes._days import Day, first_at
from bench.recipes._finding import Finding, at_least, shown
from bench.recipes._notebook import Settings

TAKES = "a quarter of an hour on one core; interrupted, it goes on from its last epoch"

SETTINGS = Settings(hidden=(784, 1024, 1024), lr=0.1, epochs=100, keep=0.5)
TARGET = 0.9834


def findings(folder: Path) -> Iterator[Finding]:
    """The target, what the last evaluations are on average, and the test set, which the notebook left out.

    The notebook went on from weights that it does not tell of, and its way back through dropout forgets the division
    by keep; here weights are fresh and the gradient is right.
    """
    day = Day("day6", SETTINGS, folder)
    day.run()
    accuracies = list(day.accuracies.values())
    yield at_least("dev accuracy, best so far within 100 epochs", TARGET, max(accuracies), TARGET)
    yield shown("first step at 0.9834 or above (theirs from a warm start)", "13500", first_at(day.accuracies, TARGET))
    yield shown("dev accuracy, mean of the last 10 evaluations", 0.98284, round(float(np.mean(accuracies[-10:])), 5))
    yield shown("dev accuracy, last", 0.9831, accuracies[-1])
    yield shown("test accuracy", "none saved", day.test_accuracy)
    yield shown("training, s", "none saved", round(day.training_s, 1))
    yield shown("training, examples/s (theirs: Day 7's, 4 parameters for 7)", 4268, round(day.examples_per_s))
