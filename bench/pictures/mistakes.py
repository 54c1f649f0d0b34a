"""What a freshly trained network gets wrong: which digits it takes for which, and where it is surest of its mistake."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import datasets, registry
from bench.plugin import PluginError
from bench.spec import TrialSpec
from bench.trial import End, Trial

Array = NDArray[np.floating[Any]]
Classes = NDArray[np.intp]


@dataclass(frozen=True)
class Mistakes:
    """On the test part: the confusion matrix (true class, guess), and the worst mistakes, the surest first."""

    title: str
    classes: NDArray[Any]  # the raw label of each class
    confusion: NDArray[np.intp]  # (n_classes, n_classes): how many of the row's class were taken for the column's
    images: NDArray[Any]  # (n_worst, *shape)
    truths: Classes  # (n_worst,)
    guesses: Classes  # (n_worst,)
    sureness: Array  # (n_worst,): the guess's probability

    @property
    def accuracy(self) -> float:
        """The share of right guesses."""
        return float(np.trace(self.confusion) / self.confusion.sum())


def mistakes(
    optimizer: str = "adam",
    dataset: str = "mnist",
    epochs: int = 1,
    seed: int = 1,
    n_worst: int = 25,
    **settings: Any,
) -> Mistakes:
    """Train a trial, and see what it makes of the test part; `settings` are the optimizer's.

    Raises:
        PluginError: there is no such optimizer, or its training diverged.
        DatasetError: there is no such data set, or it holds no images.

    """
    data = datasets.load(dataset)
    if len(data.shape) != 2:
        raise datasets.DatasetError(f"{dataset}: examples must be images to be shown, got shape {data.shape}")
    trial = Trial(_spec(optimizer, settings, dataset, data.fingerprint, epochs, seed))
    with np.errstate(over="ignore", invalid="ignore"):
        end = next(message for message in trial.run() if isinstance(message, End))
    if end.status == "diverged":
        raise PluginError(f"{optimizer}: {end.reason}")
    x, truths, _ = trial.parts.test
    probabilities = softmax(trial.network.logits(trial.method.readout(), x))
    worst = surest_mistakes(probabilities, truths)[:n_worst]
    guesses = probabilities.argmax(axis=1)
    return Mistakes(
        title=f"{dataset}: {optimizer}, {epochs} {'epoch' if epochs == 1 else 'epochs'}, seed {seed}",
        classes=data.classes,
        confusion=confusion_matrix(truths, guesses, data.n_classes),
        images=data.raw(x[worst]),
        truths=truths[worst],
        guesses=guesses[worst],
        sureness=probabilities[worst].max(axis=1),
    )


def confusion_matrix(truths: Classes, guesses: Classes, n_classes: int) -> NDArray[np.intp]:
    """How many (n_classes, n_classes) examples of the row's class were taken for the column's."""
    return np.bincount(truths * n_classes + guesses, minlength=n_classes**2).reshape(n_classes, n_classes)


def surest_mistakes(probabilities: Array, truths: Classes) -> NDArray[np.intp]:
    """The rows whose most probable class is not the true one, the most probable mistake first."""
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != truths)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]


def softmax(logits: Array) -> Array:
    """The probabilities (rows, classes) that the logits stand for."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _spec(optimizer: str, settings: dict[str, Any], dataset: str, data: str, epochs: int, seed: int) -> TrialSpec:
    plugin = registry.optimizer(optimizer)
    return TrialSpec(
        dataset=dataset,
        data=data,
        scaling="unit",
        hidden=(128, 64),
        activation="relu",
        initializer=registry.initializer("he").choice(),
        optimizer=plugin.choice(settings),
        schedule=registry.own_schedule(plugin),
        batch_size=plugin.trait("batch_size"),
        epochs=epochs,
        evaluations_per_epoch=1,
        seed=seed,
    )
