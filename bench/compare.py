"""Two runs side by side: what became better or worse, what fails now, and what cannot be compared and why.

Only like is held against like: the same rules, experiment, label, initializer, task and seed; seconds on the same
machine. An optimizer's settings may differ: that is what one compares. What decides is in `bench.statistics`; the
comparisons of one metric are corrected together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, isnan, log
from statistics import fmean
from typing import Literal, get_args

import numpy as np
import pandas as pd

from bench.report.experiment import spelled, with_ends
from bench.report.table import one_line, percent, significant
from bench.statistics import Verdict, verdicts
from bench.store import Run

TARGET = 0.97
LEAST_CHANGE = 0.1
"""Times that differ by less are not marked: two runs on one machine differ so much by themselves."""

LOAD = "so did every optimizer's: it may be the machine's load"

TASK = ("dataset", "data", "scaling", "hidden", "activation", "epochs", "evaluations_per_epoch")
MACHINE = ("processor", "cores", "system", "blas_threads_per_trial")
TRAINING = ["batch_s", "gradient_s", "update_s"]

Mark = Literal["better", "worse", "not significant", "newly failing", "not comparable"]
FailOn = Literal["regression", "quality"]
Group = tuple[str, str, str]  # experiment, label, initializer
Pairs = tuple[list[float], list[float]]

REGRESSIONS: tuple[Mark, ...] = ("worse", "newly failing")


@dataclass(frozen=True)
class Metric:
    """What is compared; of a time the ratio, and only on the same machine where `of_machine`."""

    name: str
    is_time: bool = False
    of_machine: bool = False


ACCURACIES = (Metric("test accuracy"), Metric("validation accuracy"))


def metrics(target: float) -> tuple[Metric, ...]:
    """The metrics in the order of the lines."""
    goal = f"{100 * target:g} %"
    return (
        *ACCURACIES,
        Metric("seconds per step", is_time=True, of_machine=True),
        Metric(f"gradient evaluations to {goal}", is_time=True),
        Metric(f"seconds to {goal}", is_time=True, of_machine=True),
    )


@dataclass(frozen=True)
class Line:
    """One optimizer and metric: the means of both runs over the `n` seeds they share, and what is to be said of them.

    `change` is b - a for an accuracy and b / a - 1, of geometric means, for a time; `low` and `high` are the ends of
    its corrected interval. They are None where nothing could be computed.
    """

    experiment: str
    label: str
    initializer: str
    metric: str
    mark: Mark
    reason: str = ""
    n: int = 0
    a: float | None = None
    b: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None


def compare(run_a: Run, run_b: Run, *, target: float = TARGET) -> list[Line]:
    """A line for each optimizer and metric: how run b did against run a."""
    a, b = scores(run_a, target), scores(run_b, target)
    lines = [line for metric in metrics(target) for line in _lines(metric, run_a, run_b, a, b)]
    order = {group: i for i, group in enumerate(_groups(a, b))}
    return sorted(lines, key=lambda line: order[line.experiment, line.label, line.initializer])


def has_regression(lines: Iterable[Line]) -> bool:
    """Whether anything became worse or fails now."""
    return any(line.mark in REGRESSIONS for line in lines)


def exit_code(lines: Sequence[Line], fail_on: FailOn | None = None) -> int:
    """What a command should exit with: 0 unless asked to fail on a `regression`; then 1 where there is one.

    And 2 where not one line could be compared: a check that checked nothing has not passed. `quality` leaves seconds
    out, for machines whose load is not one's own.
    """
    if fail_on is None:
        return 0
    counted = [line for line in lines if fail_on == "regression" or not line.metric.startswith("seconds")]
    if has_regression(counted):
        return 1
    return 2 if all(line.mark == "not comparable" for line in counted) else 0


def differences(run_a: Run, run_b: Run) -> dict[str, tuple[object, object]]:
    """What of the machines, versions and rules of two runs is not the same: by name, in a and in b."""
    a, b = ({"rules": run.rules, "plan": run.plan, **run.machine} for run in (run_a, run_b))
    return {name: (a.get(name), b.get(name)) for name in {**a, **b} if a.get(name) != b.get(name)}


# --- the scores of one run


def scores(run: Run, target: float = TARGET) -> pd.DataFrame:
    """A row for each trial that was run, by experiment, label, initializer and seed; a column for each metric.

    What did not get through has no score, and what missed the target no time to it.
    """
    trials = with_ends(run)
    trials = trials[trials["status"] != "planned"].drop_duplicates(["experiment", "label", "initializer", "seed"])
    done = (trials["status"] == "done").to_numpy()
    reached = _reached(run.points, target).reindex(trials["trial"])
    values = (
        trials["test_accuracy"],
        trials["validation_accuracy"],
        trials[TRAINING].apply(pd.to_numeric).sum(axis=1, min_count=1) / pd.to_numeric(trials["n_steps"]),
        reached["gradient_evaluations"],
        reached["elapsed_s"],
    )
    columns = {
        metric.name: np.where(done & (x > 0 if metric.is_time else True), x, np.nan)  # a time of zero has no ratio
        for metric, x in zip(metrics(target), (x.to_numpy(float) for x in values), strict=True)
    }
    kept = trials[["experiment", "label", "initializer", "seed", "status", "spec"]].assign(**columns)
    return kept.set_index(["experiment", "label", "initializer", "seed"])


def _reached(points: pd.DataFrame, target: float) -> pd.DataFrame:
    """The first point of each trial with a validation accuracy at the target."""
    there = points[pd.to_numeric(points["validation_accuracy"]) >= target]
    return there.sort_values("step").drop_duplicates("trial").set_index("trial")


def _groups(a: pd.DataFrame, b: pd.DataFrame) -> list[Group]:
    return list(dict.fromkeys(key[:3] for frame in (a, b) for key in frame.index))


# --- the lines of one metric


def _lines(metric: Metric, run_a: Run, run_b: Run, a: pd.DataFrame, b: pd.DataFrame) -> list[Line]:
    lines, pairs = [], {}
    for group in _groups(a, b):
        of_a, of_b = _of(group, a), _of(group, b)
        reason = _obstacle(metric, run_a, run_b, of_a, of_b)
        shared = of_a.index.intersection(of_b.index)
        x, y = (frame.loc[shared, metric.name] if len(shared) else pd.Series(dtype=float) for frame in (of_a, of_b))
        lost = of_b.loc[shared[x.notna().to_numpy() & y.isna().to_numpy()]] if not reason else of_b[:0]
        if reason:
            lines.append(Line(*group, metric.name, "not comparable", reason))
        elif len(lost):
            lines.append(Line(*group, metric.name, "newly failing", _loss(lost, len(shared)), len(shared)))
        else:
            both = x.notna() & y.notna()
            pairs[group] = (x[both].tolist(), y[both].tolist())
    return lines + _decided(metric, pairs)


def _of(group: Group, frame: pd.DataFrame) -> pd.DataFrame:
    """The trials of a group by seed."""
    found = frame[[key[:3] == group for key in frame.index]]
    return found.droplevel([0, 1, 2])


def _obstacle(metric: Metric, run_a: Run, run_b: Run, a: pd.DataFrame, b: pd.DataFrame) -> str:
    """Why a metric cannot be compared, nothing where it can."""
    if run_a.rules != run_b.rules:
        return f"rules: {run_a.rules}, then {run_b.rules}"
    if a.empty or b.empty:
        return f"only in the {'second' if a.empty else 'first'} run"
    task = _changes(_task(a), _task(b), (*TASK, "initializer"))
    if task:
        return f"another task: {task}"
    machine = _changes(run_a.machine, run_b.machine, MACHINE)
    if metric.of_machine and machine:
        return f"another machine: {machine}"
    return "" if len(a.index.intersection(b.index)) else "no seed in common"


def _task(trials: pd.DataFrame) -> dict[str, object]:
    spec = trials["spec"].iloc[0]
    return {**spec, "initializer": spelled(spec["initializer"])}


def _changes(a: Mapping[str, object], b: Mapping[str, object], names: Iterable[str]) -> str:
    """`epochs 2, then 3`; what is not known of both says nothing."""
    changed = [name for name in names if name in a and name in b and a[name] != b[name]]
    return "; ".join(f"{name} {a[name]}, then {b[name]}" for name in changed)


def _loss(lost: pd.DataFrame, n: int) -> str:
    """`2 of 5 seeds: diverged`."""
    statuses = dict.fromkeys("missed" if status == "done" else status for status in lost["status"])
    return f"{len(lost)} of {n} seeds: {', '.join(statuses)}"


def _decided(metric: Metric, pairs: dict[Group, Pairs]) -> list[Line]:
    """The lines of what can be compared, corrected together."""
    scale = log if metric.is_time else float
    scaled = {group: ([scale(v) for v in b], [scale(v) for v in a]) for group, (a, b) in pairs.items()}
    found = verdicts(scaled, higher_is_better=not metric.is_time)
    lines = [_line(metric, group, *pairs[group], found[group]) for group in pairs]
    alike = len(lines) > 1 and {line.mark for line in lines} in ({"better"}, {"worse"})
    return [replace(line, reason=LOAD) for line in lines] if alike and metric.of_machine else lines


def _line(metric: Metric, group: Group, a: list[float], b: list[float], verdict: Verdict) -> Line:
    if not a:
        return Line(*group, metric.name, "not significant", "no seed came there in both runs")
    difference = verdict.difference
    change, low, high = (_change(metric, end) for end in (difference.mean, difference.low, difference.high))
    small = metric.is_time and abs(change or 0) < LEAST_CHANGE
    mark: Mark = "not significant" if small or verdict.word == "no winner" else verdict.word
    reason = _insignificance(verdict, small, a == b) if mark == "not significant" else ""
    return Line(*group, metric.name, mark, reason, len(a), fmean(a), fmean(b), change, low, high)


def _change(metric: Metric, difference: float) -> float | None:
    """A difference as it is shown: that of two logarithms as a ratio, an end that is not known as None."""
    if isnan(difference):
        return None
    return exp(min(difference, 700)) - 1 if metric.is_time else difference


def _insignificance(verdict: Verdict, small: bool, equal: bool) -> str:
    if equal:
        return "equal"
    if small:
        return f"less than {LEAST_CHANGE:.0%}"
    return f"{verdict.n_needed} seeds might decide" if verdict.n_needed else "too few seeds"


# --- as text


def text(lines: Sequence[Line]) -> str:
    """The lines as a table for the terminal, and how many there are of each mark."""
    from tabulate import tabulate

    experiments = len({line.experiment for line in lines}) > 1
    rows = [_cells(line, experiments) for line in lines]
    counts = Counter(line.mark for line in lines)
    summary = ", ".join(f"{counts[mark]} {mark}" for mark in get_args(Mark))
    return f"{tabulate(rows, headers='keys', disable_numparse=True)}\n\n{summary}"


def _cells(line: Line, experiments: bool) -> dict[str, str]:
    accuracy = line.metric in {metric.name for metric in ACCURACIES}
    value = percent if accuracy else significant
    change = "" if line.change is None else f"{100 * line.change:+.2f} {'points' if accuracy else '%'}"
    ends = "" if line.low is None or line.high is None else f"{100 * line.low:+.2f} to {100 * line.high:+.2f}"
    return {
        **({"experiment": line.experiment} if experiments else {}),
        "optimizer": one_line(line.label),
        "initializer": line.initializer,
        "metric": line.metric,
        "before": "" if line.a is None else value(line.a),
        "after": "" if line.b is None else value(line.b),
        "change": change,
        "corrected interval": ends,
        "n": str(line.n or ""),
        "verdict": f"{line.mark} ({line.reason})" if line.reason else line.mark,
    }
