"""One experiment of a run: the trials that are compared with each other."""

import re
from collections.abc import Iterator
from itertools import count
from math import nan
from typing import Any

import pandas as pd

from bench.report.table import text
from bench.statistics import mean_interval
from bench.store import Run


class Experiment:
    """The trials of one experiment, each with the end of its curve, and their curves."""

    def __init__(self, name: str, slug: str, trials: pd.DataFrame, points: pd.DataFrame) -> None:
        self.name, self.slug, self.trials, self.points = name, slug, trials, points
        self.labels = list(trials["label"].unique())
        self.initializers = list(trials["initializer"].unique())

    @property
    def compares_initializers(self) -> bool:
        """Whether it has more than one initializer."""
        return len(self.initializers) > 1

    @property
    def groups(self) -> Iterator[tuple[str, str, pd.DataFrame]]:
        """Label, initializer and the trials that differ only in their seed, in the plan's order."""
        for (label, initializer), trials in self.trials.groupby(["label", "initializer"], sort=False):
            yield label, initializer, trials

    def curve(self, trial: str) -> pd.DataFrame:
        """The points of one trial."""
        return self.points[self.points["trial"] == trial].drop_duplicates("step")


def experiments(run: Run) -> list[Experiment]:
    """The run's experiments in the plan's order."""
    names = list(run.trials["experiment"].unique())
    trials = with_ends(run)
    return [
        Experiment(name, slug, trials[trials["experiment"] == name], run.points[run.points["experiment"] == name])
        for name, slug in zip(names, slugs(names), strict=True)
    ]


def with_ends(run: Run) -> pd.DataFrame:
    """The trials with the last point of each curve beside them, and None as NaN where numbers belong."""
    keys = ["experiment", "label", "trial"]
    ends = ["step", "epoch", "elapsed_s", "train_loss", "train_accuracy", "validation_accuracy"]
    last = run.points.drop_duplicates(keys, keep="last")[keys + ends]
    trials = run.trials.merge(last, on=keys, how="left")
    numbers = {name: pd.to_numeric(trials[name]) for name in ("test_accuracy", "test_loss", *ends)}
    return trials.assign(**numbers, initializer=initializer_names(trials))


def mean_of_all(trials: pd.DataFrame, score: str) -> float:
    """The mean score over the seeds, NaN unless all of them got through: the mean of the survivors flatters."""
    return mean_interval(trials[score]).mean if (trials["status"] == "done").all() else nan


def initializer_names(trials: pd.DataFrame) -> list[str]:
    """Each trial's initializer by name, with its settings where the name alone does not tell it from another."""
    choices = [spec["initializer"] for spec in trials["spec"]]
    variants = {(choice["name"], spelled(choice)) for choice in choices}
    names = [name for name, _ in variants]
    return [spelled(choice) if names.count(choice["name"]) > 1 else choice["name"] for choice in choices]


def spelled(choice: dict[str, Any]) -> str:
    """A plugin's name with its settings: `scaled (scale=0.01)`."""
    return f"{choice['name']} ({text(choice['settings'])})" if choice["settings"] else str(choice["name"])


def slugs(names: list[str]) -> Iterator[str]:
    """A file name for each name: safe everywhere, all different even where case does not count."""
    taken: set[str] = set()
    for name in names:
        stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "experiment"
        slug = next(s for i in count(1) if (s := stem if i == 1 else f"{stem}-{i}") not in taken)
        taken.add(slug)
        yield slug
