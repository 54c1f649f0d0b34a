"""Scratchmark itself: `Trial.run`, with its shuffles, its clock and its schedule, and without evaluations."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from bench.peers.contenders.contender import Contender
from bench.peers.task import Task
from bench.trial import Trial
from network.layout import Vector


class Product(Contender):
    """The trial's own loop, stopped where its curve would have a point."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.trial = Unevaluated(task.spec)
        self.running = self.trial.run()
        next(self.running)  # the start
        self.train(0)

    def train(self, n_steps: int) -> int:
        """Let the trial go on for so many steps."""
        before = self.examples
        self.trial.stop += n_steps
        next(self.running)
        return self.examples - before

    def theta(self) -> Vector:
        """The trial's own vector."""
        return self.trial.theta

    @property
    def examples(self) -> int:
        """The examples seen so far; the last batch of an epoch is shorter."""
        batches = self.trial.batches
        epochs, steps = divmod(self.trial.step, batches.steps_per_epoch)
        return epochs * self.task.m + steps * batches.batch_size


class Unevaluated(Trial):
    """A trial that pauses at the step `stop`, again and again, and evaluates nothing there."""

    stop = 0

    def evaluation_steps(self) -> Any:
        """The step to pause at next, without end."""
        return iter(self._stops())

    def evaluate(self) -> Any:
        """No point of a curve."""
        return SimpleNamespace(train_loss=0.0)

    def _stops(self) -> Iterator[int]:
        while True:
            yield self.stop
