"""Commands about results: compare runs, write them for other programs, ask the database."""

import sys
from pathlib import Path
from typing import Any

import click

from bench.cli.options import echo_json, json_option, results_option


@click.command()
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
    """Compare RUN_B with RUN_A: what became better, what worse.

    What fails now is said too, and what cannot be compared and why.

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
        echo_json({"a": a.name, "b": b.name, "differences": unlike, "lines": [asdict(line) for line in lines]})
    else:
        click.echo(f"{a.name}, then {b.name}")
        for name, (before, after) in unlike.items():
            click.echo(f"  {name}: {before}, then {after}")
        click.echo(f"\n{comparison.text(lines)}")
    sys.exit(comparison.exit_code(lines, fail_on))


@click.command()
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
    """Write a run for other programs: tidy tables, or TensorBoard.

    It is RUN, the newest unless given.
    """
    from bench import export as exporting
    from bench.frames import open_run

    found = open_run(run, results)
    folder = to or results / found.name / "export" / form
    written = exporting.export(found, folder, form)
    click.echo(f"{len(written)} {'folders' if form == 'tensorboard' else 'files'} in {folder}")


@click.command()
@click.argument("sql")
@results_option
@json_option
def query(sql: str, results: Path, as_json: bool) -> None:
    """Ask the results in SQL.

    The tables are runs, trials, points and entries. The database is opened for reading alone.
    """
    from tabulate import tabulate

    from bench.export import query as ask
    from bench.frames import plain

    found = ask(sql, results)
    if as_json:
        echo_json([{name: plain(value) for name, value in row.items()} for row in found.to_dict("records")])
    else:
        click.echo(tabulate(found, headers="keys", showindex=False, disable_numparse=True))
