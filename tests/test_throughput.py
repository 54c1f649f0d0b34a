import json

import pytest

from bench import throughput
from bench.throughput import ThroughputError

BATCH_SIZES = {1, 64, 512, "full"}


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
def report(tmp_path_factory, hostile_folder):
    path = tmp_path_factory.mktemp("throughput") / "throughput.json"
    throughput.measure(path, ["momentum"])
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    return json.loads(path.read_text("utf-8"))


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


def test_the_suite_runs_with_one_blas_thread_and_no_foreign_plugins():
    environment = throughput._environment()
    assert environment["OPENBLAS_NUM_THREADS"] == environment["OMP_NUM_THREADS"] == "1"
    assert {name for name in environment if name.startswith("PYTEST_")} == {"PYTEST_DISABLE_PLUGIN_AUTOLOAD"}


def test_an_unknown_optimizer_is_named_with_the_nearest(tmp_path):
    with pytest.raises(ThroughputError, match="optimizer 'adamm' is unknown: did you mean adam"):
        throughput.measure(tmp_path / "throughput.json", ["momentum", "adamm"])
    assert not any(tmp_path.iterdir())
