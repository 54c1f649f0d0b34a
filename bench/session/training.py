"""A trial that can stop between any two steps, be kept, and go on elsewhere, also under changed settings."""

from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from math import ceil, isfinite
from types import SimpleNamespace
from typing import Any

import numpy as np

from bench.augmentation import Augmentation
from bench.errors import InputError
from bench.seeds import generator
from bench.session.feed import Bookmark, Feed
from bench.spec import TrialSpec
from bench.trial import Point, Trial
from network.layout import Vector

# What a network with its weights is: where one of these changes, the old weights mean nothing.
ARCHITECTURE = ("hidden", "activation", "output", "batch_norm", "initializer", "seed")
ORDER = ("dataset", "data", "batch_size", "drop_last", "sampling")


class Diverged(Exception):  # noqa: N818 - no error: training can do that
    """The loss is no number any more."""


@dataclass
class Time:
    """Where training stands.

    The schedule counts `trial.step`, which begins anew with each schedule and is converted with each batch size. What
    has to be added for the step and the epoch of the whole session are the offsets. `origin` is the step at which the
    present batches began, `goal` the step at which training is to end.
    """

    origin: int = 0
    goal: int = 0
    step_offset: int = 0
    epoch_offset: float = 0.0


@dataclass(frozen=True)
class Kept:
    """All that decides how training goes on: the weights (n,), the optimizer's state, and the rest as JSON takes it."""

    theta: Vector
    statistics: Vector
    state: Any
    about: dict[str, Any]


