"""From a run to its tables."""

from collections.abc import Callable
from functools import partial
from math import inf, isfinite
from typing import Any

import pandas as pd

from bench.report.against import rivals
from bench.report.experiment import Experiment, spelled, with_ends
from bench.report.table import Column, Table, formatted, grouped, percent, plain, significant, text
from bench.statistics import Reach, Survival, first_reach, mean_interval, standard_deviation
from bench.store import Run

TARGETS = (0.95, 0.97, 0.98)

Row = dict[str, Any]


# --- accuracy


def accuracy_rows(experiment: Experiment) -> list[Row]:
    """A row for each method, the best first; where not all trials got through, a mean does not rank.

    `against_best` is the verdict on the paired difference from the best: worse or no winner.
    """
    rows = [_accuracy_row(*group) for group in experiment.groups]
    rows.sort(key=lambda row: (row["n_through"] < row["n"], -row["test_accuracy"] if row["n_through"] else 0))
    for rank, row in enumerate(rows, start=1):
        row["rank"] = rank if row["n_through"] == row["n"] else None
    for row, verdict in rivals(experiment, rows):
        row["against_best"] = verdict.word
    return [{"experiment": experiment.name, **row} for row in rows]


def _accuracy_row(label: str, initializer: str, trials: pd.DataFrame) -> Row:
    through = trials[trials["status"] == "done"]
    test = mean_interval(through["test_accuracy"])
    train, validation = (mean_interval(through[f"{part}_accuracy"].dropna()).mean for part in ("train", "validation"))
    return {
        "rank": None,
        "label": label,
        "initializer": initializer,
        "test_accuracy": test.mean,
        "low": test.low,
        "high": test.high,
        "standard_deviation": standard_deviation(through["test_accuracy"]),
        "n_through": len(through),
        "n": len(trials),
        "ended": _ended(trials),
        "validation_accuracy": validation,
        "train_accuracy": train,
        "gap": train - validation,
        "against_best": None,
    }


def _ended(trials: pd.DataFrame) -> str:
    """`2 of 4 (2 diverged)`."""
    counts = trials["status"].value_counts()
    others = ", ".join(f"{n} {status}" for status, n in counts.items() if status != "done")
    return f"{counts.get('done', 0)} of {len(trials)}" + (f" ({others})" if others else "")


def _half_width(row: Row) -> float:
    return float(row["high"] - row["low"]) / 2


def accuracy(experiment: Experiment) -> Table:
    """Final accuracies, the best first."""
    columns = [
        plain("rank", "#"),
        plain("label", "optimizer"),
        *([plain("initializer")] if experiment.compares_initializers else []),
        Column("test accuracy", lambda row: percent(row["test_accuracy"], _half_width(row))),
        formatted("standard_deviation", "sd", _points),
        plain("ended", "seeds through"),
        formatted("validation_accuracy", "validation", percent),
        formatted("train_accuracy", "train", percent),
        formatted("gap", "train − validation", partial(_points, sign="+")),
        plain("against_best", "against the best"),
    ]
    caption = "Final accuracy: mean over the seeds that got through, with its 95 % interval"
    return Table.of(f"accuracy-{experiment.slug}", caption, accuracy_rows(experiment), columns)


def _points(share: float, sign: str = "") -> str:
    """A difference of accuracies in percentage points."""
    return f"{100 * share:{sign}.2f}"


# --- time to a target


def time_to_target(experiment: Experiment) -> Table:
    """Epochs, steps and seconds to each target, the soonest first."""
    rows = [row for target in TARGETS for row in _sorted_reached(experiment, target)]
    columns = [
        Column("target", lambda row: f"{row['target']:.0%}".replace("%", " %")),
        plain("label", "optimizer"),
        *([plain("initializer")] if experiment.compares_initializers else []),
        Column("reached by", lambda row: f"{row['k']} of {row['n']}"),
        _reached("epoch", "epochs", significant),
        _span("epoch", significant),
        _reached("step", "steps", grouped),
        _reached("elapsed_s", "seconds", significant),
    ]
    caption = "To a validation accuracy: the Kaplan-Meier median over all seeds, where half of them came there"
    return Table.of(f"time-to-target-{experiment.slug}", caption, rows, columns)


def _reached(axis: str, heading: str, form: Callable[[float], str]) -> Column:
    return Column(heading, lambda row: "not reached" if row[axis] is None else form(row[axis]))


def _span(axis: str, form: Callable[[float], str]) -> Column:
    """The interval of a median; its upper end is open where too few came."""

    def cell(row: Row) -> str:
        low, high = row[f"{axis}_low"], row[f"{axis}_high"]
        return "–" if low is None else f"{form(low)} to {'–' if high is None else form(high)}"

    return Column("95 % interval", cell)


def _sorted_reached(experiment: Experiment, target: float) -> list[Row]:
    rows = [_reached_row(experiment, target, *group) for group in experiment.groups]
    return sorted(rows, key=lambda row: (row["epoch"] is None, row["epoch"] or -row["k"]))


def _reached_row(experiment: Experiment, target: float, label: str, initializer: str, trials: pd.DataFrame) -> Row:
    reaches = [reach(experiment.curve(trial), target) for trial in trials["trial"]]
    times = {axis: _survival(trials, reaches, axis) for axis in ("epoch", "step", "elapsed_s")}
    row = {"target": target, "label": label, "initializer": initializer, "k": times["step"].k, "n": times["step"].n}
    for axis, survival in times.items():
        ends = {axis: survival.median, f"{axis}_low": survival.low, f"{axis}_high": survival.high}
        row |= {key: value if isfinite(value) else None for key, value in ends.items()}
    return row


