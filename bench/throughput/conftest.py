"""Which optimizers and batch sizes the suite times, and what its JSON holds."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import machine, registry
from bench.plugin import PluginError
from bench.throughput.rounds import Rounds
from bench.throughput.workbench import Workbench

BATCH_SIZES = (1, 64, 512, "full")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--optimizers` and `--modules`."""
    parser.addoption(
        "--optimizers",
        metavar="A,B",
        help="the optimizers to time, by name or by the path of a file (default: all there are)",
    )
    parser.addoption("--modules", metavar="FOLDER", help="where a name such as torch:my_module.MyRule finds its module")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse unknown optimizers before anything is timed."""
    if folder := config.getoption("--modules"):
        sys.path.append(folder)  # last: no file in it hides an installed package
    try:
        for name in _optimizers(config):
            registry.optimizer(name)
    except PluginError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Batch sizes outside, optimizers inside: those to be compared follow each other, and are one group."""
    if "batch_size" in metafunc.fixturenames:
        metafunc.parametrize("batch_size", BATCH_SIZES)
    if "optimizer" in metafunc.fixturenames:
        metafunc.parametrize("optimizer", _optimizers(metafunc.config))


@pytest.fixture(scope="session")
def workbench() -> Workbench:
    """What is timed."""
    return Workbench()


@pytest.fixture(scope="session")
def rounds() -> Iterator[Rounds]:
    """Whose turn it is."""
    rounds = Rounds()
    yield rounds
    rounds.finish()


def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """What a trial's record says of the machine; without the commit, so that those of two commits can be equal."""
    return {name: value for name, value in machine.fingerprint().items() if name != "commit"}


def pytest_benchmark_update_commit_info(commit_info: dict[str, Any]) -> None:
    """Name the project; pytest-benchmark takes the name of the current folder."""
    commit_info["project"] = "scratchmark"


def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    """Drop the seconds of each single round: the statistics stay."""
    for benchmark in output_json["benchmarks"]:
        benchmark["stats"].pop("data", None)


def _optimizers(config: pytest.Config) -> list[str]:
    chosen = config.getoption("--optimizers")
    if chosen is None:
        return registry.optimizer_names()
    names = dict.fromkeys(filter(None, chosen.split(",")))
    return [registry.add_file(Path(name)) if name.endswith(".py") else name for name in names]
