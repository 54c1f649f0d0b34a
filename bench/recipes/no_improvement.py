"""DeepScratch, Day 7: "now the result had no improvement ... WHY": its gradient is Day 6's, times 10/9."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench.recipes._faults import LossFault, TenNinths, Tiny, notebook_delta
from bench.recipes._finding import Finding, at_most, near
from bench.recipes._notebook import Notebook, Settings
from network.layout import Vector

TAKES = "seconds"

HIDDEN = (50,)
DAY6 = partial(Tiny, tiny=1e-300)  # so little that nothing of it is left
DAY7 = TenNinths


def findings(folder: Path) -> Iterator[Finding]:
    """Two mistakes of Day 6 cancel to the right gradient; Day 7 is the same at another rate."""
    rng = np.random.default_rng(1)
    a, y = rng.dirichlet(np.ones(10), 20), rng.integers(10, size=20)
    right = a - np.eye(10)[y]
    difference = float(np.abs(notebook_delta(a, y, 0.0) - right).max())
    yield at_most("Day 6: dL/dz against a - y, the largest difference", 3e-16, difference, 1e-14)
    low, high = ratio()
    yield near("Day 7's gradient over Day 6's, the lowest", 10 / 9, low, 1e-12)
    yield near("Day 7's gradient over Day 6's, the highest", 10 / 9, high, 1e-12)
    apart = float(np.abs(after_20_steps(DAY6, 0.1) - after_20_steps(DAY7, 0.09)).max())
    yield at_most("20 steps: Day 7 at lr 0.09 against Day 6 at 0.1, apart", "", apart, 1e-10)


def ratio() -> tuple[float, float]:
    """The lowest and the highest quotient of the entries of the two gradients, those near zero left out."""
    six, seven = gradient(DAY6), gradient(DAY7)
    large = np.abs(six) > 1e-3 * np.abs(six).max()
    quotients = seven[large] / six[large]
    return float(quotients.min()), float(quotients.max())


def gradient(loss: LossFault) -> Vector:
    """The gradient of the first batch as a day computes it."""
    notebook = Notebook(_settings(loss, 0.1))
    notebook.training.step(*notebook.first_batch())
    return notebook.training.gradient


def after_20_steps(loss: LossFault, lr: float) -> Vector:
    """The parameters that a day comes to."""
    notebook = Notebook(_settings(loss, lr))
    for _ in zip(range(20), notebook.epoch(), strict=False):
        pass
    return notebook.training.theta


def _settings(loss: LossFault, lr: float) -> Settings:
    return Settings(HIDDEN, lr, loss=loss, dtype=np.float64)
