"""The training loop: the only room where network and optimizer meet."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import isfinite

from bench import registry
from bench.batches import Batches
from bench.clock import Stopwatch
from bench.method import Method
from bench.parts import Examples, Parts
from bench.seeds import generator
from bench.spec import TrialSpec
from network import Network, initialize
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
    """How a trial ended: `done` with its score on the test part, or `diverged` with the reason."""

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
        sizes = (parts.n_features, *spec.hidden, parts.n_classes)
        self.network = Network(sizes, spec.activation, scale=parts.scaling.factor, shift=parts.scaling.shift)
        self.method = Method(spec)
        initializer = registry.initializer(spec.initializer.name).make(spec.initializer.settings)
        self.theta = initialize(initializer, self.network.layout, generator(spec.seed, "initialization"))
        self.gradient = aligned_zeros(len(self.theta), self.theta.dtype)
        rng = generator(spec.seed, "batches")
        self.batches = Batches(parts.x, parts.y, parts.train, spec.batch_size, rng)
        self.n_steps = spec.epochs * self.batches.steps_per_epoch
        self.step = self.gradient_evaluations = 0
        self.validation_losses: list[float] = []

    def run(self) -> Iterator[Start | Point | End]:
        """Train, stopping to evaluate where the spec says; a loss that is no number ends the trial."""
        initial_hash = sha256(self.theta.tobytes()).hexdigest()[:16]
        yield Start(initial_hash, self.batches.order_hash, len(self.theta), self.n_steps)
        self.method.start(self.theta, self.network.layout, generator(self.spec.seed, "optimizer"), self.closure)
        batches = iter(self.batches)
        self.clock.lap("setup")
        for stop in self.evaluation_steps():
            loss = self.train_until(stop, batches)
            point = self.evaluate()
            if not isfinite(loss + point.train_loss):
                yield self.diverged(loss)
                return
            yield point
        yield self.done()

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
            self.batch = x, y = next(batches)
            lap("batch")
            loss = network.loss_and_gradient(theta, x, y, gradient)
            self.gradient_evaluations += 1
            lap("gradient")
            if not isfinite(loss):
                break
            method.step(gradient, Progress(self.step, per_epoch, n_steps, validation_losses))
            lap("update")
            self.step += 1
        return loss

    def closure(self, theta: Vector, gradient: Vector) -> float:
        """The loss on the present batch at another `theta` (n,), for methods that look twice; each look counts."""
        self.clock.lap("update")
        loss = self.network.loss_and_gradient(theta, *self.batch, gradient)
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
        """The end of a trial that took all its steps, with its score on the test part."""
        test = self.network.evaluate(self.method.readout(), *self.parts.test)
        self.clock.lap("evaluation")
        return End("done", "", test.loss, test.accuracy, self.clock.seconds)

    def diverged(self, loss: float) -> End:
        """The end of a trial whose loss is no number any more."""
        reason = f"the loss became {loss} at step {self.step} of {self.n_steps}"
        return End("diverged", reason, None, None, self.clock.seconds)


def event(message: Start | Point | End) -> dict[str, object]:
    """A message as JSON takes it: its kind beside its fields."""
    return {"event": type(message).__name__.lower(), **asdict(message)}
