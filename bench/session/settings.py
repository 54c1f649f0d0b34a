"""What a session can be told, by name, and the spec that it comes to."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from bench import datasets, registry
from bench.errors import InputError
from bench.plan_file import Count, NetworkTable, TrainingTable
from bench.plugin import Plugin, unknown
from bench.spec import Choice, TrialSpec

Settings = dict[str, Any]

CHOICES = ("optimizer", "schedule", "initializer")


class SessionTable(NetworkTable, TrainingTable):
    """A session's settings: a plan's, flat, and beside them the optimizer's hyperparameters.

    `batch_size` and `schedule` are the optimizer's own unless given; `batch_size = "full"` is the whole training part.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    dataset: str = "mnist"
    scaling: Literal["none", "unit", "zscore"] = "unit"
    optimizer: str = "adam"
    initializer: str | dict[str, Any] = "he"
    schedule: str | dict[str, Any] | None = None
    batch_size: Count | Literal["full"] | None = None
    seed: Annotated[int, Field(ge=0)] = 1
    evaluations_per_epoch: Count = 2


NAMES = tuple(name for name in SessionTable.model_fields if name != "early_stopping")  # a person stops a session


def spec_of(given: Settings) -> TrialSpec:
    """The spec that these settings come to; InputError says which cannot be, and why."""
    table = _checked(given)
    plugin = optimizer_named(table.optimizer)
    hyperparameters = dict(table.model_extra or {})
    _all_known(hyperparameters, plugin)
    data = datasets.load(table.dataset)
    if table.output == "sigmoid" and data.n_classes != 2:
        raise InputError(f"Session: output sigmoid is for two classes, and {data.name} has {data.n_classes}")
    if table.augmentation and len(data.shape) != 2:
        raise InputError(f"Session: augmentation is for images (height, width), and {data.name} has {data.shape}")
    batch_size = table.batch_size or plugin.trait("batch_size")
    spec = TrialSpec(
        dataset=table.dataset,
        data=data.fingerprint,
        scaling=table.scaling,
        initializer=_choice(registry.initializer, table.initializer),
        optimizer=plugin.choice(hyperparameters),
        schedule=_choice(registry.schedule, table.schedule) if table.schedule else registry.own_schedule(plugin),
        batch_size=None if batch_size == "full" else batch_size,
        epochs=1,  # how far a session goes is no part of what it is
        evaluations_per_epoch=table.evaluations_per_epoch,
        seed=table.seed,
        **{name: value for name, value in table.fields().items() if name in NetworkTable.model_fields},
        **{name: value for name, value in table.model_dump().items() if name in TrainingTable.model_fields},
    )
    return TrialSpec.from_json(spec.to_json())  # as a checkpoint has it: lists where there were tuples


def changed(given: Settings, settings: Settings) -> Settings:
    """The settings with others in their place; another optimizer leaves the hyperparameters of the last one behind."""
    if settings.get("optimizer", given.get("optimizer")) != given.get("optimizer"):
        given = {name: value for name, value in given.items() if name in NAMES}
    return given | settings


def optimizer_named(name: str) -> Plugin:
    """The optimizer of this name, or in this Python file."""
    return registry.optimizer_in(Path(name)) if name.endswith(".py") else registry.optimizer(name)


def value_of(spec: TrialSpec, name: str) -> Any:
    """What a spec says under the name of a setting or a hyperparameter; KeyError where it has no such name."""
    if name in CHOICES:
        return _named(getattr(spec, name)) if name != "optimizer" else spec.optimizer.name
    if name in NAMES:
        value = getattr(spec, name)
        return "full" if name == "batch_size" and value is None else value
    return spec.optimizer.settings[name]


def differences(before: TrialSpec, after: TrialSpec) -> Iterator[str]:
    """What changed from one spec to another, as in `lr 0.001 → 0.0003`."""
    for name in (field.name for field in fields(TrialSpec)):
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name in CHOICES and old.name == new.name:
            yield from _setting_differences(old, new)
        elif name == "data":
            if before.dataset == after.dataset:
                yield f"the content of {after.dataset}"
        elif name in NAMES:
            yield f"{name} {_text(value_of(before, name))} → {_text(value_of(after, name))}"


def _setting_differences(old: Choice, new: Choice) -> Iterator[str]:
    for name in {**old.settings, **new.settings}:
        before, after = old.settings.get(name), new.settings.get(name)
        if before != after:
            yield f"{name} {_text(before)} → {_text(after)}"
    if old.version != new.version and old.settings == new.settings:
        yield f"the code of {new.name}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping) and "name" in value:
        return str(value["name"])
    return f"{value:g}" if isinstance(value, float) else str(value)


def _checked(given: Settings) -> SessionTable:
    try:
        table = SessionTable.model_validate(given)
    except ValidationError as error:
        raise InputError("\n".join(map(_mistake, error.errors()))) from None
    if table.early_stopping:
        raise InputError("Session: early_stopping is for plans; a session stops when you stop it")
    return table


def _mistake(detail: Any) -> str:
    place, message = ".".join(map(str, detail["loc"])), detail["msg"]
    return f"Session: {place}: {message[0].lower()}{message[1:]}, got {detail['input']!r}"


def _all_known(hyperparameters: Settings, plugin: Plugin) -> None:
    for name in hyperparameters:
        if name not in plugin.defaults:
            raise InputError(f"Session: {unknown('setting', name, [*NAMES, *plugin.defaults])}")


def _choice(find: Any, given: str | dict[str, Any]) -> Choice:
    settings = {"name": given} if isinstance(given, str) else dict(given)
    choice: Choice = find(str(settings.pop("name", ""))).choice(settings)
    return choice


def _named(choice: Choice) -> str | dict[str, Any]:
    return {"name": choice.name, **choice.settings} if choice.settings else choice.name
