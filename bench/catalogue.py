"""What there is to choose from, as data: names with a line each, and one plugin in full."""

from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from inspect import Parameter, cleandoc
from typing import Any

import numpy as np

from bench import datasets, foreign, recipes, registry
from bench.plan import load_plan, plan_names
from bench.plan_file import NetworkTable
from bench.plugin import Plugin, PluginError, trait, unknown
from optimizers._domains import describe, domains

Row = dict[str, Any]

DEFAULT_SIZES = (784, *NetworkTable().hidden, 10)

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
        plans = [{"name": name, "what": load_plan(name).plan.description} for name in plan_names()]
        return plans + [{"name": name, "what": recipes.describe(name)} for name in recipes.names()]
    find, names = PLUGINS[kind]
    return [_listed(find, name) for name in names()]


def describe_plugin(name: str) -> Row:
    """An optimizer, initializer or schedule in full: its rule and source, and every hyperparameter."""
    plugin = _find(name)
    row: Row = {"name": name, "kind": plugin.kind.__name__, "version": plugin.version, "text": _text(plugin)}
    if hasattr(plugin.kind, "step"):
        size = plugin.trait("batch_size")
        row |= {"batch_size": "full" if size is None else size, "schedule": str(plugin.trait("schedule"))}
    return row | {"hyperparameters": _hyperparameters(plugin)}


def _listed(find: Callable[[str], Plugin], name: str) -> Row:
    """A plugin's line; one that cannot be loaded stays in the list, with the reason."""
    try:
        plugin = find(name)
        what = {"what": _text(plugin).partition("\n")[0]}
        return {"name": name} | (_costs(plugin) if hasattr(plugin.kind, "step") else {}) | what
    except PluginError as error:
        return {"name": name, "what": f"cannot be used: {error}"}


def _costs(plugin: Plugin) -> Row:
    """Where a method belongs, and what it takes: numbers kept for each parameter of the default network, gradients."""
    from network.layout import Layout
    from optimizers._state import arrays, is_scratch

    method = plugin.make({})
    layout = Layout.dense(DEFAULT_SIZES)
    theta = np.zeros(layout.n, np.float32)
    rng = {"rng": np.random.default_rng(0)} if trait(method, "needs_rng") else {}
    state = method.init(theta, layout, **rng)
    kept = sum(array.size for path, array in arrays(state) if not is_scratch(path))
    return {
        "family": trait(method, "family"),
        "year": trait(method, "year"),
        "memory": round(kept / layout.n, 1),
        "gradients": round(trait(method, "evaluations_per_step"), 2),
    }


def _find(name: str) -> Plugin:
    if foreign.is_foreign(name):
        return registry.optimizer(name)
    for find, names in PLUGINS.values():
        if name in names():
            return find(name)
    everything = [known for _, names in PLUGINS.values() for known in names()]
    raise PluginError(unknown("plugin", name, everything))


def _text(plugin: Plugin) -> str:
    return cleandoc(plugin.kind.__doc__ or "")


def _hyperparameters(plugin: Plugin) -> list[Row]:
    declared = dict(_domains(plugin.kind))
    return [
        {
            "name": name,
            "default": None if default is Parameter.empty else default,
            "domain": declared.get(name, ""),
        }
        for name, default in plugin.defaults.items()
    ]


def _domains(kind: type[Any]) -> Iterator[tuple[str, str]]:
    """Each field of a dataclass with its domain in words; another class declares none."""
    if is_dataclass(kind):
        for field, domain in domains(kind):
            yield field.name, describe(domain).removeprefix("in ")
