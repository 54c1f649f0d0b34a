"""What a search leaves behind: a plan with the settings it chose, its trials in compact form, and a table."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench import RULES
from bench.clock import now_utc
from bench.outcome import FINALISTS, Outcome
from bench.report.table import Column, Table, formatted, percent, plain
from bench.tuning import counted, plan_text

FEW = 5


def write_tuned(outcome: Outcome, path: Path, command: str) -> tuple[Path, Path]:
    """Write the tuned plan to `path`, a TOML file; beside it its trials as CSV and a figure, whose paths are returned.

    The figure, SVG and PNG, draws what k of the trials may be expected to find.
    """
    from bench.report.figures import expected_best, looks

    path.parent.mkdir(parents=True, exist_ok=True)
    plan = outcome.plan(name=re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9_.-]", "", path.stem) or "tuned")
    path.write_text(provenance(outcome, command) + "\n" + plan_text(plan), "utf-8")
    trials = path.with_suffix(".csv")
    write_trials(outcome, trials)
    found = {label: outcome.best_of(label) for label in outcome.tuning.methods}
    figure = expected_best(found, looks(found), path.parent, f"{path.stem}-expected-best")
    return trials, path.with_name(f"{figure.name}.svg")


def provenance(outcome: Outcome, command: str) -> str:
    """The comment that says how the settings were found."""
    tuning = outcome.tuning
    epochs = sorted({method.epochs for method in tuning.methods.values()})
    lines = [
        f"Tuned by `{command}`,",
        f"run {outcome.run} of {now_utc()}, rules {RULES}.",
        f"The best validation accuracy of {counted(outcome.n_trials, 'trial')} a study, as many for every optimizer,",
        f"from its own search space. Seeds of the studies: {_joined(tuning.seeds)}; epochs: {_joined(epochs)}.",
        f"{_finals(outcome)} The test part is untouched.",
        *(_found(outcome, label) for label in tuning.methods),
    ]
    return "".join(f"# {line}\n" for line in lines)


def write_trials(outcome: Outcome, path: Path) -> None:
    """Every trial of the search as a line: hyperparameters, validation accuracy, status."""
    names = list(dict.fromkeys(name for space in outcome.tuning.spaces.values() for name in space))
    heads = ["optimizer", "study", "trial", "seed", *names]
    heads += ["validation_accuracy", "validation_loss", "wall_s", "status"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, heads, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_trial_rows(outcome))


def summary(outcome: Outcome) -> Table:
    """A row for each optimizer: what was chosen, how good it is, how much that depends on the draw."""
    columns = [
        plain("optimizer"),
        plain("settings"),
        formatted("best", "chosen" if outcome.finals else "best", percent),
        Column("best of each study", lambda row: f"{percent(row['lowest'])} to {percent(row['highest'])}"),
        *(formatted(f"best of {k}", f"expected best of {k}", percent) for k in _budgets(outcome)),
        Column("got through", lambda row: f"{row['done']} of {row['n']}"),
    ]
    caption = (
        "Validation accuracy; that of the chosen settings is a mean over fresh seeds. The expected best of k trials is "
        "over all draws of k of those that were made."
    )
    return Table.of("tuning", caption, [_summary_row(outcome, label) for label in outcome.tuning.methods], columns)


def _joined(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _budgets(outcome: Outcome) -> list[int]:
    return sorted({min(FEW, outcome.n_trials), outcome.n_trials})


def _summary_row(outcome: Outcome, label: str) -> dict[str, Any]:
    attempts, bests, expected = outcome.of_label(label), outcome.study_bests(label), outcome.best_of(label).score
    best = outcome.score(outcome.winner(label))[0]
    done = sum(attempt.status == "done" for attempt in attempts)
    row = {"optimizer": label, "settings": outcome.chosen(label), "best": best, "done": done, "n": len(attempts)}
    row |= {"lowest": min(bests), "highest": max(bests)}
    return row | {f"best of {k}": float(expected[k - 1]) for k in _budgets(outcome)}


def _found(outcome: Outcome, label: str) -> str:
    winner, bests = outcome.winner(label), outcome.study_bests(label)
    if winner.status != "done":
        return f"{label}: no trial got through; its settings are as before"
    where = f"trial {winner.place.trial} of study {winner.place.study}"
    accuracy = percent(outcome.score(winner)[0])
    return f"{label}: {accuracy} ({where}; best of each study {', '.join(map(percent, bests))})"


def _finals(outcome: Outcome) -> str:
    if not outcome.finals:
        return "Each was chosen on the seed of its study."
    seeds = dict.fromkeys(attempt.spec.seed for attempt in outcome.finals)
    return f"The best {FINALISTS} were tried again on the seeds {_joined(seeds)}, and their mean chose."


def _trial_rows(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"optimizer": a.place.label, "study": a.place.study, "trial": a.place.trial, "seed": a.spec.seed}
        | {name: a.spec.optimizer.settings[name] for name in outcome.tuning.spaces[a.place.label]}
        | {"wall_s": f"{a.seconds:.3f}", "status": a.status}
        | ({"validation_accuracy": a.accuracy, "validation_loss": f"{a.loss:.6g}"} if a.status == "done" else {})
        for a in [*outcome.attempts, *outcome.finals]
    ]
