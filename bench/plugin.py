"""A plugin: a class with hyperparameters, what tells its versions apart, and the way from settings to a spec."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from hashlib import sha256
from inspect import Parameter, getsourcefile, signature
from pathlib import Path
from typing import Any

from bench.errors import InputError
from bench.spec import Choice


class PluginError(InputError):
    """A plugin that cannot be had: unknown, ambiguous, broken, or wrongly set."""


@dataclass(frozen=True)
class Plugin:
    """A plugin by name: its class, and where it comes from: None is our own folder, else a path or a package.

    `find` finds the optimizers that an optimizer around others (lookahead, sam) names in its settings.
    """

    name: str
    kind: type[Any]
    source: str | None = None
    find: Callable[[str], "Plugin"] | None = None

    @property
    def version(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the file that defines the class.

        A foreign framework's optimizer has the framework's version in its place, and before it where it has a file.
        """
        return _version(self.kind)

    @property
    def defaults(self) -> dict[str, Any]:
        """Every hyperparameter with its default, `Parameter.empty` where it has none."""
        return {name: parameter.default for name, parameter in signature(self.kind).parameters.items()}

    def trait(self, name: str) -> Any:
        """A class attribute of the contract, the contract's own where the class, which need not inherit, has none."""
        return trait(self.kind, name)

    def make(self, settings: Mapping[str, Any]) -> Any:
        """The spec with these settings; PluginError says which is unknown, missing or out of its domain."""
        defaults = self.defaults
        for name in settings:
            if name not in defaults:
                raise PluginError(unknown(f"{self.name}: hyperparameter", name, defaults))
        missing = [name for name, d in defaults.items() if d is Parameter.empty and name not in settings]
        if missing:
            raise PluginError(f"{self.name}: {', '.join(missing)} must be given")
        try:
            return self.kind(**{name: self._decoded(value, defaults[name]) for name, value in settings.items()})
        except (TypeError, ValueError) as error:
            raise PluginError(str(error)) from None

    def choice(self, settings: Mapping[str, Any] | None = None) -> Choice:
        """This plugin with every setting spelled out, defaults included; wrong settings raise PluginError."""
        spec = self.make(settings or {})
        values = {name: _encoded(getattr(spec, name)) for name in self.defaults}
        return Choice(self.name, values, self.source, self.version)

    def _decoded(self, value: Any, default: Any) -> Any:
        """TOML and JSON have lists where specs have tuples, and a name or a table where there is an inner optimizer."""
        from optimizers import Optimizer

        if self.find and isinstance(default, Optimizer) and isinstance(value, str | Mapping):
            settings = {"name": value} if isinstance(value, str) else dict(value)
            settings.pop("version", None)
            return self.find(settings.pop("name", "")).make(settings)
        return tuple(value) if isinstance(value, list) else value


def trait(kind: Any, name: str) -> Any:
    """An attribute of an optimizer or its class, the contract's default where it has none."""
    from optimizers import Optimizer

    return getattr(kind, name, getattr(Optimizer, name))


def unknown(what: str, name: str, known: Any) -> str:
    """One line for an unknown name, with the nearest that are known."""
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    return f"{what} {name!r} is unknown: {hint}"


def _encoded(value: Any) -> Any:
    """An inner optimizer as data: its name, the version of its file and its settings."""
    from optimizers import Optimizer

    if not isinstance(value, Optimizer):
        return value
    name = getattr(type(value), "plugin_name", type(value).__module__.rpartition(".")[2])
    return {
        "name": name,
        "version": _version(type(value)),
        **{f.name: _encoded(getattr(value, f.name)) for f in fields(value)},
    }


def _version(kind: type[Any]) -> str:
    if version := getattr(kind, "plugin_version", ""):
        return str(version)
    file = getsourcefile(kind)
    return sha256(Path(file).read_bytes()).hexdigest()[:12] if file else ""
