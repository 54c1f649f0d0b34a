"""Two runs side by side."""

from dataclasses import replace

import numpy as np
import pytest

from bench.compare import LOAD, Line, compare, differences, exit_code, has_regression, text
from bench.frames import open_run
from bench.record import Record
from bench.spec import Choice, TrialSpec
from bench.store import Entry, Store

MACHINE = {"processor": "one", "cores": 2, "system": "Linux", "blas_threads_per_trial": 1, "python": "3.12"}
N_STEPS = 1000
SPEC = TrialSpec(
    dataset="mnist",
    data="0",
    scaling="unit",
    hidden=(128, 64),
    activation="relu",
    initializer=Choice("he"),
    optimizer=Choice("adam", {"lr": 0.001}, version="1"),
    schedule=Choice("constant"),
    batch_size=64,
    epochs=2,
    evaluations_per_epoch=2,
    seed=0,
)


def trial(spec, *, gain=0.0, slower=1.0, status="done", rng):
    """An invented trial with the noise of its seed and a little of its own."""
    record = Record(spec, status, "", {"n_steps": N_STEPS}, finished="2026-01-01T00:00:00+00:00")
    seconds = 4.0 * slower * float(np.exp(rng.normal(0, 0.01)))
    accuracy = 0.978 + gain + 0.002 * np.sin(spec.seed) + rng.normal(0, 0.0003)
    for i, part in enumerate((0.1, 0.9, 0.995, 1.0)):
        record.points.append(
            {
                "step": i * 250,
                "epoch": i / 2,
                "gradient_evaluations": i * 250,
                "elapsed_s": i * seconds / 4,
                "train_loss": 1.0,
                "train_accuracy": 0.9,
                "validation_loss": 1.0,
                "validation_accuracy": part * accuracy,
            }
        )
    parts = {"setup": 1.0, "batch": 0.1 * seconds, "gradient": 0.6 * seconds, "update": 0.3 * seconds, "evaluation": 1}
    if status == "done":
        record.result = {"test_loss": 0.1, "test_accuracy": accuracy, "seconds": parts}
    return record


def run(path, name="r", *, seeds=range(5), planted=None, others=None, machine=MACHINE, rules=1, noise=0, **fields):
    """A run of two optimizers; `planted` is done to adam, `others` to sgd, `fields` are the spec's."""
    store = Store(path)
    rng = np.random.default_rng(noise)
    listed = []
    for label, planting in (("adam", planted or {}), ("sgd", others or {})):
        for seed in seeds:
            spec = replace(SPEC, optimizer=Choice(label, {"lr": 0.001}, version=f"{noise}"), seed=seed, **fields)
            bad = planting.get("failing", ())
            status = planting.get("status", "diverged") if seed in bad else "done"
            effect = {key: planting[key] for key in ("gain", "slower") if key in planting}
            listed.append((Entry("e", label, spec), trial(spec, status=status, rng=rng, **effect)))
    store.begin(name, "plan", "", "", rules, machine)
    store.enter(name, [entry for entry, _ in listed])
    for _, record in listed:
        store.add(record)
    return store.run(name)


def marks(lines, label="adam"):
    return {line.metric: line.mark for line in lines if line.label == label}


@pytest.fixture
def before(tmp_path):
    return run(tmp_path / "before.db")


def test_S9_equal_runs_have_no_flags(before):
    lines = compare(before, before)
    assert len(lines) == 10
    assert {(line.mark, line.reason, line.n) for line in lines} == {("not significant", "equal", 5)}
    assert not has_regression(lines)
    assert exit_code(lines, "regression") == 0


def test_S9_the_same_again_with_its_noise_has_no_flags(before, tmp_path):
    lines = compare(before, run(tmp_path / "b.db", noise=1))
    assert {line.mark for line in lines} == {"not significant"}


def test_S9_a_planted_slowdown_of_20_percent_is_flagged(before, tmp_path):
    lines = compare(before, run(tmp_path / "b.db", noise=1, planted={"slower": 1.2}))
    assert marks(lines) == {
        "test accuracy": "not significant",
        "validation accuracy": "not significant",
        "seconds per step": "worse",
        "gradient evaluations to 97 %": "not significant",
        "seconds to 97 %": "worse",
    }
    assert set(marks(lines, "sgd").values()) == {"not significant"}
    (line,) = [x for x in lines if (x.label, x.metric) == ("adam", "seconds per step")]
    assert line.change == pytest.approx(0.2, abs=0.03)
    assert line.low < line.change < line.high
    assert line.a == pytest.approx(0.004, rel=0.02)
    assert exit_code(lines, "regression") == 1
    assert exit_code(lines) == 0


def test_S9_a_planted_drop_of_accuracy_is_flagged_and_its_reverse_is_better(before, tmp_path):
    after = run(tmp_path / "b.db", noise=1, planted={"gain": -0.003})
    lines = compare(before, after)
    assert marks(lines)["test accuracy"] == marks(lines)["validation accuracy"] == "worse"
    assert set(marks(lines, "sgd").values()) == {"not significant"}
    (line,) = [x for x in lines if (x.label, x.metric) == ("adam", "test accuracy")]
    assert line.change == pytest.approx(-0.003, abs=0.0005)
    assert marks(compare(after, before))["test accuracy"] == "better"
    assert not has_regression(compare(after, before))


def test_a_slowdown_too_small_to_trust_is_not_flagged(before, tmp_path):
    lines = compare(before, run(tmp_path / "b.db", noise=1, planted={"slower": 1.04}))
    assert marks(lines)["seconds per step"] == "not significant"
    assert "less than 10%" in {line.reason for line in lines}


