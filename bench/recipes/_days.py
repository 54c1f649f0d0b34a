"""A day of the notebooks from its first step to its last, with a log that grows by each evaluation and goes on."""

import csv
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np

from bench.recipes._notebook import Notebook, Settings


@dataclass(frozen=True)
class Point:
    """A row of the log. `step` counts as the notebook counts; `train_loss` is the mean since the last point.

    `training_s` is of training alone, dev set and start left out.
    """

    step: int
    epoch: float
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    training_s: float


class Day:
    """A day's training with its log, `name`.csv in `folder`; until it is over its state is kept in `name`.npz.

    The state is kept after every epoch, and a new `Day` goes on from there; its first `train_loss` then begins there.
    """

    def __init__(self, name: str, settings: Settings, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.settings, self.notebook = settings, Notebook(settings)
        self.log, self.state = folder / f"{name}.csv", folder / f"{name}.npz"
        self.clock = self.notebook.training.clock
        self.n_steps, self.points, self.losses = 0, list[Point](), list[float]()
        if self.state.exists() and self.log.exists():
            self._go_on()
        self._write("w", self.points)

    def run(self) -> None:
        """Train the epochs that are left."""
        while self.n_steps < self.settings.epochs * self.notebook.steps_per_epoch:
            self._epoch()
            self.notebook.save(self.state, n_steps=self.n_steps, **self.clock.seconds)

    @cached_property
    def test_accuracy(self) -> float:
        """The accuracy on the test set, now that training is over and its state is not needed any more."""
        self.state.unlink(missing_ok=True)
        return self.notebook.training.accuracy(*self.notebook.test)

    @property
    def accuracies(self) -> dict[int, float]:
        """The accuracies on the dev set, by step."""
        return {point.step: point.validation_accuracy for point in self.points}

    @property
    def training_s(self) -> float:
        """The seconds of training alone: batches, gradients and updates."""
        return self.clock.training_s

    @property
    def examples_per_s(self) -> float:
        """The speed of training."""
        return self.n_steps * self.settings.batch_size / self.training_s

    def _epoch(self) -> None:
        self.clock.lap("setup")
        for loss in self.notebook.epoch():
            self.losses.append(loss)
            self.n_steps += 1
            if (self.n_steps - self.settings.first_step) % self.settings.every == 0:
                self._evaluate()
                self.clock.lap("evaluation")

    def _evaluate(self) -> None:
        score = self.notebook.training.network.evaluate(self.notebook.training.theta, *self.notebook.validation)
        step, epoch = self.n_steps - self.settings.first_step, self.n_steps / self.notebook.steps_per_epoch
        train_loss = float(np.mean(self.losses))
        self.losses.clear()
        self.points.append(Point(step, epoch, train_loss, score.loss, score.accuracy, self.training_s))
        self._write("a", self.points[-1:])

    def _go_on(self) -> None:
        kept = self.notebook.restore(self.state)
        self.n_steps = int(kept.pop("n_steps"))
        self.clock.seconds |= kept
        with self.log.open(newline="") as file:
            rows = [
                Point(int(row["step"]), *(float(row[f.name]) for f in fields(Point)[1:]))
                for row in csv.DictReader(file)
                if None not in row.values()  # the last row of a run that was killed may be half a row
            ]
        self.points = [point for point in rows if point.step + self.settings.first_step <= self.n_steps]

    def _write(self, mode: str, points: list[Point]) -> None:
        with self.log.open(mode, newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            if mode == "w":
                table.writerow(field.name for field in fields(Point))
            table.writerows([point.step, *(f"{value:.6g}" for value in astuple(point)[1:])] for point in points)


def first_at(accuracies: dict[int, float], floor: float) -> str:
    """The first step whose accuracy is not below `floor`, in words."""
    reached = [step for step, accuracy in accuracies.items() if accuracy >= floor]
    return str(reached[0]) if reached else "never"
