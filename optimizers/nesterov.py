"""Gradient descent with Nesterov's momentum."""

from typing import Any

from network.layout import Vector
from optimizers._domains import Positive, searched
from optimizers._kernels import accumulate, combine, descend
from optimizers.momentum import Momentum


class Nesterov(Momentum):
    """Momentum whose step looks ahead: the velocity's next move is part of this one.

        v <- momentum v + g
        theta <- theta - lr (g + momentum v)

    Source: Nesterov 1983; equations 3 and 4 of Sutskever et al. 2013,
    https://proceedings.mlr.press/v28/sutskever13.html, rewritten for the point that looks ahead, as in Bengio et al.
    2012, https://arxiv.org/abs/1212.0901, equations 6 and 7, and as in torch's SGD with `nesterov=True`: theta is where
    the gradient is taken, which is also what is evaluated. Sutskever's point lags behind it by momentum lr v. He has lr
    inside v, and the two differ where lr changes.
    There is no (1 - momentum) before g, as there is in `momentum`: lr means ten times as much here at momentum 0.9.
    Not for very noisy gradients: the acceleration is proved for exact ones.
    """

    year = 1983
    lr: Positive = searched(0.01, 1e-4, 1)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        accumulate(state.v, gradient, self.momentum)
        combine(state.v, gradient, self.momentum, out=state.scratch)
        descend(theta, state.scratch, lr, state.scratch)
