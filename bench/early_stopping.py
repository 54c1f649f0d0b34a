"""When to stop training: once the validation part has seen nothing better for a while."""

from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np

from network.layout import Vector


@dataclass
class EarlyStopping:
    """Watches `monitor`, a point's validation_loss or validation_accuracy, and keeps the best point's weights.

    `patience` is how many evaluations in a row may bring nothing better. Of equally good points the first counts.
    """

    monitor: str
    patience: int
    best: float = -inf
    best_step: int = 0
    n_worse: int = 0
    weights: Vector = field(default_factory=lambda: np.empty(0))
    statistics: Vector = field(default_factory=lambda: np.empty(0))

    def see(self, point: Any, weights: Vector, statistics: Vector) -> None:
        """Take in a point of the curve, with the weights (n,) and the network's statistics that it was made with."""
        value = getattr(point, self.monitor)
        goodness = -value if self.monitor == "validation_loss" else value
        self.n_worse += 1
        if goodness > self.best:
            self.best, self.best_step, self.n_worse = goodness, point.step, 0
            self.weights, self.statistics = weights.copy(), statistics.copy()

    @property
    def is_over(self) -> bool:
        """Whether patience has run out."""
        return self.n_worse >= self.patience

    def summary(self, step: int, n_steps: int) -> str:
        """Where training stopped, and which point's weights were restored."""
        how = f"stopped early at step {step} of {n_steps}" if self.is_over else f"went to the last step {n_steps}"
        return f"{how}; restored step {self.best_step} with the best {self.monitor}, {abs(self.best):.6g}"
