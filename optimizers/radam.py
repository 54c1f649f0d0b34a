"""RAdam."""

from math import sqrt
from typing import Any

from network.layout import Vector
from optimizers._kernels import accumulate, accumulate_square, corrected, descend, descend_normalised
from optimizers.adam import Adam


class RAdam(Adam):
    """Adam that does not divide before the mean square is known well enough, and at first with reserve.

        rho_t = rho - 2 t beta2^t / (1 - beta2^t),  rho = 2 / (1 - beta2) - 1;  m and v as in Adam
        theta <- theta - lr r_t m^ sqrt(1 - beta2^t) / (sqrt(v) + eps)  where rho_t > 5, and  theta - lr m^  before
        r_t = sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t))

    Source: Liu et al. 2020, algorithm 2, https://arxiv.org/abs/1908.03265. As in torch and the authors' code, it starts
    to divide where rho_t > 5, which is the sixth step at beta2 = 0.999; the paper has 4, and no eps. eps is added
    before v is corrected, as in torch; optax adds it afterwards. m^ is m / (1 - beta1^t).
    Not for large gradients: the first steps are plain momentum, lr times the gradient in size.
    """

    year = 2020

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """One step of algorithm 2, with m / (1 - beta1) and v / (1 - beta2) kept in place of m and v, as in Adam."""
        state.t += 1
        accumulate(state.m, gradient, self.beta1)
        accumulate_square(state.v, gradient, self.beta2, state.scratch)
        lr_m = lr * corrected(self.beta1, state.t)
        certainty = self._certainty(state.t)
        if certainty:
            scale_v, unit = sqrt(corrected(self.beta2, state.t)), sqrt(1 - self.beta2)
            descend_normalised(theta, state.m, state.v, lr_m * certainty / scale_v, self.eps / unit, state.scratch)
        else:
            descend(theta, state.m, lr_m, state.scratch)

    def _certainty(self, t: int) -> float:
        """r_t, or 0 where the variance of 1 / sqrt(v) is not finite yet."""
        rho = 2 / (1 - self.beta2) - 1
        rho_t = rho - 2 * t * self.beta2**t / (1 - self.beta2**t)
        return sqrt((rho_t - 4) * (rho_t - 2) * rho / ((rho - 4) * (rho - 2) * rho_t)) if rho_t > 5 else 0.0
