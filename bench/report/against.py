"""The best method against all others on the same seeds: verdicts, their table, and the headline."""

from collections.abc import Sequence
from itertools import combinations
from math import isnan
from typing import Any

from bench.report.experiment import Experiment
from bench.report.table import Column, Table, formatted, missing, percent, plain
from bench.statistics import LEAST_N, Verdict, verdicts

Row = dict[str, Any]

PAIRED = (
    "Differences are paired by seed: all methods of one seed start from the same weights and see the data in the same "
    "order. Intervals and p are corrected by Holm over all pairs of methods, not only those with the best, since which "
    "one is the best was seen on these very seeds; the corrected interval decides. A method that is named beforehand "
    "needs fewer seeds in a race (scratchmark race)."
)
NEEDED = (
    "The seeds needed would find the difference four times in five if its mean and spread are as seen here: a guess, "
    "since few seeds say little about either."
)
MOST_SEEDS = 10_000
LEAST_P = 1e-4


def rivals(experiment: Experiment, rows: Sequence[Row]) -> list[tuple[Row, Verdict]]:
    """The ranked accuracy rows after the first, each with its verdict against the first.

    The correction is over all pairs: which method is the best was seen on these very seeds.
    """
    ranked = [row for row in rows if row["rank"]]
    if len(ranked) < 2:
        return []
    pairs = combinations(range(len(ranked)), 2)
    found = verdicts({(i, j): _paired(experiment, ranked[j], ranked[i]) for i, j in pairs})
    return [(ranked[j], found[0, j]) for j in range(1, len(ranked))]


def _paired(experiment: Experiment, a: Row, b: Row) -> tuple[list[float], list[float]]:
    """The test accuracies of two rows on the seeds they share."""
    trials = experiment.trials[experiment.trials["status"] == "done"]
    scores = trials.groupby(["label", "initializer", "seed"])["test_accuracy"].first()
    x, y = (scores.loc[row["label"], row["initializer"]] for row in (a, b))
    shared = x.index.intersection(y.index)
    return list(x[shared]), list(y[shared])


# --- the table


def against_best(experiment: Experiment, rows: Sequence[Row]) -> Table:
    """Each method's difference from the best, and whether it can be told from chance."""
    found = rivals(experiment, rows)
    lost = [row for row in rows if not row["rank"]] if found else []
    listed = [*(_rival_row(*pair) for pair in found), *map(_lost_row, lost)]
    columns = [
        plain("label", "optimizer"),
        *([plain("initializer")] if experiment.compares_initializers else []),
        formatted("n", "paired seeds", "{:.0f}".format),
        formatted("difference", "difference, points", _signed),
        Column("corrected 95 % interval", _interval),
        formatted("p_holm", "p, Holm", _p),
        formatted("wilcoxon_p", "p, exact Wilcoxon", _p),
        plain("verdict"),
        Column("seeds needed", lambda row: _count(row["n_needed"])),
    ]
    best = f"the best, {title(experiment, rows[0])}" if found else "the best"
    return Table.of(f"against-best-{experiment.slug}", f"Test accuracy against {best}", listed, columns)


def _rival_row(row: Row, v: Verdict) -> Row:
    d = v.difference
    return {
        "label": row["label"],
        "initializer": row["initializer"],
        "n": d.n,
        "difference": d.mean,
        "low": d.low,
        "high": d.high,
        "confidence": d.confidence,
        "p_holm": None if isnan(v.p) else v.p_holm,
        "wilcoxon_p": v.signed_rank_p if d.n else None,
        "verdict": v.word,
        "n_needed": v.n_needed,
    }


def _lost_row(row: Row) -> Row:
    keys = ("n", "difference", "low", "high", "confidence", "p_holm", "wilcoxon_p")
    named = {"label": row["label"], "initializer": row["initializer"], "verdict": f"not compared: {row['ended']}"}
    return named | dict.fromkeys(keys) | {"n_needed": None}


def _interval(row: Row) -> str:
    return "–" if missing(row["low"]) else f"{_signed(row['low'])} to {_signed(row['high'])}"


def _signed(share: float) -> str:
    """A difference of accuracies in percentage points."""
    return f"{100 * share:+.2f}"


def _p(p: float) -> str:
    return f"< {LEAST_P:.4f}" if p < LEAST_P else f"{p:.2g}"


def _count(n: int | None) -> str:
    if n is None:
        return "–"
    return f"{n:,}" if n < MOST_SEEDS else f"more than {MOST_SEEDS:,}"


# --- the headline


def headline(experiment: Experiment, rows: Sequence[Row]) -> str:
    """Who is ahead, in words; nobody is where the corrected interval covers zero."""
    found = rivals(experiment, rows)
    if not found:
        return "Too few methods got through with all their seeds to compare."
    n = min(v.difference.n for _, v in found)
    first = f"{title(experiment, rows[0])} has the highest mean test accuracy, {percent(rows[0]['test_accuracy'])}"
    return f"{first}, {_lead(experiment, found) if n >= LEAST_N else _too_few_to_name(n)}."


def _too_few_to_name(n: int) -> str:
    name = "one seed names" if n == 1 else f"{n or 'no'} paired seeds name"
    return f"but {name} no winner: it takes at least {LEAST_N}"


def _lead(experiment: Experiment, found: list[tuple[Row, Verdict]]) -> str:
    level = [pair for pair in found if pair[1].word == "no winner"]
    if not level:
        return "and is better than every other method on the same seeds"
    others = f"better than {_others(len(found) - len(level))}, but " if len(level) < len(found) else ""
    return f"{others or 'but '}there is no winner over {_undecided(experiment, level)}: the intervals cover zero"


def _others(n: int) -> str:
    return "one other method" if n == 1 else f"{n} other methods"


def _undecided(experiment: Experiment, level: list[tuple[Row, Verdict]], most: int = 4) -> str:
    """The methods that are level with the best, and how many seeds would decide."""
    if len(level) <= most:
        return listed([f"{title(experiment, row)} ({_to_decide(v)})" for row, v in level])
    needed = sorted(v.n_needed for _, v in level if v.n_needed)
    ends = " to ".join(dict.fromkeys(_count(n) for n in (needed[0], needed[-1]))) if needed else ""
    return f"{len(level)} others" + (f" (n = {ends} seeds would decide)" if needed else "")


def _to_decide(v: Verdict) -> str:
    return f"n = {_count(v.n_needed)} seeds would decide" if v.n_needed else "no difference on average"


def notes(experiment: Experiment, rows: Sequence[Row]) -> list[str]:
    """What there is to know of the comparisons: how they were made, and what so many seeds can say."""
    found = [v for _, v in rivals(experiment, rows)]
    if not found:
        return []
    needed = [NEEDED] if any(v.n_needed for v in found) else []
    return [PAIRED, *needed, *_too_few(min(v.difference.n for v in found), found[0].n_possible, len(found))]


def _too_few(n: int, possible: int, comparisons: int) -> list[str]:
    if n >= possible:
        return []
    tests = f"{comparisons} comparisons" if comparisons > 1 else "one comparison"
    seeds = "one seed" if n == 1 else f"{n or 'no'} seeds"
    return [
        f"With {seeds} Wilcoxon's exact test cannot be significant, whatever the scores: for {tests} it takes "
        f"{possible}. What the interval says rests on differences that are about normal."
    ]


def title(experiment: Experiment, row: Row) -> str:
    """What a row of the accuracy table is called."""
    return f"{row['label']} from {row['initializer']}" if experiment.compares_initializers else str(row["label"])


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
