"""Tuning with equal budgets: the same number of trials for each optimizer, over its own declared search space.

A study draws its trials from a scrambled Halton sequence, one dimension a hyperparameter, so that the trials of a
smaller budget are the first ones of a larger. One seed's luck chooses nothing: the best settings of a search are
tried again on fresh seeds, and their mean decides. Validation chooses; what the test part says is not looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from bench import registry
from bench.plan import ExperimentTable, OptimizerTable, Plan, PlanError, PlannedRun, load_plan
from bench.plugin import PluginError
from bench.spec import TrialSpec
from bench.statistics import BestOf
from bench.store import Entry, Run, Store
from optimizers._domains import Search, search_space

FIRST_SEED = 1000
"""Study s trains with seed FIRST_SEED + s, and scrambles with it: no race and no shipped plan uses such seeds."""

FINAL_SEEDS = range(FIRST_SEED + 100, FIRST_SEED + 103)
FINALISTS = 3
"""So many of each optimizer's settings are tried again on each of these seeds."""

WORST = 0.0
"""The accuracy of a trial that did not get through: the worst there is, not a gap."""


@dataclass(frozen=True)
class Tuning:
    """What is tried: `methods` are trials by label, as the plan `base` has them; so many trials each in a study."""

    base: Plan
    methods: Mapping[str, TrialSpec]
    n_trials: int
    n_studies: int = 1

    @classmethod
    def of(
        cls,
        plan: str,
        optimizers: Sequence[str] = (),
        n_trials: int = 30,
        n_studies: int = 3,
        epochs: int | None = None,
    ) -> "Tuning":
        """Of the optimizers of a plan, or of these in their place; the plan's epochs unless given.

        Raises:
            PlanError: the plan cannot be used, or uses seeds that are for tuning.
            PluginError: an optimizer declares nothing to search.
        """
        base, methods = methods_of(plan, optimizers)
        if epochs is not None:
            methods = {label: replace(method, epochs=epochs) for label, method in methods.items()}
        tuning = cls(base, methods, n_trials, n_studies)
        tuning.require_fresh_seeds(plan)
        return tuning

    @property
    def seeds(self) -> range:
        """The seed of each study."""
        return range(FIRST_SEED, FIRST_SEED + self.n_studies)

    @cached_property
    def spaces(self) -> dict[str, dict[str, Search]]:
        """What is searched, by label; PluginError where there is nothing."""
        return {label: space_of(label, method) for label, method in self.methods.items()}

    def planned(self) -> PlannedRun:
        """The search as a run."""
        plan = self.base.model_copy(update={"name": f"tune-{self.base.name}", "throughput": False})
        budget = f"{self.n_trials} trials for each optimizer in each of {self.n_studies} studies"
        plan = plan.model_copy(update={"description": f"A search for hyperparameters: {budget}."})
        return PlannedRun(plan, plan_text(plan), [entry for _, entry in self.entries])

    @cached_property
    def entries(self) -> list[tuple["Place", Entry]]:
        """The trials in order: cut short anywhere, every optimizer has had as many, give or take one."""
        draws = {(label, seed): self._draws(label, seed) for label, seed in product(self.methods, self.seeds)}
        return [
            (Place(label, seed - FIRST_SEED, trial), self._entry(label, seed, trial, draws[label, seed][trial]))
            for trial, seed, label in product(range(self.n_trials), self.seeds, self.methods)
        ]

    def require_fresh_seeds(self, plan: str) -> None:
        """Raise PlanError where the plan's own seeds are among those for tuning: they would judge what they chose."""
        for experiment in self.base.experiment:
            used = experiment.seeds if isinstance(experiment.seeds, frozenset) else range(experiment.seeds)
            if shared := sorted({*used} & {*self.seeds, *FINAL_SEEDS}):
                place = f"experiment {experiment.name!r}: seeds"
                raise PlanError(plan, [f"{place} must not be those of tuning, got {', '.join(map(str, shared))}"])

    def _draws(self, label: str, seed: int) -> list[dict[str, Any]]:
        defaults = self.methods[label].optimizer.settings
        return [_typed(draw, defaults) for draw in halton(self.spaces[label], self.n_trials, seed)]

    def _entry(self, label: str, seed: int, trial: int, drawn: dict[str, Any]) -> Entry:
        method = self.methods[label]
        settings = {**method.optimizer.settings, **drawn}
        optimizer = replace(method.optimizer, settings=settings)
        spec = replace(method, optimizer=optimizer, seed=seed, evaluations_per_epoch=1)
        return Entry(f"study {seed - FIRST_SEED}", f"{label} {trial}", spec)


@dataclass(frozen=True)
class Place:
    """A trial's place in a search."""

    label: str
    study: int
    trial: int


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


def methods_of(plan: str, optimizers: Sequence[str] = ()) -> tuple[Plan, dict[str, TrialSpec]]:
    """A plan, with these optimizers in place of its own where there are any, and a trial of each of its labels."""
    loaded = load_plan(plan, optimizers)
    experiments = [_running(experiment, optimizers) for experiment in loaded.plan.experiment]
    methods: dict[str, TrialSpec] = {}
    for experiment in experiments:
        own = [entry.spec for entry in loaded.entries if entry.experiment == experiment.name]
        for label, spec in zip(experiment.optimizers, own[:: len(experiment.lr_multiples)], strict=False):
            methods.setdefault(label, spec)
    tables = {label: table for label, table in loaded.plan.optimizers.items() if label in methods}
    changes: dict[str, Any] = {"experiment": tuple(experiments), "optimizers": tables}
    if optimizers:
        changes["description"] = f"The plan {loaded.plan.name} with {', '.join(optimizers)}."
    return loaded.plan.model_copy(update=changes), methods


def space_of(label: str, method: TrialSpec) -> dict[str, Search]:
    """What an optimizer lets tuning vary, in its own order; PluginError where it declares nothing."""
    kind = type(registry.chosen_optimizer(method.optimizer))
    space = search_space(kind) if is_dataclass(kind) else {}
    if not space:
        raise PluginError(f"{label}: at least one hyperparameter must be declared with `searched`, got none to tune")
    return space


def halton(space: Mapping[str, Search], n: int, seed: int) -> list[dict[str, float]]:
    """The first `n` points of a scrambled Halton sequence in the space; a smaller `n` gives the first of them.

    Halton 1960, https://doi.org/10.1007/BF01386213; scrambled as in Owen 2017, https://arxiv.org/abs/1706.02808.
    """
    from scipy.stats import qmc

    points = qmc.Halton(len(space), seed=np.random.default_rng(seed)).random(n)
    return [
        {name: float(f"{search.value(u):.6g}") for (name, search), u in zip(space.items(), point, strict=True)}
        for point in points
    ]


def plan_text(plan: Plan) -> str:
    """A plan as the text of a plan file."""
    import tomli_w

    return tomli_w.dumps(plan.model_dump(mode="json", exclude_unset=True, exclude_none=True))


def counted(n: int, noun: str) -> str:
    """`1 seed`, `2 seeds`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _running(experiment: ExperimentTable, optimizers: Sequence[str]) -> ExperimentTable:
    return experiment.model_copy(update={"optimizers": tuple(optimizers)}) if optimizers else experiment


def _typed(drawn: dict[str, float], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Whole numbers where the default is one."""
    return {name: round(value) if type(defaults[name]) is int else value for name, value in drawn.items()}


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
