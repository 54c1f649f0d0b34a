"""Runs as pandas frames, from wherever they are kept."""

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.run import DATABASE
from bench.store import Run, Store, StoreError

if TYPE_CHECKING:
    import pandas as pd

IDENTITY = ["experiment", "label", "optimizer", "initializer", "schedule", "batch_size", "lr", "seed", "dataset"]
OUTCOME = ["epochs", "status", "test_loss", "test_accuracy", "settings", "trial"]
CURVE = ["step", "epoch", "gradient_evaluations", "elapsed_s"]
SCORES = ["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]
WHOLE = dict.fromkeys(("batch_size", "seed", "epochs", "n_steps", "step", "gradient_evaluations"), "Int64")

SQLITE = b"SQLite format 3\0"


def load(run: str | Path | None = None, results: str | Path = "results") -> "pd.DataFrame":
    """A run as one tidy frame: a row for each point of each curve, with the columns of its trial beside it.

    A trial without a curve keeps a row, with nothing in the curve's columns. `run` is a run's name or its beginning
    (the newest where None), a database, a results folder or a run's folder; `DATABASE::RUN` names the run in a
    database. `batch_size` is missing for the full batch; seconds are those of training.

    Raises:
        StoreError: there is no such run, or no database.
    """
    return points(open_run(run, results))


def points(run: Run) -> "pd.DataFrame":
    """A row for each point of each curve with its trial's columns, and one for each trial without a curve."""
    trials = run.trials[IDENTITY + OUTCOME].drop_duplicates(["experiment", "label", "trial"])
    curves = run.points[["experiment", "label", "trial", *CURVE, *SCORES]]
    curves = curves.drop_duplicates(["experiment", "label", "trial", "step"])
    return _typed(trials.merge(curves, on=["experiment", "label", "trial"], how="left"))


def trials(run: Run) -> "pd.DataFrame":
    """A row for each trial: all that the store has of it."""
    return _typed(run.trials.drop(columns=["position"]))


def _typed(frame: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    numbers = ["lr", "test_loss", "test_accuracy", *CURVE, *SCORES]
    frame = frame.assign(**{name: pd.to_numeric(frame[name]) for name in [*numbers, *WHOLE] if name in frame})
    return frame.astype({name: dtype for name, dtype in WHOLE.items() if name in frame})


def open_run(run: str | Path | None, results: str | Path = "results") -> Run:
    """The run that is meant: see `load`."""
    database, name = _place(run, Path(results))
    store = Store(database)
    return store.run(store.find(name))


def find_database(path: str | Path) -> Path:
    """The database that `path` is, or that lies in the folder `path`.

    Raises:
        StoreError: it is no database and has none.
    """
    place = Path(path)
    found = place / DATABASE if place.is_dir() else place
    if not _is_database(found):
        raise StoreError(f"results: {path} must be a database or a folder with {DATABASE}, got neither")
    return found


def _place(run: str | Path | None, results: Path) -> tuple[Path, str | None]:
    """The database and the run's name in it, None for the newest."""
    place, _, name = str(run or "").partition("::")
    path = Path(place)
    if place and (path.is_file() or (path / DATABASE).is_file()):
        return find_database(path), name or None
    if place and path.is_dir() and (path.resolve().parent / DATABASE).is_file():
        return find_database(path.resolve().parent), path.resolve().name
    return find_database(results), None if run is None else str(run)


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def plain(value: Any) -> Any:
    """A cell as JSON takes it: what is missing, or no finite number, as None."""
    import pandas as pd

    if isinstance(value, dict | list):
        return value
    if pd.isna(value) or value in (inf, -inf):
        return None
    return value.item() if hasattr(value, "item") else value
