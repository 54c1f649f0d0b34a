"""A dense layer on a fixed number of rows, forward beside backward. All memory is taken once."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.layout import Matrix, aligned_zeros

Inputs = NDArray[np.number[Any]]
Counts = NDArray[np.integer[Any]]

N_STEPS = 8  # of a staircase: with more of them the products get too small


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


class Step(NamedTuple):
    """A step of a staircase: some rows on the way forward, and all rows down to the last of them on the way back."""

    inputs: Matrix
    outputs: Matrix
    inputs_above: Matrix
    delta_above: Matrix


class InputDense(Dense):
    """The first layer: z = [x/s 1] W for raw inputs such as pixels of 0 to 255, with s = 1/`scale`.

    Three things are cheaper here and exact: the scale is applied to the n_out columns of z, not to the many of x (the
    column of ones holds s to make up for it); nobody needs dL/dx; and zeros that rows begin with are left out of the
    products. Where rows come in the order of how many these are, what remains is a staircase:

        x x x x x x 1
        . . x x x x 1
        . . . . . x 1

    Forward, a step is a product of its rows, from its first feature on. Backward, it is one of the features up to the
    next step's first, over the rows that have them: its own and all above.
    """

    def __init__(self, rows: int, n_in: int, n_out: int, dtype: np.dtype[Any], *, bias: bool, scale: float) -> None:
        super().__init__(rows, n_in, n_out, dtype, bias=bias)
        self.scale = scale
        self.ones[:] = 1 / scale
        self._n_in, self._n_missing, self._present = n_in, 0, self.x
        self._height = -(-rows // (8 * N_STEPS)) * 8  # of a step, in rows: eight, or a multiple of them
        tops = range(0, rows, self._height)
        self._staircase = [self._step(top, min(top + self._height, rows)) for top in tops]
        self._one_step = [self._step(0, rows)]

    def take(self, x: Inputs, n_blank: Counts | None = None) -> None:
        """Take inputs `x` (rows, n), floats or bytes: the last n features; those before are zero.

        `n_blank` (rows,) tells with how many zeros each row of `x` begins, and does not fall from row to row. Raises
        ValueError where it is seen to fall.
        """
        n_missing = self._n_in - x.shape[1]
        if n_missing != self._n_missing:
            self._n_missing, self._present = n_missing, self.x[:, n_missing:]
            self.x[:, :n_missing] = 0
        np.copyto(self._present, x)
        steps, firsts = self._one_step, [n_missing]
        if n_blank is not None:
            steps, firsts = self._staircase, [n_missing + n for n in n_blank[:: self._height].tolist()]
            if firsts != sorted(firsts):
                raise ValueError("Network: n_blank must not fall from row to row")
        self._steps = list(zip(steps, firsts, [*firsts[1:], len(self.W)], strict=True))

    def forward(self) -> None:
        """z <- [x/s 1] W."""
        for step, first, _ in self._steps:
            np.dot(step.inputs[..., first:], self.W[first:], out=step.outputs)
        np.multiply(self.z, self.scale, out=self.z)

    def backward(self) -> None:
        """From dL/dz, which is overwritten: dW <- dL/dW."""
        assert self.dW is not None
        np.multiply(self.delta, self.scale, out=self.delta)
        for step, first, following in self._steps:
            np.matmul(step.inputs_above[first:following], step.delta_above, out=self.dW[first:following])
        _, first, _ = self._steps[0]
        self.dW[:first] = 0

    def _step(self, top: int, bottom: int) -> Step:
        inputs, outputs, held = self._x_1_T.T[top:bottom], self.z[top:bottom], max(bottom, 2)
        return Step(operand(inputs), operand(outputs), self._x_1_T[:, :held], self._held_delta[:held])


def operand(matrix: Matrix) -> Matrix:
    """The matrix as BLAS gets it: a single row goes as a vector, so that the product is a gemv."""
    return matrix[0] if len(matrix) == 1 else matrix
