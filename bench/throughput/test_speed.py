"""The benchmarks. The statistics are seconds a call; `extra_info` says what is called, so that names need no parsing.

`part` is "step", or one of what a step consists of: "batch", "gradient" (forward and backward) and "update"; or
"evaluation". `optimizer`, `batch_size` and `examples`, those that a call handles, are None where they do not matter:
an update's cost depends on the number of parameters alone. `runtime` is the foreign framework that runs the update,
with its version, None for NumPy. `calls` is how many calls the statistics rest on.
"""

from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from bench.batches import CHUNK
from bench.throughput.workbench import BatchSize, Call, Workbench, runtime

# Calls a round and rounds. Small batches are gathered CHUNK rows at a time: each round pays for whole chunks.
ROUNDS: dict[BatchSize, tuple[int, int]] = {1: (CHUNK, 6), 64: (64, 12), 512: (8, 16), "full": (1, 3)}


def test_batch(benchmark: BenchmarkFixture, workbench: Workbench, batch_size: BatchSize) -> None:
    """Gathering the next batch; the full batch is gathered once a trial and then only handed out."""
    info = {"part": "batch", "batch_size": batch_size, "examples": workbench.n_examples(batch_size)}
    timed(
        benchmark, workbench.batch(batch_size), 2 * CHUNK if batch_size == "full" else ROUNDS[batch_size][0], 20, info
    )


def test_gradient(benchmark: BenchmarkFixture, workbench: Workbench, batch_size: BatchSize) -> None:
    """Forward and backward."""
    info = {"part": "gradient", "batch_size": batch_size, "examples": workbench.n_examples(batch_size)}
    timed(benchmark, workbench.gradient(batch_size), *ROUNDS[batch_size], info)


def test_step(benchmark: BenchmarkFixture, workbench: Workbench, batch_size: BatchSize, optimizer: str) -> None:
    """A whole training step."""
    info = {"part": "step", "batch_size": batch_size, "examples": workbench.n_examples(batch_size)}
    method = {"optimizer": optimizer, "runtime": runtime(optimizer)}
    timed(benchmark, workbench.step(optimizer, batch_size), *ROUNDS[batch_size], info | method)


def test_update(benchmark: BenchmarkFixture, workbench: Workbench, optimizer: str) -> None:
    """An optimizer's step alone."""
    info = {"part": "update", "optimizer": optimizer, "runtime": runtime(optimizer)}
    timed(benchmark, workbench.update(optimizer), 150, 20, info)


def test_evaluation(benchmark: BenchmarkFixture, workbench: Workbench) -> None:
    """Loss and accuracy on the validation part."""
    examples = len(workbench.parts.validation_rows)
    timed(benchmark, workbench.evaluation(), 1, 10, {"part": "evaluation", "examples": examples})


def timed(benchmark: BenchmarkFixture, call: Call, calls: int, rounds: int, info: dict[str, Any]) -> None:
    """Time `rounds` rounds of so many calls, after one that does not count unless a call takes long."""
    nothing = {"optimizer": None, "batch_size": None, "examples": None, "runtime": None}
    benchmark.extra_info |= nothing | info | {"calls": calls * rounds}
    benchmark.group = f"{info['part']} {info.get('batch_size', '')}".strip()
    benchmark.pedantic(call, rounds=rounds, iterations=calls, warmup_rounds=int(rounds > 3))
