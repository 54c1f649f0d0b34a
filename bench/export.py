"""A run for other programs: tidy CSV, Parquet and JSON Lines, TensorBoard's event files, and SQL on the store."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import frames
from bench.errors import InputError
from bench.frames import find_database, plain
from bench.report.experiment import slugs
from bench.store import Run, StoreError

if TYPE_CHECKING:
    import pandas as pd

EXTRA = "pip install scratchmark[export]"
NEEDS = {"parquet": "pyarrow", "tensorboard": "tensorboardX"}
SCALARS = {
    "train_loss": "loss/train",
    "validation_loss": "loss/validation",
    "train_accuracy": "accuracy/train",
    "validation_accuracy": "accuracy/validation",
}


class ExportError(InputError):
    """A format that is unknown, or that needs a package that is not there."""


def export(run: Run, folder: Path, form: str) -> list[Path]:
    """Write a run into `folder` in a form of FORMS and return the files, or folders, that were written.

    CSV, Parquet and JSON Lines: `points` has a row for each point of each curve with its trial beside it, `trials` a
    row for each trial. TensorBoard: a folder for each trial.

    Raises:
        ExportError: the form is unknown, or needs a package that is not there.
    """
    if form not in FORMS:
        raise ExportError(f"export: the format must be one of {', '.join(FORMS)}, got {form!r}")
    if form in NEEDS:
        _require(NEEDS[form], form)
    return FORMS[form](run, folder)


def _require(package: str, form: str) -> None:
    try:
        import_module(package)
    except ImportError:
        raise ExportError(f"export: {form} needs the package {package}, which is not there: {EXTRA}") from None


def _tables(suffix: str, write: Callable[["pd.DataFrame", Path], None]) -> Callable[[Run, Path], list[Path]]:
    def export_tables(run: Run, folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{name}.{suffix}" for name in ("points", "trials")]
        for frame, path in zip((frames.points(run), frames.trials(run)), paths, strict=True):
            write(frame, path)
        return paths

    return export_tables


def _write_csv(frame: "pd.DataFrame", path: Path) -> None:
    _flat(frame).to_csv(path, index=False, lineterminator="\n")


def _write_parquet(frame: "pd.DataFrame", path: Path) -> None:
    _flat(frame).to_parquet(path, engine="pyarrow", index=False)


def _write_jsonl(frame: "pd.DataFrame", path: Path) -> None:
    rows = ({name: plain(value) for name, value in row.items()} for row in frame.to_dict("records"))
    path.write_text("".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows), "utf-8")


def _flat(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with what is nested as JSON."""
    nested = [name for name in ("settings", "spec") if name in frame]
    return frame.assign(**{name: [json.dumps(value, sort_keys=True) for value in frame[name]] for name in nested})


# --- TensorBoard


def _export_events(run: Run, folder: Path) -> list[Path]:
    """An event file for each trial, in EXPERIMENT/LABEL/INITIALIZER/seed-N; one of an earlier export is replaced."""
    from tensorboardX import SummaryWriter

    started = datetime.fromisoformat(run.started).timestamp()
    points = frames.points(run)
    safe = {name: _safe(points[name].unique()) for name in ("experiment", "label", "initializer")}
    written = []
    for (trial, experiment, label), curve in points.groupby(["trial", "experiment", "label"], sort=False):
        first = curve.iloc[0]
        names = (safe["experiment"][experiment], safe["label"][label], safe["initializer"][first["initializer"]])
        place = folder.joinpath(*names, f"seed-{first['seed']}-{trial[:6]}")
        _write_events(SummaryWriter, place, curve, started)
        written.append(place)
    return written


def _safe(names: Iterable[str]) -> dict[str, str]:
    listed = list(names)
    return dict(zip(listed, slugs(listed), strict=True))


def _write_events(writer: Any, place: Path, curve: "pd.DataFrame", started: float) -> None:
    """The curve's scalars by step; TensorBoard's relative time is the seconds of training."""
    for old in place.glob("events.out.tfevents.*"):
        old.unlink()
    facts = {name: plain(value) for name, value in curve.iloc[0].items() if name in frames.IDENTITY + frames.OUTCOME}
    with writer(logdir=str(place)) as events:
        events.add_text("trial", f"    {json.dumps(facts)}", 0, walltime=started)
        for point in curve.dropna(subset=["step"]).to_dict("records"):
            for column, tag in SCALARS.items():
                if isfinite(point[column]):
                    events.add_scalar(tag, point[column], int(point["step"]), walltime=started + point["elapsed_s"])


FORMS: dict[str, Callable[[Run, Path], list[Path]]] = {
    "csv": _tables("csv", _write_csv),
    "parquet": _tables("parquet", _write_parquet),
    "jsonl": _tables("jsonl", _write_jsonl),
    "tensorboard": _export_events,
}


# --- SQL

READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
SCHEMA = {"table_info", "table_list", "foreign_key_list"}


def query(sql: str, path: str | Path) -> "pd.DataFrame":
    """What one SELECT says of the store at `path`, a database or a results folder; it is opened for reading alone.

    Raises:
        StoreError: there is no database, the statement does something else than read, or SQLite does not take it.
    """
    import pandas as pd

    with closing(_read_only(find_database(path))) as connection:
        connection.set_authorizer(_may_read)
        try:
            cursor = connection.execute(sql)
            rows = cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise StoreError(_refusal(error)) from None
    return pd.DataFrame(rows, columns=[column[0] for column in cursor.description or ()])


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _may_read(action: int, name: str | None, argument: str | None, *_: Any) -> int:
    reads = action in READING or (action == sqlite3.SQLITE_PRAGMA and name in SCHEMA)
    return sqlite3.SQLITE_OK if reads else sqlite3.SQLITE_DENY


def _refusal(error: Exception) -> str:
    # SQLite has a code for what is denied, but not for every statement.
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_AUTH or str(error) == "not authorized":
        return "query: the store is opened for reading alone, the statement must be one SELECT"
    return f"query: {error}"