def _survival(trials: pd.DataFrame, reaches: list[Reach | None], axis: str) -> Survival:
    """The times to a target on one axis: who ends without it is censored there, who was lost never comes."""
    ends = trials[axis].where(trials["status"] == "done", inf)
    times = [getattr(reach, axis) if reach else end for reach, end in zip(reaches, ends, strict=True)]
    return Survival.of(times, [reach is not None for reach in reaches])


def reach(curve: pd.DataFrame, target: float) -> Reach | None:
    """Where one trial's validation accuracy first came to the target."""
    places = map(Reach, curve["step"], curve["epoch"], curve["elapsed_s"])
    return first_reach(curve["validation_accuracy"], places, target)


# --- initializers


def initializers(experiment: Experiment) -> Table:
    """Final test accuracy, optimizer × initializer."""
    cells = {(label, start): _accuracy_row(label, start, trials) for label, start, trials in experiment.groups}
    rows = [
        {"label": label, **{s: cells.get((label, s)) for s in experiment.initializers}} for label in experiment.labels
    ]
    columns = [plain("label", "optimizer"), *(Column(s, partial(_cell, s)) for s in experiment.initializers)]
    table = Table.of(f"initializers-{experiment.slug}", "Final test accuracy, optimizer × initializer", rows, columns)
    return Table(table.name, table.caption, accuracy_matrix(experiment).reset_index(), table.shown)


def _cell(initializer: str, row: Row) -> str:
    cell = row[initializer]
    if not cell or not cell["n_through"]:
        return cell["ended"] if cell else "–"
    through = "" if cell["n_through"] == cell["n"] else f", {cell['ended']}"
    return percent(cell["test_accuracy"], _half_width(cell)) + through


def accuracy_matrix(experiment: Experiment) -> pd.DataFrame:
    """The mean test accuracy of what got through: labels down, initializers across."""
    rows = [_accuracy_row(*group) for group in experiment.groups]
    matrix = pd.DataFrame(rows).pivot(index="label", columns="initializer", values="test_accuracy")
    return matrix.reindex(index=experiment.labels, columns=experiment.initializers)


# --- the trials one by one


def failures(run: Run) -> Table:
    """Every trial that did not get through, with its reason and how far it came."""
    trials = with_ends(run)
    rows = trials[trials["status"] != "done"].to_dict("records")
    columns = [
        plain("experiment"),
        plain("label", "optimizer"),
        plain("initializer"),
        plain("seed"),
        plain("status"),
        plain("reason"),
        formatted("step", "last point at step", grouped),
        plain("trial"),
    ]
    keys = ["experiment", "label", "initializer", "seed", "status", "reason", "step", "trial"]
    return Table.of("failures", "Trials that did not get through", rows, columns, keys)


def trials(run: Run) -> Table:
    """Every trial, with its score, its seconds and its hashes."""
    keys = ["experiment", "label", "initializer", "seed", "status", "test_accuracy", "test_loss", "n_steps"]
    seconds = ["setup_s", "batch_s", "gradient_s", "update_s", "evaluation_s"]
    rest = ["peak_memory_mb", "initial_hash", "order_hash", "trial"]
    columns = [
        plain("experiment"),
        plain("label", "optimizer"),
        plain("initializer"),
        plain("seed"),
        plain("status"),
        formatted("test_accuracy", "test accuracy", percent),
        formatted("step", "steps", grouped),
        formatted("elapsed_s", "training s", significant),
        plain("initial_hash", "initial weights"),
        plain("order_hash", "batch order"),
        plain("trial"),
    ]
    rows = with_ends(run).to_dict("records")
    return Table.of("trials", "Every trial", rows, columns, [*keys, "step", "elapsed_s", *seconds, *rest])


def hyperparameters(run: Run) -> Table:
    """What stands behind each label."""
    firsts = run.trials.drop_duplicates(["experiment", "label"])
    rows = [_hyperparameter_row(run, row) for row in firsts.to_dict("records")]
    columns = [
        plain("experiment"),
        plain("label", "optimizer"),
        plain("rule"),
        plain("lr"),
        plain("batch_size", "batch size"),
        plain("schedule"),
        plain("settings"),
        plain("epochs"),
        plain("initializers", "initializer"),
        plain("seeds"),
    ]
    return Table.of("hyperparameters", "Hyperparameters of every label", rows, columns)


def _hyperparameter_row(run: Run, first: Row) -> Row:
    spec, same = first["spec"], run.trials
    same = same[(same["experiment"] == first["experiment"]) & (same["label"] == first["label"])]
    settings = dict(spec["optimizer"]["settings"])
    return {
        "experiment": first["experiment"],
        "label": first["label"],
        "rule": spec["optimizer"]["name"],
        "lr": settings.pop("lr", None),
        "batch_size": spec["batch_size"] or "full",
        "schedule": spelled(spec["schedule"]),
        "settings": settings,
        "epochs": spec["epochs"],
        "initializers": list({spelled(x["initializer"]): None for x in same["spec"]}),
        "seeds": same["seed"].nunique(),
        "network": f"{'-'.join(map(str, spec['hidden']))} {spec['activation']}",
        "scaling": spec["scaling"],
        "dataset": spec["dataset"],
        "version": spec["optimizer"]["version"],
    }


# --- what it ran on


def machine(run: Run) -> Table:
    """What the run was made on and with."""
    facts = {
        "run": run.name,
        "started (UTC)": run.started,
        "finished (UTC)": run.finished or "not finished",
        "rules of comparison": run.rules,
        **{key.replace("_", " "): value for key, value in run.machine.items() if key != "rules"},
    }
    rows = [{"what": what, "value": text(value)} for what, value in facts.items()]
    return Table.of("machine", "Machine and versions", rows, [plain("what"), plain("value")])
