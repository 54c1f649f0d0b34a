"""What a search found: its trials, the finals of the best, and the plan with the settings chosen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from bench.plan import PlanError, PlannedRun
from bench.plan_file import OptimizerTable, Plan
from bench.spec import TrialSpec
from bench.statistics import BestOf
from bench.store import Entry, Run, Store
from bench.tuning import FINAL_SEEDS, Place, Tuning, plan_text

FINALISTS = 3
"""So many of each optimizer's settings are tried again on each of FINAL_SEEDS."""

WORST = 0.0
"""The accuracy of a trial that did not get through: the worst there is, not a gap."""


@dataclass(frozen=True)
class Attempt:
    """A trial of a search and how it came out, on the validation part, in the end; `seconds` are all it took."""

    place: Place
    spec: TrialSpec
    status: str
    accuracy: float
    loss: float
    seconds: float

    @property
    def rank(self) -> tuple[float, float]:
        """The higher the better: accuracy, and the loss between equals; what did not get through is the worst."""
        return (self.accuracy, -self.loss)


@dataclass(frozen=True)
class Outcome:
    """What a search found: `attempts` are those of its whole rounds, as many for each optimizer; `finals` are later."""

    tuning: Tuning
    run: str
    attempts: list[Attempt]
    finals: Sequence[Attempt] = ()

    @classmethod
    def of(cls, tuning: Tuning, run: Run) -> "Outcome":
        """From the stored run; the test part's figures are not read. PlanError where not one round is whole."""
        found = _attempts(tuning.entries, run)
        n = next((a.place.trial for a in found if a.status == "planned"), tuning.n_trials)
        if not n:
            raise PlanError(run.name, ["the time must do for at least one trial of each optimizer, got none"])
        return cls(tuning, run.name, [attempt for attempt in found if attempt.place.trial < n])

    @property
    def n_trials(self) -> int:
        """How many trials a study has had, for each optimizer."""
        return 1 + max(attempt.place.trial for attempt in self.attempts)

    @cached_property
    def final_entries(self) -> list[tuple["Place", Entry]]:
        """The best settings of each optimizer on fresh seeds, the seeds outermost."""
        finalists = [attempt for label in self.tuning.methods for attempt in self.ranked(label)[:FINALISTS]]
        return [(a.place, _again(a, seed)) for seed, a in product(FINAL_SEEDS, finalists)]

    def planned_finals(self) -> PlannedRun:
        """The finals as a run."""
        name = f"tune-{self.tuning.base.name}-finals"
        what = f"The best {FINALISTS} settings of each optimizer of {self.run} on {len(FINAL_SEEDS)} fresh seeds."
        changes = {"name": name, "description": what, "throughput": False}
        plan = self.tuning.base.model_copy(update=changes)
        return PlannedRun(plan, plan_text(plan), [entry for _, entry in self.final_entries])

    def with_finals(self, run: Run) -> "Outcome":
        """The same with the finals as they came out; seeds that not all finalists have ended are left out."""
        finals = _attempts(self.final_entries, run)
        cut = {attempt.spec.seed for attempt in finals if attempt.status == "planned"}
        return replace(self, finals=[attempt for attempt in finals if attempt.spec.seed not in cut])

    def of_label(self, label: str, study: int | None = None) -> list[Attempt]:
        """An optimizer's attempts, in one study or in all."""
        return [a for a in self.attempts if a.place.label == label and study in (None, a.place.study)]

    def ranked(self, label: str, study: int | None = None) -> list[Attempt]:
        """An optimizer's attempts, the best first, the first of equals before the others."""
        return sorted(self.of_label(label, study), key=lambda attempt: attempt.rank, reverse=True)

    def winner(self, label: str) -> Attempt:
        """The attempt that validation chooses: the best on the mean of the finals, or of the search without them."""
        finalists = [a for a in self.ranked(label)[:FINALISTS] if self.finals_of(a)]
        return max(finalists, key=self.score, default=self.ranked(label)[0])

    def finals_of(self, attempt: Attempt) -> list[Attempt]:
        """How the settings of an attempt came out in the finals."""
        return [final for final in self.finals if final.place == attempt.place]

    def score(self, attempt: Attempt) -> tuple[float, float]:
        """The mean rank in the finals, the attempt's own without them."""
        ranks = [a.rank for a in self.finals_of(attempt) or [attempt]]
        return sum(accuracy for accuracy, _ in ranks) / len(ranks), sum(loss for _, loss in ranks) / len(ranks)

    def study_bests(self, label: str) -> list[float]:
        """The best accuracy of each study: how much it depends on the draw."""
        return [self.ranked(label, study)[0].accuracy for study in range(self.tuning.n_studies)]

    def best_of(self, label: str) -> BestOf:
        """The accuracy to be expected of the best of k of an optimizer's trials, and their seconds."""
        attempts = self.of_label(label)
        return BestOf.of([attempt.accuracy for attempt in attempts], [attempt.seconds for attempt in attempts])

    def chosen(self, label: str) -> dict[str, Any]:
        """The searched hyperparameters with the values chosen; those that the plan has where no attempt got through."""
        winner = self.winner(label)
        spec = winner.spec if winner.status == "done" else self.tuning.methods[label]
        return {name: spec.optimizer.settings[name] for name in self.tuning.spaces[label]}

    def plan(self, **changes: Any) -> Plan:
        """The base plan with the settings chosen, and further changes."""
        tables = dict(self.tuning.base.optimizers)
        for label in self.tuning.methods:
            tables[label] = _with_settings(tables.get(label), self.chosen(label))
        return self.tuning.base.model_copy(update={"optimizers": tables} | changes)


def search(tuning: Tuning, store: Store, carry_out: Callable[[PlannedRun], None], *, finals: bool = True) -> Outcome:
    """Search, and try the best settings again; `carry_out` runs what it is given and keeps it in the store."""
    planned = tuning.planned()
    carry_out(planned)
    outcome = Outcome.of(tuning, store.run(planned.name))
    if not finals:
        return outcome
    planned = outcome.planned_finals()
    carry_out(planned)
    return outcome.with_finals(store.run(planned.name))


def _attempts(entries: Sequence[tuple[Place, Entry]], run: Run) -> list[Attempt]:
    ends = run.points.drop_duplicates("trial", keep="last").set_index("trial")
    scores = zip(ends.index, ends["validation_accuracy"], ends["validation_loss"], strict=True)
    values = {trial: (float(accuracy), float(loss)) for trial, accuracy, loss in scores}
    ended = {row["trial"]: (row["status"], row["wall_s"]) for row in run.trials.to_dict("records")}
    return [_attempt(place, entry.spec, *ended[entry.spec.id], values) for place, entry in entries]


def _attempt(
    place: Place, spec: TrialSpec, status: str, seconds: float, values: Mapping[str, tuple[float, float]]
) -> Attempt:
    accuracy, loss = values[spec.id] if status == "done" else (WORST, float("inf"))
    return Attempt(place, spec, status, accuracy, loss, seconds)


def _again(attempt: Attempt, seed: int) -> Entry:
    place = attempt.place
    return Entry("finals", f"{place.label} {place.trial} of study {place.study}", replace(attempt.spec, seed=seed))


def _with_settings(table: OptimizerTable | None, chosen: dict[str, Any]) -> OptimizerTable:
    """`[optimizers.LABEL]` with other settings; what else it says stays."""
    given = table.model_dump(exclude_unset=True) if table else {}
    return OptimizerTable.model_validate(given | chosen)
