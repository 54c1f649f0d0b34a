"""DeepScratch, Day 4: two epochs on standardised pixels, from the seed to the last digit."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench.recipes._days import Day
from bench.recipes._faults import Tiny
from bench.recipes._finding import Finding, near
from bench.recipes._notebook import Settings

TAKES = "half a minute"

SETTINGS = Settings(
    hidden=(784, 100), lr=0.3, epochs=2, every=100, first_step=0, loss=partial(Tiny, tiny=1e-7), dtype=np.float64
)
PRINTED = {200: 0.9408, 300: 0.9528, 400: 0.9572, 500: 0.9603, 600: 0.9705, 700: 0.9675}
ROUNDING = 0.0002  # of another BLAS may tip two examples of 10,000


def findings(folder: Path) -> Iterator[Finding]:
    """The dev accuracies of the whole run."""
    day = Day("day4", SETTINGS, folder)
    day.run()
    day.state.unlink(missing_ok=True)
    for step, printed in PRINTED.items():
        yield near(f"dev accuracy at step {step}", printed, day.accuracies[step], ROUNDING)
