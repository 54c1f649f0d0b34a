"""Checks of the spec: what a frozen record of hyperparameters must be."""

import json
import re
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from inspect import signature
from math import inf, nan, nextafter
from typing import Any, Literal, get_origin

from optimizers._conformance.check import Failure, NotApplicable, check, require
from optimizers._domains import Interval, domains


@check("Make the class a frozen dataclass: derive it from Optimizer, or write @dataclass(frozen=True) above it.")
def spec_is_frozen(spec: Any) -> None:
    """A spec's hyperparameters cannot be set after it is made."""
    for name in _hyperparameters(spec):
        try:
            setattr(spec, name, getattr(spec, name))
        except FrozenInstanceError:
            continue
        raise Failure(f"{name} could be set")


@check("Let the dataclass make __eq__ and __hash__, and use hashable values: a tuple instead of a list.")
def spec_is_equal_by_value(spec: Any) -> None:
    """Two specs with equal hyperparameters are equal and hash alike; with another lr they differ."""
    _hyperparameters(spec)
    twin, other = replace(spec), replace(spec, lr=spec.lr / 2)
    require(twin == spec, f"{spec} does not equal its copy")
    require(hash(twin) == hash(spec), "the hashes of two equal specs differ")
    require(other != spec, f"a spec with lr={other.lr} equals one with lr={spec.lr}")


@check("Use hyperparameters that JSON can hold: numbers, strings, booleans, None, tuples of these, another spec.")
def spec_survives_its_record(spec: Any) -> None:
    """A spec made again from its hyperparameters, written as JSON and read back, equals the first."""
    again = _recalled(spec, json.loads(json.dumps(_record(spec), allow_nan=False)))
    require(again == spec, f"{spec} came back as {again}")


@check("Annotate the field with its domain (Positive, Fraction, ...) and call Spec's __post_init__ from your own.")
def values_outside_a_domain_are_refused(spec: Any) -> None:
    """A value just outside a domain, NaN and infinity raise ValueError with class, field, value and range."""
    cases = [(f.name, d, value) for f, d in _domains(spec) for value in outside(d)]
    if not cases:
        raise NotApplicable("no hyperparameter declares a domain")
    for name, domain, value in cases:
        _refused(spec, name, domain, value)


@check("Write into the docstring where the rule is from: `Source: Kingma and Ba 2015, https://...`.")
def docstring_has_a_source(spec: Any) -> None:
    """The docstring of the class names its source: a link, or authors and a year."""
    found = re.search(r"https?://\S+|[A-Z]\w+[^.]*\b(1[89]|20)\d\d\b", _docstring(spec))
    require(found is not None, "there is neither a link nor a name with a year")


@check("Say in the docstring what each hyperparameter does, by the name it has in the code.")
def docstring_names_every_hyperparameter(spec: Any) -> None:
    """The docstring of the class mentions every hyperparameter by its name."""
    missing = [name for name in signature(type(spec)).parameters if not re.search(rf"\b{name}\b", _docstring(spec))]
    require(not missing, f"it does not mention {', '.join(missing)}")


def outside(domain: Any) -> Iterator[Any]:
    """The values that a domain must refuse: just beyond its ends, NaN, infinity, an unknown word."""
    if isinstance(domain, Interval):
        step = 1 if domain.whole else 0
        yield domain.low if domain.open_low else domain.low - step if step else nextafter(domain.low, -inf)
        if domain.high < inf:
            yield domain.high if domain.open_high else domain.high + step if step else nextafter(domain.high, inf)
        yield from (nan, inf, -inf)
    elif get_origin(domain) is Literal:
        yield "no such word"


def _refused(spec: Any, name: str, domain: Any, value: Any) -> None:
    try:
        replace(spec, **{name: value})
    except ValueError as error:
        said = str(error)
    else:
        raise Failure(f"{name}={value!r} was taken")
    needed = [type(spec).__name__, name, repr(value), *([str(domain)] if isinstance(domain, Interval) else [])]
    missing = [word for word in needed if word not in said]
    require(not missing, f"the error for {name}={value!r} does not name {', '.join(missing)}: {said!r}")


def _domains(spec: Any) -> list[Any]:
    _hyperparameters(spec)
    return domains(type(spec))


def _hyperparameters(spec: Any) -> list[str]:
    if not is_dataclass(spec):
        raise NotApplicable("the class is not a dataclass")
    return [field.name for field in fields(spec)]


def _record(spec: Any) -> dict[str, Any]:
    values = {name: getattr(spec, name) for name in _hyperparameters(spec)}
    return {name: _record(value) if is_dataclass(value) else value for name, value in values.items()}


def _recalled(spec: Any, record: dict[str, Any]) -> Any:
    """A spec like `spec` with the values of the record."""
    values = {name: _value(getattr(spec, name), value) for name, value in record.items()}
    return type(spec)(**values)


def _value(old: Any, value: Any) -> Any:
    if is_dataclass(old):
        return _recalled(old, value)
    return tuple(value) if isinstance(value, list) else value


def _docstring(spec: Any) -> str:
    text = type(spec).__doc__ or ""
    require(bool(text), "the class has no docstring")
    return text
