"""Commands about plugins: list and show them, begin one, check one."""

import sys
from pathlib import Path
from typing import Any

import click

from bench.cli.options import add, echo_json, json_option, plugin_option

KINDS = ("optimizers", "initializers", "schedules", "datasets", "plans")


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@plugin_option
@json_option
def list_(kind: str | None, plugins: tuple[Path, ...], as_json: bool) -> None:
    """List what there is: optimizers, initializers, schedules, datasets and plans."""
    from tabulate import tabulate

    from bench.catalogue import listing

    add(plugins)
    found = {name: listing(name) for name in ([kind] if kind else KINDS)}
    if as_json:
        echo_json(found)
        return
    for name, rows in found.items():
        click.secho(name, bold=True)
        click.echo(tabulate(rows, headers="keys" if name == "optimizers" else (), tablefmt="plain") + "\n")


@click.command()
@click.argument("name")
@plugin_option
@json_option
def show(name: str, plugins: tuple[Path, ...], as_json: bool) -> None:
    """Show a plugin: its update rule and source, and every hyperparameter with default and domain."""
    from tabulate import tabulate

    from bench.catalogue import describe_plugin

    add(plugins)
    found = describe_plugin(name)
    if as_json:
        echo_json(found)
        return
    click.secho(f"{name} ({found['kind']})", bold=True)
    click.echo(f"\n{found['text']}\n")
    if "batch_size" in found:
        click.echo(
            f"Trains with batch size {found['batch_size']} and schedule {found['schedule']} unless told otherwise.\n"
        )
    click.echo(tabulate(found["hyperparameters"], headers="keys", disable_numparse=True))


@click.command()
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="here",
    help="Where to write the two files.",
)
def new(name: str, folder: Path) -> None:
    """Write NAME.py, an optimizer that already runs, and test_NAME.py beside it."""
    from bench.scaffold import new_plugin

    plugin, test = new_plugin(name, folder)
    click.echo(f"Wrote {plugin} and {test}. Change the rule where the numbers stand, then:\n")
    click.echo(f"  scratchmark check {plugin}")
    click.echo(f"  scratchmark run --plan smoke --plugin {plugin} -o adam,{name}")


@click.command()
@click.argument("plugin", metavar="NAME|FILE")
@json_option
def check(plugin: str, as_json: bool) -> None:
    """Hold an optimizer, by its name or in a Python file, to what every optimizer must keep.

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
