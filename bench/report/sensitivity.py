"""How the accuracy depends on the learning rate, where a run tries several rates of one rule."""

from math import isnan, nan
from typing import Any

import pandas as pd

from bench.report.experiment import Experiment, mean_of_all
from bench.report.table import Column, Table, formatted, missing, percent, plain
from bench.statistics import Sensitivity

Row = dict[str, Any]

LEAST_RATES = 3
WIDTH = (
    "Decades are the width of the stretch of learning rates around the best, as powers of ten, on which the validation "
    "accuracy stays within 1 % of the best one: the wider, the less tuning matters. Where the stretch meets the end "
    "of the grid it may go on, and is at least so wide. A rate at which a seed did not get through has no accuracy."
)


def sensitivities(experiment: Experiment) -> dict[tuple[str, str], Sensitivity]:
    """By rule and initializer, where at least three learning rates of a rule were tried and one got through."""
    grids: dict[tuple[str, str], dict[float, float]] = {}
    for label, initializer, trials in experiment.groups:
        rule, lr = _rate(label, trials)
        if rule:
            grids.setdefault((rule, initializer), {})[lr] = mean_of_all(trials, "validation_accuracy")
    enough = {key: grid for key, grid in grids.items() if len(grid) >= LEAST_RATES}
    return {
        key: Sensitivity.of(list(grid), list(grid.values()))
        for key, grid in enough.items()
        if min(grid) > 0 and not all(map(isnan, grid.values()))
    }


def _rate(label: str, trials: pd.DataFrame) -> tuple[str, float]:
    """A label's rule and its rate: `adam lr=0.01` as a grid writes it; no rule where the label is not made so."""
    rule, _, written = label.rpartition(" lr=")
    lr = trials["lr"].iloc[0]
    return (rule, float(lr)) if rule and not missing(lr) and written == f"{lr:g}" else ("", nan)


def sensitivity(experiment: Experiment, found: dict[tuple[str, str], Sensitivity]) -> Table:
    """A row for each rule, the least sensitive first."""
    rows = [_row(*key, x) for key, x in found.items()]
    rows.sort(key=lambda row: (-row["decades"], -row["validation_accuracy"]))
    columns = [
        plain("label", "optimizer"),
        *([plain("initializer")] if experiment.compares_initializers else []),
        Column("decades within 1 % of the best", _decades),
        plain("best_lr", "best lr"),
        formatted("validation_accuracy", "validation", percent),
        Column("rates tried", lambda row: f"{row['n_rates']}, {row['lowest']:g} to {row['highest']:g}"),
        plain("n_failed", "rates that failed"),
    ]
    return Table.of(f"sensitivity-{experiment.slug}", "Sensitivity to the learning rate", rows, columns)


def _row(rule: str, initializer: str, found: Sensitivity) -> Row:
    ranked = pd.Series(found.scores, index=found.lrs)
    return {
        "label": rule,
        "initializer": initializer,
        "decades": found.decades,
        "open_ended": found.open_ended,
        "best_lr": float(ranked.idxmax()),
        "validation_accuracy": float(ranked.max()),
        "n_rates": len(ranked),
        "lowest": float(found.lrs[0]),
        "highest": float(found.lrs[-1]),
        "n_failed": int(ranked.isna().sum()),
    }


def _decades(row: Row) -> str:
    return f"at least {row['decades']:.2f}, open-ended" if row["open_ended"] else f"{row['decades']:.2f}"


def names(experiment: Experiment, found: dict[tuple[str, str], Sensitivity]) -> dict[str, Sensitivity]:
    """By the name that a figure's legend has."""
    return {f"{rule}, {start}" if experiment.compares_initializers else rule: x for (rule, start), x in found.items()}
