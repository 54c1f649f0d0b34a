"""What there is to choose from, as data: names with a line each, and one plugin in full."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from inspect import cleandoc
from typing import Any

from bench import datasets, registry
from bench.plan import load_plan, plan_names
from bench.registry import Plugin, PluginError
from optimizers._domains import describe, domains

Row = dict[str, Any]

PLUGINS: dict[str, tuple[Callable[[str], Plugin], Callable[[], list[str]]]] = {
    "optimizers": (registry.optimizer, registry.optimizer_names),
    "initializers": (registry.initializer, registry.initializer_names),
    "schedules": (registry.schedule, registry.schedule_names),
}


def listing(kind: str) -> list[Row]:
    """The things of a kind, each with its name and a line that says what it is."""
    if kind == "datasets":
        return [{"name": name, "what": datasets.describe(name)} for name in datasets.names()]
    if kind == "plans":
        return [{"name": name, "what": load_plan(name).plan.description} for name in plan_names()]
    find, names = PLUGINS[kind]
    return [{"name": name, "what": _text(find(name)).partition("\n")[0]} for name in names()]


def describe_plugin(name: str) -> Row:
    """An optimizer, initializer or schedule in full: its rule and source, and every hyperparameter."""
    plugin = _find(name)
    row: Row = {"name": name, "kind": plugin.kind.__name__, "version": plugin.version, "text": _text(plugin)}
    for trait in ("batch_size", "schedule"):
        if hasattr(plugin.kind, trait):
            value = getattr(plugin.kind, trait)
            row[trait] = "full" if value is None else value if isinstance(value, int) else str(value)
    return row | {"hyperparameters": _hyperparameters(plugin.kind)}


def _find(name: str) -> Plugin:
    for find, names in PLUGINS.values():
        if name in names():
            return find(name)
    everything = [known for _, names in PLUGINS.values() for known in names()]
    raise PluginError(registry.unknown("plugin", name, everything))


def _text(plugin: Plugin) -> str:
    return cleandoc(plugin.kind.__doc__ or "")


def _hyperparameters(kind: type[Any]) -> list[Row]:
    domain = {field.name: describe(d) for field, d in domains(kind)}
    return [
        {
            "name": field.name,
            "default": None if field.default is MISSING else field.default,
            "domain": domain[field.name].removeprefix("in "),
        }
        for field in fields(kind)
    ]
