"""Commands that train one network and can be stopped: train, and continue."""

import sys
from pathlib import Path
from typing import Any

import click

from bench.cli.options import add, plugin_option, results_option

set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting, as in lr=3e-4, dropout=0.5, hidden=[64,32] or schedule=cosine; may be given several times.",
)


@click.command()
@click.option("-o", "--optimizer", default="adam", show_default=True, help="The optimizer.")
@click.option("--dataset", default="mnist", show_default=True, help="A data set's name, folder or .npz file.")
@click.option("--epochs", type=click.IntRange(1), default=10, show_default=True, help="How long.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="What is drawn at random.")
@click.option("--name", help="The session's name (default: from optimizer, dataset and seed).")
@set_option
@plugin_option
@results_option
def train(
    optimizer: str,
    dataset: str,
    epochs: int,
    seed: int,
    name: str | None,
    settings: tuple[str, ...],
    plugins: tuple[Path, ...],
    results: Path,
) -> None:
    """Train one network; Ctrl-C stops it, `continue` goes on.

    Each evaluation is a line.

    It is kept in RESULTS/sessions/NAME at every evaluation, at Ctrl-C, and in the end.

    Exit code 0: trained; 1: the loss became no number; 2: a setting cannot be used; 130: interrupted.
    """
    from bench.session import Session

    add(plugins)
    values = {"optimizer": optimizer, "dataset": dataset, "seed": seed, **_parsed(settings)}
    session = Session(tell=_tell, **values)
    _train(session, _new_folder(results / "sessions", name, session), epochs)


@click.command("continue")
@click.argument("run")
@click.option("--epochs", type=click.IntRange(1), help="How much longer (default: what an interrupt left, else 10).")
@set_option
@results_option
def continue_(run: str, epochs: int | None, settings: tuple[str, ...], results: Path) -> None:
    """Go on with a session, changed or not.

    RUN is its name or the beginning of it, its folder, or an .npz file.

    Unchanged, it goes on as if it had never been stopped. With --set the weights and the optimizer's state stay where
    the setting allows it, and it is said where not.

    Exit codes are those of `scratchmark train`.
    """
    from bench.session import Session

    path = _find(results / "sessions", run)
    session = Session.load(path, tell=_tell)
    session.change(**_parsed(settings))
    _train(session, path, epochs or (None if session.epochs_left else 10))


def _train(session: Any, path: Path, epochs: int | None) -> None:
    """Train, keep the session at every evaluation and in the end, and leave with its exit code."""

    def on_point(point: Any) -> None:
        click.echo(_line(point))
        session.save(path)

    try:
        session.train(epochs, on_point)
        session.save(path)
    except KeyboardInterrupt:  # while nothing was in training
        session.status = "interrupted"
        session.save(path)
    if session.status == "interrupted":
        _tell(f"Kept in {path}. To go on:\n\n    scratchmark continue {path}")
        sys.exit(130)
    if session.status == "diverged":
        _tell(f"Kept in {path}. To go on:\n\n    scratchmark continue {path} --set lr=...")
        sys.exit(1)
    _finish(session, path)


def _finish(session: Any, path: Path) -> None:
    """Draw the curve beside the checkpoint, and say how it ended."""
    picture = path.with_suffix(".svg") if path.suffix == ".npz" else path / "curve.svg"
    picture.write_text(session.svg(), "utf-8")
    click.echo(f"Test accuracy {session.test().accuracy:.2%}. Kept in {path}; the curve is {picture}.")


def _line(point: Any) -> str:
    return (
        f"epoch {point.epoch:6.2f}   training loss {point.train_loss:.4f}, accuracy {point.train_accuracy:7.2%}   "
        f"validation loss {point.validation_loss:.4f}, accuracy {point.validation_accuracy:7.2%}   "
        f"{point.elapsed_s:6.1f} s"
    )


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _parsed(settings: tuple[str, ...]) -> dict[str, Any]:
    """`lr=3e-4` as a name and a value."""
    from bench.errors import InputError

    values = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not (equals and name.strip()):
            raise InputError(f"--set: must be KEY=VALUE, got {text!r}")
        values[name.strip()] = _value(value.strip())
    return values


def _value(text: str) -> Any:
    """A value as TOML has it; what is none is a text, so that names need no quotes."""
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _new_folder(sessions: Path, name: str | None, session: Any) -> Path:
    """The folder of a session of this name, which there must not be; of the first free name unless given."""
    import re
    from itertools import count

    from bench.errors import InputError

    if name is not None:
        if (sessions / name).exists():
            raise InputError(f"--name: {sessions / name} is there already: continue it, or choose another name")
        return sessions / name
    own = re.sub(r"[^A-Za-z0-9.]+", "-", f"{session.optimizer}-{Path(session.dataset).name}-{session.seed}")
    names = (own if i == 1 else f"{own}.{i}" for i in count(1))
    return next(sessions / free for free in names if not (sessions / free).exists())


def _find(sessions: Path, run: str) -> Path:
    """The session of this name or path."""
    from bench.errors import InputError
    from bench.plugin import unknown

    if Path(run).exists():
        return Path(run)
    names = sorted(path.name for path in sessions.glob("*") if path.is_dir())
    found = [run] if run in names else [name for name in names if name.startswith(run)]
    if len(found) > 1:
        raise InputError(f"session {run!r} may be {' or '.join(found)}")
    if not found:
        none = f"session {run!r} is unknown: there is none in {sessions}"
        raise InputError(unknown("session", run, names) if names else none)
    return sessions / found[0]
