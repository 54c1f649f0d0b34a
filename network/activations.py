"""Activation functions, each beside its derivative."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]


class Activation:
    """a = g(z) between two layers, and the way back; elementwise on arrays (rows, n) that stay the same.

    `delta` comes as dL/da and becomes dL/dz. The derivatives are written in terms of a, which the forward pass has
    kept; z is not needed any more on the way back, and serves as working memory.
    """

    def __init__(self, z: Matrix, a: Matrix, delta: Matrix) -> None:
        self.z, self.a, self.delta = z, a, delta

    def forward(self) -> None:
        """a <- g(z)."""
        raise NotImplementedError

    def backward(self) -> None:
        """delta <- delta g'(z)."""
        raise NotImplementedError


class ReLU(Activation):
    """max(z, 0), with the derivative 0 at 0."""

    def __init__(self, z: Matrix, a: Matrix, delta: Matrix) -> None:
        super().__init__(z, a, delta)
        # NumPy's loop over two arrays is twice as fast as the one over an array and a scalar.
        self.zeros = np.zeros_like(z)
        bits = np.dtype(f"i{z.itemsize}")
        self.a_bits, self.delta_bits, self.mask = a.view(bits), delta.view(bits), z.view(bits)

    def forward(self) -> None:
        """a <- max(z, 0)."""
        np.maximum(self.z, self.zeros, out=self.a)

    def backward(self) -> None:
        """delta <- delta where a > 0, else 0.

        a >= 0, so the sign of its bit pattern is 0 or 1, and an integer product by it clears or keeps delta's bits:
        half the time of a Boolean mask.
        """
        np.sign(self.a_bits, out=self.mask)
        np.multiply(self.delta_bits, self.mask, out=self.delta_bits)


class Sigmoid(Activation):
    """1 / (1 + exp(-z))."""

    def forward(self) -> None:
        """a <- (1 + tanh(z / 2)) / 2, which is the sigmoid and never overflows."""
        np.multiply(self.z, 0.5, out=self.a)
        np.tanh(self.a, out=self.a)
        np.add(self.a, 1, out=self.a)
        np.multiply(self.a, 0.5, out=self.a)

    def backward(self) -> None:
        """delta <- delta a (1 - a)."""
        np.subtract(1, self.a, out=self.z)
        np.multiply(self.z, self.a, out=self.z)
        np.multiply(self.delta, self.z, out=self.delta)


class Tanh(Activation):
    """The hyperbolic tangent."""

    def forward(self) -> None:
        """a <- tanh(z)."""
        np.tanh(self.z, out=self.a)

    def backward(self) -> None:
        """delta <- delta (1 - a^2)."""
        np.multiply(self.a, self.a, out=self.z)
        np.subtract(1, self.z, out=self.z)
        np.multiply(self.delta, self.z, out=self.delta)


class Identity(Activation):
    """z itself: layers without anything between them are one linear function, however many there are."""

    def forward(self) -> None:
        """a <- z."""
        np.copyto(self.a, self.z)

    def backward(self) -> None:
        """delta stays as it is."""


ACTIVATIONS: dict[str, type[Activation]] = {"identity": Identity, "relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh}
