"""The results database."""

import sqlite3

import pytest
from specs import trial_spec

from bench.record import Record
from bench.store import Entry, Store, StoreError

POINT = {
    "event": "point",
    "step": 0,
    "epoch": 0.0,
    "gradient_evaluations": 0,
    "elapsed_s": 0.0,
    "train_loss": 2.3,
    "train_accuracy": 0.1,
    "validation_loss": 2.3,
    "validation_accuracy": 0.1,
}


def record(status="done", **fields):
    made = Record(trial_spec(**fields))
    made.add({"event": "start", "initial_hash": "a", "order_hash": "b", "n_parameters": 1, "n_steps": 2})
    made.add(dict(POINT))
    made.end(status, "" if status == "done" else "why")
    made.result["test_accuracy"] = 0.9 if status == "done" else None
    return made


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "new folder" / "results.db")


def test_what_is_kept_comes_back(store):
    kept = record()
    store.begin("r", "plan", "name = 'plan'", "what", 1, {"cores": 2})
    store.enter("r", [Entry("e", "label", kept.spec)])
    store.add(kept)
    run = store.run("r")
    assert run.plan == "plan"
    assert run.machine == {"cores": 2}
    (row,) = run.trials.to_dict("records")
    assert row["label"] == "label"
    assert row["test_accuracy"] == 0.9
    assert row["settings"] == kept.spec.optimizer.settings
    assert run.points["train_loss"].tolist() == [2.3]


def test_a_failed_trial_keeps_its_row_reason_and_partial_curve(store):
    store.begin("r", "plan", "", "", 1, {})
    failed = record("failed", seed=5)
    store.enter("r", [Entry("e", "x", failed.spec)])
    store.add(failed)
    run = store.run("r")
    assert run.trials[["status", "reason"]].values.tolist() == [["failed", "why"]]
    assert len(run.points) == 1
    assert store.statuses("r") == {"failed": 1}


def test_a_trial_belongs_to_every_run_that_lists_it(store):
    shared = record()
    store.add(shared)
    for run in ("r1", "r2"):
        store.begin(run, "plan", "", "", 1, {})
        store.enter(run, [Entry("e", "x", shared.spec)])
    assert len(store.run("r1").trials) == len(store.run("r2").trials) == 1
    assert store.known() == {shared.spec.id}


def test_each_trial_is_its_own_commit(store):
    store.add(record())
    other = sqlite3.connect(store.path)
    assert other.execute("SELECT status FROM trials").fetchall() == [("done",)]
    other.close()


def test_the_first_word_on_how_a_trial_ended_counts():
    late = Record(trial_spec())
    late.end("timeout", "no end within 1 s")
    late.end("crashed", "exit code -9")
    assert (late.status, late.reason) == ("timeout", "no end within 1 s")


def test_a_run_is_found_by_its_beginning(store):
    for run in ("smoke-1", "smoke-2", "default-1"):
        store.begin(run, "plan", "", "", 1, {})
    assert store.find("def") == "default-1"
    with pytest.raises(StoreError, match=r"run must be one of .*smoke-2.*, got 'smoke'"):
        store.find("smoke")
    with pytest.raises(StoreError, match="got 'nothing'"):
        store.run("nothing")


def test_a_trial_that_was_not_run_yet_is_a_row_and_stays_in_every_denominator(store):
    ended, waiting = record(), record(seed=7)
    store.begin("r", "plan", "", "", 1, {})
    store.enter("r", [Entry("e", "x", made.spec) for made in (ended, waiting)])
    store.add(ended)
    assert store.statuses("r") == {"done": 1, "planned": 1}
    assert store.known() == {ended.spec.id}
    assert store.run("r").trials["reason"].tolist() == ["", "not run yet"]
    store.add(waiting)
    assert store.statuses("r") == {"done": 2}


def test_a_database_of_another_schema_is_refused(store):
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="must have schema 1, got 99"):
        Store(store.path)
