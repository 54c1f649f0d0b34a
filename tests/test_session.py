"""Sessions: train, stop, change a setting, go on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from click.testing import CliRunner
from specs import trial_spec

import bench
from bench import registry
from bench.cli import main
from bench.errors import InputError
from bench.session import checkpoint, training
from bench.session.settings import NAMES
from bench.trial import Point, Trial
from optimizers._state import fingerprint

SMALL = {"dataset": "moons", "hidden": (8, 4), "batch_size": 16, "evaluations_per_epoch": 3}  # 16 steps an epoch
REGULAR = {"dropout": 0.3, "l2": 0.1, "batch_norm": True, "drop_last": True}
IMAGES = {"dataset": "mnist", "hidden": (16,), "augmentation": {"shift": 2}, "dropout": 0.2}


def session(**settings):
    said = []
    made = bench.Session(**SMALL | settings, tell=said.append)
    object.__setattr__(made, "_said", said)
    return made


def essence(run):
    """All that decides how a session goes on, and its curve; no seconds."""
    kept = run._training.keep()
    about = {name: value for name, value in kept.about.items() if name != "seconds"}
    curve = [tuple(v for k, v in row.items() if k != "elapsed_s") for row in run._curve.rows()]
    return kept.theta.tobytes(), kept.statistics.tobytes(), fingerprint(kept.state), json.dumps(about), curve


def interrupt_in_step(run, step):
    """Send this process the signal of Ctrl-C while the method is within its step of this number."""
    method = run._training.trial.method
    own, n = method.step, [0]

    def step_and_signal(*arguments):
        n[0] += 1
        if n[0] == step:
            signal.raise_signal(signal.SIGINT)
        own(*arguments)

    method.step = step_and_signal


@pytest.mark.parametrize("name", registry.optimizer_names())
def test_O12_a_stopped_saved_and_continued_run_equals_an_uninterrupted_one_bit_for_bit(name, tmp_path):
    whole = session(optimizer=name).train(3)
    stopped = session(optimizer=name)
    interrupt_in_step(stopped, 21)
    stopped.train(3)
    assert (stopped.status, stopped.step) == ("interrupted", 21)
    assert stopped.epochs_left == pytest.approx(3 - 21 / 16, abs=0.1)
    continued = bench.Session.load(stopped.save(tmp_path / "run"), tell=lambda _: None)
    assert essence(continued) == essence(stopped)
    continued.train()
    assert continued.status == "done"
    assert essence(continued) == essence(whole)
    assert essence(stopped.train()) == essence(whole)  # the same within one process


@pytest.mark.parametrize(
    "settings",
    [
        REGULAR,
        {"sampling": "with_replacement"},
        {"sampling": "shadowed"},
        {"batch_size": "full", "dropout": 0.5},
        {"schedule": {"name": "cosine"}},
        {"schedule": {"name": "table", "epochs": [1, 2], "factors": [0.5, 0.1]}},
        {"schedule": {"name": "reduce_on_plateau", "patience": 0, "threshold": 0.5}},
        {"optimizer": "sophia", "interval": 3, "dropout": 0.2},
    ],
    ids=str,
)
def test_O12_so_it_does_with_every_source_of_randomness_and_every_schedule(settings, tmp_path):
    whole = session(**settings).train(4)
    run = session(**settings)
    for step in (1, 1, 1):
        interrupt_in_step(run, step)
        run.train(None if run.epochs_left else 4)
        assert run.status == "interrupted"
        run = bench.Session.load(run.save(tmp_path / "run.npz"), tell=lambda _: None)
    assert run.step == 3
    assert essence(run.train()) == essence(whole)


def test_O12_calls_of_train_add_up():
    parts = session(horizon=5, schedule="cosine")
    parts.train(1).train(3).train(1)
    assert essence(parts) == essence(session(schedule="cosine").train(5))


def test_O12_a_session_trains_as_a_trial_does():
    fields = {**SMALL, "data": "", "seed": 1, "epochs": 3, "scaling": "unit", "dropout": 0.3}
    points = [message for message in Trial(trial_spec("adam", **fields)).run() if isinstance(message, Point)]
    trained = session(dropout=0.3).train(3).points
    assert [vars(p) | {"elapsed_s": 0} for p in trained] == [vars(p) | {"elapsed_s": 0} for p in points]


def test_O12_on_mnist_with_moved_images(tmp_path):
    whole = bench.Session(**IMAGES, batch_size=500).train(1)
    stopped = bench.Session(**IMAGES, batch_size=500, tell=lambda _: None)
    interrupt_in_step(stopped, 30)
    stopped.train(1).save(tmp_path)
    continued = bench.Session.load(tmp_path).train()
    assert essence(continued) == essence(whole)
    assert continued.points[-1].validation_accuracy > 2 * continued.points[0].validation_accuracy


STILL = 1e-30  # a rate at which no weight moves


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"beta1": 0.5}, "beta1 0.9 → 0.5"),
        ({"dropout": 0.5}, "dropout 0 → 0.5"),
        ({"l1": 0.1, "l2": 0.7}, "l1 0 → 0.1, l2 0 → 0.7"),
        ({"batch_size": 50}, "batch_size 16 → 50"),
        ({"schedule": "cosine"}, "schedule constant → cosine"),
        ({"dataset": "circles"}, "dataset moons → circles"),
        ({"evaluations_per_epoch": 1}, "evaluations_per_epoch 3 → 1"),
    ],
)
def test_O12_other_settings_keep_the_weights_and_the_state(settings, what):
    run = session()
    run.train(2)
    weights, step = run.weights, run.step
    run.change(lr=STILL, **settings)
    assert run.lr == STILL
    run.train(2)
    assert np.array_equal(run.weights, weights)
    assert run._training.trial.method.state.t == run.step > step
    assert run.epoch == 4
    (change,) = run.changes
    assert set(change.what.split(", ")) == {*what.split(", "), "lr 0.001 → 1e-30"}
    assert (change.step, change.epoch, change.note, run._said) == (step, 2.0, "", [])
    assert [text for text in run.history["change"] if text] == [change.what]


def test_O12_attributes_set_and_the_curve_joins():
    run = session()
    run.train(epochs=2)
    run.lr = 3e-4
    run.dropout = 0.5
    assert (run.lr, run.dropout, run.optimizer, run.hidden, run.schedule) == (3e-4, 0.5, "adam", (8, 4), "constant")
    assert run.train(epochs=2) is run
    assert run.history["epoch"].tolist() == pytest.approx([i / 3 for i in range(13)], abs=0.05)
    assert run.history["step"].is_monotonic_increasing
    assert run._training.trial.network.dropout == 0.5


def test_O12_another_batch_size_in_the_middle_of_an_epoch_begins_a_new_one():
    run = session()
    interrupt_in_step(run, 24)
    run.train(2)
    run.batch_size = 125
    run.train(1)
    assert run.step == 24 + 2
    assert run.epoch == pytest.approx(24 / 16 + 1, abs=0.1)
    assert run.history["epoch"].is_monotonic_increasing


def test_O12_another_optimizer_begins_with_a_fresh_state_and_its_own_defaults():
    run = session(lr=0.003, beta1=0.8)
    run.train(1)
    run.optimizer = "rmsprop"
    assert run.lr == registry.optimizer("rmsprop").defaults["lr"]
    run.lr = STILL
    weights = run.weights
    run.train(1)
    assert np.array_equal(run.weights, weights)
    assert run._said == ["optimizer adam → rmsprop: the weights stay, rmsprop begins with a fresh state."]
    assert len(run.history) == 7


def test_O12_a_state_that_no_longer_fits_is_replaced_and_that_is_said():
    run = session(optimizer="lookahead").train(1)
    run.inner = "sgd"
    run.train(1)
    assert "lookahead begins with a fresh state" in run.changes[0].note


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"hidden": (5,)}, "hidden"),
        ({"activation": "tanh"}, "activation"),
        ({"batch_norm": True}, "batch_norm"),
        ({"output": "sigmoid"}, "output"),
        ({"dataset": "blobs"}, "the widths 2-8-4-2 to 2-8-4-3"),
        ({"seed": 2}, "seed"),
    ],
)
def test_O12_another_architecture_starts_afresh_and_says_so(settings, reason):
    run = session()
    run.train(1)
    run.change(**settings)
    run.train(1)
    (said,) = run._said
    assert f"training starts afresh, since the weights do not fit: {reason} changed" in said
    fresh = session(**settings).train(1)
    assert np.array_equal(run.weights, fresh.weights)
    assert run.history["start"].unique().tolist() == [1, 2]  # the curve before is kept
    assert run.history["change"].tolist()[4] == run.changes[0].what
    assert len(run.points) == 4


def test_settings_changed_before_training_are_no_change_point():
    run = session()
    run.hidden = (3,)
    run.train(1)
    assert (run.changes, run._said) == ([], [])


def test_an_interrupt_in_another_threads_session_does_nothing():
    runs = []
    thread = Thread(target=lambda: runs.append(session().train(1)))
    thread.start()
    thread.join()
    assert runs[0].status == "done"


def test_O12_a_second_interrupt_ends_a_step_that_does_not_end():
    run = session()
    run.train(1)
    interrupt_in_step(run, 8)
    own = run._training.trial.method.step

    def press_twice(*arguments):
        own(*arguments)
        if run._training.trial.step == 16 + 7:
            signal.raise_signal(signal.SIGINT)

    run._training.trial.method.step = press_twice
    run.train(2)
    assert run.status == "interrupted"
    assert "in the middle of a step" in run._said[0]
    assert run.step == run.points[-1].step == 16 + 5
    del run._training.trial.method.step
    assert essence(run.train()) == essence(session().train(1).train(2))


def test_a_loss_that_is_no_number_goes_back_to_the_last_evaluation():
    run = session(optimizer="momentum", hidden=(8, 4), lr=0.01)
    run.train(1)
    run.lr = 1e30
    run.train(2)
    assert run.status == "diverged"
    assert run._said[0].startswith("Stopped: the loss became")
    assert np.isfinite(run.weights).all()
    run.lr = 0.01
    run.train(1)
    assert run.status == "done"


FAILING = """
from optimizers import Optimizer, Positive, State


