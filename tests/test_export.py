"""A run for other programs."""

import csv
import json
import sqlite3
import struct
import sys
from dataclasses import replace

import pandas as pd
import pytest
from test_compare import SPEC, run

from bench.export import FORMS, ExportError, export, query
from bench.frames import load, open_run
from bench.record import Record
from bench.spec import Choice
from bench.store import Store, StoreError

EVIL = 'a/b <script>, "q"'


@pytest.fixture
def results(tmp_path):
    """A results folder with a run of two optimizers on three seeds, and a trial that crashed before its first point."""
    path = tmp_path / "results #1" / "scratchmark.db"
    run(path, "tiny-1", seeds=range(3), planted={"failing": (2,)})
    store = Store(path)
    crashed = Record(replace(SPEC, optimizer=Choice("evil", {"lr": 1.0, "on": True}), batch_size=None))
    crashed.end("crashed", EVIL)
    with store.engine.begin() as connection:
        position = connection.exec_driver_sql("SELECT count(*) FROM entries").scalar()
        connection.exec_driver_sql(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?)", ("tiny-1", position, "e", EVIL, crashed.spec.id)
        )
    store.add(crashed)
    store.engine.dispose()
    return path.parent


def test_a_run_is_loaded_as_one_tidy_frame(results):
    frame = load("tiny", results)
    assert len(frame) == 6 * 4 + 1
    assert len(load(results=results)) == len(frame)
    adam = frame[(frame["label"] == "adam") & (frame["seed"] == 1)]
    assert adam["step"].tolist() == [0, 250, 500, 750]
    assert adam["validation_accuracy"].iloc[-1] == pytest.approx(adam["test_accuracy"].iloc[0])
    assert set(adam["batch_size"]) == {64}
    assert adam["settings"].iloc[0] == {"lr": 0.001}
    assert {"epoch", "elapsed_s", "train_loss", "gradient_evaluations", "initializer", "status"} <= {*frame.columns}


def test_a_trial_without_a_curve_keeps_its_row(results):
    (row,) = load("tiny", results).query("status == 'crashed'").to_dict("records")
    assert row["label"] == EVIL
    assert all(pd.isna(row[name]) for name in ("step", "batch_size", "train_loss"))


def test_a_run_or_a_database_that_is_not_there(tmp_path, results):
    with pytest.raises(StoreError, match="run must be one of tiny-1, got 'other'"):
        load("other", results)
    with pytest.raises(StoreError, match=r"must be a database or a folder with scratchmark\.db, got neither"):
        load("tiny", tmp_path)
    (tmp_path / "text.db").write_text("no database")
    with pytest.raises(StoreError, match="got neither"):
        load(tmp_path / "text.db")


# --- tables


def test_csv_comes_back_as_it_went(results, tmp_path):
    points, trials = export(open_run("tiny", results), tmp_path / "out", "csv")
    frame = load("tiny", results)
    with points.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(frame.columns)
    accuracies = [float(row["validation_accuracy"]) for row in rows if row["validation_accuracy"]]
    assert accuracies == frame["validation_accuracy"].dropna().tolist()
    assert json.loads(rows[-1]["settings"]) == {"lr": 1.0, "on": True}
    assert rows[-1]["label"] == EVIL
    assert len(pd.read_csv(trials)) == 7


def test_json_lines_are_json_with_null_for_what_is_missing(results, tmp_path):
    points, trials = export(open_run("tiny", results), tmp_path / "out", "jsonl")
    rows = [json.loads(line) for line in points.read_text().splitlines()]
    assert len(rows) == 25
    assert rows[0]["settings"] == {"lr": 0.001}
    assert (rows[-1]["label"], rows[-1]["step"], rows[-1]["train_loss"]) == (EVIL, None, None)
    assert json.loads(trials.read_text().splitlines()[0])["spec"]["dataset"] == "mnist"


def test_parquet_comes_back_as_it_went(results, tmp_path):
    points, trials = export(open_run("tiny", results), tmp_path / "out", "parquet")
    frame, back = load("tiny", results), pd.read_parquet(points)
    pd.testing.assert_frame_equal(back.drop(columns="settings"), frame.drop(columns="settings"), check_dtype=False)
    assert len(pd.read_parquet(trials)) == 7


# --- TensorBoard


