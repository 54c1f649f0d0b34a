"""The learning rate as a function of progress: each schedule gives the factor by which a step's rate is multiplied."""

from functools import lru_cache
from math import cos, inf, pi, sqrt
from typing import Annotated, NamedTuple

from optimizers._domains import AtLeastOne, Fraction, Interval, NonNegative, Positive, Spec

Count = Annotated[int, Interval(0, inf, whole=True)]
ProperFraction = Annotated[float, Interval(0, 1, open_low=True)]
Divisor = Annotated[float, Interval(1, inf)]


class Progress(NamedTuple):
    """Where a run stands: `step` counts from 0; `validation_losses` are those of the evaluations so far."""

    step: int
    steps_per_epoch: int
    n_steps: int
    validation_losses: tuple[float, ...] = ()

    @property
    def epoch(self) -> int:
        """The number of whole epochs done."""
        return self.step // self.steps_per_epoch

    @property
    def share(self) -> float:
        """The share of the run's steps done."""
        return self.step / self.n_steps


class Schedule(Spec):
    """The contract of a schedule."""

    def factor(self, progress: Progress) -> float:
        """What this step's learning rate is multiplied by."""
        raise NotImplementedError


class Constant(Schedule):
    """1, always."""

    def factor(self, progress: Progress) -> float:
        """1."""
        return 1.0


class InverseTime(Schedule):
    """1 / (1 + rate epoch): Ng, Deep Learning Specialization, course 2, "Learning rate decay"."""

    rate: NonNegative = 1.0

    def factor(self, progress: Progress) -> float:
        """1 / (1 + rate epoch), epochs counted from 0."""
        return 1 / (1 + self.rate * progress.epoch)


