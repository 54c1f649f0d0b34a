"""Where the seconds of a trial go."""

from typing import Any

import pandas as pd

from bench.report.experiment import Experiment
from bench.report.table import Table, formatted, plain, significant

Row = dict[str, Any]

PHASES = {
    "batch_s": "batch",
    "gradient_s": "forward and backward",
    "update_s": "update",
    "evaluation_s": "evaluation",
    "setup_s": "setup",
}
PROCESS = (
    "Process is the rest of the time on the wall: starting an interpreter, loading the libraries, and handing the "
    "result over. Setup reads the data and draws the initial weights."
)


def seconds(experiment: Experiment) -> Table:
    """Seconds of each phase, mean a trial, and what a step's update takes."""
    rows = [_row(*group) for group in experiment.groups]
    columns = [
        plain("label", "optimizer"),
        *([plain("initializer")] if experiment.compares_initializers else []),
        plain("n", "trials"),
        *(formatted(phase, heading, significant) for phase, heading in PHASES.items()),
        formatted("process_s", "process", significant),
        formatted("wall_s", "wall clock", significant),
        formatted("update_ms", "update, ms a step", significant),
    ]
    caption = "Seconds of a trial, by what they went into: mean over the trials that got through"
    return Table.of(f"seconds-{experiment.slug}", caption, rows, columns)


def _row(label: str, initializer: str, trials: pd.DataFrame) -> Row:
    through = trials[trials["status"] == "done"]
    numbers = through[[*PHASES, "wall_s", "step"]].apply(pd.to_numeric)
    process = numbers["wall_s"] - numbers[list(PHASES)].sum(axis=1)
    return {
        "label": label,
        "initializer": initializer,
        "n": len(through),
        **numbers[list(PHASES)].mean().to_dict(),
        "process_s": process.mean(),
        "wall_s": numbers["wall_s"].mean(),
        "update_ms": 1e3 * (numbers["update_s"] / numbers["step"]).mean(),
    }
