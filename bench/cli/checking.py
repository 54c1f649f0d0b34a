"""Commands that check: an optimizer against the contract, a gradient against central differences."""

import sys
from pathlib import Path
from typing import Any

import click

from bench.cli.options import echo_json, json_option


@click.command()
@click.argument("plugin", metavar="NAME|FILE")
@json_option
def check(plugin: str, as_json: bool) -> None:
    """Hold an optimizer, a name or a Python file, to the contract.

    Exit code 0: every check that applies passed; 1: one failed; 2: there is no such optimizer.
    """
    from dataclasses import asdict

    from bench import registry
    from optimizers._conformance import run_checks

    found = registry.optimizer_in(Path(plugin)) if plugin.endswith(".py") else registry.optimizer(plugin)
    outcomes = run_checks(found.kind)
    if as_json:
        echo_json({"name": found.name, "version": found.version, "checks": [asdict(outcome) for outcome in outcomes]})
    else:
        _echo_outcomes(found.name, outcomes)
    sys.exit(1 if any(outcome.status == "failed" for outcome in outcomes) else 0)


def _echo_outcomes(name: str, outcomes: list[Any]) -> None:
    """A line for each check that did not fail, then each failure in full, and the count."""
    from collections import Counter

    counts = Counter(outcome.status for outcome in outcomes)
    for outcome in outcomes:
        if outcome.status != "failed":
            happened = "" if outcome.status == "passed" else f" ({outcome.status}: {outcome.happened})"
            click.echo(f"{click.style('ok', fg='green')}      {outcome.check}: {outcome.expected}{happened}")
    for outcome in outcomes:
        if outcome.status == "failed":
            click.echo(f"\n{click.style('FAILED', fg='red')}  {outcome.check}")
            click.echo(f"  expected  {outcome.expected}\n  happened  {outcome.happened}\n  to do     {outcome.advice}")
    click.echo(f"\n{name}: " + ", ".join(f"{n} {status}" for status, n in counts.items()))


@click.command()
@click.option("--plan", default=None, help="A plan's name, or a TOML file; the default plan unless given.")
@json_option
def gradcheck(plan: str | None, as_json: bool) -> None:
    """Check a plan's gradients against central differences, by layer.

    Exit code 0: all agree; 1: some parameter's gradient is wrong; 2: the plan or its data cannot be used.
    """
    from tabulate import tabulate

    from bench.gradcheck import gradcheck as checked

    rows = checked(plan)
    if as_json:
        echo_json(rows)
    else:
        shown = [r | {"difference": f"{r['difference']:.1e}", "passed": "yes" if r["passed"] else "NO"} for r in rows]
        click.echo(tabulate(shown, headers="keys", disable_numparse=True))
    sys.exit(0 if all(r["passed"] for r in rows) else 1)
