"""A TOML file -> the list of trials; `plans/*.toml` are the ones we ship."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench import datasets, registry
from bench.errors import InputError
from bench.plan_file import ExperimentTable, NetworkTable, OptimizerTable, Plan, TrainingTable
from bench.plugin import PluginError, unknown
from bench.spec import Choice, TrialSpec
from bench.store import Entry

PLANS = Path(__file__).parent / "plans"


class PlanError(InputError):
    """A plan that cannot be run; `mistakes` has a line for each thing wrong, with its place."""

    def __init__(self, where: str, mistakes: list[str]) -> None:
        super().__init__("\n".join(f"{where}: {mistake}" for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class PlannedRun:
    """A plan with the entries it comes to. The run's name tells one content of a plan from the next."""

    plan: Plan
    text: str
    entries: list[Entry]

    @property
    def name(self) -> str:
        """The plan's name and eight digits that stand for its trials."""
        identity = " ".join(f"{e.experiment}/{e.label}/{e.spec.id}" for e in self.entries)
        return f"{self.plan.name.replace('/', '-')}-{sha256(identity.encode()).hexdigest()[:8]}"

    @property
    def specs(self) -> list[TrialSpec]:
        """The trials, each once."""
        return list({entry.spec.id: entry.spec for entry in self.entries}.values())


def plan_names() -> list[str]:
    """The plans we ship."""
    return sorted(path.relative_to(PLANS).with_suffix("").as_posix() for path in PLANS.rglob("*.toml"))


def load_plan(name_or_path: str, optimizers: Sequence[str] = ()) -> PlannedRun:
    """The plan of this name, or in this file, expanded; PlanError lists every mistake it finds.

    `optimizers`, where there are any, take the place of those that the plan's experiments name.
    """
    path = _locate(name_or_path)
    text = path.read_text("utf-8")
    try:
        plan = Plan.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PlanError(str(path), [str(error)]) from None
    except ValidationError as error:
        raise PlanError(str(path), [_mistake(detail) for detail in error.errors()]) from None
    mistakes: list[str] = []
    entries = list(_entries(_with(plan, optimizers) if optimizers else plan, mistakes))
    if mistakes:
        raise PlanError(str(path), mistakes)
    return PlannedRun(plan, text, entries)


def _with(plan: Plan, optimizers: Sequence[str]) -> Plan:
    experiments = tuple(e.model_copy(update={"optimizers": tuple(optimizers)}) for e in plan.experiment)
    tables = {label: table for label, table in plan.optimizers.items() if label in optimizers}
    return plan.model_copy(update={"experiment": experiments, "optimizers": tables})


def _locate(name_or_path: str) -> Path:
    if name_or_path in plan_names():
        return PLANS / f"{name_or_path}.toml"
    path = Path(name_or_path)
    if not path.is_file():
        raise PlanError(name_or_path, [f"{unknown('plan', name_or_path, plan_names())}, or a file"])
    return path


