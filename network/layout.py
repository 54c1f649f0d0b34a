"""Where each named parameter lies in the one flat vector."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

Vector = NDArray[np.floating[Any]]
Matrix = NDArray[np.floating[Any]]

Role = Literal["weight", "bias", "scale"]
Position = Literal["input", "hidden", "output"]


@dataclass(frozen=True)
class Parameter:
    """A matrix inside the flat vector.

    `role` says what it is and `position` which layer it feeds, for the methods that treat
    matrices and biases, or the first and the last layer, differently (LARS, Muon, Shampoo).
    """

    name: str
    offset: int
    shape: tuple[int, int]
    role: Role
    position: Position

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.shape[0] * self.shape[1]

    def view(self, vector: Vector) -> Matrix:
        """This parameter's entries of `vector` (n,), as a view of shape `shape`."""
        return vector[self.offset : self.offset + self.size].reshape(self.shape)


@dataclass(frozen=True)
class Layout:
    """The parameters of a network in the order in which the flat vector holds them."""

    parameters: tuple[Parameter, ...]

    @classmethod
    def dense(cls, sizes: Sequence[int], batch_norm: bool = False) -> "Layout":
        """The layout of a dense network: for each layer its weights (n_in, n_out), then its bias (1, n_out).

        With batch normalization a hidden layer has, in the bias's place, gamma and beta (1, n_out).
        """
        parameters: list[Parameter] = []
        last = len(sizes) - 1
        for i, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
            position: Position = "output" if i == last else "input" if i == 1 else "hidden"
            rest: tuple[tuple[str, Role], ...] = (("b", "bias"),)
            if batch_norm and i < last:
                rest = (("gamma", "scale"), ("beta", "bias"))
            parts = [(f"W{i}", (n_in, n_out), "weight"), *((f"{name}{i}", (1, n_out), role) for name, role in rest)]
            for name, shape, role in parts:
                offset = parameters[-1].offset + parameters[-1].size if parameters else 0
                parameters.append(Parameter(name, offset, shape, role, position))
        return cls(tuple(parameters))

    @classmethod
    def single(cls, rows: int, columns: int = 1) -> "Layout":
        """The layout of one weight matrix, for functions that are no network."""
        return cls((Parameter("W1", 0, (rows, columns), "weight", "hidden"),))

    @cached_property
    def n(self) -> int:
        """The length of the flat vector."""
        return sum(parameter.size for parameter in self.parameters)

    def views(self, vector: Vector) -> Iterator[tuple[Parameter, Matrix]]:
        """Each parameter with its view of `vector` (n,)."""
        return ((parameter, parameter.view(vector)) for parameter in self.parameters)

    def blocks(self, vector: Vector) -> list[Matrix]:
        """Views of `vector` (n,) that go from one weight or scale to the next, a bias being the last row.

        A dense layer is a block (n_in + 1, n_out), or (n_in, n_out) without bias; gamma and beta are a block (2, n).
        """
        heads = [parameter for parameter in self.parameters if parameter.role != "bias"]
        ends = [*(parameter.offset for parameter in heads[1:]), self.n]
        return [vector[head.offset : end].reshape(-1, head.shape[1]) for head, end in zip(heads, ends, strict=True)]


def aligned_zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Zeros that begin on a cache line of 64 bytes, where vector instructions read them fastest."""
    dtype = np.dtype(dtype)
    n_bytes = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(n_bytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + n_bytes].view(dtype).reshape(shape)
