"""What the adapters share: a spec whose hyperparameters are those that another framework's factory takes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from inspect import Parameter, signature
from math import isfinite
from typing import Any, ClassVar, Protocol, runtime_checkable

from bench.plugin import PluginError
from optimizers import Optimizer
from optimizers._domains import Positive, searched

DEFAULT_LR = 1e-3  # where the framework has no default rate, as optax never has


@runtime_checkable
class Accepted(Protocol):
    """The domain of a hyperparameter that the framework itself checks: any value."""


Accepted.__name__ = "value that the framework accepts"


class Foreign(Optimizer):
    """An optimizer of another framework under our contract; `factory` makes it and `rate` is its word for lr.

    The rate of each step is our schedule's; all else is the framework's own: hyperparameters, defaults, checks.
    """

    family = "foreign"
    elementwise = False  # not known
    runtime: ClassVar[str]  # the framework and its version
    plugin_name: ClassVar[str]
    plugin_version: ClassVar[str]
    factory: ClassVar[Callable[..., Any]]
    rate: ClassVar[str] = "lr"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(field.default, float) and type(value) is int:
                object.__setattr__(self, field.name, float(value))  # 1 and 1.0 are one spec
        super().__post_init__()
        try:
            self.rehearse()
        except Exception as error:  # whatever the framework raises
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"{self.plugin_name}: cannot be made with {self._words()}: {reason}") from error

    def rehearse(self) -> None:
        """Make the framework's optimizer for a single small matrix, to hear whether it accepts the settings."""
        raise NotImplementedError

    @property
    def arguments(self) -> dict[str, Any]:
        """The settings other than lr that are not the default, which the framework knows best itself."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "lr"}
        defaults = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in chosen.items() if value != defaults[name]}

    def _words(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in ({"lr": self.lr} | self.arguments).items())


def adapted(base: type[Foreign], name: str, factory: Callable[..., Any], version: str, **traits: Any) -> type[Foreign]:
    """The spec's class: a subclass of `base` with the factory's hyperparameters.

    Raises:
        PluginError: the factory takes no learning rate.
    """
    parameters = signature(factory).parameters
    if base.rate not in parameters:
        raise PluginError(f"{name}: must take {base.rate}, got {', '.join(parameters)}")
    lr = _rate(parameters[base.rate].default)
    defaults = _hyperparameters(parameters.values(), base)
    summary = (factory.__doc__ or name).strip().partition("\n")[0]
    own = {
        "__module__": base.__module__,
        "__doc__": f"{summary}\n\n{base.runtime}. {base.__doc__}",
        "__annotations__": {"lr": Positive} | dict.fromkeys(defaults, Accepted),
        "lr": searched(lr, lr / 100, lr * 100),
        "factory": staticmethod(factory),
        "plugin_name": name,
        "plugin_version": version,
    }
    given = {name: default for name, default in defaults.items() if default is not Parameter.empty}
    return type(name, (base,), own | given | traits)


def _hyperparameters(parameters: Iterable[Parameter], base: type[Foreign]) -> dict[str, Any]:
    """The parameters by name, each with its default: those that a record can hold and our contract has no word for."""
    named = [p for p in parameters if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)]
    return {
        p.name: tuple(p.default) if isinstance(p.default, list) else p.default
        for p in named
        if p.name != base.rate and not hasattr(base, p.name) and (p.default is Parameter.empty or _kept(p.default))
    }


def _kept(value: Any) -> bool:
    """Whether JSON has this value, and a plan can: no infinity, no table."""
    if isinstance(value, list | tuple):
        return all(map(_kept, value))
    return value is None or (isfinite(value) if type(value) is float else type(value) in (bool, int, str))


def _rate(default: Any) -> float:
    return float(default) if type(default) in (int, float) and default > 0 else DEFAULT_LR


def words(versions: Mapping[str, str]) -> str:
    """`{"optax": "0.2.8", "jax": "0.10.2"}` as `optax 0.2.8, jax 0.10.2`."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())