class Training:
    """The trial of `spec`, at its beginning. Raises InputError where its settings do not go together."""

    def __init__(self, spec: TrialSpec) -> None:
        try:
            self.trial = trial = Trial(spec)
            self._augmentation_rng = generator(spec.seed, "augmentation")
            augment = self._augmentation(spec)
        except InputError:
            raise
        except ValueError as error:
            raise InputError(f"Session: {error}") from None
        before = dict(generator(spec.seed, "batches").bit_generator.state)
        self.feed = Feed(trial.batches, before, augment)
        self._dropout_rng = trial.network.rng or generator(spec.seed, "dropout")
        trial.method.start(trial.theta, trial.network.layout, generator(spec.seed, "optimizer"), trial.closure)
        self.time = Time()
        self.keep()

    @property
    def step(self) -> int:
        """The steps of the session."""
        return self.time.step_offset + self.trial.step

    @property
    def epoch(self) -> float:
        """The passes over the training part, fractions included."""
        return self.time.epoch_offset + self.trial.step / self._per_epoch

    @property
    def epochs_left(self) -> float:
        """The epochs to the goal, fractions included."""
        return max(0, self.time.goal - self.trial.step) / self._per_epoch

    def aim(self, epochs: int | None) -> None:
        """Set the goal so many epochs ahead; an epoch that was cut short is finished first, and counts.

        None leaves the goal where it is; where it is reached, InputError.
        """
        trial, time = self.trial, self.time
        if epochs is not None:
            whole = (trial.step - time.origin) // self._per_epoch
            time.goal = time.origin + (whole + epochs) * self._per_epoch
        elif time.goal <= trial.step:
            raise InputError("Session: all epochs are done: say how many more, as in train(epochs=10)")

    def run(self, horizon: int | None) -> Iterator[Point]:
        """Train to the goal, stopping to evaluate; raises Diverged, and Interrupted where the feed is stopped.

        `horizon` is the epoch at which a schedule that looks ahead sees the end, if that is behind the goal.
        """
        trial, time = self.trial, self.time
        ahead = round(((horizon or 0) - time.epoch_offset) * self._per_epoch)
        trial.n_steps = max(time.goal, ahead)
        trial.clock.lap("setup")
        for stop in self._evaluation_steps():
            loss = trial.train_until(stop, self.feed)
            if not isfinite(loss):
                raise Diverged(f"the loss became {loss} at step {self.step}")
            yield self.evaluate()

    def evaluate(self) -> Point:
        """The point of the curve at the present step."""
        point = self.trial.evaluate()
        if not isfinite(point.train_loss):
            raise Diverged(f"the loss became {point.train_loss} by step {self.step}")
        return replace(point, step=self.step, epoch=self.epoch)

    def keep(self) -> Kept:
        """Note all that decides how training goes on, to rewind to it; only between two steps."""
        trial = self.trial
        about = {
            "step": trial.step,
            "time": asdict(self.time),
            "gradient_evaluations": trial.gradient_evaluations,
            "validation_losses": list(trial.validation_losses),
            "seconds": dict(trial.clock.seconds),
            "feed": asdict(self.feed.bookmark),
            "dropout": self._dropout_rng.bit_generator.state,
            "augmentation": self._augmentation_rng.bit_generator.state,
        }
        self.kept = Kept(trial.theta.copy(), trial.network.statistics, deepcopy(trial.method.state), about)
        return self.kept

    def rewind(self) -> None:
        """Go back to where `keep` was called last."""
        self.restore(self.kept)

    def restore(self, kept: Kept) -> None:
        """Go to where another training of this spec was; ValueError where what was kept is not of its form."""
        self._take(kept)
        self.trial.method.state = deepcopy(kept.state)
        self.feed.go_to(Bookmark(**kept.about["feed"]))
        self.kept = kept

    def take_over(self, before: "Training") -> str:
        """Go on from where a training of another spec, of the same architecture, stands; a note of what is lost."""
        kept, old, new = before.keep(), before.trial.spec, self.trial.spec
        self._take(kept)
        note = self._take_state(kept.state, old)
        if all(getattr(old, name) == getattr(new, name) for name in ORDER):
            self.feed.go_to(Bookmark(**kept.about["feed"]))
        else:
            self._begin_batches(before)
        if old.schedule != new.schedule:
            self._begin_schedule()
        self.keep()
        return note

    def reasons_to_start_afresh(self, before: "Training") -> list[str]:
        """What has changed that leaves the weights of another training without a meaning."""
        old, new = before.trial, self.trial
        reasons = [name for name in ARCHITECTURE if getattr(old.spec, name) != getattr(new.spec, name)]
        if old.network.sizes != new.network.sizes and not reasons:
            reasons.append(f"the widths {_sizes(old)} to {_sizes(new)}")
        elif not np.array_equal(old.parts.data.feature_order, new.parts.data.feature_order):
            reasons.append("the order of the inputs")
        return reasons

    def _augmentation(self, spec: TrialSpec) -> Augmentation | None:
        if not spec.augmentation:
            return None
        return Augmentation(self.trial.parts.data, self._augmentation_rng, **spec.augmentation)

    @property
    def _per_epoch(self) -> int:
        return self.trial.batches.steps_per_epoch

    def _evaluation_steps(self) -> list[int]:
        """The steps ahead at which the curve has a point: so many an epoch, evenly spread, as a trial has them."""
        origin, per_epoch, n = self.time.origin, self._per_epoch, self.trial.spec.evaluations_per_epoch
        last = ceil((self.time.goal - origin) / per_epoch) * n
        first = (self.trial.step - origin) * n // per_epoch
        steps = {origin + round(i * per_epoch / n) for i in range(first, last + 1)}
        return sorted(step for step in steps if self.trial.step < step <= self.time.goal)

    def _take(self, kept: Kept) -> None:
        """Take everything that does not depend on the optimizer or on the batches."""
        trial, about = self.trial, kept.about
        if kept.theta.shape != trial.theta.shape or kept.statistics.shape != trial.network.statistics.shape:
            raise ValueError(f"theta must have {len(trial.theta)} numbers, got {len(kept.theta)}")
        np.copyto(trial.theta, kept.theta)
        trial.network.statistics = kept.statistics
        trial.step, self.time = about["step"], Time(**about["time"])
        trial.gradient_evaluations = about["gradient_evaluations"]
        trial.validation_losses = list(about["validation_losses"])
        trial.clock.seconds = dict(about["seconds"])
        self._dropout_rng.bit_generator.state = about["dropout"]
        self._augmentation_rng.bit_generator.state = about["augmentation"]

    def _take_state(self, state: Any, old: TrialSpec) -> str:
        """Take the optimizer's state, if it is of use here; else the method begins where the weights are now."""
        trial, name = self.trial, self.trial.spec.optimizer.name
        rng = generator(trial.spec.seed, "optimizer")
        trial.method.start(trial.theta, trial.network.layout, rng, trial.closure)
        if old.optimizer.name == name and has_form_of(state, trial.method.state):
            trial.method.state = deepcopy(state)
            return ""
        return f"the weights stay, {name} begins with a fresh state"

    def _begin_batches(self, before: "Training") -> None:
        """New batches, in an order drawn behind the old ones'; the epochs count on where they were."""
        trial, time = self.trial, self.time
        step, epoch, left = before.step, before.epoch, before.time.goal - before.trial.step
        self.feed.go_to(Bookmark(dict(before.trial.batches.rng.bit_generator.state)))
        trial.step = time.origin = round(before.trial.step / before._per_epoch * self._per_epoch)
        time.step_offset, time.epoch_offset = step - trial.step, epoch - trial.step / self._per_epoch
        time.goal = time.origin + max(0, ceil(left / before._per_epoch)) * self._per_epoch

    def _begin_schedule(self) -> None:
        """A new schedule counts from here."""
        trial, time = self.trial, self.time
        time.step_offset, time.epoch_offset = self.step, self.epoch
        time.origin, time.goal = time.origin - trial.step, time.goal - trial.step
        trial.step, trial.validation_losses = 0, []


def has_form_of(state: Any, fresh: Any) -> bool:
    """Whether a state has the names and the shapes of a fresh one. Lists may grow, and what was None be filled."""
    if fresh is None or state is None:
        return True
    if type(state) is not type(fresh):
        return False
    if isinstance(state, SimpleNamespace | dict):
        a, b = (s if isinstance(s, dict) else vars(s) for s in (state, fresh))
        return a.keys() == b.keys() and all(has_form_of(a[name], b[name]) for name in a)
    if isinstance(state, deque):
        return state.maxlen == fresh.maxlen
    return not isinstance(state, np.ndarray) or (state.shape, state.dtype) == (fresh.shape, fresh.dtype)


def _sizes(trial: Trial) -> str:
    return "-".join(map(str, trial.network.sizes))
