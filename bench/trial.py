"""The training loop of every trial: where network and optimizer meet."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import isfinite

from bench import registry
from bench.augmentation import Augmentation
from bench.batches import Batches, Examples
from bench.clock import Stopwatch
from bench.early_stopping import EarlyStopping
from bench.method import Method
from bench.parts import Parts
from bench.seeds import generator
from bench.spec import TrialSpec
from network import BatchNorm, Network, Penalty, initialize
from network.layout import Vector, aligned_zeros
from optimizers import Progress


@dataclass(frozen=True)
class Start:
    """What a trial starts from; the hashes are equal for all optimizers of one seed."""

    initial_hash: str
    order_hash: str
    n_parameters: int
    n_steps: int


@dataclass(frozen=True)
class Point:
    """A place on a learning curve: how far training had come, and how well the network did there.

    `epoch` counts passes over the training part, fractions included; `elapsed_s` is training alone, in seconds.
    """

    step: int
    epoch: float
    gradient_evaluations: int
    elapsed_s: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class End:
    """How a trial ended: `done` with its score on the test part, or `diverged` with the reason.

    The reason of `done` is empty, or says where early stopping ended training.
    """

    status: str
    reason: str
    test_loss: float | None
    test_accuracy: float | None
    seconds: dict[str, float]


class Trial:
    """One training run, made ready: `run` trains it and yields its start, its curve and its end."""

    def __init__(self, spec: TrialSpec) -> None:
        self.clock = Stopwatch()
        self.spec = spec
        self.parts = parts = Parts.load(spec.dataset, spec.scaling, generator(spec.seed, "split"))
        self.network = network_for(spec, parts)
        self.method = Method.chosen(spec.optimizer, spec.schedule)
        initializer = registry.chosen_initializer(spec.initializer)
        self.theta = initialize(initializer, self.network.layout, generator(spec.seed, "initialization"))
        self.gradient = aligned_zeros(len(self.theta), self.theta.dtype)
        self.batches = Batches(
            parts.x,
            parts.y,
            parts.train,
            spec.batch_size,
            generator(spec.seed, "batches"),
            drop_last=spec.drop_last,
            sampling=spec.sampling,
            n_blank=None if spec.augmentation else parts.n_blank,
        )
        if spec.batch_norm and self.batches.smallest == 1:
            raise ValueError("batch_norm: the last batch of an epoch has 1 row and needs 2: set drop_last")
        self.early_stopping = EarlyStopping(**spec.early_stopping) if spec.early_stopping else None
        self.n_steps = spec.epochs * self.batches.steps_per_epoch
        self.step = self.gradient_evaluations = 0
        self.validation_losses: list[float] = []

    def run(self) -> Iterator[Start | Point | End]:
        """Train, stopping to evaluate where the spec says; a loss that is no number ends the trial."""
        initial_hash = sha256(self.theta.tobytes()).hexdigest()[:16]
        yield Start(initial_hash, self.batches.order_hash, len(self.theta), self.n_steps)
        self.method.start(self.theta, self.network.layout, generator(self.spec.seed, "optimizer"), self.closure)
        batches = self.training_batches()
        self.clock.lap("setup")
        for stop in self.evaluation_steps():
            loss = self.train_until(stop, batches)
            point = self.evaluate()
            if not isfinite(loss + point.train_loss):
                yield self.diverged(loss)
                return
            yield point
            if self.early_stopping and self.stops_early(self.early_stopping, point):
                break
        yield self.done()

    def training_batches(self) -> Iterator[Examples]:
        """The batches, without end; their images moved where the spec says so."""
        if not self.spec.augmentation:
            return iter(self.batches)
        rng = generator(self.spec.seed, "augmentation")
        augmented = Augmentation(self.parts.data, rng, **self.spec.augmentation)
        return ((augmented(x), y, None) for x, y, _ in self.batches)

    def stops_early(self, early_stopping: EarlyStopping, point: Point) -> bool:
        """Show early stopping the point just evaluated; whether training is over."""
        early_stopping.see(point, self.method.readout(), self.network.statistics)
        return early_stopping.is_over

    def train_until(self, stop: int, batches: Iterator[Examples]) -> float:
        """Take steps up to step `stop` and return the last loss; a loss that is no number ends it sooner."""
        network, method, theta, gradient, lap = self.network, self.method, self.theta, self.gradient, self.clock.lap
        per_epoch, n_steps, validation_losses = (
            self.batches.steps_per_epoch,
            self.n_steps,
            tuple(self.validation_losses),
        )
        loss = 0.0
        while self.step < stop:
            self.batch = x, y, n_blank = next(batches)
            lap("batch")
            loss = network.loss_and_gradient(theta, x, y, gradient, n_blank=n_blank)
            self.gradient_evaluations += 1
            lap("gradient")
            if not isfinite(loss):
                break
            progress = Progress(self.step, per_epoch, n_steps, validation_losses)
            method.step(gradient, progress, network.n_silent(x, n_blank))
            lap("update")
            self.step += 1
        return loss

    def closure(self, theta: Vector, gradient: Vector) -> float:
        """The loss on the present batch at another `theta` (n,), for methods that look twice; each look counts.

        It drops the units that the step's own look dropped, and leaves the statistics of batch normalization alone.
        """
        self.clock.lap("update")
        x, y, n_blank = self.batch
        loss = self.network.loss_and_gradient(theta, x, y, gradient, n_blank=n_blank, again=True)
        self.gradient_evaluations += 1
        self.clock.lap("gradient")
        return loss

    def evaluation_steps(self) -> list[int]:
        """The steps at which the curve has a point: the start, and so many an epoch, evenly spread."""
        n_points = self.spec.epochs * self.spec.evaluations_per_epoch
        return sorted({round(i * self.n_steps / n_points) for i in range(n_points + 1)})

    def evaluate(self) -> Point:
        """The point of the curve at the present step."""
        theta = self.method.readout()
        train = self.network.evaluate(theta, *self.parts.train_sample)
        validation = self.network.evaluate(theta, *self.parts.validation)
        self.validation_losses.append(validation.loss)
        self.clock.lap("evaluation")
        return Point(
            step=self.step,
            epoch=self.step / self.batches.steps_per_epoch,
            gradient_evaluations=self.gradient_evaluations,
            elapsed_s=self.clock.training_s,
            train_loss=train.loss,
            train_accuracy=train.accuracy,
            validation_loss=validation.loss,
            validation_accuracy=validation.accuracy,
        )

    def done(self) -> End:
        """The end of a trial that took its steps, with its score on the test part.

        With early stopping the weights of the best point are restored, as `weights` and as the network's statistics.
        """
        self.weights, reason = self.method.readout(), ""
        if self.early_stopping:
            self.weights, self.network.statistics = self.early_stopping.weights, self.early_stopping.statistics
            reason = self.early_stopping.summary(self.step, self.n_steps)
        test = self.network.evaluate(self.weights, *self.parts.test)
        self.clock.lap("evaluation")
        return End("done", reason, test.loss, test.accuracy, self.clock.seconds)

    def diverged(self, loss: float) -> End:
        """The end of a trial whose loss is no number any more."""
        reason = f"the loss became {loss} at step {self.step} of {self.n_steps}"
        return End("diverged", reason, None, None, self.clock.seconds)


def network_for(spec: TrialSpec, parts: Parts) -> Network:
    """The network that a spec says, for these parts of its data."""
    penalty = Penalty(spec.l1, spec.l2, len(parts.train))
    return Network(
        (parts.n_features, *spec.hidden, 1 if spec.output == "sigmoid" else parts.n_classes),
        spec.activation,
        scale=parts.scaling.factor,
        shift=parts.scaling.shift,
        penalty=penalty if spec.l1 or spec.l2 else None,
        dropout=spec.dropout,
        rng=generator(spec.seed, "dropout"),
        batch_norm=BatchNorm(**spec.batch_norm) if spec.batch_norm else None,
    )


def event(message: Start | Point | End) -> dict[str, object]:
    """A message as JSON takes it: its kind beside its fields."""
    return {"event": type(message).__name__.lower(), **asdict(message)}
