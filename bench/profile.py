"""Where the seconds of a run's trials went."""

from typing import Any

from bench.clock import PHASES
from bench.store import Run


def seconds(run: Run) -> list[dict[str, Any]]:
    """A row for each phase, in seconds and in percent of the trials' wall time.

    `setup` is data, weights and state; `process` is what lies outside the trial: starting the interpreter, importing
    NumPy, and writing the results.
    """
    trials = run.trials.drop_duplicates("trial")
    phases = {phase: float(trials[f"{phase}_s"].sum()) for phase in PHASES}
    wall = float(trials["wall_s"].sum())
    phases["process"] = wall - sum(phases.values())
    rows = [{"phase": name, "seconds": value, "percent": 100 * value / wall} for name, value in phases.items()]
    useful = sum(phases[phase] for phase in PHASES if phase != "setup")
    return [*rows, {"phase": "steps and evaluation", "seconds": useful, "percent": 100 * useful / wall}]
