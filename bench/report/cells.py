"""Methods ranked over the cells of an experiment: its initializers, as many tasks."""

from math import nan
from typing import Any

from bench.report.experiment import Experiment, mean_of_all
from bench.report.table import Column, Table, formatted, plain
from bench.statistics import Ranking
from bench.statistics.ranks import LEAST_CELLS, LEAST_METHODS

CELLS = (
    "Ranks go over cells, never over seeds: a cell is one initializer, its score the mean test accuracy of its seeds, "
    "and a method that lost a seed there ranks last in it. Mean ranks that differ by less than the critical difference "
    "cannot be told apart (Nemenyi, at 5 % over all pairs)."
)


def ranking(experiment: Experiment) -> Ranking | None:
    """The ranking over the initializers, None where there are too few of them or of methods, or trials to come."""
    few = len(experiment.initializers) < LEAST_CELLS or len(experiment.labels) < LEAST_METHODS
    if few or (experiment.trials["status"] == "planned").any():
        return None
    scores = {(label, start): mean_of_all(trials, "test_accuracy") for label, start, trials in experiment.groups}
    cells = {label: [scores.get((label, s), nan) for s in experiment.initializers] for label in experiment.labels}
    return Ranking.of(cells)


def ranks(experiment: Experiment, found: Ranking) -> Table:
    """Mean ranks, the best first, and which cannot be told from the best."""
    best = min(found.mean_ranks, key=found.mean_ranks.__getitem__)
    rows = [
        {"label": label, "mean_rank": rank, "behind": rank - found.mean_ranks[best], "p": found.nemenyi_p(best, label)}
        for label, rank in sorted(found.mean_ranks.items(), key=lambda item: item[1])
    ]
    columns = [
        plain("label", "optimizer"),
        formatted("mean_rank", "mean rank", "{:.2f}".format),
        formatted("behind", "behind the best", "{:.2f}".format),
        formatted("p", "p, Nemenyi", "{:.2g}".format),
        Column("verdict", lambda row: _word(row, best, found.critical_difference)),
    ]
    caption = (
        f"Mean ranks over {found.n_cells} initializers; the critical difference is {found.critical_difference:.2f}"
    )
    return Table.of(f"ranks-{experiment.slug}", caption, rows, columns)


def _word(row: dict[str, Any], best: str, critical: float) -> str:
    if row["label"] == best:
        return "best"
    return "worse" if row["behind"] > critical else "no winner"


def friedman(found: Ranking) -> str:
    """Friedman's test in a sentence."""
    alike = "the methods differ" if found.p <= found.alpha else "that the methods are all alike cannot be ruled out"
    numbers = f"chi-square {found.chi_square:.2f}, p = {found.p:.2g}, {found.n_cells} cells"
    return f"Friedman's test over the cells: {alike} ({numbers}). {CELLS}"


def needed(experiment: Experiment) -> str:
    """What ranks over cells would need."""
    have = f"{counted(experiment.initializers, 'initializer')} and {counted(experiment.labels, 'method')}"
    return (
        f"Ranks over tasks (Friedman's and Nemenyi's tests) need at least {LEAST_CELLS} cells, as initializers are, "
        f"and {LEAST_METHODS} methods, with every trial ended; this experiment has {have}."
    )


def counted(names: list[str], noun: str) -> str:
    """How many there are: `2 initializers`."""
    return f"{len(names)} {noun}" + ("" if len(names) == 1 else "s")
