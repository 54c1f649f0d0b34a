"""Methods by how often they are fast: performance profiles over an experiment's initializers and targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import pandas as pd

from bench.report.cells import counted
from bench.report.experiment import Experiment
from bench.report.table import Table, formatted, percent, plain
from bench.statistics import performance_profile, profile_scores
from bench.statistics.profiles import MOST_TAU
from bench.statistics.ranks import LEAST_CELLS

LEAST_METHODS = 2
PROFILE = (
    "A problem is an initializer with a target accuracy, never a seed; a method's time on it is the Kaplan-Meier "
    "median of its seconds of training to the target, infinite where not half of its seeds came there. A profile is "
    "the share of problems on which a method took at most tau times the seconds of the fastest (Dolan and Moré), its "
    f"score the mean height for tau from 1 to {MOST_TAU:g}: 1 is always the fastest, 0 never near it."
)


@dataclass(frozen=True)
class Problems:
    """The problems that tell methods apart: `times` (n_problems, n_methods) in seconds, infinite where not reached.

    A row is an initializer with a target that some method reached; `n_left_out` others are not among them.
    """

    times: pd.DataFrame
    n_left_out: int

    @classmethod
    def of(cls, experiment: Experiment, reached: pd.DataFrame) -> "Problems":
        """From the data of the experiment's `time_to_target`."""
        seconds = reached.pivot(index=["initializer", "target"], columns="label", values="elapsed_s")
        times = seconds[experiment.labels].astype(float).fillna(inf)
        fastest = times.min(axis=1)
        solved = (fastest > 0) & (fastest < inf)
        return cls(times[solved], int((~solved).sum()))

    @property
    def initializers(self) -> list[str]:
        """Those under which some problem was solved."""
        return list(self.times.index.unique("initializer"))


def comparable(experiment: Experiment, problems: Problems) -> bool:
    """Whether there are methods and initializers enough, and no trials to come: targets alone are one curve."""
    enough = len(experiment.labels) >= LEAST_METHODS and len(problems.initializers) >= LEAST_CELLS
    return enough and not (experiment.trials["status"] == "planned").any()


def profiles(experiment: Experiment, problems: Problems) -> Table:
    """Each method's score and the ends of its profile, the highest score first."""
    _, (fastest, near) = performance_profile(problems.times, [1, MOST_TAU])
    by_method = zip(problems.times, profile_scores(problems.times), fastest, near, strict=True)
    rows = [{"label": label, "score": score, "fastest": a, "near": b} for label, score, a, b in by_method]
    rows.sort(key=lambda row: -row["score"])
    columns = [
        plain("label", "optimizer"),
        formatted("score", "profile score", "{:.2f}".format),
        formatted("fastest", "share at tau = 1", percent),
        formatted("near", f"share at tau = {MOST_TAU:g}", percent),
    ]
    caption = f"Performance profiles over {len(problems.times)} problems from {len(problems.initializers)} initializers"
    return Table.of(f"profiles-{experiment.slug}", caption, rows, columns)


def notes(problems: Problems) -> Iterator[str]:
    """What a profile is, and how many problems it is not about."""
    yield PROFILE
    if problems.n_left_out:
        n = len(problems.times) + problems.n_left_out
        why = "no method reached the target, or one was there before its first step"
        yield f"Of {n} problems {problems.n_left_out} are left out: {why}."


def needed(experiment: Experiment, problems: Problems) -> str:
    """What performance profiles would need."""
    have = f"{counted(problems.initializers, 'initializer')} and has {counted(experiment.labels, 'method')}"
    return (
        f"Performance profiles need targets reached from at least {LEAST_CELLS} initializers and {LEAST_METHODS} "
        f"methods, with every trial ended; this experiment reached one from {have}."
    )
