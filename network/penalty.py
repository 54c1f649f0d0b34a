"""What the training loss may add for large weights: the same for every optimizer, unlike decoupled weight decay."""

from dataclasses import dataclass

import numpy as np

from network.layout import Layout, Vector


@dataclass(frozen=True)
class Penalty:
    """l2 / (2 m) sum w^2 + l1 / m sum |w| over all weights w, with m = `n_examples`, the size of the training set.

    m is not the batch's size: the penalty is the same in every batch. Biases are not penalised, nor are the scales
    and shifts of batch normalization. At w = 0 the subgradient of |w| is 0.

    Raises ValueError for a strength below 0 or fewer than one example.
    """

    l1: float = 0.0
    l2: float = 0.0
    n_examples: int = 1

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"Penalty: {name} must be in [0, inf), got {getattr(self, name)}")
        if self.n_examples < 1:
            raise ValueError(f"Penalty: n_examples must be at least 1, got {self.n_examples}")

    def cost(self, theta: Vector, layout: Layout) -> float:
        """The penalty of `theta` (n,)."""
        weights = [W.ravel() for parameter, W in layout.views(theta) if parameter.role == "weight"]
        squares = sum(float(w @ w) for w in weights) if self.l2 else 0.0
        sizes = sum(float(np.abs(w).sum()) for w in weights) if self.l1 else 0.0
        return (self.l2 / 2 * squares + self.l1 * sizes) / self.n_examples

    def add_gradient(self, theta: Vector, layout: Layout, gradient: Vector) -> None:
        """Add the penalty's gradient, (l2 w + l1 sign(w)) / m, to `gradient` (n,)."""
        for parameter, W in layout.views(theta):
            if parameter.role == "weight":
                dW = parameter.view(gradient)
                if self.l2:
                    dW += W * (self.l2 / self.n_examples)
                if self.l1:
                    dW += np.sign(W) * (self.l1 / self.n_examples)
