"""Tune and race."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bench.cli.options import add, echo_json, json_option, plugin_option, results_option


@click.command()
@click.option("-o", "--optimizers", default="", metavar="A,B", help="Tune these in place of the plan's.")
@click.option(
    "--trials", type=click.IntRange(1), default=30, show_default=True, help="Trials of each optimizer in a study."
)
@click.option(
    "--studies", type=click.IntRange(1), default=3, show_default=True, help="Searches, each with its own draw and seed."
)
@click.option("--epochs", type=click.IntRange(1), show_default="as the plan says", help="Epochs of a trial.")
@click.option("--plan", default="default", show_default=True, help="A plan's name, or a TOML file.")
@plugin_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    show_default="tuned.toml in the run's folder",
    help="Where to write the tuned plan; its trials go beside it as CSV, and a figure.",
)
@results_option
@json_option
def tune(
    optimizers: str,
    trials: int,
    studies: int,
    epochs: int | None,
    plan: str,
    plugins: tuple[Path, ...],
    out: Path | None,
    results: Path,
    as_json: bool,
) -> None:
    """Search for hyperparameters, with as many trials for each rule.

    The plan is written with what was found. Each optimizer's trials are drawn from its own search space. Validation
    chooses: the best of the search are tried again on fresh seeds. Trials that are in the results already are not run
    again, so that an interrupted search goes on where it was, and a larger one keeps the trials of a smaller.
    """
    from bench.outcome import search
    from bench.tuned import summary, write_tuned
    from bench.tuning import Tuning

    add(plugins)
    tuning = Tuning.of(plan, [name for name in optimizers.split(",") if name], trials, studies, epochs)
    store = _open(results)
    with _interruptible(store):
        outcome = search(tuning, store, lambda planned: _carry_out(planned, store, results, as_json))
    path = out or results / outcome.run / "tuned.toml"
    trials_file, figure = write_tuned(outcome, path, _command_line())
    table = summary(outcome)
    if as_json:
        rows = table.data.to_dict("records")
        files = {"plan": str(path), "trials": str(trials_file), "figure": str(figure)}
        echo_json({"run": outcome.run, **files, "optimizers": rows})
    else:
        click.echo(f"{table.text()}\n\n{table.caption}\n\nWrote {path}, {trials_file} and {figure}.")


@click.command()
@click.argument("challenger", metavar="NAME|FILE")
@click.option("--against", default="adam,momentum", show_default=True, metavar="A,B", help="Names, or Python files.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=10,
    show_default=True,
    help="When to stop at the latest.",
)
@click.option("--epochs", type=click.IntRange(1), default=3, show_default=True, help="Epochs of a trial.")
@click.option(
    "--batch-size",
    type=click.IntRange(2),
    default=512,
    show_default=True,
    help="Of every entrant, but those whose nature is one example a step, or all.",
)
@click.option("--seeds", type=click.IntRange(1), show_default="as many as fit", help="Paired seeds.")
@click.option(
    "--plan",
    default="default",
    show_default=True,
    help="The plan whose data, network and initializer to race with.",
)
@plugin_option
@results_option
@json_option
def race(
    challenger: str,
    against: str,
    minutes: float,
    epochs: int,
    batch_size: int,
    seeds: int | None,
    plan: str,
    plugins: tuple[Path, ...],
    results: Path,
    as_json: bool,
) -> None:
    """Race a name or a Python file against others, to a verdict.

    All are tuned alike and then trained on paired seeds. What fits into the time is told first. The verdict says
    better, worse or no winner, by how much, and what it would take to decide.
    """
    from bench.race import Race

    add(plugins)
    opponents = [name for name in against.split(",") if name]
    planned = Race(challenger, opponents, minutes, plan, epochs, seeds, batch_size)
    click.echo(planned.announcement, err=True)
    store = _open(results)
    with _interruptible(store):
        page = planned.run(store, results, _command_line(), quiet=as_json)
    click.echo((page.with_suffix(".json") if as_json else page).read_text("utf-8"))
    if not as_json:
        click.echo(f"Wrote {page}.", err=True)


def _carry_out(planned: Any, store: Any, results: Path, quiet: bool) -> None:
    from bench.progress import shown
    from bench.run import missing, run_plan

    with shown(planned.name, len(missing(planned, store)), len(planned.specs), quiet=quiet) as progress:
        run_plan(planned, store, results / planned.name, progress)


@contextmanager
def _interruptible(store: Any) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        click.echo(
            f"\nInterrupted. What has ended is kept in {store.path}: the same command goes on from it.", err=True
        )
        sys.exit(130)


def _open(results: Path) -> Any:
    from bench.run import open_store

    return open_store(results)


def _command_line() -> str:
    return shlex.join(["scratchmark", *sys.argv[1:]])
