"""The domains of hyperparameters: declared once, in a field's annotation, and checked whenever a spec is made."""

from dataclasses import Field, dataclass, field, fields
from math import inf
from typing import Annotated, Any, Literal, dataclass_transform, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Interval:
    """The numbers between `low` and `high`, or the whole numbers; an end is left out where it is open."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = True
    whole: bool = False

    def __contains__(self, value: object) -> bool:
        """Whether `value` is a number of the interval; NaN is in none."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)

    def __str__(self) -> str:
        kind = "the integers of " if self.whole else ""
        return f"{kind}{'(' if self.open_low else '['}{self.low:g}, {self.high:g}{')' if self.open_high else ']'}"


Positive = Annotated[float, Interval(0, inf, open_low=True)]
NonNegative = Annotated[float, Interval(0, inf)]
Fraction = Annotated[float, Interval(0, 1)]
AtLeastOne = Annotated[int, Interval(1, inf, whole=True)]


@dataclass(frozen=True)
class Search:
    """Where tuning looks for a hyperparameter's value: between `low` and `high`, evenly on a scale.

    `log` is even in log x, for rates; `one_minus_log` in log (1 - x), for decays near 1; `linear` in x.
    """

    low: float
    high: float
    scale: Literal["log", "one_minus_log", "linear"] = "log"

    def value(self, u: float) -> float:
        """The value at `u` in [0, 1]: `low` at 0, `high` at 1."""
        if self.scale == "linear":
            return self.low + u * (self.high - self.low)
        if self.scale == "log":
            return float(self.low * (self.high / self.low) ** u)
        return float(1 - (1 - self.low) * ((1 - self.high) / (1 - self.low)) ** u)


def searched(default: float, low: float, high: float, scale: Literal["log", "one_minus_log", "linear"] = "log") -> Any:
    """A hyperparameter that tuning varies, with its default and the range to search."""
    return field(default=default, metadata={"search": Search(low, high, scale)})


def search_space(spec: type) -> dict[str, Search]:
    """The hyperparameters that tuning varies, each with the range to search."""
    return {f.name: f.metadata["search"] for f in fields(spec) if "search" in f.metadata}


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Spec:
    """A frozen, keyword-only dataclass of hyperparameters: hashable, equal by value, its own record.

    A subclass only annotates its fields. Making one raises ValueError for a value outside its field's domain.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclass(frozen=True, kw_only=True)(cls)

    def __post_init__(self) -> None:
        for hyperparameter, domain in domains(type(self)):
            name = hyperparameter.name
            value = getattr(self, name)
            if type(value) is int and isinstance(domain, Interval) and not domain.whole:
                object.__setattr__(self, name, float(value))  # 1 and 1.0 are one spec
            if not _holds(domain, value):
                raise ValueError(f"{type(self).__name__}: {name} must be {describe(domain)}, got {value!r}")


def domains(spec: type) -> list[tuple[Field[Any], Any]]:
    """Each field of a dataclass with its domain: an Interval, a Literal or a plain type."""
    hints = get_type_hints(spec, include_extras=True)
    return [(f, _domain(hints[f.name])) for f in fields(spec)]


def describe(domain: Any) -> str:
    """The domain in words: `in [0, 1)`, `one of 'l1', 'l2'`, `a bool`."""
    if isinstance(domain, Interval):
        return f"in {domain}"
    if get_origin(domain) is Literal:
        return f"one of {', '.join(map(repr, get_args(domain)))}"
    return f"a {getattr(domain, '__name__', domain)}"


def _domain(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        return next((extra for extra in get_args(hint)[1:] if isinstance(extra, Interval)), get_args(hint)[0])
    return hint


def _holds(domain: Any, value: object) -> bool:
    if isinstance(domain, Interval):
        return value in domain
    if get_origin(domain) is Literal:
        return value in get_args(domain)
    kind = get_origin(domain) or domain
    return not isinstance(kind, type) or isinstance(value, kind)
