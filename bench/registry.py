"""From a name to a plugin, by one of four doors.

Our own folder, an installed package's entry point, a .py file, or another framework: `torch:Adagrad`.
"""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from inspect import isclass
from pathlib import Path
from types import ModuleType
from typing import Any

from bench import foreign
from bench.plugin import Plugin, PluginError, unknown
from bench.spec import Choice

ENTRY_POINTS = "scratchmark."  # an entry point's group is this and the kind: scratchmark.optimizers


@dataclass(frozen=True)
class Origin:
    """Where a plugin comes from; it is loaded only when it is asked for. `source` None is our own folder."""

    name: str
    source: str | None
    load: Callable[[], type[Any]]

    def plugin(self) -> Plugin:
        """The plugin; PluginError with its origin and the reason where it cannot be loaded."""
        try:
            return Plugin(self.name, self.load(), self.source, optimizer)
        except PluginError:
            raise
        except Exception as error:  # whatever a plugin's file does when it is imported
            raise PluginError(f"{self.name}: {self.where} cannot be loaded: {type(error).__name__}: {error}") from error

    @property
    def where(self) -> str:
        """The origin in words."""
        return "our own folder" if self.source is None else self.source


def optimizer(name: str) -> Plugin:
    """The optimizer of this name; PluginError where there is none."""
    if foreign.is_foreign(name):
        return _foreign(name)
    return _find("optimizer", name, optimizer_origins())


def optimizer_in(path: Path) -> Plugin:
    """The optimizer that a Python file defines; PluginError where it does not define one."""
    return _file(path.resolve()).plugin()


def chosen_optimizer(choice: Choice) -> Any:
    """The spec that a choice stands for, from the very source that it names: no other door is tried."""
    if choice.source and choice.source.endswith(".py"):
        return optimizer_in(Path(choice.source)).make(choice.settings)
    if foreign.is_foreign(choice.name):
        return _foreign(choice.name, choice.source).make(choice.settings)
    origins = _own_optimizers() if choice.source is None else _packaged("optimizers")
    return _find("optimizer", choice.name, origins).make(choice.settings)


def optimizer_names() -> list[str]:
    """The optimizers that there are, those whose files cannot be loaded included."""
    return sorted({origin.name for origin in optimizer_origins()})


def add_file(path: Path) -> str:
    """Open the third door: from now on the optimizer in this file is known, by the file's name, which is returned."""
    origin = _file(path.resolve())
    if origin not in _files:
        _files.append(origin)
    return origin.name


def initializer(name: str) -> Plugin:
    """The initializer of this name; PluginError where there is none."""
    return _find("initializer", name, initializer_origins())


def chosen_initializer(choice: Choice) -> Any:
    """The initializer that a choice stands for, from the very source that it names."""
    from network.initializers import INITIALIZERS

    origins = _listed(INITIALIZERS) if choice.source is None else _packaged("initializers")
    return _find("initializer", choice.name, origins).make(choice.settings)


def initializer_names() -> list[str]:
    """The initializers that there are."""
    return sorted({origin.name for origin in initializer_origins()})


def schedule(name: str) -> Plugin:
    """The learning-rate schedule of this name; PluginError where there is none."""
    return _find("schedule", name, _listed(_schedules()))


def schedule_names() -> list[str]:
    """The learning-rate schedules."""
    return sorted(_schedules())


def own_schedule(plugin: Plugin) -> Choice:
    """The schedule that an optimizer trains with unless a plan says otherwise."""
    own = plugin.trait("schedule")
    name = next(name for name, kind in _schedules().items() if kind is type(own))
    found = schedule(name)
    return found.choice({setting: getattr(own, setting) for setting in found.defaults})


def optimizer_origins() -> list[Origin]:
    """Every optimizer's origin: our own folder's, then the packages', then the files'."""
    return [*_own_optimizers(), *_packaged("optimizers"), *_files]


def initializer_origins() -> list[Origin]:
    """Every initializer's origin."""
    from network.initializers import INITIALIZERS

    return [*_listed(INITIALIZERS), *_packaged("initializers")]


_FILE_MODULE = "scratchmark_plugin_"

_files: list[Origin] = []


def _foreign(name: str, source: str | None = None) -> Plugin:
    return Plugin(name, *foreign.kind(name, source), optimizer)


def _find(what: str, name: str, origins: Iterable[Origin]) -> Plugin:
    found = [origin for origin in origins if origin.name == name]
    if not found:
        raise PluginError(unknown(what, name, sorted({origin.name for origin in origins})))
    if len(found) > 1:
        raise PluginError(f"{what} {name!r} must come from one place, got {' and '.join(o.where for o in found)}")
    return found[0].plugin()


@cache
def _own_optimizers() -> tuple[Origin, ...]:
    import optimizers

    names = [module.name for module in pkgutil.iter_modules(optimizers.__path__) if module.name[0] != "_"]
    return tuple(Origin(name, None, partial(_own_optimizer, name)) for name in names)


def _own_optimizer(name: str) -> type[Any]:
    return _only_class(importlib.import_module(f"optimizers.{name}"))


@cache
def _packaged(kind: str) -> tuple[Origin, ...]:
    from importlib.metadata import entry_points  # as slow to import as half of NumPy, and no trial of ours needs it

    return tuple(
        Origin(point.name, f"package {point.dist.name if point.dist else '?'}", partial(_loaded, point))
        for point in entry_points(group=f"{ENTRY_POINTS}{kind}")
    )


def _itself(kind: type[Any]) -> type[Any]:
    return kind


def _listed(kinds: Mapping[str, type[Any]]) -> list[Origin]:
    return [Origin(name, None, partial(_itself, kind)) for name, kind in kinds.items()]


@cache
def _file(path: Path) -> Origin:
    return Origin(path.stem, str(path), lambda: _only_class(_module_at(path)))


@cache
def _module_at(path: Path) -> ModuleType:
    if not path.is_file():
        raise PluginError(f"plugin {str(path)!r} must be a Python file, got none")
    name = f"{_FILE_MODULE}{path.stem}"  # a name of its own, so that a file called numpy.py hides nothing
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _loaded(point: Any) -> type[Any]:
    """An entry point may name the class, or the module that defines it."""
    loaded = point.load()
    return _only_class(loaded) if isinstance(loaded, ModuleType) else loaded


def _only_class(module: ModuleType) -> type[Any]:
    """The one class with `init` and `step` that the module defines."""
    own = list(_optimizer_classes(module))
    if len(own) != 1:
        names = ", ".join(kind.__name__ for kind in own) or "none"
        raise PluginError(f"{module.__file__} must define one class with init and step, got {names}")
    return own[0]


def _optimizer_classes(module: ModuleType) -> Iterator[type[Any]]:
    for kind in vars(module).values():
        if isclass(kind) and kind.__module__ == module.__name__ and hasattr(kind, "init") and hasattr(kind, "step"):
            yield kind


def _schedules() -> Mapping[str, type[Any]]:
    from optimizers._schedules import SCHEDULES

    return SCHEDULES
