"""`python -m bench.peers.anatomy`: where the microseconds of a training step go, call by call, as Markdown."""

import sys
from collections.abc import Iterator
from statistics import median

import click
import numpy as np
from tabulate import tabulate

from bench.clock import seconds
from bench.peers import one_thread
from bench.throughput.workbench import Call, Workbench
from network.layers import Dense
from network.mlp import Pass
from network.stages import Stage

REPEATS = 9
TARGET_S = 0.02  # a repeat of a call takes about so long
WHOLE, REST = "a whole step", "between the calls: Python, and what they find in the cache"


@click.command()
@click.option("--optimizer", default="minibatch_gd", show_default=True)
@click.option("--batch-sizes", default="1,64,512", show_default=True)
def main(optimizer: str, batch_sizes: str) -> None:
    """Time each call of a training step by itself, and the whole; one thread, medians of interleaved repeats."""
    workbench, sizes = Workbench(), [int(size) for size in batch_sizes.split(",")]
    columns = [times(dict(calls(workbench, optimizer, size))) for size in sizes]
    rows = [[what, *(f"{1e6 * column[what]:.1f}" for column in columns)] for what in columns[0]]
    heads = ["microseconds", *(f"batch {size}" for size in sizes)]
    click.echo(
        tabulate(rows, heads, tablefmt="github", disable_numparse=True, colalign=("left", *["right"] * len(sizes)))
    )


def calls(workbench: Workbench, optimizer: str, batch_size: int) -> Iterator[tuple[str, Call]]:
    """Each call of a step in its order, by what it does, and the whole step at the end."""
    x, y, n_blank = workbench.typical_batch(batch_size)
    gradient = np.zeros_like(workbench.start)
    workbench.network.loss_and_gradient(workbench.start, x, y, gradient, n_blank=n_blank)
    part = workbench.network.training_pass(workbench.start, x, gradient)
    part.first.scale = 1.0  # its way back scales delta where it lies: done again and again, that ends in slow denormals
    yield "the next batch", workbench.batch(batch_size)
    yield "bytes to float32", lambda: part.first.take(x, n_blank)
    for name, stage in named(part):
        yield f"{name}, forward", stage.forward
    yield "softmax, loss and its gradient", lambda: part.loss.loss_and_gradient(y, 1 / len(x))
    for name, stage in reversed(list(named(part))):
        yield f"{name}, backward", stage.backward
    yield f"update, {optimizer}", workbench.update(optimizer, batch_size)
    yield WHOLE, workbench.step(optimizer, batch_size)


def named(part: Pass) -> Iterator[tuple[str, Stage]]:
    """The stages of a pass with their names: `layer 1`, `layer 1: ReLU`."""
    layer = 0
    for stage in part.stages:
        layer += isinstance(stage, Dense)
        yield f"layer {layer}" + ("" if isinstance(stage, Dense) else f": {type(stage).__name__}"), stage


def times(timed: dict[str, Call]) -> dict[str, float]:
    """The median seconds of each call, and what the whole takes beyond them."""
    numbers = {what: max(1, round(TARGET_S / many(call, 20))) for what, call in timed.items()}
    repeats = [{what: many(call, numbers[what]) for what, call in timed.items()} for _ in range(REPEATS)]
    found = {what: median(repeat[what] for repeat in repeats) for what in timed}
    whole = found.pop(WHOLE)
    return found | {REST: whole - sum(found.values()), WHOLE: whole}


def many(call: Call, n: int) -> float:
    """The mean seconds of a call over `n` of them."""

    def repeat() -> None:
        for _ in range(n):
            call()

    return seconds(repeat) / n


if __name__ == "__main__":
    one_thread.ensure(sys.argv[1:], "bench.peers.anatomy")
    main(prog_name="python -m bench.peers.anatomy")
