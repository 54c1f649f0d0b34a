"""A new rule against others, all tuned alike, within so many minutes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import registry
from bench.budget import FEW_TRIALS, MULTIPLES, Budget, Cost
from bench.cap import Cap, Capped
from bench.executors import run_all
from bench.field import RACE
from bench.guard import run_in_child
from bench.machine import fingerprint, n_cores
from bench.outcome import Outcome, search
from bench.plan import PlanError, PlannedRun, load_plan
from bench.plan_file import ExperimentTable, OptimizerTable, Plan
from bench.progress import shown
from bench.run import Listener, missing
from bench.spec import TrialSpec
from bench.statistics import ALPHA, n_possible
from bench.store import Run, Store
from bench.tuned import write_tuned
from bench.tuning import FIRST_SEED, Tuning, counted, methods_of, plan_text, space_of
from bench.verdict import RATES, verdict_data, verdict_page

EPOCHS = 3
BATCH_SIZE = 512
"""Large enough that a race tells the rules apart and not the noise of their batches."""
EVALUATIONS = 4
PARTS = ("trials of tuning", "finals of tuning", "paired seeds", "learning rates")
PROBE_S = 30.0
SLACK = 1.3
"""How much longer a trial may take than measured alone: the race's trials share the machine."""
RESERVE_S = 6.0
"""For the statistics and the verdict, when the trials have ended."""


