"""The verdict of a race, on one page and in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from math import ceil, isfinite, nan
from typing import Any, Protocol

from bench.field import Field
from bench.outcome import Outcome
from bench.report.table import Table, formatted, percent, plain, significant
from bench.statistics import (
    LEAST_N,
    Sensitivity,
    Survival,
    Verdict,
    detectable_difference,
    standard_deviation,
    verdicts,
)
from bench.store import Run
from bench.tuning import counted

RATES = "learning rates"

TARGETS = (0.90, 0.95, 0.97, 0.98)
BEATS = {"better": "beats", "worse": "loses to"}
AXES = {"epoch": "epochs", "elapsed_s": "seconds"}


@dataclass(frozen=True)
class Meeting:
    """How the challenger did against one opponent in the test accuracy."""

    challenger: str
    opponent: str
    own: float
    others: float
    verdict: Verdict
    detectable: float
    needed_min: float | None

    @property
    def headline(self) -> str:
        """The finding in a few words."""
        if self.verdict.word == "no winner":
            return f"{self.challenger} against {self.opponent}: no winner."
        return f"{self.challenger} {BEATS[self.verdict.word]} {self.opponent}."

    @property
    def sentence(self) -> str:
        """The finding with its numbers."""
        v = self.verdict
        if not v.difference.n:
            return "No seed ended for every entrant."
        return (
            f"Test accuracy {percent(self.own)} against {percent(self.others)}: a mean difference of "
            f"{points(v)} on {counted(v.difference.n, 'paired seed')} (p = {v.p_holm:.2g} corrected for the number of "
            f"comparisons; Wilcoxon's exact test {v.signed_rank_p:.2g}, which could be significant from {v.n_possible} "
            "seeds on)."
        )

    @property
    def to_decide(self) -> str:
        """What it would take to find a winner where there is none."""
        v = self.verdict
        if v.difference.n < LEAST_N:
            return f"At least {LEAST_N} paired seeds; there were {v.difference.n}."
        if v.difference.mean == 0 == v.difference.half_width:
            return "The accuracies are equal on every seed: no number of seeds would find a difference."
        found = (
            f"{v.difference.n} seeds would find a difference of {100 * self.detectable:.2f} points four times in five."
        )
        if v.n_needed is None or self.needed_min is None:
            return found
        return (
            f"{found} If mean and spread are as seen, about {v.n_needed} seeds would decide: "
            f"`--seeds {v.n_needed}`, some {ceil(self.needed_min)} min after tuning."
        )


class Contest(Protocol):
    """What the verdict has to know of a race."""

    challenger: str
    opponents: list[str]
    labels: list[str]
    epochs: int

    @property
    def round_s(self) -> float:
        """The seconds in which each entrant runs once."""

    @property
    def batch_sizes(self) -> str:
        """The batch size, each where there are several."""

    @property
    def lost(self) -> list[str]:
        """What there was no time for."""


def verdict_page(run: Run, outcome: Outcome, race: Contest, command: str) -> str:
    """The page in Markdown."""
    from jinja2 import Environment, StrictUndefined

    field = Field(run, race.labels)
    text = (files("bench") / "templates" / "verdict.md.txt").read_text("utf-8")
    template = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(text)
    return template.render(
        race=race,
        field=field,
        run=run,
        outcome=outcome,
        command=command,
        meetings=meetings(field, race),
        times=times(field, race.challenger, race.opponents),
        entrants=entrants(field, outcome, rates(run)),
        missed=[percent(target) for target in TARGETS if not field.reached(target)],
        percent=percent,
        counted=counted,
    )


def verdict_data(run: Run, race: Contest) -> dict[str, Any]:
    """The findings as data, without numbers that are none."""
    field = Field(run, race.labels)
    found = [_meeting_data(meeting) for meeting in meetings(field, race)]
    failed = {label: field.failed(label) for label in race.labels}
    return {"run": run.name, "challenger": race.challenger, "epochs": race.epochs, "against": found, "failed": failed}


def meetings(field: Field, race: Contest) -> list[Meeting]:
    """The challenger against each opponent, corrected for their number."""
    own = field.accuracies(race.challenger)
    pairs = {opponent: (own, field.accuracies(opponent)) for opponent in race.opponents}
    found = verdicts(pairs)
    return [_meeting(race, opponent, *pairs[opponent], found[opponent]) for opponent in race.opponents]


def times(field: Field, challenger: str, opponents: Sequence[str]) -> Table:
    """The time to each target, in epochs and in seconds, against each opponent."""
    targets = [target for target in TARGETS if field.reached(target)]
    rows = [row for axis in AXES for row in _times_rows(field, challenger, opponents, targets, axis)]
    columns = [
        plain("what", "target"),
        plain("opponent", "against"),
        plain("own", challenger),
        plain("others", "opponent"),
        plain("difference"),
        plain("word", "verdict"),
    ]
    return Table.of("times", "", rows, columns)


def entrants(field: Field, outcome: Outcome, sensitivities: Mapping[str, Sensitivity]) -> Table:
    """What is to be known of each entrant apart from the comparison."""
    rows = [
        {
            "optimizer": label,
            "settings": outcome.chosen(label),
            "decades": _decades(sensitivities.get(label)),
            "step": field.step_us(label, "batch", "gradient", "update"),
            "update": field.step_us(label, "update"),
            "failed": f"{field.failed(label)} of {len(field.seeds)}",
            "tuning": f"{_n_failed(outcome, label)} of {len(outcome.of_label(label))}",
        }
        for label in field.labels
    ]
    columns = [
        plain("optimizer"),
        plain("settings", "tuned settings"),
        plain("decades", "decades of learning rate within 1 % of the best"),
        formatted("step", "a step (µs)", significant),
        formatted("update", "its update (µs)", significant),
        plain("failed", "failed seeds"),
        plain("tuning", "failed in tuning"),
    ]
    return Table.of("entrants", "", rows, columns)


def rates(run: Run) -> dict[str, Sensitivity]:
    """How each entrant's validation accuracy depends on its learning rate, the other settings as tuned."""
    trials = run.trials[(run.trials["experiment"] == RATES) & (run.trials["status"] != "planned")]
    ends = run.points.drop_duplicates("trial", keep="last").set_index("trial")["validation_accuracy"]
    scores = trials["trial"].map(ends).where(trials["status"] == "done", nan)
    grid = trials.assign(score=scores, entrant=[label.rpartition(" lr=")[0] for label in trials["label"]])
    groups = {str(label): rows for label, rows in grid.groupby("entrant") if rows["score"].notna().any()}
    return {label: Sensitivity.of(list(rows["lr"]), list(rows["score"])) for label, rows in groups.items()}


