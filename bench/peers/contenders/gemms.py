"""The limit: the matrix products of a step and nothing else, in float32, into memory that is there already."""

from itertools import pairwise
from math import ceil

import numpy as np

from bench.peers.contenders.contender import Contender
from bench.peers.task import Task
from network.layout import Matrix, aligned_zeros

BLOCK = 512  # more rows are slower: the products of a large batch are made in blocks that the cache holds


class Gemms(Contender):
    """For each layer [x 1] W, [x 1]^T delta and, but for the first, delta W^T; a single row is a vector."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        rng = np.random.default_rng(0)
        self.n_blocks = ceil(task.batch_size / BLOCK)
        rows = ceil(task.batch_size / self.n_blocks)
        self.layers = [Products(rows, n_in, n_out, rng) for n_in, n_out in pairwise(task.sizes)]

    def take_step(self, batch: int) -> None:
        """The products of all blocks."""
        for _ in range(self.n_blocks):
            self.multiply()

    def multiply(self) -> None:
        """The products of a block in the order of a step."""
        for layer in self.layers:
            np.dot(layer.x, layer.W, out=layer.z)
        for layer in self.layers[:0:-1]:
            np.dot(layer.x_T, layer.delta_rows, out=layer.dW)
            np.dot(layer.delta, layer.W_T, out=layer.dx)
        np.dot(self.layers[0].x_T, self.layers[0].delta_rows, out=self.layers[0].dW)


class Products:
    """The operands and results of one layer's products."""

    def __init__(self, rows: int, n_in: int, n_out: int, rng: np.random.Generator) -> None:
        x, delta = (fill(aligned_zeros((rows, n), np.float32), rng) for n in (n_in + 1, n_out))
        self.W = fill(aligned_zeros((n_in + 1, n_out), np.float32), rng)
        self.dW = np.empty_like(self.W)
        self.x_T, self.W_T, self.delta_rows = x.T, self.W[:-1].T, delta
        self.x, self.delta = as_operand(x), as_operand(delta)
        self.z = as_operand(aligned_zeros((rows, n_out), np.float32))
        self.dx = as_operand(aligned_zeros((rows, n_in), np.float32))


def fill(matrix: Matrix, rng: np.random.Generator) -> Matrix:
    """The same matrix, with numbers in it."""
    rng.random(dtype=np.float32, out=matrix)
    return matrix


def as_operand(matrix: Matrix) -> Matrix:
    """A single row as a vector, so that its product is a gemv."""
    return matrix[0] if len(matrix) == 1 else matrix
