"""DeepScratch, Day 2: a shadowed variable keeps all but 128 of 50,000 examples from training; and its cure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.batches import Batches
from bench.recipes._finding import Finding, at_least, holds, shown
from bench.recipes._notebook import SEED, Notebook, Settings

TAKES = "a quarter of a minute"

SETTINGS = Settings(hidden=(784, 1000), lr=0.1, scaling="unit")
N_STEPS = 300


@dataclass(frozen=True)
class Outcome:
    """What 300 steps came to; `batch` is the accuracy on the last batch, the notebook's training accuracy."""

    n_examples: int
    batch: float
    validation: float


def findings(folder: Path) -> Iterator[Finding]:
    """The same 300 steps with the mistake and without."""
    bug, cured = trained("shadowed"), trained("shuffle")
    yield holds("with the mistake: different examples seen", 254, bug.n_examples, bug.n_examples == 254)
    yield at_least("with the mistake: accuracy on the batch", 1.0, bug.batch, 0.99)
    yield shown("with the mistake: dev accuracy", "0.6", bug.validation)
    yield shown("cured: different examples seen", "", cured.n_examples)
    yield shown("cured: accuracy on the batch", "", cured.batch)
    yield at_least("cured: dev accuracy, gain over the mistake", "", cured.validation - bug.validation, 0.1)


def trained(sampling: str) -> Outcome:
    """Train 300 steps on batches drawn in this way, one of `bench.batches.SAMPLINGS`."""
    notebook = Notebook(SETTINGS)
    coverage = _batches(notebook, sampling).coverage(N_STEPS)
    for _, (x, y, _) in zip(range(N_STEPS), _batches(notebook, sampling), strict=False):
        notebook.training.step(x, y)
    run = notebook.training
    return Outcome(coverage, run.accuracy(x, y), run.accuracy(*notebook.validation))


def _batches(notebook: Notebook, sampling: str) -> Batches:
    rng = np.random.RandomState(SEED)
    return Batches(notebook.x, notebook.data.y_train, notebook.split.train, SETTINGS.batch_size, rng, sampling=sampling)
