import json
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import psutil
import pytest

from bench import throughput
from bench.throughput import ThroughputError
from bench.throughput.conditions import Conditions

BATCH_SIZES = {1, 64, 512, "full"}

TWO_GROUPS = """
import json
from pathlib import Path

import pytest

from bench.throughput.rounds import Rounds

CALLS, ROUNDS = 5, 4
now = 0.0
played = []


def clock():
    return now


pytestmark = pytest.mark.benchmark(timer=clock)


@pytest.fixture(scope="session")
def rounds():
    rounds = Rounds()
    yield rounds
    rounds.finish()
    Path("played.json").write_text(json.dumps(played))


@pytest.mark.parametrize("who", ["a", "b", "c", "late"])
def test_turns(benchmark, rounds, who):
    def call():
        global now
        played.append(who)
        now += len(played)  # ever slower, as on a machine that throttles

    benchmark.group = "second" if who == "late" else "first"
    rounds.time(benchmark, call, CALLS, ROUNDS)
"""


@pytest.fixture(scope="module", autouse=True)
def hostile_folder(tmp_path_factory):
    """A current folder and an environment that would break any pytest started in them."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("conftest.py", "bench.py", "pytest.py", "numpy.py", "test_other.py"):
        (folder / name).write_text(f"raise RuntimeError('{name} was imported')\n")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PYTEST_ADDOPTS", "--collect-only")
        patch.setenv("PYTEST_PLUGINS", "no_such_plugin")
        patch.setenv("OPENBLAS_NUM_THREADS", "2")
        patch.setenv("SCRATCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        before = sorted(folder.iterdir())
        yield
        assert sorted(folder.iterdir()) == before


@pytest.fixture(scope="module")
def report_path(tmp_path_factory, hostile_folder):
    path = tmp_path_factory.mktemp("throughput") / "throughput.json"
    throughput.measure(path, ["momentum"])
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    return path


@pytest.fixture(scope="module")
def report(report_path):
    return json.loads(report_path.read_text("utf-8"))


@pytest.fixture(scope="module")
def medians(report):
    """(part, batch size, optimizer) -> seconds a call."""
    return {
        (info["part"], info["batch_size"], info["optimizer"]): benchmark["stats"]["median"]
        for benchmark in report["benchmarks"]
        if (info := benchmark["extra_info"])
    }


def test_S4_every_part_is_timed_where_it_matters(medians):
    steps = {("step", size, "momentum") for size in BATCH_SIZES}
    pieces = {(part, size, None) for part in ("gradient", "batch") for size in BATCH_SIZES}
    assert set(medians) == steps | pieces | {("update", None, "momentum"), ("evaluation", None, None)}


def test_all_medians_are_positive(medians):
    assert min(medians.values()) > 0


def test_seconds_are_those_of_one_step(medians):
    # Off by the calls of a round, a step would be 8 to 512 times its parts; noise is far below that.
    for size in BATCH_SIZES:
        pieces = medians["gradient", size, None] + medians["batch", size, None] + medians["update", None, "momentum"]
        assert pieces / 4 < medians["step", size, "momentum"] < pieces * 4


def test_S4_extra_info_counts_examples_and_calls(report):
    examples = {
        (info["part"], info["batch_size"]): info["examples"]
        for benchmark in report["benchmarks"]
        if (info := benchmark["extra_info"])
    }
    assert examples["step", 1] == 1
    assert examples["gradient", 512] == 512
    assert examples["step", "full"] == examples["batch", "full"] == 50_000
    assert examples["evaluation", None] == 10_000
    assert examples["update", None] is None
    for benchmark in report["benchmarks"]:
        assert benchmark["extra_info"]["calls"] == benchmark["stats"]["rounds"] * benchmark["stats"]["iterations"]


def test_the_json_is_small_and_names_no_host(report):
    assert not any("data" in benchmark["stats"] for benchmark in report["benchmarks"])
    assert "node" not in report["machine_info"]


def test_every_row_says_what_the_machine_did_meanwhile(report):
    for benchmark in report["benchmarks"]:
        info = benchmark["extra_info"]
        assert info["load"] >= 0
        assert info["mhz_min"] is info["mhz_max"] is None or 0 < info["mhz_min"] <= info["mhz_max"]
        assert info["steal_percent"] is None or 0 <= info["steal_percent"] <= 100


def test_S4_pytest_benchmark_compares_the_kept_json(report_path, tmp_path):
    command = [sys.executable, "-P", "-m", "pytest_benchmark", "compare", "--columns=median,iqr"]
    done = subprocess.run(
        [*command, report_path], cwd=tmp_path, env=throughput._environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "test_step[64-momentum]" in done.stdout


@pytest.fixture(scope="module")
def turns(tmp_path_factory):
    """A folder with what a suite of two groups made: `played.json`, its calls in their order, and `turns.json`."""
    folder = tmp_path_factory.mktemp("turns")
    (folder / "test_turns.py").write_text(TWO_GROUPS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    pytest_there = [sys.executable, "-m", "pytest", "-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider"]
    command = [*pytest_there, "--benchmark-json=turns.json"]
    done = subprocess.run(command, cwd=folder, env=throughput._environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    return folder


def test_S6_the_optimizers_of_a_group_take_turns_each_round_begun_by_the_next(turns):
    played = json.loads((turns / "played.json").read_text())
    assert [who for who, _ in groupby(played)] == [*"abc", *"bca", *"cab", *"abc", "late"]


def test_S6_the_statistics_are_over_all_rounds_and_per_call(turns):
    # The nth call takes n seconds. A first turn has five calls to warm up, five that count, and the one whose result
    # pytest-benchmark returns; a later one has one to warm up and five that count. Their mean is that of the middle.
    rounds = {"a": [8, 49, 61, 73], "b": [19, 37, 67, 79], "c": [30, 43, 55, 85]}
    rows = json.loads((turns / "turns.json").read_text())["benchmarks"]
    stats = {row["param"]: row["stats"] for row in rows}
    assert {who: stats[who]["data"] for who in rounds} == rounds
    assert {who: stats[who]["median"] for who in rounds} == {who: median(seconds) for who, seconds in rounds.items()}
    assert stats["a"]["iqr"] == (61 + 73) / 2 - (8 + 49) / 2
    assert (stats["late"]["rounds"], stats["late"]["iterations"]) == (4, 5)


def test_conditions_are_the_largest_load_the_range_of_the_clock_and_the_steal(monkeypatch):
    loads, clocks = iter([1.0, 3.0, 2.0]), iter([2000.0, 2600.0, 2400.0])
    monkeypatch.setattr(psutil, "getloadavg", lambda: (next(loads), 9.0, 9.0))
    monkeypatch.setattr(psutil, "cpu_freq", lambda: SimpleNamespace(current=next(clocks)))
    monkeypatch.setattr(psutil, "cpu_times_percent", lambda: SimpleNamespace(user=50.0, steal=12.5))
    conditions = Conditions()
    conditions.sample()
    conditions.sample()
    assert conditions.summary() == {"load": 3.0, "mhz_min": 2000.0, "mhz_max": 2600.0, "steal_percent": 12.5}


@pytest.mark.parametrize("clock", [lambda: None, None, lambda: Path("/no/such/file").read_text()])
def test_what_the_system_does_not_say_of_the_machine_is_none(monkeypatch, clock):
    monkeypatch.setattr(psutil, "cpu_freq", clock)
    if clock is None:
        monkeypatch.delattr(psutil, "cpu_freq")
    monkeypatch.setattr(psutil, "cpu_times_percent", lambda: SimpleNamespace(user=50.0))
    found = Conditions().summary()
    assert found["mhz_min"] is found["mhz_max"] is found["steal_percent"] is None


def test_the_suite_runs_with_one_blas_thread_and_no_foreign_plugins():
    environment = throughput._environment()
    assert environment["OPENBLAS_NUM_THREADS"] == environment["OMP_NUM_THREADS"] == "1"
    assert {name for name in environment if name.startswith("PYTEST_")} == {"PYTEST_DISABLE_PLUGIN_AUTOLOAD"}


def test_an_unknown_optimizer_is_named_with_the_nearest(tmp_path):
    with pytest.raises(ThroughputError, match="optimizer 'adamm' is unknown: did you mean adam"):
        throughput.measure(tmp_path / "throughput.json", ["momentum", "adamm"])
    assert not any(tmp_path.iterdir())
