"""The `scratchmark` command as its user meets it: real processes, real MNIST, a real database."""

import importlib.metadata
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from bench.cli import main
from bench.guard import child_environment


def scratchmark(*arguments, cwd, **options):
    command = [sys.executable, "-P", "-m", "bench", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=child_environment(), capture_output=True, text=True, **options)


def start(*arguments, cwd):
    command = [sys.executable, "-P", "-m", "bench", *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=cwd, env=child_environment(), text=True, **streams)


def kept(folder):
    path = folder / "results" / "scratchmark.db"
    if not path.exists():
        return []
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(
            "SELECT trial, status, test_accuracy FROM trials WHERE status != 'planned' ORDER BY trial"
        ).fetchall()
    except sqlite3.OperationalError:
        return []  # the tables are not there yet
    finally:
        connection.close()


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smoke")
    return folder, scratchmark("run", "--plan", "smoke", cwd=folder)


def test_S1_a_run_trains_and_leaves_a_report(smoke):
    folder, done = smoke
    assert done.returncode == 0, done.stderr
    assert "adam" in done.stdout
    (run,) = (path for path in (folder / "results").iterdir() if path.is_dir())
    assert f"{run.name}/report.html" in done.stdout
    for name in ("report.html", "report.md"):
        assert (run / name).stat().st_size > 1000
    for kind in ("tables/*.md", "tables/*.csv", "tables/*.tex", "figures/*.svg", "figures/*.png"):
        assert list(run.glob(kind)), kind


def test_without_a_terminal_progress_is_plain_lines(smoke):
    _, done = smoke
    assert "[9/9]" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_S10_a_second_run_computes_nothing_and_the_metrics_are_equal(smoke, tmp_path):
    folder, _ = smoke
    before = kept(folder)
    again = scratchmark("run", "--plan", "smoke", cwd=folder)
    assert again.returncode == 0
    assert "0 of 9 trials to do" in again.stderr
    assert kept(folder) == before
    elsewhere = scratchmark("run", "--plan", "smoke", "--json", cwd=tmp_path)
    assert elsewhere.returncode == 0
    assert kept(tmp_path) == before
    assert json.loads(elsewhere.stdout)["statuses"] == {"done": 9}


def test_S5_a_run_says_what_machine_and_versions_made_it(smoke):
    folder, _ = smoke
    connection = sqlite3.connect(folder / "results" / "scratchmark.db")
    ((text,),) = connection.execute("SELECT machine FROM runs").fetchall()
    connection.close()
    machine = json.loads(text)
    assert machine["packages"]["numpy"] == importlib.metadata.version("numpy")
    assert machine["blas"]
    assert machine["blas_threads_per_trial"] == 1
    assert {"processor", "cores", "python", "commit", "rules", "scratchmark"} <= machine.keys()


def test_help_has_a_whole_line_for_every_command():
    _, _, commands = CliRunner().invoke(main, ["--help"], terminal_width=80).output.partition("Commands:\n")
    lines = commands.splitlines()
    assert len(lines) == 17
    assert all(line.endswith(".") and not line.endswith("...") for line in lines)


def test_report_writes_a_run_s_report_anew(smoke):
    folder, _ = smoke
    (page,) = (folder / "results").glob("*/report.html")
    page.unlink()
    done = scratchmark("report", "smoke", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert page.exists()
    assert {row["label"] for row in json.loads(done.stdout)["accuracy"]} >= {"adam", "momentum"}


def test_killed_at_any_moment_a_run_loses_at_most_the_trials_in_flight(plan_file, tmp_path):
    process = start("run", "--plan", plan_file, cwd=tmp_path)
    wait_for(lambda: len(kept(tmp_path)) >= 1)
    process.kill()
    process.communicate()
    survived = kept(tmp_path)
    assert survived
    done = scratchmark("run", "--plan", plan_file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{4 - len(survived)} of 4 trials to do" in done.stderr
    assert set(survived) <= set(kept(tmp_path))


def test_ctrl_c_ends_a_run_tidily_with_130(tmp_path):
    plan = tmp_path / "long.toml"
    plan.write_text(
        'name = "long"\nthroughput = false\n[[experiment]]\nname = "e"\noptimizers = ["sgd"]\nseeds = 4\nepochs = 50\n'
    )
    process = start("run", "--plan", plan, cwd=tmp_path)
    assert "4 of 4 trials to do" in process.stderr.readline()
    time.sleep(1)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted" in said
    assert "Traceback" not in said


def test_a_diverged_trial_is_a_result_and_the_others_go_on(tmp_path):
    plan = tmp_path / "wild.toml"
    plan.write_text(
        'name = "wild"\nthroughput = false\n[optimizers.sgd]\nlr = 10.0\n'
        '[[experiment]]\nname = "e"\noptimizers = ["sgd", "minibatch_gd"]\nseeds = 1\nepochs = 1\n'
    )
    done = scratchmark("run", "--plan", plan, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(status for _, status, _ in kept(tmp_path)) == ["diverged", "done"]
    assert "nan" in done.stderr


def test_a_wrong_plan_is_all_its_mistakes_and_exit_code_2(tmp_path):
    plan = tmp_path / "wrong.toml"
    plan.write_text('name = "w"\n[[experiment]]\nname = "e"\noptimizers = ["adm"]\ninitializers = ["hee"]\n')
    done = scratchmark("run", "--plan", plan, cwd=tmp_path)
    assert done.returncode == 2
    assert "optimizer 'adm' is unknown: did you mean adam" in done.stderr
    assert "initializer 'hee' is unknown: did you mean he?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--plan", "smok"), "did you mean smoke?"),
        (("report",), "must hold scratchmark.db"),
        (("show", "adm"), "did you mean adam"),
        (("run", "--bogus"), "No such option"),
    ],
)
def test_input_that_cannot_be_used_is_one_line_and_exit_code_2(arguments, said, tmp_path):
    done = scratchmark(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_list_and_show_tell_what_there_is(tmp_path):
    found = json.loads(scratchmark("list", "--json", cwd=tmp_path).stdout)
    assert {row["name"] for row in found["optimizers"]} >= {"adam", "batch_gd", "lr_decay", "momentum", "rmsprop"}
    assert {row["name"] for row in found["initializers"]} == {"zeros", "scaled", "he", "xavier", "glorot"}
    assert {row["name"] for row in found["plans"]} >= {"default", "smoke"}
    assert "mnist" in {row["name"] for row in found["datasets"]}
    shown = json.loads(scratchmark("show", "adam", "--json", cwd=tmp_path).stdout)
    assert {"name": "beta1", "default": 0.9, "domain": "[0, 1)"} in shown["hyperparameters"]
    assert "https://arxiv.org/abs/1412.6980" in scratchmark("show", "adam", cwd=tmp_path).stdout


def test_the_functions_that_landscape_offers_are_those_there_are():
    from bench.cli.pictures import FUNCTIONS
    from bench.pictures import functions

    assert tuple(functions.FUNCTIONS) == FUNCTIONS
