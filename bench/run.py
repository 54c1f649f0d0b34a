"""Carry out a plan: measure throughput alone, run the trials that the store lacks, keep each as it ends."""

from collections.abc import Callable
from pathlib import Path

from bench.executors import local_executor, run_all
from bench.machine import fingerprint
from bench.plan import PlannedRun
from bench.record import Record
from bench.spec import TrialSpec
from bench.store import Store, StoreError
from bench.throughput import measure

DATABASE = "scratchmark.db"
THROUGHPUT = "throughput.json"

Listener = Callable[[Record], None]


def open_store(results: Path, *, must_exist: bool = False) -> Store:
    """The database of a results folder."""
    path = results / DATABASE
    if must_exist and not path.exists():
        raise StoreError(f"results: {results} must hold {DATABASE}, got none; `scratchmark run` makes one")
    return Store(path)


def missing(planned: PlannedRun, store: Store) -> list[TrialSpec]:
    """The trials of the plan that the store does not have yet, however they ended."""
    known = store.known()
    return [spec for spec in planned.specs if spec.id not in known]


def rules(planned: PlannedRun) -> list[str]:
    """The optimizers of the plan, each by its name or, where it comes from a file, by its path."""
    choices = {spec.optimizer.name: spec.optimizer.source for spec in planned.specs}
    return [source if source and source.endswith(".py") else name for name, source in choices.items()]


def run_plan(planned: PlannedRun, store: Store, folder: Path, listen: Listener) -> None:
    """Run what is missing, one commit a trial; `listen` hears of each record once it is kept."""
    plan = planned.plan
    todo = missing(planned, store)
    store.begin(planned.name, plan.name, planned.text, plan.description, planned.specs[0].rules, fingerprint())
    store.enter(planned.name, planned.entries)
    if plan.throughput and not (folder / THROUGHPUT).exists():
        folder.mkdir(parents=True, exist_ok=True)
        measure(folder / THROUGHPUT, rules(planned))
    for record in run_all(todo, local_executor(), plan.time_limit_s):
        store.add(record)
        listen(record)
    store.finish(planned.name)
