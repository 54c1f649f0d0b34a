"""A dense layer on a fixed number of rows, forward beside backward. All memory is taken once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]


class Dense:
    """z = [x 1] W, where W is a block (n_in + 1, n_out) whose last row is the bias.

    The column of ones lets the bias, and the bias's gradient, come out of the same products as the weights.
    """

    def __init__(self, rows: int, n_in: int, n_out: int, dtype: np.dtype[Any]) -> None:
        self.x_1 = np.ones((rows, n_in + 1), dtype)
        self.x = self.x_1[:, :-1]
        self.z = np.empty((rows, n_out), dtype)
        self.delta_x = np.empty((rows, n_in), dtype)

    def forward(self, W: Matrix) -> Matrix:
        """The outputs z (rows, n_out) of the inputs that lie in `x`."""
        np.dot(operand(self.x_1), W, out=operand(self.z))
        return self.z

    def backward(self, W: Matrix, dW: Matrix, delta: Matrix) -> Matrix:
        """From `delta` = dL/dz (rows, n_out): write dL/dW into `dW` and return dL/dx (rows, n_in)."""
        np.dot(self.x_1.T, delta, out=dW)
        np.dot(operand(delta), W[:-1].T, out=operand(self.delta_x))
        return self.delta_x


class InputDense(Dense):
    """The first layer: z = [x/s 1] W for raw inputs such as pixels of 0 to 255, with s = 1/`scale`.

    Three things are cheaper here than elsewhere and exact: the scale is applied to the n_out columns of z, not to
    the many of x (the column of ones holds s to make up for it); features that are silent, zero in every example,
    are not multiplied at all; and nobody needs dL/dx.
    """

    def __init__(self, rows: int, n_live: int, n_out: int, dtype: np.dtype[Any], scale: float) -> None:
        super().__init__(rows, n_live, n_out, dtype)
        self.x_1[:, -1] = 1 / scale
        self.scale = scale

    def forward(self, W: Matrix) -> Matrix:
        """The outputs z (rows, n_out) of the raw inputs that lie in `x`, the silent features left out."""
        z = super().forward(W[-self.x_1.shape[1] :])
        return np.multiply(z, self.scale, out=z)

    def backward(self, W: Matrix, dW: Matrix, delta: Matrix) -> Matrix:
        """From `delta` = dL/dz (rows, n_out), which is overwritten: write dL/dW into `dW`."""
        np.multiply(delta, self.scale, out=delta)
        n_silent = len(W) - self.x_1.shape[1]
        dW[:n_silent] = 0
        np.dot(self.x_1.T, delta, out=dW[n_silent:])
        return delta


def operand(matrix: Matrix) -> Matrix:
    """The matrix as BLAS gets it: a single row goes as a vector, so that the product is a gemv, twice as fast."""
    return matrix[0] if len(matrix) == 1 else matrix