class Failing(Optimizer):
    lr: Positive = 0.1

    def init(self, theta, layout):
        return State(t=0)

    def step(self, theta, gradient, state, lr):
        theta -= lr * gradient
        state.t += 1
        if state.t == 20:
            raise RuntimeError("broken")
"""


def test_S12_a_failure_keeps_the_curve_and_the_weights_of_its_last_point(tmp_path):
    path = tmp_path / "failing.py"
    path.write_text(FAILING)
    run = session(optimizer=str(path))
    with pytest.raises(RuntimeError, match="broken"):
        run.train(5)
    assert run.history["step"].tolist() == [0, 5, 11, 16]
    assert run.step == run._training.trial.method.state.t == 16
    again = bench.Session.load(run.save(tmp_path / "run"))  # the plugin is found by its file
    assert essence(again) == essence(run)


# --- files


def test_a_checkpoint_is_arrays_and_json_and_never_pickled(tmp_path):
    run = session(**REGULAR).train(1)
    assert run.save(tmp_path / "one.npz") == tmp_path / "one.npz"
    with np.load(tmp_path / "one.npz", allow_pickle=False) as arrays:
        assert {"session", "theta", "statistics", "state"} <= set(arrays)
        assert json.loads(str(arrays["session"]))["given"]["dropout"] == 0.3
    run.save(tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["checkpoint.npz", "session.json"]
    about = json.loads((tmp_path / "run" / "session.json").read_text("utf-8"))
    assert [row["step"] for row in about["curve"]] == run.history["step"].tolist()


def flipped(content):
    middle = content.index(b"theta.npy") + 300
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def other_version(content, tmp_path):
    with np.load(tmp_path / "good.npz") as arrays:
        values = dict(arrays)
    values["session"] = np.array(json.dumps(json.loads(str(values["session"])) | {"format": 99}))
    np.savez(tmp_path / "other.npz", **values)
    return (tmp_path / "other.npz").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content, _: content[: len(content) // 2],
        lambda content, _: flipped(content),
        lambda content, _: b"",
        lambda content, _: b"no zip file at all",
        lambda content, _: np.lib.format.MAGIC_PREFIX + b"\x01\x00",
        other_version,
    ],
    ids=["cut", "flipped", "empty", "text", "npy", "version"],
)
def test_a_damaged_file_is_one_clear_line(damage, tmp_path):
    session().train(1).save(tmp_path / "good.npz")
    bad = tmp_path / "bad.npz"
    bad.write_bytes(damage((tmp_path / "good.npz").read_bytes(), tmp_path))
    with pytest.raises(InputError, match=r"bad\.npz") as error:
        bench.Session.load(bad)
    assert "\n" not in str(error.value)
    result = CliRunner().invoke(main, ["continue", str(bad)])
    assert (result.exit_code, result.output.count("\n")) == (2, 1)


def test_a_foreign_or_missing_file_is_one_clear_line(tmp_path):
    np.savez(tmp_path / "foreign.npz", x=np.ones(3))
    np.savez(tmp_path / "pickled.npz", session=np.array([{}], dtype=object))
    for name in ("foreign.npz", "pickled.npz", "missing.npz", "no-folder"):
        with pytest.raises(InputError, match=name) as error:
            bench.Session.load(tmp_path / name)
        assert "\n" not in str(error.value)


def test_a_write_that_fails_leaves_the_last_checkpoint_whole(tmp_path, monkeypatch):
    run = session().train(1)
    run.save(tmp_path / "run.npz")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written: No space left"):
        run.train(1).save(tmp_path / "run.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    assert bench.Session.load(tmp_path / "run.npz").epoch == 1


def test_settings_changed_but_not_yet_trained_with_are_kept_in_the_file(tmp_path):
    run = session().train(1)
    run.lr = 0.5
    assert bench.Session.load(run.save(tmp_path)).train(1).changes[0].what == "lr 0.001 → 0.5"


# --- what it says


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda run: setattr(run, "droput", 0.5), "did you mean dropout"),
        (lambda run: setattr(run, "dropout", 1.5), "dropout: .* less than 1, got 1.5"),
        (lambda run: setattr(run, "lr", -1), "lr must be in"),
        (lambda run: setattr(run, "optimizer", "adm"), "did you mean adam"),
        (lambda run: setattr(run, "schedule", "cosin"), "did you mean cosine"),
        (lambda run: setattr(run, "dataset", "nmist"), "mnist"),
        (lambda run: setattr(run, "augmentation", {"shift": 1}), "augmentation is for images"),
        (lambda run: setattr(run, "early_stopping", {"patience": 1}), "early_stopping is for plans"),
        (lambda run: run.change(dataset="blobs", output="sigmoid"), "sigmoid is for two classes"),
        (lambda run: run.train(0), "epochs must be a whole number of at least 1, got 0"),
        (lambda run: run.train(), "say how many more"),
        (lambda run: bench.Session(lr_=1, tell=print), "'lr_' is unknown: did you mean"),
    ],
)
def test_what_cannot_be_set_is_said_at_once_and_changes_nothing(act, message):
    run = session()
    with pytest.raises(InputError, match=message):
        act(run)
    assert run._spec == run._training.trial.spec


def test_what_a_session_has_can_be_read_and_not_overwritten():
    run = session()
    assert {"lr", "beta1", "dropout", "train"} <= set(dir(run))
    with pytest.raises(AttributeError, match="did you mean dropout"):
        _ = run.droput
    with pytest.raises(AttributeError, match="points can only be read"):
        run.points = []


def test_no_hyperparameter_has_the_name_of_a_setting():
    names = {name for optimizer in registry.optimizer_names() for name in registry.optimizer(optimizer).defaults}
    assert not names & {*NAMES, *dir(bench.Session)}


def test_a_notebook_shows_the_curve_with_the_change_points():
    run = session()
    assert "<img" not in run._repr_html_()
    run.train(1)
    run.change(lr=3e-4, dropout=0.5)
    run.train(1)
    html = run._repr_html_()
    assert "data:image/svg+xml;base64," in html
    assert "<li>epoch 1: lr 0.001 → 0.0003, dropout 0 → 0.5</li>" in html
    assert run.svg().startswith("<svg")
    assert "validation accuracy" in repr(run)


def test_states_of_one_form():
    a = {"m": np.zeros(3), "inner": {"t": 0}, "history": []}
    assert training.has_form_of(a | {"history": [1, 2]}, a)
    assert not training.has_form_of(a | {"m": np.zeros(4)}, a)
    assert not training.has_form_of({"m": np.zeros(3)}, a)


# --- the commands


def started(*arguments, cwd):
    command = [sys.executable, "-u", "-m", "bench", "train", "--dataset", "moons", "--epochs", "100000", *arguments]
    environment = os.environ | {"PYTHONPATH": str(Path(bench.__file__).parents[1])}
    return subprocess.Popen(command, cwd=cwd, env=environment, stdout=-1, stderr=-1, text=True)


def test_O12_ctrl_c_writes_checkpoint_and_curve_and_continue_goes_on(tmp_path):
    process = started("--name", "mine", "--set", "hidden=[8]", cwd=tmp_path)
    lines = [process.stdout.readline() for _ in range(20)]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert all("validation loss" in line for line in lines)
    assert "scratchmark continue results/sessions/mine" in said
    folder = tmp_path / "results" / "sessions" / "mine"
    kept = bench.Session.load(folder)
    assert kept.status == "interrupted"
    assert len(kept.points) >= 20
    assert len(json.loads((folder / "session.json").read_text("utf-8"))["curve"]) == len(kept.points)
    result = CliRunner().invoke(
        main, ["continue", "mi", "--epochs", "2", "--set", "lr=3e-4", "--results", str(tmp_path / "results")]
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Test accuracy" in result.stdout
    continued = bench.Session.load(folder)
    assert continued.step > kept.step
    assert continued.changes[0].what == "lr 0.001 → 0.0003"
    assert (folder / "curve.svg").read_text("utf-8").startswith("<svg")


def test_S12_a_killed_run_still_has_its_curve(tmp_path):
    process = started("--set", "hidden=[8]", cwd=tmp_path)
    for _ in range(20):
        process.stdout.readline()
    process.kill()
    process.communicate(timeout=60)
    kept = bench.Session.load(tmp_path / "results" / "sessions" / "adam-moons-1")
    assert len(kept.points) >= 19
    assert kept.step == kept.points[-1].step
    n = len(kept.points) // 2 + 1
    assert essence(kept.train(n)) == essence(
        session(hidden=(8,), batch_size=64, evaluations_per_epoch=2).train(round(kept.epoch))
    )


def test_the_command_trains_names_and_refuses(tmp_path):
    def run(*arguments):
        return CliRunner().invoke(main, [*arguments, "--results", str(tmp_path)])

    train = ("train", "--dataset", "moons?n=100", "--epochs", "1", "--set", "hidden=[4]")
    assert run(*train).exit_code == 0
    assert run(*train, "--set", "schedule=cosine", "--set", "lr=0.01").exit_code == 0
    names = sorted(path.name for path in (tmp_path / "sessions").iterdir())
    assert names == ["adam-moons-n-100-1", "adam-moons-n-100-1.2"]
    assert bench.Session.load(tmp_path / "sessions" / names[1]).schedule["name"] == "cosine"
    for arguments, message in [
        ((*train, "--name", names[0]), "is there already"),
        ((*train, "--set", "droput=1"), "did you mean dropout"),
        ((*train, "--set", "lr"), "must be KEY=VALUE"),
        (("continue", "adam"), " or "),
        (("continue", "adam-moons-n-10-1"), "did you mean"),
    ]:
        result = run(*arguments)
        assert result.exit_code == 2
        assert message in result.stderr
    diverged = run("train", "-o", "momentum", "--dataset", "moons", "--set", "lr=1e30", "--name", "wild")
    assert diverged.exit_code == 1
    assert "--set lr=" in diverged.stderr


def test_a_state_that_no_file_keeps_is_one_clear_line(tmp_path):
    run = session().train(1)
    run._training.trial.method.state.extra = {1, 2}
    with pytest.raises(InputError, match=r"cannot be saved: .* holds a set"):
        checkpoint.write(tmp_path, run._training.keep(), {})
