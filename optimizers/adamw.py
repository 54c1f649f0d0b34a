"""AdamW."""

from typing import Any

from network.layout import Vector
from optimizers._domains import NonNegative, searched
from optimizers._kernels import shrink
from optimizers.adam import Adam


class AdamW(Adam):
    """Adam whose weights decay apart from the gradient.

        theta <- (1 - lr weight_decay) theta, and then Adam's step with lr, beta1, beta2 and eps:
        theta <- theta - lr m^ / (sqrt(v^) + eps)

    Source: Loshchilov and Hutter 2019, algorithm 2, https://arxiv.org/abs/1711.05101. As in torch and optax, the decay
    is multiplied by the learning rate and its schedule; in the paper by the schedule alone, so that its weight decay is
    lr times ours. Biases decay like weights, as torch does unless told otherwise. optax's default decay is 1e-4,
    torch's 1e-2.
    Decay inside the gradient (Adam's `weight_decay` in torch) is another method: there it is normalised away.
    """

    year = 2019
    weight_decay: NonNegative = searched(1e-2, 1e-4, 1)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        shrink(theta, lr * self.weight_decay)
        super().step(theta, gradient, state, lr)
