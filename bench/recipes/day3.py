"""DeepScratch, Day 3: mini-batches that cover every example, 20 epochs."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench.recipes._days import Day
from bench.recipes._faults import Tiny
from bench.recipes._finding import Finding, at_least, shown
from bench.recipes._notebook import Settings

TAKES = "two minutes"

SETTINGS = Settings(
    hidden=(784, 100),
    lr=0.3,
    epochs=20,
    scaling="unit",
    every=500,
    first_step=0,
    loss=partial(Tiny, tiny=1e-7),
    dtype=np.float64,
)
PRINTED = {500: 0.9374, 7000: 0.9823, 7500: 0.9809}


def findings(folder: Path) -> Iterator[Finding]:
    """Dev and test accuracy reach 98 %."""
    day = Day("day3", SETTINGS, folder)
    day.run()
    for step, printed in PRINTED.items():
        yield shown(f"dev accuracy at step {step}", printed, day.accuracies[step])
    yield at_least("dev accuracy, best", 0.9823, max(day.accuracies.values()), 0.98)
    yield at_least("test accuracy", 0.9824, day.test_accuracy, 0.98)
    yield shown("training, s", "", round(day.training_s, 1))
    yield shown("training, examples/s", "", round(day.examples_per_s))
