"""The `scratchmark` command. Whatever a command needs it imports itself: `--help` answers at once."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from bench import __version__

KINDS = ("optimizers", "initializers", "schedules", "datasets", "plans")

results_option = click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("results"),
    show_default=True,
    help="The folder of the results database and the reports.",
)
plugin_option = click.option(
    "--plugin",
    "plugins",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A Python file with an optimizer, known by the file's name; may be given several times.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")


class WrongInput(click.ClickException):
    """An input that cannot be used: a clear line, and exit code 2."""

    exit_code = 2


class Commands(click.Group):
    """The commands; what their user can mend becomes a message, what is our mistake stays a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except ValueError as error:
            if type(error).__name__ not in {"DatasetError", "ExportError", "PlanError", "PluginError", "StoreError"}:
                raise
            raise WrongInput(str(error)) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="scratchmark")
def main() -> None:
    """Is your optimizer any good? Train one fixed NumPy network on real MNIST under each, and compare."""


@main.command()
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
    from bench.plan import load_plan
    from bench.progress import shown
    from bench.run import missing, open_store, run_plan

    _add(plugins)
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


@main.command()
@click.argument("run", required=False)
@results_option
@json_option
def report(run: str | None, results: Path, as_json: bool) -> None:
    """Write the report of RUN anew, of the newest run unless given. RUN is a run's name or its beginning."""
    from bench.run import open_store

    store = open_store(results, must_exist=True)
    _report(store, store.find(run), results, as_json)


@main.group()
def data() -> None:
    """Look at data sets."""


@data.command("show")
@click.argument("name")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The picture; NAME.png unless given.")
@click.option("--seed", default=1, show_default=True, help="Which samples, and which of them validate.")
def data_show(name: str, output: Path | None, seed: int) -> None:
    """Draw samples of a data set with their labels, for training, validation and test part.

    NAME is a name that `scratchmark list datasets` has, a folder of four IDX files, or an .npz file. A made set takes
    settings, as in "moons?n=500&noise=0.1".
    """
    from bench import datasets

    found = datasets.load(name)
    from bench.datasets import figures  # matplotlib takes its time, and a wrong name shall not wait for it

    click.echo(figures.show(found, output or Path(f"{Path(found.name).name.partition('?')[0]}.png"), seed))


def _report(store: Any, run: str, results: Path, as_json: bool) -> dict[str, int]:
    from bench.report import write_report

    written = write_report(store.run(run), results / run)
    statuses: dict[str, int] = store.statuses(run)
    if as_json:
        _echo_json({"run": run, "statuses": statuses, "report": str(written.page), "accuracy": written.accuracy})
    else:
        click.echo(written.summary)
    return statuses


@main.command()
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


@main.command()
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
        _echo_json({"name": found.name, "version": found.version, "checks": [asdict(outcome) for outcome in outcomes]})
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


@main.command()
@click.argument("run_a")
@click.argument("run_b")
@click.option(
    "--target",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.97,
    show_default=True,
    help="The validation accuracy to which time is taken.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["regression", "quality"]),
    help="Set the exit code, for CI; `quality` leaves seconds out.",
)
@results_option
@json_option
def compare(run_a: str, run_b: str, target: float, fail_on: Any, results: Path, as_json: bool) -> None:
    """Compare RUN_B with RUN_A: what became better or worse, what fails now, what cannot be compared and why.

    A run is a name or its beginning, a database, a results folder, the folder of a run, or DATABASE::RUN. Seeds that
    both have are paired; the verdicts on one metric are corrected together.

    Exit code 0; with --fail-on 1 where something became worse or fails now, and 2 where nothing could be compared.
    """
    from dataclasses import asdict

    from bench import compare as comparison
    from bench.frames import open_run

    a, b = open_run(run_a, results), open_run(run_b, results)
    lines, unlike = comparison.compare(a, b, target=target), comparison.differences(a, b)
    if as_json:
        _echo_json({"a": a.name, "b": b.name, "differences": unlike, "lines": [asdict(line) for line in lines]})
    else:
        click.echo(f"{a.name}, then {b.name}")
        for name, (before, after) in unlike.items():
            click.echo(f"  {name}: {before}, then {after}")
        click.echo(f"\n{comparison.text(lines)}")
    sys.exit(comparison.exit_code(lines, fail_on))


@main.command()
@click.argument("run", required=False)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", "jsonl", "tensorboard"]),
    default="csv",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder (default: RESULTS/RUN/export/FORMAT).",
)
@results_option
def export(run: str | None, form: str, to: Path | None, results: Path) -> None:
    """Write RUN, the newest unless given, for other programs: tidy tables, or event files for TensorBoard."""
    from bench import export as exporting
    from bench.frames import open_run

    found = open_run(run, results)
    folder = to or results / found.name / "export" / form
    written = exporting.export(found, folder, form)
    click.echo(f"{len(written)} {'folders' if form == 'tensorboard' else 'files'} in {folder}")


@main.command()
@click.argument("sql")
@results_option
@json_option
def query(sql: str, results: Path, as_json: bool) -> None:
    """Ask the results in SQL: tables runs, trials, points and entries. The database is opened for reading alone."""
    from tabulate import tabulate

    from bench.export import query as ask
    from bench.frames import plain

    found = ask(sql, results)
    if as_json:
        _echo_json([{name: plain(value) for name, value in row.items()} for row in found.to_dict("records")])
    else:
        click.echo(tabulate(found, headers="keys", showindex=False, disable_numparse=True))


@main.command("list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@plugin_option
@json_option
def list_(kind: str | None, plugins: tuple[Path, ...], as_json: bool) -> None:
    """List what there is: optimizers, initializers, schedules, datasets and plans."""
    from tabulate import tabulate

    from bench.catalogue import listing

    _add(plugins)
    found = {name: listing(name) for name in ([kind] if kind else KINDS)}
    if as_json:
        _echo_json(found)
        return
    for name, rows in found.items():
        click.secho(name, bold=True)
        click.echo(tabulate(rows, headers="keys" if name == "optimizers" else (), tablefmt="plain") + "\n")


@main.command()
@click.argument("name")
@plugin_option
@json_option
def show(name: str, plugins: tuple[Path, ...], as_json: bool) -> None:
    """Show a plugin: its update rule and source, and every hyperparameter with default and domain."""
    from tabulate import tabulate

    from bench.catalogue import describe_plugin

    _add(plugins)
    found = describe_plugin(name)
    if as_json:
        _echo_json(found)
        return
    click.secho(f"{name} ({found['kind']})", bold=True)
    click.echo(f"\n{found['text']}\n")
    if "batch_size" in found:
        click.echo(
            f"Trains with batch size {found['batch_size']} and schedule {found['schedule']} unless told otherwise.\n"
        )
    click.echo(tabulate(found["hyperparameters"], headers="keys", disable_numparse=True))


def _echo_profile(run: Any) -> None:
    from tabulate import tabulate

    from bench.profile import seconds

    click.echo("\n" + tabulate(seconds(run), headers="keys", floatfmt=("", ".3f", ".1f"), tablefmt="plain"), err=True)


def _add(plugins: tuple[Path, ...]) -> None:
    from bench import registry

    for path in plugins:
        registry.add_file(path)


def _echo_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, default=str))
