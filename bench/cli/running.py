"""Commands that train: run a plan, and report it."""

import sys
from pathlib import Path
from typing import Any

import click

from bench.cli.options import add, echo_json, json_option, plugin_option, results_option


@click.command()
@click.option("--plan", default="default", show_default=True, help="A plan's name, or a TOML file.")
@click.option("-o", "--optimizers", default="", metavar="A,B", help="Run these in place of the plan's.")
@plugin_option
@click.option("--profile", is_flag=True, help="Say in the end where the trials' seconds went.")
@results_option
@json_option
def run(plan: str, optimizers: str, plugins: tuple[Path, ...], profile: bool, results: Path, as_json: bool) -> None:
    """Run a plan and write its report.

    Trials that are in the results already are not run again, so an interrupted run goes on where it was.

    Exit code 0: all trials ended, diverged ones included; 1: some crashed, failed or ran out of time; 2: the plan or
    its data cannot be used; 130: interrupted.
    """
    from bench import recipes
    from bench.plan import load_plan
    from bench.progress import shown
    from bench.run import missing, open_store, run_plan

    add(plugins)
    if plan.startswith(recipes.PREFIX) and not Path(plan).is_file():
        sys.exit(0 if recipes.run(plan, results / "recipes", click.echo) else 1)
    planned = load_plan(plan, [name for name in optimizers.split(",") if name])
    store = open_store(results)
    try:
        with shown(planned.name, len(missing(planned, store)), len(planned.specs), quiet=as_json) as progress:
            run_plan(planned, store, results / planned.name, progress)
    except KeyboardInterrupt:
        click.echo(
            f"\nInterrupted. What has ended is kept in {store.path}: the same command goes on from it.", err=True
        )
        sys.exit(130)
    statuses = _report(store, planned.name, results, as_json)
    if profile:
        _echo_profile(store.run(planned.name))
    sys.exit(1 if statuses.keys() & {"crashed", "failed", "timeout"} else 0)


@click.command()
@click.argument("run", required=False)
@results_option
@json_option
def report(run: str | None, results: Path, as_json: bool) -> None:
    """Write the report of a run anew.

    RUN is a run's name or its beginning, the newest run unless given.
    """
    from bench.run import open_store

    store = open_store(results, must_exist=True)
    _report(store, store.find(run), results, as_json)


def _report(store: Any, run: str, results: Path, as_json: bool) -> dict[str, int]:
    from bench.report import write_report

    written = write_report(store.run(run), results / run)
    statuses: dict[str, int] = store.statuses(run)
    if as_json:
        echo_json({"run": run, "statuses": statuses, "report": str(written.page), "accuracy": written.accuracy})
    else:
        click.echo(written.summary)
    return statuses


def _echo_profile(run: Any) -> None:
    from tabulate import tabulate

    from bench.profile import seconds

    click.echo("\n" + tabulate(seconds(run), headers="keys", floatfmt=("", ".3f", ".1f"), tablefmt="plain"), err=True)