class Race:
    """A race, measured and planned; `run` carries it out. It is over when `minutes` have passed since it was made."""

    def __init__(
        self,
        challenger: str,
        against: Sequence[str],
        minutes: float,
        plan: str = "default",
        epochs: int = EPOCHS,
        n_seeds: int | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        """Measure an epoch of each entrant and share out the time.

        All train with this batch size, but those whose nature is one example a step, or all.

        Raises:
            PlanError: the plan cannot be used, an entrant is given twice, or the time does not do for one round.
            PluginError: an entrant is unknown, declares nothing to search, or does not get through an epoch.
        """
        self.cap = Cap(60 * minutes - RESERVE_S)
        self.minutes, self.epochs, self.n_seeds = minutes, epochs, n_seeds
        self.challenger, *self.opponents = self.labels = [_label(entrant) for entrant in (challenger, *against)]
        _require_different(self.labels)
        self.base, methods = methods_of(plan, self.labels)
        self.methods = {label: _at(method, epochs, batch_size) for label, method in methods.items()}
        self.costs = {label: _measured(label, method) for label, method in self.methods.items()}
        self.budget = Budget.fit(self._n_rounds(), self.least_seeds, n_seeds)

    @property
    def least_seeds(self) -> int:
        """The fewest seeds with which an exact Wilcoxon test of so many comparisons could be significant."""
        return n_possible(ALPHA, len(self.opponents))

    @property
    def batch_sizes(self) -> str:
        """The batch size, each where there are several."""
        sizes = {label: str(method.batch_size or "all") for label, method in self.methods.items()}
        if len({*sizes.values()}) == 1:
            return next(iter(sizes.values()))
        return ", ".join(f"{size} ({label})" for label, size in sizes.items())

    @property
    def round_s(self) -> float:
        """The seconds in which each entrant runs once, on all cores."""
        return SLACK * sum(cost.trial_s(self.epochs, EVALUATIONS) for cost in self.costs.values()) / n_cores()

    @property
    def needed_s(self) -> float:
        """The seconds from now on, as far as can be told."""
        return self.budget.n_rounds * self.round_s

    @property
    def lost(self) -> list[str]:
        """What the cap leaves no room for."""
        lost = []
        if self.budget.n_seeds < (self.n_seeds or 0):
            lost.append(f"{self.budget.n_seeds} of the {self.n_seeds} seeds asked for have room.")
        if self.budget.n_seeds < self.least_seeds:
            seeds = counted(self.budget.n_seeds, "seed")
            more = _minutes((self.least_seeds - self.budget.n_seeds) * self.round_s)
            lost.append(
                f"{seeds}: Wilcoxon's exact test cannot be significant below {self.least_seeds}, so only the interval "
                f"speaks; {more} more would do."
            )
        if self.budget.n_trials < FEW_TRIALS:
            trials = counted(self.budget.n_trials, "trial")
            lost.append(f"{trials} to tune with: the settings are little better than chance.")
        if not self.budget.n_finals:
            lost.append("The settings are chosen on a single seed, so luck has a part in them.")
        if not self.budget.n_rates:
            lost.append("How sensitive an entrant is to its learning rate is not measured.")
        return lost

    @property
    def announcement(self) -> str:
        """What is going to happen, and how long it takes."""
        spec, budget = next(iter(self.methods.values())), self.budget
        sizes = "-".join(map(str, spec.hidden))
        trial = ", ".join(f"{label} {c.trial_s(self.epochs, EVALUATIONS):.1f} s" for label, c in self.costs.items())
        lines = [
            f"{self.challenger} against {', '.join(self.opponents)}: {spec.dataset}, hidden layers {sizes}, "
            f"{spec.initializer.name}, {counted(self.epochs, 'epoch')} a trial, batches of {self.batch_sizes}.",
            f"A trial takes about: {trial}; {n_cores()} at once.",
            *(self._part(*part) for part in zip(PARTS, astuple(budget), strict=True) if part[1]),
            f"About {_minutes(self.needed_s)}; it stops after {self.minutes:g} min at the latest.",
        ]
        return "\n".join(lines + [f"Lost to the cap: {text}" for text in self.lost])

    def run(self, store: Store, results: Path, command: str, *, quiet: bool = False) -> Path:
        """Tune, race, and write the verdict; return the page's path. The same as data is beside it."""
        outcome = self._tune(store, results, command, quiet)
        planned = self._race(outcome)
        self._carry_out(planned, store, 0, quiet)
        folder = results / planned.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.toml").write_text(planned.text, "utf-8")
        return self._write(folder, store.run(planned.name), outcome, command)

    def _write(self, folder: Path, run: Run, outcome: Outcome, command: str) -> Path:
        data = json.dumps(verdict_data(run, self), indent=2)
        (folder / "verdict.json").write_text(data + "\n", "utf-8")
        page = folder / "verdict.md"
        page.write_text(verdict_page(run, outcome, self, command), "utf-8")
        return page

    def _tune(self, store: Store, results: Path, command: str, quiet: bool) -> Outcome:
        tuning = Tuning(self._plan(), self.methods, self.budget.n_trials)
        reserve_s = self._reserve_s()
        outcome = search(
            tuning,
            store,
            lambda planned: self._carry_out(planned, store, reserve_s, quiet),
            finals=self.budget.n_finals > 0,
        )
        write_tuned(outcome, results / outcome.run / "tuned.toml", command)
        return outcome

    def _reserve_s(self) -> float:
        """The seconds that tuning must leave for the seeds and the rates: their share, at most what they need."""
        later = self.budget.n_seeds + self.budget.n_rates
        return min(later * self.round_s, self.cap.remaining_s * later / self.budget.n_rounds)

    def _plan(self) -> Plan:
        """The race as a plan, without the settings that tuning finds."""
        first = self.base.experiment[0]
        common: dict[str, Any] = {
            "optimizers": tuple(self.labels),
            "initializers": first.initializers[:1],
            "epochs": self.epochs,
        }
        race = ExperimentTable(name=RACE, seeds=self.budget.n_seeds, evaluations_per_epoch=EVALUATIONS, **common)
        seeds = frozenset({FIRST_SEED})
        rates = ExperimentTable(name=RATES, seeds=seeds, lr_multiples=MULTIPLES, evaluations_per_epoch=1, **common)
        experiments = (race, rates) if self.budget.n_rates else (race,)
        what = f"{self.challenger} against {', '.join(self.opponents)}, all tuned alike."
        changes = {"name": f"race-{self.challenger}", "description": what, "throughput": False}
        tables = {label: self._table(label) for label in self.labels}
        return self.base.model_copy(update={"experiment": experiments, "optimizers": tables} | changes)

    def _table(self, label: str) -> OptimizerTable:
        size = self.methods[label].batch_size or "full"
        return self.base.optimizers.get(label, OptimizerTable()).model_copy(update={"batch_size": size})

    def _race(self, outcome: Outcome) -> PlannedRun:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "race.toml"
            path.write_text(plan_text(outcome.plan()), "utf-8")
            return load_plan(str(path))

    def _carry_out(self, planned: PlannedRun, store: Store, reserve_s: float, quiet: bool) -> None:
        todo = len(missing(planned, store))
        with shown(planned.name, todo, len(planned.specs), quiet=quiet) as listen:
            run_capped(planned, store, Capped(self.cap, reserve_s), listen)

    def _n_rounds(self) -> int:
        rounds = int(self.cap.remaining_s / self.round_s)
        if rounds < 2:
            least = ceil((2 * self.round_s + self.cap.elapsed_s + RESERVE_S) / 60)
            raise PlanError(
                "race", [f"the cap must be at least {least} minutes, to tune and race once, got {self.minutes:g}"]
            )
        return rounds

    def _part(self, part: str, n: int) -> str:
        return f"  {part:<20} {n:3} for each = {n * len(self.labels):3} trials, about {_minutes(n * self.round_s)}"


def run_capped(planned: PlannedRun, store: Store, executor: Capped, listen: Listener) -> None:
    """Run what is missing for as long as the cap allows; what it does not allow stays planned."""
    plan = planned.plan
    store.begin(planned.name, plan.name, planned.text, plan.description, planned.specs[0].rules, fingerprint())
    store.enter(planned.name, planned.entries)
    for record in run_all(missing(planned, store), executor, plan.time_limit_s):
        if record.status != "planned":
            store.add(record)
            listen(record)
    if not missing(planned, store):
        store.finish(planned.name)


def _label(entrant: str) -> str:
    """The label of an entrant: a name, or a Python file, which is then known by its name."""
    return registry.add_file(Path(entrant)) if entrant.endswith(".py") else entrant


def _at(method: TrialSpec, epochs: int, batch_size: int) -> TrialSpec:
    return replace(
        method, epochs=epochs, batch_size=method.batch_size if method.batch_size in (None, 1) else batch_size
    )


def _require_different(labels: Sequence[str]) -> None:
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise PlanError("race", [f"there must be at least two entrants, each once, got {', '.join(labels)}"])


def _measured(label: str, method: TrialSpec) -> Cost:
    """An epoch in a child of its own, at the lowest rate of its search space, where it does not diverge."""
    low: Mapping[str, Any] = {name: search.low for name, search in space_of(label, method).items() if name == "lr"}
    optimizer = replace(method.optimizer, settings={**method.optimizer.settings, **low})
    spec = replace(method, optimizer=optimizer, epochs=1, evaluations_per_epoch=EVALUATIONS, seed=FIRST_SEED)
    return Cost.of(label, run_in_child(spec, PROBE_S))


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"
