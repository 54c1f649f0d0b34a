"""The results database: one SQLite file, one writer, one commit a trial."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Column,
    Engine,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from bench.clock import now_utc
from bench.errors import InputError
from bench.record import Record
from bench.spec import TrialSpec

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1  # raised when a table changes; a file says which it was made with

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("run", String, primary_key=True),
    Column("plan", String, nullable=False),
    Column("plan_text", String, nullable=False),
    Column("description", String, nullable=False),
    Column("rules", Integer, nullable=False),
    Column("started", String, nullable=False),
    Column("finished", String),
    Column("machine", JSON, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("trial", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("dataset", String, nullable=False),
    Column("optimizer", String, nullable=False),
    Column("initializer", String, nullable=False),
    Column("schedule", String, nullable=False),
    Column("batch_size", Integer),
    Column("lr", Float),
    Column("seed", Integer, nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("n_steps", Integer),
    Column("test_loss", Float),
    Column("test_accuracy", Float),
    *(Column(f"{phase}_s", Float) for phase in ("setup", "batch", "gradient", "update", "evaluation")),
    Column("wall_s", Float),
    Column("peak_memory_mb", Float),
    Column("initial_hash", String),
    Column("order_hash", String),
    Column("spec", JSON, nullable=False),
    Column("finished", String, nullable=False),
)

points = Table(
    "points",
    metadata,
    Column("trial", String, ForeignKey("trials.trial"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("epoch", Float, nullable=False),
    Column("gradient_evaluations", Integer, nullable=False),
    Column("elapsed_s", Float, nullable=False),
    Column("train_loss", Float),
    Column("train_accuracy", Float),
    Column("validation_loss", Float),
    Column("validation_accuracy", Float),
)

entries = Table(
    "entries",
    metadata,
    Column("run", String, ForeignKey("runs.run"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("experiment", String, nullable=False),
    Column("label", String, nullable=False),
    Column("trial", String, nullable=False),
)


class StoreError(InputError):
    """A database or a run that is not there, or is not the only one meant."""


@dataclass(frozen=True)
class Entry:
    """A trial's place in a run: the experiment it belongs to and the label under which it is shown."""

    experiment: str
    label: str
    spec: TrialSpec


@dataclass(frozen=True)
class Run:
    """A run as the report sees it: what was planned, on what machine, and what came out.

    `trials` has a row for each entry, `points` one for each point of each curve; both carry experiment, label,
    optimizer, initializer and seed. `settings` in `trials` are the hyperparameters by name.
    """

    name: str
    plan: str
    plan_text: str
    description: str
    rules: int
    started: str
    finished: str | None
    machine: dict[str, Any]
    trials: "pd.DataFrame"
    points: "pd.DataFrame"


