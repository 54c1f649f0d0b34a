"""A dense layer on a fixed number of rows, forward beside backward. All memory is taken once."""

from typing import Any

import numpy as np

from network.layout import Matrix, aligned_zeros


class Dense:
    """z = [x 1] W, where W is a block (n_in + 1, n_out) whose last row is the bias.

    The column of ones lets the bias, and the bias's gradient, come out of the same products as the weights; without
    `bias` there is none. `x` and `z` (rows, n) belong to the way forward, `delta` = dL/dz to the way back, which goes
    on to the layer `previous`.
    """

    def __init__(
        self, rows: int, n_in: int, n_out: int, dtype: np.dtype[Any], *, bias: bool, previous: "Dense | None" = None
    ) -> None:
        # A single row has company, a row of zeros: NumPy then calls BLAS where it would loop itself, ten times slower.
        held = max(rows, 2)
        x_1, z, delta = (aligned_zeros((held, n), dtype) for n in (n_in + bias, n_out, n_out))
        x_1[:rows, n_in:] = 1
        self.x, self.ones = x_1[:rows, :n_in], x_1[:rows, n_in:]
        self.z, self.delta = z[:rows], delta[:rows]
        self._inputs, self._outputs, self._delta = operand(x_1[:rows]), operand(self.z), operand(self.delta)
        self._x_1_T, self._held_delta = x_1.T, delta
        if previous is not None:
            self._previous_delta = previous._delta

    def bind(self, W: Matrix, dW: Matrix | None) -> None:
        """Take the block `W` as parameters from now on, and write their gradient into `dW`."""
        self.W, self.dW = W, dW
        self._weights_T = W[: self.x.shape[1]].T

    def forward(self) -> None:
        """z <- [x 1] W."""
        np.dot(self._inputs, self.W, out=self._outputs)

    def backward(self) -> None:
        """From dL/dz: dW <- dL/dW, and dL/dx into the delta of the layer that comes before."""
        np.matmul(self._x_1_T, self._held_delta, out=self.dW)
        np.dot(self._delta, self._weights_T, out=self._previous_delta)


class InputDense(Dense):
    """The first layer: z = [x/s 1] W for raw inputs such as pixels of 0 to 255, with s = 1/`scale`.

    Three things are cheaper here and exact: the scale is applied to the n_out columns of z, not to the many of x (the
    column of ones holds s to make up for it); features that are silent, zero in every example, are left out of the
    products, `n_live` remain; and nobody needs dL/dx.
    """

    def __init__(self, rows: int, n_live: int, n_out: int, dtype: np.dtype[Any], *, bias: bool, scale: float) -> None:
        super().__init__(rows, n_live, n_out, dtype, bias=bias)
        self.ones[:] = 1 / scale
        self.scale = scale

    def bind(self, W: Matrix, dW: Matrix | None) -> None:
        """Take the block `W` as parameters from now on, and write their gradient into `dW`."""
        n_silent = len(W) - len(self._x_1_T)
        super().bind(W[n_silent:], None if dW is None else dW[n_silent:])
        self._silent = W[:0] if dW is None else dW[:n_silent]

    def forward(self) -> None:
        """z <- [x/s 1] W."""
        super().forward()
        np.multiply(self.z, self.scale, out=self.z)

    def backward(self) -> None:
        """From dL/dz, which is overwritten: dW <- dL/dW."""
        np.multiply(self.delta, self.scale, out=self.delta)
        np.matmul(self._x_1_T, self._held_delta, out=self.dW)
        self._silent.fill(0)


def operand(matrix: Matrix) -> Matrix:
    """The matrix as BLAS gets it: a single row goes as a vector, so that the product is a gemv."""
    return matrix[0] if len(matrix) == 1 else matrix
