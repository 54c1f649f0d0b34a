"""DeepScratch, Days 6 and 7: the way back through dropout without its division, and with it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.recipes._faults import forgotten_keep
from bench.recipes._finding import Finding, near, shown
from bench.recipes._notebook import Notebook, Settings
from network.dropout import Dropout
from network.layout import Matrix
from network.mlp import Pass

TAKES = "half a minute"

KEEP = 0.5
HIDDEN = (256, 256)
N_EPOCHS = 3


def findings(folder: Path) -> Iterator[Finding]:
    """How much of the first layer's gradient is left with two hidden layers, and what training makes of it."""
    for width, depth in ((60, 1), (60, 2), (60, 3)):
        low, high = ratio((width,) * depth)
        yield near(f"{depth} hidden: theirs over right gradient of W1, lowest", KEEP**depth, low, 1e-10)
        yield near(f"{depth} hidden: theirs over right gradient of W1, highest", KEEP**depth, high, 1e-10)
    for name, fault in (("forgotten", forgotten_keep(KEEP)), ("right", None)):
        notebook = Notebook(Settings(HIDDEN, lr=0.1, keep=KEEP, fault=fault))
        for epoch in range(N_EPOCHS):
            loss = np.mean(list(notebook.epoch()))
            accuracy = notebook.training.accuracy(*notebook.validation)
            yield shown(f"{name}, epoch {epoch + 1}: dev accuracy (training loss {loss:.4f})", "", accuracy)


def ratio(hidden: tuple[int, ...]) -> tuple[float, float]:
    """The lowest and the highest quotient of the notebook's and the network's entries, those near zero left out."""
    notebook = Notebook(Settings(hidden, lr=0.1, keep=KEEP, dtype=np.float64))
    x, y = notebook.first_batch()
    run = notebook.training
    run.network.loss_and_gradient(run.theta, x, y, run.gradient)
    right = run.network.layout.parameters[0].view(run.gradient)
    theirs = first_gradient(run.network.training_pass(run.theta, x, run.gradient))
    large = np.abs(right) > 1e-3 * np.abs(right).max()
    quotients = theirs[large] / right[large]
    return float(quotients.min()), float(quotients.max())


def first_gradient(done: Pass) -> Matrix:
    """dL/dW1 (n_in, n_out) of a pass that is done, by the notebook's way back: with the masks, without the division."""
    delta = done.last.delta
    dropouts = [stage for stage in done.stages if isinstance(stage, Dropout)]
    for layer, dropout in zip(done.layers[:0:-1], reversed(dropouts), strict=True):
        delta = delta @ layer.W[:-1].T * (dropout.factor > 0) * (dropout.a > 0)
    return done.first.x.T @ delta * done.first.scale
