"""Inverted dropout: units that are absent from a training step, the others made stronger for it."""

import numpy as np

from network.layout import Matrix


class Dropout:
    """x = a mask / keep, where each entry of the mask is 1 with probability keep = 1 - `rate`, else 0.

    Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html, section 10 for this form: dividing by
    keep leaves the mean of x where it was, so that an evaluation is the network as it stands, without any mask. The
    way back must repeat both, the mask and the division. `a`, `x` and `delta` are (rows, n) and stay the same.
    """

    def __init__(self, a: Matrix, x: Matrix, delta: Matrix, rate: float, rng: np.random.Generator) -> None:
        self.a, self.x, self.delta = a, x, delta
        self.keep, self.rng = 1 - rate, rng
        self.factor = np.empty(a.shape, a.dtype)  # mask / keep

    def forward(self) -> None:
        """x <- a mask / keep, with a new mask."""
        factor = self.factor
        self.rng.random(out=factor, dtype=factor.dtype)
        np.less(factor, self.keep, out=factor)
        np.multiply(factor, 1 / self.keep, out=factor)
        np.multiply(self.a, factor, out=self.x)

    def backward(self) -> None:
        """delta, which comes as dL/dx, <- dL/da = delta mask / keep."""
        np.multiply(self.delta, self.factor, out=self.delta)
