"""A training run in the hands of a person: train, stop, change a setting, go on."""

import json
from collections.abc import Callable, Iterable
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from bench.errors import InputError
from bench.plugin import unknown
from bench.session import checkpoint
from bench.session.curve import Change, Curve
from bench.session.feed import Interrupted
from bench.session.interrupts import Interrupts
from bench.session.settings import NAMES, Settings, changed, differences, spec_of, value_of
from bench.session.training import Diverged, Training
from bench.spec import TrialSpec
from bench.trial import Point
from network import Score

if TYPE_CHECKING:
    import pandas as pd

Listener = Callable[[Point], object]


class Session:
    """One network in training, which may be stopped, changed and continued as often as you like.

        session = Session(dataset="mnist", optimizer="adam", seed=1)
        session.train(epochs=10)                       # press stop whenever you like
        session.lr = 3e-4; session.dropout = 0.5
        session.train(epochs=10)                       # the same weights and optimizer state, a joined curve

    Every setting is an attribute: those of a plan's network and training, the optimizer's hyperparameters, and
    `dataset`, `scaling`, `optimizer`, `initializer`, `schedule`, `batch_size`, `seed`, `evaluations_per_epoch`. What
    is set is checked at once and holds from the next `train` on:

    - another rate, hyperparameter, penalty, dropout: weights and optimizer state stay as they are;
    - another `batch_size`: so they do, and a new epoch begins;
    - another `schedule` counts from here;
    - another `optimizer` begins with a fresh state and its own defaults; the weights stay;
    - another architecture, initializer or seed, or data of another form: training starts afresh, and says so.

    Unchanged, a stopped run that goes on equals one that was never stopped, bit for bit, also from a file.

    `horizon` is the epoch at which schedules that look ahead (cosine) see the end; without it they see the end of the
    present `train`. `tell` is called with each line there is to say. Raises InputError for a setting that cannot be.
    """

    horizon: int | None
    tell: Callable[[str], object]
    status: str  # "new", "done", "interrupted" or "diverged": how the last `train` ended

    def __init__(
        self,
        *,
        dataset: str = "mnist",
        optimizer: str = "adam",
        seed: int = 1,
        horizon: int | None = None,
        tell: Callable[[str], object] = print,
        **settings: Any,
    ) -> None:
        given = {"dataset": dataset, "optimizer": optimizer, "seed": seed, **settings}
        self.horizon, self.tell, self.status = horizon, tell, "new"
        self._accept(given)
        self._training, self._curve, self._is_training = Training(self._spec), Curve(), False

    def train(self, epochs: int | None = None, on_point: Listener | None = None) -> "Session":
        """Train for so many epochs more; without a number, to where an interrupted call was to end. Returns itself.

        An interrupt (Ctrl-C, a notebook's stop button) ends it between two steps, and keeps them all. An epoch that
        was cut short is finished first, and counts. Where the loss is no number any more, training goes back to the
        last evaluation. `on_point` is called with each point of the curve.
        """
        if epochs is not None and (not isinstance(epochs, int | np.integer) or epochs < 1):
            raise InputError(f"Session: epochs must be a whole number of at least 1, got {epochs!r}")
        self._settle()
        self._training.aim(None if epochs is None else int(epochs))
        self._training.keep()
        with Interrupts() as interrupts, threadpool_limits(1, "blas"), np.errstate(all="ignore"):
            self._training.feed.is_stopped = lambda: interrupts.pressed
            self._train(on_point)
        return self

    def change(self, **settings: Any) -> None:
        """Set several settings at once; they hold from the next `train` on."""
        self._accept(changed(self._given, settings))

    @property
    def epoch(self) -> float:
        """The passes over the training part so far."""
        return self._training.epoch

    @property
    def epochs_left(self) -> float:
        """The epochs to where the last `train` was to end; 0 where it went there."""
        return self._training.epochs_left

    @property
    def step(self) -> int:
        """The steps so far."""
        return self._training.step

    @property
    def points(self) -> list[Point]:
        """The curve since training began, or began afresh."""
        return list(self._curve.points)

    @property
    def changes(self) -> list[Change]:
        """What was changed on the way, and what that brought about."""
        return list(self._curve.changes)

    @property
    def history(self) -> "pd.DataFrame":
        """The whole curve, a row a point; `change` is what changed since the point before, `start` counts starts."""
        return self._curve.frame()

    @property
    def weights(self) -> Any:
        """The parameters (n,) as they would be evaluated, a copy."""
        return self._training.trial.method.readout().copy()

    def test(self) -> Score:
        """The loss and the accuracy on the test part. Choose by validation; look here once, in the end."""
        trial = self._training.trial
        return trial.network.evaluate(trial.method.readout(), *trial.parts.test)

    def save(self, path: str | Path) -> Path:
        """Write the session to an .npz file, or into a folder with a readable session.json beside; returns the path.

        A file is replaced as a whole or not at all. Raises InputError where that cannot be done.
        """
        path = Path(path)
        about = {
            "spec": self._training.trial.spec.to_json(),
            "given": self._given,
            "horizon": self.horizon,
            "status": self.status,
            "curve": self._curve.to_data(),
        }
        file = checkpoint.write(path, self._training.keep(), about)
        if file != path:
            checkpoint.write_atomically(path / "session.json", self._summary().encode())
        return path

    @classmethod
    def load(cls, path: str | Path, tell: Callable[[str], object] = print) -> "Session":
        """The session that `save` wrote to this path; InputError where there is none, or none that can be read."""
        kept, about = checkpoint.read(Path(path))
        session = cls.__new__(cls)
        try:
            session.tell, session.horizon, session.status = tell, about["horizon"], about["status"]
            session._curve, session._is_training = Curve.from_data(about["curve"]), False
            session._training = Training(TrialSpec.from_json(about["spec"]))
            session._training.restore(kept)
            session._accept(about["given"])
        except InputError:
            raise
        except checkpoint.DAMAGES as error:
            raise checkpoint.damaged(checkpoint.file_of(Path(path)), error) from None
        return session

    def svg(self) -> str:
        """The curve as a picture: loss and accuracy, and where something was changed."""
        from bench.session import figures  # matplotlib takes its time

        return figures.svg(self._curve.points, self._curve.shown_changes)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return value_of(self._spec, name)
        except KeyError:
            raise AttributeError(f"Session: {unknown('setting', name, self._names())}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or name in Session.__annotations__:
            object.__setattr__(self, name, value)
        elif name in dir(type(self)):
            raise AttributeError(f"Session: {name} can only be read")
        else:
            self.change(**{name: value})

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self._names()]

    def __repr__(self) -> str:
        spec = self._training.trial.spec
        how = f"Session: {spec.optimizer.name} on {spec.dataset}, seed {spec.seed}, epoch {self.epoch:.4g}"
        accuracy = f", validation accuracy {self.points[-1].validation_accuracy:.2%}" if self.points else ""
        return how + accuracy + (f", {self.status}" if self.status in ("interrupted", "diverged") else "")

    def _repr_html_(self) -> str:
        from bench.session import figures

        return figures.html(repr(self), self._curve.points, self._curve.shown_changes)

    def _names(self) -> list[str]:
        return [*NAMES, *self._spec.optimizer.settings]

    def _accept(self, given: Settings) -> None:
        """Take these settings, if they can be had; an optimizer from a file is known by its path."""
        self._spec = spec = spec_of(given)
        source = spec.optimizer.source or ""
        self._given = given | {"optimizer": source if source.endswith(".py") else spec.optimizer.name}

    def _settle(self) -> None:
        """Let what was changed come into force."""
        before = self._training.trial.spec
        if self._is_training or self._spec == before:
            return
        last, self._training = self._training, Training(self._spec)
        if self._curve.points:
            self._go_on_from(last, ", ".join(differences(before, self._spec)))

    def _go_on_from(self, last: Training, what: str) -> None:
        """Go on where the last training stands, or say why not; the curve notes what was changed."""
        training = self._training
        reasons = training.reasons_to_start_afresh(last)
        if reasons:
            note = f"training starts afresh, since the weights do not fit: {', '.join(reasons)} changed"
            self._curve.begin_afresh()
            training.aim(ceil(last.epochs_left))
        else:
            note = training.take_over(last)
        self._curve.changes.append(Change(len(self._curve.starts), training.step, training.epoch, what, note))
        if note:
            self.tell(f"{what}: {note}.")

    def _train(self, on_point: Listener | None) -> None:
        """Train to the goal; whatever ends it sooner leaves the session between two steps."""
        self.status, self._is_training = "interrupted", True
        try:
            self._add_points(on_point)
            self.status = "done"
        except Interrupted:
            self.tell(f"Interrupted at epoch {self.epoch:.4g}, step {self.step:,}; train() goes on from here.")
        except KeyboardInterrupt:
            self._rewind()
            self.tell(f"Interrupted in the middle of a step: back at step {self.step:,}, the last evaluation.")
        except Diverged as reason:
            self.status = "diverged"
            self._rewind()
            self.tell(f"Stopped: {reason}. Back at step {self.step:,}; a smaller lr may help.")
        except BaseException:
            self._rewind()
            raise
        finally:
            self._is_training = False

    def _add_points(self, on_point: Listener | None) -> None:
        training = self._training
        if not self._curve.points:
            self._add(training.evaluate(), on_point)
        for point in training.run(self.horizon):
            self._add(point, on_point)

    def _add(self, point: Point, on_point: Listener | None) -> None:
        self._curve.points.append(point)
        self._training.keep()
        if on_point:
            on_point(point)

    def _rewind(self) -> None:
        self._training.rewind()
        self._curve.cut(self.step)

    def _summary(self) -> str:
        """The session for people, and for other programs; nothing reads it back."""
        spec = json.loads(self._training.trial.spec.to_json())
        del spec["epochs"]
        what = {"status": self.status, "epoch": self.epoch, "step": self.step, "settings": spec}
        changes = [vars(change) for change in self.changes]
        return json.dumps(what | {"changes": changes, "curve": self._curve.rows()}, indent=1, ensure_ascii=False)
