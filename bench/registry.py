"""From a name to a plugin: our own folder, an installed package's entry point, or a path to a .py file."""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from inspect import getsource, isclass
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.spec import Choice


class PluginError(ValueError):
    """A plugin that cannot be had: unknown, ambiguous, broken, or wrongly set."""


@dataclass(frozen=True)
class Plugin:
    """A plugin by name: its class, where it comes from, and what tells one version of it from the next."""

    name: str
    kind: type[Any]
    version: str
    source: str | None = None

    def choice(self, settings: Mapping[str, Any] | None = None) -> Choice:
        """This plugin with every setting spelled out, defaults included; wrong settings raise PluginError."""
        spec = self.make(settings or {})
        values = {field.name: getattr(spec, field.name) for field in fields(spec)}
        return Choice(self.name, values, self.source, self.version)

    def make(self, settings: Mapping[str, Any]) -> Any:
        """The spec with these settings; PluginError says which is unknown, missing or out of its domain."""
        known = {field.name: field for field in fields(self.kind)}
        for name in settings:
            if name not in known:
                raise PluginError(unknown(f"{self.name}: hyperparameter", name, known))
        missing = [name for name, field in known.items() if field.default is MISSING and name not in settings]
        if missing:
            raise PluginError(f"{self.name}: {', '.join(missing)} must be given")
        try:
            return self.kind(**{name: _plain(value) for name, value in settings.items()})
        except ValueError as error:
            raise PluginError(str(error)) from None


def optimizer_names() -> list[str]:
    """The optimizers of our own folder."""
    import optimizers

    return sorted(module.name for module in pkgutil.iter_modules(optimizers.__path__) if module.name[0] != "_")


@cache
def optimizer(name: str, source: str | None = None) -> Plugin:
    """The optimizer of this name; PluginError where there is none."""
    if source is not None:
        return _from_module(name, _module_at(Path(source)), source)
    if name not in optimizer_names():
        raise PluginError(unknown("optimizer", name, optimizer_names()))
    return _from_module(name, importlib.import_module(f"optimizers.{name}"), None)


def initializer_names() -> list[str]:
    """The initializers."""
    from network.initializers import INITIALIZERS

    return sorted(INITIALIZERS)


@cache
def initializer(name: str) -> Plugin:
    """The initializer of this name; PluginError where there is none."""
    from network.initializers import INITIALIZERS

    return _one_of("initializer", name, INITIALIZERS)


def schedule_names() -> list[str]:
    """The learning-rate schedules."""
    from optimizers._schedules import SCHEDULES

    return sorted(SCHEDULES)


@cache
def schedule(name: str) -> Plugin:
    """The learning-rate schedule of this name; PluginError where there is none."""
    from optimizers._schedules import SCHEDULES

    return _one_of("schedule", name, SCHEDULES)


def own_schedule(plugin: Plugin) -> Choice:
    """The schedule that an optimizer trains with unless a plan says otherwise."""
    from optimizers._schedules import SCHEDULES, Constant

    own = getattr(plugin.kind, "schedule", Constant())
    name = next(name for name, kind in SCHEDULES.items() if kind is type(own))
    return schedule(name).choice({field.name: getattr(own, field.name) for field in fields(own)})


def unknown(what: str, name: str, known: Any) -> str:
    """One line for an unknown name, with the nearest that are known."""
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    return f"{what} {name!r} is unknown: {hint}"


def _one_of(what: str, name: str, kinds: Mapping[str, type[Any]]) -> Plugin:
    if name not in kinds:
        raise PluginError(unknown(what, name, sorted(kinds)))
    return Plugin(name, kinds[name], _version(getsource(kinds[name])))


def _from_module(name: str, module: ModuleType, source: str | None) -> Plugin:
    """The one class with `init` and `step` that the module defines."""
    own = [
        kind
        for kind in vars(module).values()
        if isclass(kind) and kind.__module__ == module.__name__ and hasattr(kind, "init") and hasattr(kind, "step")
    ]
    if len(own) != 1:
        raise PluginError(f"{name}: {module.__file__} must define one class with init and step, got {len(own)}")
    return Plugin(name, own[0], _version(Path(str(module.__file__)).read_text("utf-8")), source)


def _module_at(path: Path) -> ModuleType:
    name = f"scratchmark_plugin_{path.stem}"  # a name of its own, so that a file called numpy.py hides nothing
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise PluginError(f"plugin {str(path)!r} must be a Python file, got none")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _version(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    """TOML and JSON have lists where specs have tuples, and integers where they have floats."""
    return tuple(value) if isinstance(value, list) else value
