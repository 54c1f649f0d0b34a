"""The kit: every check in its order, run over one optimizer."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from optimizers._conformance import descent_checks, number_checks, repeat_checks, spec_checks, step_checks
from optimizers._conformance.check import Check, Outcome, described
from optimizers._conformance.run import Run

_MODULES = (spec_checks, step_checks, repeat_checks, number_checks, descent_checks)
CHECKS = {item.name: item for module in _MODULES for item in vars(module).values() if isinstance(item, Check)}


def check_optimizer(kind_or_spec: Any, *, expected_failures: Mapping[str, str] | None = None) -> None:
    """Hold an optimizer, a class or a spec, to every check; AssertionError lists all that failed.

    `expected_failures` maps the name of a check to the reason why this method may fail it; one that passes
    nevertheless is a failure.
    """
    outcomes = run_checks(kind_or_spec, expected_failures=expected_failures)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed:
        lines = "\n".join(_lines(outcome) for outcome in failed)
        raise AssertionError(f"{_name(kind_or_spec)} fails {len(failed)} of {len(outcomes)} checks\n{lines}")


def run_checks(kind_or_spec: Any, *, expected_failures: Mapping[str, str] | None = None) -> list[Outcome]:
    """What every check finds about an optimizer, a class or a spec; ValueError for the name of no check."""
    excused = dict(expected_failures or {})
    if not excused.keys() <= CHECKS.keys():
        raise ValueError(f"run_checks: there is no check {', '.join(sorted(excused.keys() - CHECKS.keys()))}")
    try:
        spec = kind_or_spec() if isinstance(kind_or_spec, type) else kind_or_spec
        with np.errstate(all="ignore"):
            Run(spec).step()
    except Exception as error:  # then no check could say more
        return [_stuck(error)]
    return list(_outcomes(spec, excused))


def _outcomes(spec: Any, excused: Mapping[str, str]) -> Iterator[Outcome]:
    for name, item in CHECKS.items():
        outcome = item.outcome(spec)
        yield _judged(outcome, excused[name]) if name in excused else outcome


def _judged(outcome: Outcome, reason: str) -> Outcome:
    """The outcome of a check that was expected to fail for a reason."""
    if outcome.status == "failed":
        return replace(outcome, status="expected failure", happened=f"{outcome.happened}: {reason}", advice="")
    happened = f"it was to fail ({reason}), but is {outcome.status}"
    return replace(outcome, status="failed", happened=happened, advice="Take it out of expected_failures.")


def _stuck(error: Exception) -> Outcome:
    expected = "Made from its defaults alone, the optimizer takes a step on a small problem."
    advice = "Mend this error first: the other checks come after it. Every hyperparameter needs a default."
    return Outcome("takes_a_step", "failed", expected, described(error), advice)


def _lines(outcome: Outcome) -> str:
    return f"\n{outcome.check}\n  expected: {outcome.expected}\n  happened: {outcome.happened}\n  do: {outcome.advice}"


def _name(kind_or_spec: Any) -> str:
    kind = kind_or_spec if isinstance(kind_or_spec, type) else type(kind_or_spec)
    return kind.__name__
