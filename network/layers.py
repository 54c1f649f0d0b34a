"""A dense layer on a fixed number of rows, forward beside backward. All memory is taken once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.layout import Matrix, aligned_zeros

Inputs = NDArray[np.number[Any]]


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
    column of ones holds s to make up for it); leading features that are silent, zero in every row, are left out of the
    products; and nobody needs dL/dx.
    """

    def __init__(self, rows: int, n_in: int, n_out: int, dtype: np.dtype[Any], *, bias: bool, scale: float) -> None:
        super().__init__(rows, n_in, n_out, dtype, bias=bias)
        self.scale = scale
        self._n_in, self._n_bias, self._memory = n_in, int(bias), self._x_1_T.T.reshape(-1)

    def bind(self, W: Matrix, dW: Matrix | None) -> None:
        """Take the block `W` as parameters from now on, and write their gradient into `dW`."""
        self._whole = W, W[:0] if dW is None else dW
        self._views: dict[int, tuple[Matrix, ...]] = {}
        self._n = -1

    def take(self, x: Inputs) -> None:
        """Take inputs `x` (rows, n), floats or bytes: the last n features, of which those before are silent."""
        if x.shape[1] != self._n:
            self._narrow(x.shape[1])
        np.copyto(self.x, x)

    def _narrow(self, n: int) -> None:
        if n not in self._views:
            self._views[n] = self._last(n)
        self.x, self.ones, company, self._inputs, self._x_1_T, self.W, self.dW, self._silent = self._views[n]
        self.ones[:], company[:] = 1 / self.scale, 0
        self._n = n

    def _last(self, n: int) -> tuple[Matrix, ...]:
        """Views for the last `n` features; the inputs lie close together in the same memory, however many they are."""
        (rows, _), (W, dW), n_silent = self.z.shape, self._whole, self._n_in - n
        held, n_1 = len(self._held_delta), n + self._n_bias
        x_1 = self._memory[: held * n_1].reshape(held, n_1)
        inputs = x_1[:rows, :n], x_1[:rows, n:], x_1[rows:], operand(x_1[:rows]), x_1.T
        return *inputs, W[n_silent:], dW[n_silent:], dW[:n_silent]

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