def test_seconds_that_grew_for_all_are_flagged_with_a_warning_and_can_be_left_out(before, tmp_path):
    loaded = run(tmp_path / "b.db", noise=1, planted={"slower": 1.5}, others={"slower": 1.5})
    lines = compare(before, loaded)
    seconds = [line for line in lines if line.metric.startswith("seconds")]
    assert {(line.mark, line.reason) for line in seconds} == {("worse", LOAD)}
    assert exit_code(lines, "regression") == 1
    assert exit_code(lines, "quality") == 0


@pytest.mark.parametrize("status", ["diverged", "crashed", "timeout"])
def test_what_fails_now_is_said_and_is_a_regression(before, tmp_path, status):
    lines = compare(before, run(tmp_path / "b.db", noise=1, planted={"failing": (1, 3), "status": status}))
    assert set(marks(lines).values()) == {"newly failing"}
    assert lines[0].reason == f"2 of 5 seeds: {status}"
    assert exit_code(lines, "regression") == 1


def test_what_failed_before_is_left_out_and_no_regression(before, tmp_path):
    failing = run(tmp_path / "b.db", noise=1, planted={"failing": (1, 3)})
    lines = compare(failing, before)
    assert not has_regression(lines)
    assert {line.n for line in lines if line.label == "adam"} == {3}


def test_a_target_that_is_missed_now_is_newly_failing(before, tmp_path):
    lines = compare(before, run(tmp_path / "b.db", noise=1, planted={"gain": -0.02}))
    assert marks(lines)["seconds to 97 %"] == "newly failing"
    assert {line.reason for line in lines if line.mark == "newly failing"} == {"5 of 5 seeds: missed"}
    unreachable = compare(before, before, target=0.999)
    assert {line.reason for line in unreachable if "to 99.9 %" in line.metric} == {"no seed came there in both runs"}


def test_other_rules_compare_nothing(before, tmp_path):
    lines = compare(before, run(tmp_path / "b.db", noise=1, rules=2))
    assert {(line.mark, line.reason) for line in lines} == {("not comparable", "rules: 1, then 2")}
    assert exit_code(lines, "regression") == 2
    assert exit_code(lines) == 0


def test_seconds_of_another_machine_are_not_compared(before, tmp_path):
    other = MACHINE | {"processor": "two", "python": "3.13"}
    after = run(tmp_path / "b.db", noise=1, machine=other, planted={"slower": 2})
    found = marks(compare(before, after))
    assert found["seconds per step"] == found["seconds to 97 %"] == "not comparable"
    assert found["test accuracy"] == found["gradient evaluations to 97 %"] == "not significant"
    reasons = {line.reason for line in compare(before, after) if line.mark == "not comparable"}
    assert reasons == {"another machine: processor one, then two"}
    assert differences(before, after) == {"processor": ("one", "two"), "python": ("3.12", "3.13")}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"epochs": 3}, "another task: epochs 2, then 3"),
        ({"dataset": "fashion"}, "another task: dataset mnist, then fashion"),
        ({"hidden": (16,)}, "another task: hidden [128, 64], then [16]"),
        ({"initializer": Choice("he", {"scale": 2})}, "another task: initializer he, then he (scale=2)"),
    ],
)
def test_another_plan_is_not_compared(before, tmp_path, fields, reason):
    lines = compare(before, run(tmp_path / "b.db", noise=1, **fields))
    assert {(line.mark, line.reason) for line in lines} == {("not comparable", reason)}


def test_without_a_seed_in_common_nothing_is_paired(before, tmp_path):
    lines = compare(before, run(tmp_path / "b.db", noise=1, seeds=range(5, 9)))
    assert {(line.mark, line.reason) for line in lines} == {("not comparable", "no seed in common")}


def test_only_the_seeds_in_common_are_paired_and_too_few_are_said(before, tmp_path):
    lines = compare(before, run(tmp_path / "b.db", noise=1, seeds=range(3, 9)))
    assert {line.n for line in lines} == {2}
    one = compare(before, run(tmp_path / "c.db", noise=1, seeds=[4], planted={"gain": -0.004}))
    assert {line.mark for line in one} == {"not significant"}
    assert one[0].low is None
    assert one[0].reason == "too few seeds"


def test_an_optimizer_of_one_run_alone(before):
    first = replace(before, trials=before.trials[before.trials["label"] == "sgd"])
    assert {x.reason for x in compare(first, before) if x.label == "adam"} == {"only in the second run"}
    assert {x.reason for x in compare(before, first) if x.label == "adam"} == {"only in the first run"}


def test_the_lines_as_text(before, tmp_path):
    said = text(compare(before, run(tmp_path / "b.db", noise=1, planted={"slower": 1.2})))
    assert "97.8" in said
    assert "points" in said
    assert said.splitlines()[-1] == "0 better, 2 worse, 8 not significant, 0 newly failing, 0 not comparable"
    assert "not comparable (rules)" in text([Line("e", "x", "he", "test accuracy", "not comparable", "rules")])


def test_runs_are_named_by_name_file_or_folder(tmp_path):
    results = tmp_path / "results"
    run(results / "scratchmark.db", "first-1")
    run(results / "scratchmark.db", "second-2", noise=1)
    (results / "first-1").mkdir()
    database = results / "scratchmark.db"
    for given in ("first-1", "first", results / "first-1", f"{database}::first", f"{results}::first-1"):
        assert open_run(given, results).name == "first-1"
    assert open_run(run(tmp_path / "other.db", "third").name, tmp_path / "other.db").name == "third"
    assert open_run(tmp_path / "other.db").name == "third"