def _mistake(detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "the plan"
    got = "" if detail["type"] == "missing" else f", got {detail['input']!r}"
    return f"{place}: {detail['msg'][0].lower()}{detail['msg'][1:]}{got}"


def _entries(plan: Plan, mistakes: list[str]) -> Iterator[Entry]:
    """The plan's trials in order; what is wrong with its names and settings goes into `mistakes`."""
    try:
        dataset = datasets.load(plan.dataset)
    except datasets.DatasetError as error:
        mistakes.append(f"dataset: {error}")
        dataset = None
    labels = {label for experiment in plan.experiment for label in experiment.optimizers}
    mistakes += [f"optimizers.{label}: no experiment uses it" for label in plan.optimizers if label not in labels]
    for i, experiment in enumerate(plan.experiment):
        yield from _entries_of(plan, experiment, dataset, f"experiment.{i}", mistakes)


def _entries_of(
    plan: Plan, experiment: ExperimentTable, dataset: datasets.Dataset | None, place: str, mistakes: list[str]
) -> Iterator[Entry]:
    """One experiment's trials. Seeds are outermost: a run that is cut short has whole rounds."""
    network, training = _over(plan.network, experiment.network), _over(plan.training, experiment.training)
    mistakes += [f"{place}.{mistake}" for mistake in _misfits(dataset, network, training)]
    methods = [
        _attempt(mistakes, f"{place}.optimizers", _method, plan, label, multiple)
        for label, multiple in product(experiment.optimizers, _grid(experiment))
    ]
    mistakes += [
        f"{place}.optimizers: {label} has batch size 1, and batch_norm needs at least 2"
        for label, choices in filter(None, methods)
        if network.batch_norm and choices["batch_size"] == 1
    ]
    starts = [_attempt(mistakes, f"{place}.initializers", _initializer, x) for x in experiment.initializers]
    seeds = range(experiment.seeds) if isinstance(experiment.seeds, int) else sorted(experiment.seeds)
    common = {
        "dataset": plan.dataset,
        "data": dataset.fingerprint if dataset else "",
        "scaling": plan.scaling,
        "epochs": experiment.epochs,
        "evaluations_per_epoch": experiment.evaluations_per_epoch,
        **network.fields(),
        **training.model_dump(),
    }
    for seed, start, (label, choices) in product(seeds, filter(None, starts), filter(None, methods)):
        yield Entry(experiment.name, label, TrialSpec(seed=seed, initializer=start, **choices, **common))


def _over(table: Any, own: Any) -> Any:
    """The plan's table with what an experiment's own says in its place."""
    return table.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})


def _misfits(dataset: datasets.Dataset | None, network: NetworkTable, training: TrainingTable) -> Iterator[str]:
    """What the dataset does not allow."""
    if dataset and network.output == "sigmoid" and dataset.n_classes != 2:
        yield f"network.output: sigmoid is for two classes, and {dataset.name} has {dataset.n_classes}"
    if dataset and training.augmentation and len(dataset.shape) != 2:
        yield f"training.augmentation: needs images (height, width), and {dataset.name} has examples of {dataset.shape}"


def _grid(experiment: ExperimentTable) -> tuple[float | None, ...]:
    """The multiples of the learning rates; None, which leaves rate and label as they are, where there is no grid."""
    return (None,) if experiment.lr_multiples == (1.0,) else experiment.lr_multiples


def _attempt(mistakes: list[str], place: str, make: Any, *arguments: Any) -> Any:
    try:
        return make(*arguments)
    except PluginError as error:
        mistakes.append(f"{place}: {error}")
        return None


def _method(plan: Plan, label: str, lr_multiple: float | None) -> tuple[str, dict[str, Any]]:
    """A label and what it stands for: rule with hyperparameters, schedule and batch size, its own unless given."""
    table = plan.optimizers.get(label, OptimizerTable())
    plugin = registry.optimizer(table.rule or label)
    settings = dict(table.model_extra or {})
    if lr_multiple is not None:
        settings["lr"] = float(f"{plugin.choice(settings).settings['lr'] * lr_multiple:.6g}")
        label = f"{label} lr={settings['lr']:g}"
    batch_size = table.batch_size or plugin.trait("batch_size")
    return label, {
        "optimizer": plugin.choice(settings),
        "schedule": _schedule(table.schedule) if table.schedule else registry.own_schedule(plugin),
        "batch_size": None if batch_size == "full" else batch_size,
    }


def _schedule(given: str | dict[str, Any]) -> Choice:
    name, settings = _named(given)
    return registry.schedule(name).choice(settings)


def _initializer(given: str | dict[str, Any]) -> Choice:
    name, settings = _named(given)
    return registry.initializer(name).choice(settings)


def _named(given: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """`"cosine"` or `{ name = "cosine", warmup = 0.1 }` as a name and settings."""
    if isinstance(given, str):
        return given, {}
    settings = dict(given)
    return str(settings.pop("name", "")), settings