class Store:
    """The database at `path`, made when it is not there."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.engine = _engine(path)
        metadata.create_all(self.engine)
        self._check_schema()

    def _check_schema(self) -> None:
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found == 0:
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
            elif found != SCHEMA:
                raise StoreError(f"{self.path} must have schema {SCHEMA}, got {found}: another version made it")

    def begin(self, run: str, plan: str, plan_text: str, description: str, rules: int, machine: dict[str, Any]) -> None:
        """Write down that a run begins, or goes on: then its first beginning stays."""
        row = {"run": run, "plan": plan, "plan_text": plan_text, "description": description, "rules": rules}
        with self.engine.begin() as connection:
            connection.execute(insert(runs).values(**row, started=now_utc(), machine=machine).on_conflict_do_nothing())

    def enter(self, run: str, listed: Iterable[Entry]) -> None:
        """Write down which trials belong to a run, in which order; those that have not been run yet are `planned`."""
        listed = list(listed)
        planned = [_trial_row(Record(e.spec, "planned", "not run yet")) for e in listed]
        rows = [
            {"run": run, "position": i, "experiment": e.experiment, "label": e.label, "trial": e.spec.id}
            for i, e in enumerate(listed)
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(trials).on_conflict_do_nothing(), planned)
            connection.execute(insert(entries).on_conflict_do_nothing(), rows)

    def finish(self, run: str) -> None:
        """Write down that every trial of a run has ended, when it has not been yet."""
        with self.engine.begin() as connection:
            connection.execute(
                runs.update().where(runs.c.run == run, runs.c.finished.is_(None)).values(finished=now_utc())
            )

    def add(self, record: Record) -> None:
        """Keep a trial, in one commit; a trial that is there already is replaced."""
        row, curve = _trial_row(record), [{"trial": record.spec.id, **point} for point in record.points]
        with self.engine.begin() as connection:
            connection.execute(points.delete().where(points.c.trial == record.spec.id))
            connection.execute(trials.delete().where(trials.c.trial == record.spec.id))
            connection.execute(insert(trials), row)
            if curve:
                connection.execute(insert(points), curve)

    def known(self) -> set[str]:
        """The ids of the trials that have ended, however they ended."""
        with self.engine.connect() as connection:
            return set(connection.scalars(select(trials.c.trial).where(trials.c.status != "planned")))

    def statuses(self, run: str) -> dict[str, int]:
        """How many trials of a run ended in each status."""
        query = (
            select(trials.c.status, func.count(trials.c.trial.distinct()))
            .join(entries, entries.c.trial == trials.c.trial)
            .where(entries.c.run == run)
            .group_by(trials.c.status)
        )
        with self.engine.connect() as connection:
            return {status: n for status, n in connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy

    def names(self) -> list[str]:
        """The runs, the newest first."""
        with self.engine.connect() as connection:
            return list(connection.scalars(select(runs.c.run).order_by(runs.c.started.desc())))

    def find(self, beginning: str | None) -> str:
        """The one run whose name begins so, the newest where None; StoreError where there is none or several."""
        names = self.names()
        found = (
            names[:1]
            if beginning is None
            else [n for n in names if n == beginning] or [n for n in names if n.startswith(beginning)]
        )
        if len(found) != 1:
            raise StoreError(f"run must be one of {', '.join(names) or '(there are none)'}, got {beginning!r}")
        return found[0]

    def run(self, name: str) -> Run:
        """A run with its trials and curves; StoreError where there is none of this name."""
        import pandas as pd

        listed = (
            select(entries.c.experiment, entries.c.label, entries.c.position, trials)
            .join(trials, trials.c.trial == entries.c.trial)
            .where(entries.c.run == name)
            .order_by(entries.c.position)
        )
        identity = (entries.c.experiment, entries.c.label, trials.c.optimizer, trials.c.initializer, trials.c.seed)
        curves = (
            select(*identity, points)
            .join(trials, trials.c.trial == entries.c.trial)
            .join(points, points.c.trial == entries.c.trial)
            .where(entries.c.run == name)
            .order_by(entries.c.position, points.c.step)
        )
        with self.engine.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.run == name)).mappings().one_or_none()
            if row is None:
                raise StoreError(f"run must be one of {', '.join(self.names())}, got {name!r}")
            trial_frame = pd.read_sql(listed, connection)
            point_frame = pd.read_sql(curves, connection)
        trial_frame["settings"] = [spec["optimizer"]["settings"] for spec in trial_frame["spec"]]
        columns = ("plan", "plan_text", "description", "rules", "started", "finished", "machine")
        return Run(name, **{column: row[column] for column in columns}, trials=trial_frame, points=point_frame)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _: Any) -> None:
        # Write-ahead logging: readers never wait for the writer, and a killed run leaves a whole database.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _trial_row(record: Record) -> dict[str, Any]:
    spec = record.spec
    seconds = record.result.get("seconds", {})
    return {
        "trial": spec.id,
        "status": record.status,
        "reason": record.reason,
        "dataset": spec.dataset,
        "optimizer": spec.optimizer.name,
        "initializer": spec.initializer.name,
        "schedule": spec.schedule.name,
        "batch_size": spec.batch_size,
        "lr": spec.optimizer.settings.get("lr"),
        "seed": spec.seed,
        "epochs": spec.epochs,
        "n_steps": record.start.get("n_steps"),
        "test_loss": record.result.get("test_loss"),
        "test_accuracy": record.result.get("test_accuracy"),
        **{f"{phase}_s": value for phase, value in seconds.items()},
        "wall_s": record.result.get("wall_s"),
        "peak_memory_mb": record.result.get("peak_memory_mb"),
        "initial_hash": record.start.get("initial_hash"),
        "order_hash": record.start.get("order_hash"),
        "spec": json.loads(json.dumps(asdict(spec))),
        "finished": record.finished,
    }