def events(path):
    """The events of a file: length, checksum, event, checksum, and so on."""
    from tensorboardX.proto.event_pb2 import Event

    data, start = path.read_bytes(), 0
    while start < len(data):
        (length,) = struct.unpack_from("<Q", data, start)
        yield Event.FromString(data[start + 12 : start + 12 + length])
        start += length + 16


def test_tensorboard_gets_a_folder_for_each_trial(results, tmp_path):
    made = open_run("tiny", results)
    places = export(made, tmp_path / "out", "tensorboard")
    assert export(made, tmp_path / "out", "tensorboard") == places
    assert len(places) == len(set(places)) == 7
    (file,) = places[0].iterdir()
    scalars = [(v.tag, e.step, e.wall_time, v.simple_value) for e in events(file) for v in e.summary.value]
    accuracy = [x for x in scalars if x[0] == "accuracy/validation"]
    curve = load("tiny", results).query("label == 'adam' and seed == 0")
    assert [x[1] for x in accuracy] == curve["step"].tolist()
    assert [x[3] for x in accuracy] == pytest.approx(curve["validation_accuracy"].tolist())
    seconds = [x[2] - accuracy[0][2] for x in accuracy]
    assert seconds == pytest.approx(curve["elapsed_s"].tolist(), abs=1e-3)
    assert {x[0] for x in scalars} >= {"loss/train", "loss/validation", "accuracy/train"}
    inside = (tmp_path / "out").resolve()
    assert all(place.resolve().is_relative_to(inside) for place in places)


@pytest.mark.parametrize(("form", "package"), [("parquet", "pyarrow"), ("tensorboard", "tensorboardX")])
def test_a_package_that_is_not_there_is_named_with_its_remedy(results, tmp_path, monkeypatch, form, package):
    monkeypatch.setitem(sys.modules, package, None)
    message = rf"needs the package {package}, which is not there: pip install scratchmark\[export\]"
    with pytest.raises(ExportError, match=message):
        export(open_run("tiny", results), tmp_path / "out", form)


def test_an_unknown_format_is_refused(results, tmp_path):
    with pytest.raises(ExportError, match=f"the format must be one of {', '.join(FORMS)}, got 'xls'"):
        export(open_run("tiny", results), tmp_path / "out", "xls")


# --- SQL


def test_a_select_is_answered(results):
    found = query("SELECT optimizer, count(*) AS n, max(test_accuracy) FROM trials GROUP BY optimizer", results)
    assert found[["optimizer", "n"]].values.tolist() == [["adam", 3], ["evil", 1], ["sgd", 3]]
    with_one = query(
        "WITH t AS (SELECT json_extract(spec, '$.dataset') AS d FROM trials) SELECT DISTINCT d FROM t", results
    )
    assert with_one.values.tolist() == [["mnist"]]
    assert "status" in set(query("PRAGMA table_info(trials)", results / "scratchmark.db")["name"])
    assert query("SELECT trial FROM trials WHERE 0", results).columns.tolist() == ["trial"]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM trials",
        "UPDATE trials SET test_accuracy = 1",
        "INSERT INTO runs (run) VALUES ('x')",
        "DROP TABLE points",
        "CREATE TABLE t (x)",
        "ATTACH DATABASE '{}/other.db' AS other",
        "VACUUM INTO '{}/copy.db'",
        "VACUUM",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA user_version = 7",
        "BEGIN IMMEDIATE",
    ],
)
def test_what_does_not_read_is_refused_in_one_line_and_changes_nothing(results, sql):
    before = (results / "scratchmark.db").read_bytes()
    with pytest.raises(StoreError, match="opened for reading alone, the statement must be one SELECT") as refused:
        query(sql.format(results), results)
    assert "\n" not in str(refused.value)
    assert (results / "scratchmark.db").read_bytes() == before
    assert not {path.name for path in results.iterdir()} & {"other.db", "copy.db"}


@pytest.mark.parametrize("sql", ["SELECT 1; DELETE FROM trials", "SELEC 1", "SELECT nothing FROM trials"])
def test_what_sqlite_does_not_take_is_said_in_one_line(results, sql):
    with pytest.raises(StoreError, match=r"^query: .+$"):
        query(sql, results)


def test_a_query_reads_beside_a_writer(results):
    writer = sqlite3.connect(results / "scratchmark.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert query("SELECT count(*) FROM runs", results).iloc[0, 0] == 1
    writer.execute("ROLLBACK")
    writer.close()