def points(v: Verdict) -> str:
    """A difference of accuracies in percentage points, with its interval."""
    d = v.difference
    if not isfinite(d.low):
        return f"{100 * d.mean:+.2f} points"
    return f"{100 * d.mean:+.2f} points ({_level(v)} interval {100 * d.low:+.2f} to {100 * d.high:+.2f})"


def _meeting(race: Contest, opponent: str, own: list[float], others: list[float], v: Verdict) -> Meeting:
    spread = standard_deviation([a - b for a, b in zip(own, others, strict=True)])
    n, alpha = v.difference.n, 1 - v.difference.confidence
    detectable = detectable_difference(spread, n, alpha) if n >= LEAST_N else nan
    minutes = None if v.n_needed is None else v.n_needed * race.round_s / 60
    return Meeting(race.challenger, opponent, _mean(own), _mean(others), v, detectable, minutes)


def _meeting_data(meeting: Meeting) -> dict[str, Any]:
    v, d = meeting.verdict, meeting.verdict.difference
    numbers = {"difference": d.mean, "low": d.low, "high": d.high, "p": v.p_holm, "wilcoxon_p": v.signed_rank_p}
    finite = {name: value if isfinite(value) else None for name, value in numbers.items()}
    return {"opponent": meeting.opponent, "verdict": v.word, "n": d.n, **finite, "n_needed": v.n_needed}


def _times_rows(
    field: Field, challenger: str, opponents: Sequence[str], targets: Sequence[float], axis: str
) -> list[dict[str, str]]:
    """All targets and opponents: those that every seed of both reached are compared, corrected for their number."""
    keys = [(target, opponent) for target in targets for opponent in opponents]
    times = {
        (target, opponent): (field.times(challenger, target, axis), field.times(opponent, target, axis))
        for target, opponent in keys
    }
    whole = {key: pair for key, pair in times.items() if all(map(isfinite, [*pair[0], *pair[1]])) and pair[0]}
    found = verdicts(whole, higher_is_better=False) if whole else {}
    return [
        {
            "what": f"{AXES[axis]} to {target:.0%}".replace("%", " %"),
            "opponent": opponent,
            "own": _median(field.survival(challenger, target, axis)),
            "others": _median(field.survival(opponent, target, axis)),
            **_difference(found.get((target, opponent)), axis),
        }
        for target, opponent in keys
    ]


def _difference(v: Verdict | None, axis: str) -> dict[str, str]:
    if v is None:
        return {"difference": "–", "word": "not comparable: some seeds missed it"}
    d = v.difference
    ends = f" ({d.low:+.2f} to {d.high:+.2f})" if isfinite(d.low) else ""
    word = v.word if axis == "epoch" else "contended"
    return {"difference": f"{d.mean:+.2f}{ends}", "word": word}


def _median(survival: Survival) -> str:
    if survival.k == survival.n:
        return f"{survival.median:.2f}"
    middle = f"{survival.median:.2f}, " if isfinite(survival.median) else ""
    return middle + survival.words


def _decades(sensitivity: Sensitivity | None) -> str:
    if sensitivity is None:
        return "not measured"
    return f"{'at least ' if sensitivity.open_ended else ''}{sensitivity.decades:.1f}"


def _n_failed(outcome: Outcome, label: str) -> int:
    return sum(attempt.status != "done" for attempt in outcome.of_label(label))


def _level(v: Verdict) -> str:
    return f"{100 * v.difference.confidence:.4g} %"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else nan
