"""The benchmarks. The statistics are seconds a call; `extra_info` says what is called, so that names need no parsing.

`part` is "step", or one of what a step consists of: "batch", "gradient" (forward and backward) and "update"; or
"evaluation". `optimizer`, `batch_size` and `examples`, those that a call handles, are None where they do not matter:
an update's cost depends on the number of parameters, and that of a sparse one on the batch, here of 64. `runtime` is
the foreign framework that runs the update, with its version, None for NumPy. `calls` is how many calls the statistics
rest on. `load`, `mhz_min`, `mhz_max` and `steal_percent` say what the machine did meanwhile (see `Conditions`).
"""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.batches import CHUNK
from bench.throughput.rounds import Rounds
from bench.throughput.workbench import BatchSize, Call, Workbench, runtime

pytestmark = pytest.mark.benchmark(disable_gc=True)  # as `timeit`, which times all rounds but the first

# Calls a round and rounds. Small batches are gathered CHUNK rows at a time: each round pays for whole chunks.
ROUNDS: dict[BatchSize, tuple[int, int]] = {1: (CHUNK, 6), 64: (64, 12), 512: (8, 16), "full": (1, 3)}


@pytest.fixture
def timed(benchmark: BenchmarkFixture, rounds: Rounds) -> Callable[..., None]:
    """Time so many calls a round, and so many rounds, in turn with the other optimizers."""

    def timed(call: Call, calls: int, n_rounds: int, **info: Any) -> None:
        nothing = {"optimizer": None, "batch_size": None, "examples": None, "runtime": None}
        benchmark.extra_info |= nothing | info | {"calls": calls * n_rounds}
        benchmark.group = f"{info['part']} {info.get('batch_size', '')}".strip()
        rounds.time(benchmark, call, calls, n_rounds)

    return timed


def test_batch(timed: Callable[..., None], workbench: Workbench, batch_size: BatchSize) -> None:
    """Gathering the next batch; the full batch is gathered once a trial and then only handed out."""
    info = {"part": "batch", "batch_size": batch_size, "examples": workbench.n_examples(batch_size)}
    timed(workbench.batch(batch_size), 2 * CHUNK if batch_size == "full" else ROUNDS[batch_size][0], 20, **info)


def test_gradient(timed: Callable[..., None], workbench: Workbench, batch_size: BatchSize) -> None:
    """Forward and backward."""
    info = {"part": "gradient", "batch_size": batch_size, "examples": workbench.n_examples(batch_size)}
    timed(workbench.gradient(batch_size), *ROUNDS[batch_size], **info)


def test_step(timed: Callable[..., None], workbench: Workbench, batch_size: BatchSize, optimizer: str) -> None:
    """A whole training step."""
    info = {"part": "step", "batch_size": batch_size, "examples": workbench.n_examples(batch_size)}
    method = {"optimizer": optimizer, "runtime": runtime(optimizer)}
    timed(workbench.step(optimizer, batch_size), *ROUNDS[batch_size], **info, **method)


def test_update(timed: Callable[..., None], workbench: Workbench, optimizer: str) -> None:
    """An optimizer's step alone."""
    timed(workbench.update(optimizer), 150, 20, part="update", optimizer=optimizer, runtime=runtime(optimizer))


def test_evaluation(timed: Callable[..., None], workbench: Workbench) -> None:
    """Loss and accuracy on the validation part."""
    timed(workbench.evaluation(), 1, 10, part="evaluation", examples=len(workbench.parts.validation_rows))