class Staircase(Schedule):
    """1 / (1 + rate floor(epoch / interval)): inverse time in steps of `interval` epochs."""

    rate: NonNegative = 1.0
    interval: AtLeastOne = 1

    def factor(self, progress: Progress) -> float:
        """1 / (1 + rate floor(epoch / interval))."""
        return 1 / (1 + self.rate * (progress.epoch // self.interval))


class Exponential(Schedule):
    """decay^floor(epoch / interval): torch's ExponentialLR, and at an interval above 1 its StepLR.

    A base above 1 would grow, which is no decay, and is refused.
    """

    decay: Annotated[float, Interval(0, 1, open_low=True, open_high=False)] = 0.95
    interval: AtLeastOne = 1

    def factor(self, progress: Progress) -> float:
        """decay^floor(epoch / interval)."""
        return float(self.decay ** (progress.epoch // self.interval))


class InverseSqrt(Schedule):
    """1 / sqrt(t), with t = 1 + the number of whole epochs done."""

    def factor(self, progress: Progress) -> float:
        """1 / sqrt(1 + epoch)."""
        return 1 / sqrt(1 + progress.epoch)


class Table(Schedule):
    """A rate by hand: `factors[i]` from epoch `epochs[i]` on, 1 before the first (torch's MultiStepLR, and more)."""

    epochs: tuple[int, ...] = ()
    factors: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        epoch, factor = Interval(0, inf, whole=True), Interval(0, inf)
        if not all(value in epoch for value in self.epochs):
            raise ValueError(f"Table: epochs must each be in {epoch}, got {self.epochs}")
        if not all(value in factor for value in self.factors):
            raise ValueError(f"Table: factors must each be in {factor}, got {self.factors}")
        if len(self.epochs) != len(self.factors) or list(self.epochs) != sorted(set(self.epochs)):
            raise ValueError(f"Table: epochs must rise and be as many as factors, got {self.epochs}, {self.factors}")

    def factor(self, progress: Progress) -> float:
        """The last of `factors` whose epoch has come."""
        reached = [f for epoch, f in zip(self.epochs, self.factors, strict=True) if epoch <= progress.epoch]
        return reached[-1] if reached else 1.0


class Polynomial(Schedule):
    """(1 - share)^power, in every step, down to `end`: torch's PolynomialLR and optax's polynomial_schedule."""

    power: Positive = 1.0
    end: Fraction = 0.0

    def factor(self, progress: Progress) -> float:
        """end + (1 - end) (1 - step / n_steps)^power."""
        return float(self.end + (1 - self.end) * (1 - progress.share) ** self.power)


class Cosine(Schedule):
    """Half a cosine from 1 to `end`, in every step: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983.

    Without its restarts, as torch's CosineAnnealingLR; `end` is torch's `eta_min` over the learning rate.
    """

    end: Fraction = 0.0

    def factor(self, progress: Progress) -> float:
        """end + (1 - end) (1 + cos(pi step / n_steps)) / 2."""
        return _anneal(1.0, self.end, progress.share)


class WarmupCosine(Schedule):
    """A straight line from `start` to 1 over the first share `warmup` of the steps, then half a cosine to `end`.

    optax's warmup_cosine_decay_schedule. At `start` 0, as there, the very first step does not move.
    """

    warmup: Fraction = 0.1
    start: Fraction = 0.0
    end: Fraction = 0.0

    def factor(self, progress: Progress) -> float:
        """start + (1 - start) step / w in the first w = warmup n_steps steps, a cosine in the others."""
        step, n_steps = progress.step, progress.n_steps
        w = min(round(self.warmup * n_steps), n_steps - 1)
        if step < w:
            return self.start + (1 - self.start) * step / w
        return _anneal(1.0, self.end, (step - w) / (n_steps - w))


class OneCycle(Schedule):
    """Half a cosine up from 1 / div_factor to 1, then one down to 1 / (div_factor final_div_factor) in the last step.

    Smith and Topin 2018, https://arxiv.org/abs/1708.07120, in the two phases of torch's OneCycleLR; `lr` is its
    `max_lr` and `pct_start` the rising share of the steps. The momentum stays as it is: torch's `cycle_momentum` is
    left out.
    """

    pct_start: Fraction = 0.3
    div_factor: Divisor = 25.0
    final_div_factor: Divisor = 1e4

    def factor(self, progress: Progress) -> float:
        """The cosine between the ends of the phase in which this step lies."""
        first = 1 / self.div_factor
        peak, last = self.pct_start * progress.n_steps - 1, progress.n_steps - 1
        if progress.step < peak:
            return _anneal(first, 1.0, progress.step / peak)
        return _anneal(1.0, first / self.final_div_factor, (progress.step - peak) / (last - peak))


class ReduceOnPlateau(Schedule):
    """`decay` times less whenever the validation loss has not improved for more than `patience` evaluations.

    torch's ReduceLROnPlateau with its defaults: an improvement is a loss below (1 - threshold) times the best; after a
    reduction, `cooldown` evaluations are not held against it. `decay` is torch's `factor`, `floor` its `min_lr` over
    the learning rate; its `eps` is left out. A run of fewer evaluations than `patience` wants a smaller one.
    """

    decay: ProperFraction = 0.1
    patience: Count = 10
    threshold: Fraction = 1e-4
    cooldown: Count = 0
    floor: Fraction = 0.0

    def factor(self, progress: Progress) -> float:
        """decay^(number of plateaus in the validation losses so far), but at least `floor`."""
        return max(float(self.decay ** _plateaus(self, progress.validation_losses)), self.floor)


@lru_cache(maxsize=64)  # a run asks in every step, and has a new loss once in hundreds
def _plateaus(schedule: ReduceOnPlateau, losses: tuple[float, ...]) -> int:
    """How often the losses stood still for longer than the schedule's patience; NaN is no improvement."""
    plateaus = waited = cooling = 0
    best = inf
    for loss in losses:
        better = loss < best * (1 - schedule.threshold)
        best = loss if better else best
        waited = 0 if better or cooling else waited + 1
        cooling = max(cooling - 1, 0)
        if waited > schedule.patience:
            plateaus, waited, cooling = plateaus + 1, 0, schedule.cooldown
    return plateaus


def _anneal(start: float, end: float, share: float) -> float:
    """Half a cosine from `start` at share 0 to `end` at share 1."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "inverse_time": InverseTime,
    "staircase": Staircase,
    "exponential": Exponential,
    "inverse_sqrt": InverseSqrt,
    "table": Table,
    "polynomial": Polynomial,
    "cosine": Cosine,
    "warmup_cosine": WarmupCosine,
    "one_cycle": OneCycle,
    "reduce_on_plateau": ReduceOnPlateau,
}
