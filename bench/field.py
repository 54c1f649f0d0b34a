"""The trials of a race that its verdict goes by."""

from collections.abc import Sequence
from functools import cached_property
from math import inf, isfinite, nan
from statistics import median
from typing import Any

import pandas as pd

from bench import datasets
from bench.report.tables import reach
from bench.statistics import Reach, Survival
from bench.store import Run

RACE = "race"


class Field:
    """The entrants' trials on the seeds that all of them have ended."""

    def __init__(self, run: Run, labels: Sequence[str]) -> None:
        trials = run.trials[run.trials["experiment"] == RACE]
        ended = trials[trials["status"] != "planned"].groupby("seed").size()
        self.seeds = sorted(ended[ended == len(labels)].index)
        self.trials = trials[trials["seed"].isin(self.seeds)]
        self.labels = list(labels)
        self.n_planned = trials["seed"].nunique()
        self.points = run.points[run.points["experiment"] == RACE]
        self.guessing = 1 / datasets.load(str(trials["dataset"].iloc[0])).n_classes

    def of(self, label: str) -> pd.DataFrame:
        """An entrant's trials by seed."""
        return self.trials[self.trials["label"] == label].sort_values("seed")

    def accuracies(self, label: str) -> list[float]:
        """The test accuracy on each seed; one that did not get through has that of guessing."""
        trials = self.of(label)
        done = trials["status"] == "done"
        return [float(x) for x in pd.to_numeric(trials["test_accuracy"]).where(done, self.guessing)]

    def failed(self, label: str) -> int:
        """How many seeds did not get through."""
        return int((self.of(label)["status"] != "done").sum())

    def reaches(self, label: str, target: float) -> list[Reach | None]:
        """Where each seed came to a target."""
        return [reach(self.curves[trial], target) for trial in self.of(label)["trial"]]

    def reached(self, target: float) -> bool:
        """Whether any trial came to a target."""
        return any(any(self.reaches(label, target)) for label in self.labels)

    def times(self, label: str, target: float, axis: str) -> list[float]:
        """When each seed came to a target; infinite where it did not."""
        return [getattr(r, axis) if r else inf for r in self.reaches(label, target)]

    def survival(self, label: str, target: float, axis: str) -> Survival:
        """The times to a target, those of the seeds that missed it censored at their end."""
        times = self.times(label, target, axis)
        last = [self._last(trial, axis) for trial in self.of(label).itertuples()]
        seen = [t if isfinite(t) else end for t, end in zip(times, last, strict=True)]
        return Survival.of(seen, [isfinite(t) for t in times])

    def step_us(self, label: str, *phases: str) -> float:
        """The median time of a step's phases, in microseconds."""
        trials = self.of(label)
        trials = trials[trials["status"] == "done"]
        per_step = sum(trials[f"{phase}_s"] for phase in phases) / trials["n_steps"]
        return 1e6 * float(median(per_step)) if len(trials) else nan

    @cached_property
    def curves(self) -> dict[str, pd.DataFrame]:
        """The curve of each trial."""
        empty = self.points.iloc[:0]
        grouped = dict(iter(self.points.groupby("trial")))
        return {trial: grouped.get(trial, empty) for trial in self.trials["trial"]}

    def _last(self, trial: Any, axis: str) -> float:
        curve = self.curves[trial.trial]
        return float(curve[axis].iloc[-1]) if trial.status == "done" else inf
