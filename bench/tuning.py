"""Tuning with equal budgets: the same number of trials for each optimizer, over its own declared search space.

A study draws its trials from a scrambled Halton sequence, one dimension a hyperparameter, so that the trials of a
smaller budget are the first ones of a larger. One seed's luck chooses nothing: the best settings of a search are
tried again on fresh seeds, and their mean decides. Validation chooses; what the test part says is not looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from bench import registry
from bench.plan import PlanError, PlannedRun, load_plan
from bench.plan_file import ExperimentTable, Plan
from bench.plugin import PluginError
from bench.spec import TrialSpec
from bench.store import Entry
from optimizers._domains import Search, search_space

FIRST_SEED = 1000
"""Study s trains with seed FIRST_SEED + s, and scrambles with it: no race and no shipped plan uses such seeds."""
FINAL_SEEDS = range(FIRST_SEED + 100, FIRST_SEED + 103)
"""On these the best settings of each optimizer are tried again."""


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
