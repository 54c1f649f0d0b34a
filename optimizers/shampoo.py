"""Shampoo."""

from typing import Any

import numpy as np

from network.layout import Layout, Matrix, Parameter, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import AtLeastOne, Positive, searched
from optimizers._kernels import descend
from optimizers._layers import matrix, place


class Shampoo(Optimizer):
    """AdaGrad with a matrix for each side of a weight matrix instead of a number for each weight.

        L <- L + G G^T;  R <- R + G^T G, from L = R = eps I
        theta <- theta - lr L^(-1/4) G R^(-1/4)

    Source: Gupta, Koren and Singer 2018, algorithm 1, https://arxiv.org/abs/1802.09568. A bias is a tensor of order
    1: full-matrix AdaGrad, R^(-1/2), as in algorithm 2. As in the paper's experiments the roots are computed anew
    every `interval` steps, and at each of the first `interval` steps: roots that have not seen a direction
    stretch it by eps^(-1/4) a side. The paper leaves `eps` open; at the 1e-6 of other implementations rare inputs are
    stretched so far that MNIST diverges. Eigenvalues are held at `eps` or above, against rounding.
    Variants: statistics that decay, momentum, grafting to the norm of another method's step, blocks, and roots by
    Newton's iteration (Anil et al. 2020, https://arxiv.org/abs/2002.09018), all absent here.
    Not for wide layers: a side of 784 takes 0.1 s to decompose.
    """

    family = "matrix"
    year = 2018
    elementwise = False
    lr: Positive = searched(0.1, 1e-3, 10)
    eps: Positive = searched(1e-3, 1e-6, 1)
    interval: AtLeastOne = 20

    def init(self, theta: Vector, layout: Layout) -> State:
        parts = [self._part(parameter, theta) for parameter in layout.parameters]
        return State(t=0, parts=parts, scratch=np.empty_like(theta))

    def _part(self, parameter: Parameter, theta: Vector) -> State:
        """A parameter's place and the sides on which it is preconditioned: those longer than 1."""
        rows, columns = parameter.shape
        axes = [axis for axis in (0, 1) if parameter.shape[axis] > 1] or [1]
        identity = {axis: np.eye((rows, columns)[axis], dtype=theta.dtype) for axis in axes}
        sides = [State(axis=axis, statistic=self.eps * eye, root=eye) for axis, eye in identity.items()]
        return State(place=place(parameter), sides=sides)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        state.t += 1
        for part in state.parts:
            g = matrix(gradient, part.place)
            for side in part.sides:
                side.statistic += g @ g.T if side.axis == 0 else g.T @ g
            if state.t <= self.interval or state.t % self.interval == 0:
                self._refresh(part.sides)
            np.copyto(matrix(state.scratch, part.place), _preconditioned(g, part.sides))
        descend(theta, state.scratch, lr, state.scratch)

    def _refresh(self, sides: list[State]) -> None:
        for side in sides:
            if not np.isfinite(side.statistic).all():
                continue  # the run has diverged: that is for the loss to say, not for LAPACK
            eigenvalues, vectors = np.linalg.eigh(side.statistic)
            powers = np.maximum(eigenvalues, self.eps) ** (-1 / (2 * len(sides)))
            side.root = (vectors * powers) @ vectors.T


def _preconditioned(g: Matrix, sides: list[State]) -> Matrix:
    """L^(-1/4) G R^(-1/4), or what there is of it."""
    for side in sides:
        g = side.root @ g if side.axis == 0 else g @ side.root
    return g
