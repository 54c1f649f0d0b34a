"""One trial in one guarded process: whatever a plugin does, its trial is a row, and only its own."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from specs import trial_spec

from bench.executors import run_all
from bench.guard import child_environment, run_in_child

PLUGIN = '''
import os, sys, time
from optimizers import Optimizer, Positive, State

class Rogue(Optimizer):
    """A plugin that misbehaves at its 5th step."""

    lr: Positive = 0.1

    def init(self, theta, layout):
        return State(t=0)

    def step(self, theta, gradient, state, lr):
        state.t += 1
        if state.t == 500:
            {deed}
        theta -= lr * gradient
'''


@pytest.fixture
def rogue(tmp_path):
    def make(deed):
        path = tmp_path / "rogue.py"
        path.write_text(PLUGIN.format(deed=deed))
        return trial_spec("rogue", source=path, evaluations_per_epoch=4)

    return make


def test_a_trial_that_ends_well():
    record = run_in_child(trial_spec(), 60)
    assert (record.status, record.reason) == ("done", "")
    assert record.result["test_accuracy"] > 0.85
    assert len(record.points) == 3
    assert record.start["n_steps"] == 782
    assert 0 < record.result["peak_memory_mb"] < 250


def test_the_peak_of_memory_is_the_child_s_own_however_large_its_parent():
    ballast = bytearray(300 * 2**20)
    ballast[:: 2**12] = b"x" * len(ballast[:: 2**12])
    assert run_in_child(trial_spec("minibatch_gd"), 60).result["peak_memory_mb"] < 250
    assert len(ballast) == 300 * 2**20


def test_an_exception_is_failed_with_its_place_and_the_curve_up_to_it(rogue):
    record = run_in_child(rogue("raise RuntimeError('no more')"), 60)
    assert record.status == "failed"
    assert record.reason == "RuntimeError: no more (rogue.py, line 16, in step)"
    assert [point["step"] for point in record.points] == [0, 196, 391]


def test_os_exit_is_crashed_with_the_exit_code(rogue):
    record = run_in_child(rogue("os._exit(7)"), 60)
    assert (record.status, record.reason) == ("crashed", "the process ended with exit code 7")
    assert len(record.points) == 3


def test_a_signal_is_crashed_with_its_number_and_the_last_words(rogue):
    deed = "print('farewell', file=sys.stderr, flush=True); os.kill(os.getpid(), 9)"
    record = run_in_child(rogue(deed), 60)
    assert (record.status, record.reason) == ("crashed", "the process ended with signal 9: farewell")


def test_an_endless_loop_is_a_timeout(rogue):
    record = run_in_child(rogue("time.sleep(1000)"), 3)
    assert (record.status, record.reason) == ("timeout", "no end within 3 s")
    assert len(record.points) == 3


def test_nan_is_diverged(rogue):
    record = run_in_child(rogue("theta[:] = float('nan')"), 60)
    assert record.status == "diverged"
    assert "nan at step 500" in record.reason


def test_a_step_that_returns_a_copy_is_failed_with_what_the_contract_says(rogue):
    record = run_in_child(rogue("return theta - lr * gradient"), 60)
    assert record.status == "failed"
    assert "rogue: step must change theta in place and return None, got ndarray" in record.reason


def test_parameters_of_another_type_are_failed_with_what_the_contract_says(tmp_path):
    path = tmp_path / "wide.py"
    path.write_text(
        "from optimizers import Optimizer, Positive\n"
        "class Wide(Optimizer):\n"
        "    lr: Positive = 0.1\n"
        "    def step(self, theta, gradient, state, lr):\n        theta -= lr * gradient\n"
        "    def readout(self, theta, state):\n        return theta.astype('float64')\n"
    )
    record = run_in_child(trial_spec("wide", source=path), 60)
    assert record.status == "failed"
    assert "wide: theta must stay" in record.reason
    assert "float64" in record.reason


def test_what_a_plugin_prints_is_no_result(rogue):
    record = run_in_child(rogue("print('{\"event\": \"end\"}'); os.write(1, b'x')"), 60)
    assert record.status == "done"


def test_a_rogue_costs_nobody_else_a_result(rogue):
    specs = [rogue("os._exit(7)"), trial_spec("minibatch_gd"), trial_spec("momentum")]
    with ThreadPoolExecutor(2) as executor:
        statuses = {record.spec.optimizer.name: record.status for record in run_all(specs, executor, 60)}
    assert statuses == {"rogue": "crashed", "minibatch_gd": "done", "momentum": "done"}


def test_a_child_ends_itself_when_its_parent_is_killed(rogue):
    spec = rogue("time.sleep(1000)")
    code = f"from bench.guard import *; run_in_child(TrialSpec.from_json({spec.to_json()!r}), 600)"
    parent = subprocess.Popen([sys.executable, "-c", code], env=child_environment())
    deadline = time.monotonic() + 30
    while not (children := psutil.Process(parent.pid).children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=30)
    assert gone
    assert not alive


def test_the_current_folder_hides_none_of_our_packages(tmp_path: Path, monkeypatch):
    for name in ("network", "bench", "numpy", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong file')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert run_in_child(trial_spec("minibatch_gd"), 60).status == "done"


def test_a_child_gets_one_blas_thread():
    environment = child_environment()
    assert {environment[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")} == {"1"}
    assert os.environ.items() - environment.items() <= {(k, os.environ.get(k)) for k in environment}
