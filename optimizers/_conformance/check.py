"""A check: an expectation in a sentence, a function that holds an optimizer to it, and what to do if it fails."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from traceback import extract_tb
from typing import Any, Literal

import numpy as np

Status = Literal["passed", "failed", "expected failure", "not applicable"]


class Failure(Exception):  # noqa: N818 - an outcome
    """What happened instead of what was expected."""


class NotApplicable(Exception):  # noqa: N818 - an outcome too
    """Why a check has nothing to say about this optimizer."""


@dataclass(frozen=True)
class Outcome:
    """What a check found: what it expected, what happened, and what to do about it."""

    check: str
    status: Status
    expected: str
    happened: str
    advice: str


@dataclass(frozen=True)
class Check:
    """A named expectation; its function takes a spec and raises Failure, NotApplicable, or nothing."""

    function: Callable[[Any], None]
    advice: str

    @property
    def name(self) -> str:
        """The function's name: the key of `expected_failures`."""
        return self.function.__name__

    @property
    def expected(self) -> str:
        """The expectation: the function's docstring on one line."""
        return " ".join(cleandoc(self.function.__doc__ or "").split())

    def outcome(self, spec: Any) -> Outcome:
        """Hold `spec` to the expectation; whatever it raises is an outcome too."""
        status, happened = self._found(spec)
        return Outcome(self.name, status, self.expected, happened, self.advice if status == "failed" else "")

    def _found(self, spec: Any) -> tuple[Status, str]:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                self.function(spec)
        except NotApplicable as reason:
            return "not applicable", str(reason)
        except Failure as failure:
            return "failed", str(failure)
        except Exception as error:
            return "failed", described(error)
        return "passed", "as expected"


def check(advice: str) -> Callable[[Callable[[Any], None]], Check]:
    """Make a function a check; `advice` is what to do where it fails."""
    return lambda function: Check(function, advice)


def require(condition: bool, happened: str) -> None:
    """Raise Failure, which says what happened, unless the condition holds."""
    if not condition:
        raise Failure(happened)


def described(error: Exception) -> str:
    """An exception on one line, with the last place outside installed packages that it came through."""
    frames = extract_tb(error.__traceback__)
    place = next((frame for frame in reversed(frames) if "site-packages" not in frame.filename), frames[-1])
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
