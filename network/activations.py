"""Activation functions, each beside its derivative.

`forward` writes a = g(z). `backward` turns dL/da into dL/dz in place; each derivative is written in terms of
the activation a itself, which the forward pass has kept.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]


class Activation(Protocol):
    """An elementwise function and the way back through it."""

    def forward(self, z: Matrix, a: Matrix) -> None:
        """Write g(z) into `a`; both (rows, n)."""

    def backward(self, a: Matrix, delta: Matrix, scratch: Matrix) -> None:
        """Multiply `delta` (rows, n), which is dL/da, by g'(z) in place; `scratch` has the shape of `delta`."""


class ReLU:
    """max(z, 0), with the derivative 0 at 0."""

    def forward(self, z: Matrix, a: Matrix) -> None:
        """a = max(z, 0)."""
        # Against a row of zeros: NumPy's loop for two arrays is twice as fast as the one for an array and a scalar.
        np.maximum(z, np.zeros(z.shape[-1], z.dtype), out=a)

    def backward(self, a: Matrix, delta: Matrix, scratch: Matrix) -> None:
        """delta where a > 0, else 0."""
        # a >= 0, so the sign of its bit pattern is 0 or 1; an integer product by it keeps or clears delta's bits.
        # This is half the time of a Boolean mask.
        bits = np.dtype(f"i{a.itemsize}")
        mask = np.sign(a.view(bits), out=scratch.view(bits))
        kept = delta.view(bits)
        np.multiply(kept, mask, out=kept)


class Sigmoid:
    """1 / (1 + exp(-z))."""

    def forward(self, z: Matrix, a: Matrix) -> None:
        """a = (1 + tanh(z / 2)) / 2, which is the sigmoid and never overflows."""
        np.multiply(z, 0.5, out=a)
        np.tanh(a, out=a)
        np.add(a, 1, out=a)
        np.multiply(a, 0.5, out=a)

    def backward(self, a: Matrix, delta: Matrix, scratch: Matrix) -> None:
        """delta times a (1 - a)."""
        np.subtract(1, a, out=scratch)
        np.multiply(scratch, a, out=scratch)
        np.multiply(delta, scratch, out=delta)


class Tanh:
    """The hyperbolic tangent."""

    def forward(self, z: Matrix, a: Matrix) -> None:
        """a = tanh(z)."""
        np.tanh(z, out=a)

    def backward(self, a: Matrix, delta: Matrix, scratch: Matrix) -> None:
        """delta times 1 - a^2."""
        np.multiply(a, a, out=scratch)
        np.subtract(1, scratch, out=scratch)
        np.multiply(delta, scratch, out=delta)


ACTIVATIONS: dict[str, type[Activation]] = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh}
