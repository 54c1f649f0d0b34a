"""Do all contenders do the same work? After the same steps they must have come to the same loss."""

from typing import Any

import numpy as np

from bench.peers.contenders import REFERENCE, Contender
from bench.peers.contenders.textbook import softmax
from bench.peers.task import Task
from network.layout import Layout, Vector

TOLERANCE = 1e-4  # relative: the rounding of float32 over so few steps stays well below
EXAMPLES = 2000


class MismatchError(RuntimeError):
    """A contender came to another loss than the reference."""


def check_steps(task: Task) -> int:
    """How many steps are checked."""
    return 10 if task.batch_size <= 512 else 3


def check(name: str, contender: Contender, reference: float) -> None:
    """Hold a contender that has taken the steps to the `reference`'s loss; MismatchError names it."""
    task = contender.task
    loss = mean_loss(contender.theta(), task)
    if not abs(loss - reference) <= TOLERANCE * reference:
        raise MismatchError(
            f"{name}: after {contender.step} steps of {task.rule} at batch {task.batch_size} the loss must be that of "
            f"{REFERENCE} to {TOLERANCE:g}, {reference:.7f}, got {loss:.7f}"
        )


def mean_loss(theta: Vector, task: Task) -> float:
    """The mean cross-entropy of the weights `theta` (n,) on the first training examples, in float64."""
    a: Any = task.data.x[:EXAMPLES].astype(np.float64)
    y = task.data.y[:EXAMPLES]
    *hidden, last = Layout.dense(task.sizes).blocks(theta.astype(np.float64))
    for block in hidden:
        a = np.maximum(a @ block[:-1] + block[-1], 0)
    p = softmax(a @ last[:-1] + last[-1])
    return float(-np.mean(np.log(p[np.arange(len(y)), y])))
