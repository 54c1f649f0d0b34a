"""The learning-rate schedules over a run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import registry
from optimizers import Progress

Array = NDArray[np.floating[Any]]

# Settings that show what a schedule does within 20 epochs, where its defaults are made for other lengths.
SHOWN: dict[str, dict[str, Any]] = {
    "inverse_time": {"rate": 1.0},
    "staircase": {"rate": 1.0, "interval": 5},
    "exponential": {"decay": 0.85},
    "table": {"epochs": (5, 12), "factors": (0.4, 0.1)},
    "polynomial": {"power": 2.0},
    "warmup_cosine": {"warmup": 0.1},
    "one_cycle": {"pct_start": 0.3},
    "reduce_on_plateau": {"decay": 0.5, "patience": 2},
}


@dataclass(frozen=True)
class Rates:
    """The factor of the learning rate in each step (n_steps,) of a schedule with these settings."""

    name: str
    settings: dict[str, Any]
    epochs: Array
    factors: Array


def rates(name: str, n_epochs: int = 20, steps_per_epoch: int = 50, **settings: Any) -> Rates:
    """The schedule of this name over a run, which is evaluated once an epoch; PluginError for wrong settings."""
    schedule = registry.schedule(name).make(settings)
    n_steps = n_epochs * steps_per_epoch
    losses = validation_losses(n_epochs)
    progress = (Progress(i, steps_per_epoch, n_steps, losses[: i // steps_per_epoch + 1]) for i in range(n_steps))
    factors = np.array([schedule.factor(p) for p in progress])
    return Rates(name, settings, np.arange(n_steps) / steps_per_epoch, factors)


def all_rates() -> list[Rates]:
    """Every schedule there is, the simplest first."""
    from optimizers._schedules import SCHEDULES

    return [rates(name, **SHOWN.get(name, {})) for name in SCHEDULES]


def validation_losses(n_epochs: int) -> tuple[float, ...]:
    """Losses that fall, rest, fall again and rest: what a schedule that watches them needs."""
    return tuple(0.2 + 0.5 * 0.5 ** min(i, 4) + 0.1 * 0.6 ** max(0, min(i, 13) - 8) for i in range(n_epochs + 1))
