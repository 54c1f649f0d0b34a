"""DeepScratch, Day 5: the refactored notebook, with timers."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench.recipes._days import Day
from bench.recipes._faults import Tiny
from bench.recipes._finding import Finding, at_least, digits, shown
from bench.recipes._first_step import first_step
from bench.recipes._notebook import Settings

TAKES = "two minutes"

SETTINGS = Settings(
    hidden=(784, 784), lr=0.1, batch_size=64, epochs=10, every=400, loss=partial(Tiny, tiny=1e-10), dtype=np.float64
)
PRINTED = {400: 0.93, 6400: 0.9811, 7200: 0.9811, 7600: 0.9808}


def start() -> Iterator[Finding]:
    """The first step from the seed."""
    first = first_step(SETTINGS)
    yield digits("first step: loss as shown", 3.25148, first.loss, 5)
    yield digits("after the first step: dev accuracy", 0.0994, first.validation_accuracy, 4)


def findings(folder: Path) -> Iterator[Finding]:
    """The start digit by digit, the end within its spread, and the seconds beside the notebook's."""
    yield from start()
    day = Day("day5", SETTINGS, folder)
    day.run()
    for step, printed in PRINTED.items():
        yield shown(f"dev accuracy at step {step}", printed, day.accuracies[step])
    yield at_least("dev accuracy, best", 0.9811, max(day.accuracies.values()), 0.98)
    yield shown("test accuracy", "", day.test_accuracy)
    yield shown("forward and backward, s", "28.85 + 52.24", round(day.clock.seconds["gradient"], 2))
    yield shown("update, s", 24.18, round(day.clock.seconds["update"], 2))
    yield shown("training, s (theirs with 20 looks at the dev set)", 114.06, round(day.training_s, 2))
    yield shown("training, examples/s", 4382, round(day.examples_per_s))
