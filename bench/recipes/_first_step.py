"""The first step of a notebook, of which every digit follows from the seed."""

from dataclasses import dataclass, replace

import numpy as np

from bench.recipes._notebook import Notebook, Settings, shown_loss, softmax
from network.layout import Matrix
from network.mlp import Labels


@dataclass(frozen=True)
class FirstStep:
    """Loss, as the notebooks show it, and accuracy: on the first batch before the step, on the dev set behind it."""

    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


def first_step(settings: Settings) -> FirstStep:
    """Take the first step of a day, in float64."""
    notebook = Notebook(replace(settings, dtype=np.float64))
    x, y = notebook.first_batch()
    run = notebook.training
    run.step(x, y)
    a = softmax(run.network.training_pass(run.theta, x, run.gradient).last.z)
    x_dev, y_dev = notebook.validation
    b = softmax(run.network.logits(run.theta, x_dev))
    return FirstStep(shown_loss(a, y), _accuracy(a, y), shown_loss(b, y_dev), _accuracy(b, y_dev))


def _accuracy(a: Matrix, y: Labels) -> float:
    return float(np.mean(a.argmax(axis=1) == y))
