"""SOAP."""

from typing import Any

import numpy as np

from network.layout import Layout, Matrix, Parameter, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import AtLeastOne, Fraction, NonNegative, Positive, searched
from optimizers._kernels import average, average_square, descend, normalise, shrink
from optimizers._layers import matrix, place


class SOAP(Optimizer):
    """Adam in the eigenbasis of Shampoo's preconditioners, which turns slowly.

        L <- beta2 L + (1 - beta2) G G^T, R likewise;  m, v as in Adam, v of G' = Q_L^T G Q_R
        theta <- (1 - lr weight_decay) (theta - lr Q_L [m'^ / (sqrt(v^) + eps)] Q_R^T)
        every precondition_frequency steps: Q_L <- orthonormal basis of L Q_L, Q_R of R Q_R

    Source: Vyas et al. 2024, algorithm 3, https://arxiv.org/abs/2409.11321, and the authors' code. As there, the first
    gradient only makes the bases and moves nothing; biases have no basis, and take Adam's steps with `beta1`, `beta2`;
    eps is added before the correction of v; L and R come after the step, so that a gradient does not choose its own
    basis; the columns of Q are put in order of L's eigenvalues, and v with them. A side longer than
    `max_precondition_dim` keeps the identity (the paper's one-sided variant, for those who cannot pay for both).
    Not for wide layers if time counts: a side of 784 costs some 20 ms a step at the default frequency.
    """

    family = "matrix"
    year = 2024
    elementwise = False
    lr: Positive = searched(3e-3, 1e-4, 1e-1)
    beta1: Fraction = searched(0.95, 0.8, 0.99, "one_minus_log")
    beta2: Fraction = 0.95
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.01
    precondition_frequency: AtLeastOne = 10
    max_precondition_dim: AtLeastOne = 10_000

    def init(self, theta: Vector, layout: Layout) -> State:
        names = ("scratch", "scratch_gradient", "scratch_update")
        return State(
            t=0,
            parts=[self._part(p, theta) for p in layout.parameters if p.role == "weight"],
            m=np.zeros_like(theta),
            v=np.zeros_like(theta),
            **{name: np.empty_like(theta) for name in names},
        )

    def _part(self, parameter: Parameter, theta: Vector) -> State:
        """A matrix's place, and for each side that is not too long its covariance and its basis."""
        sizes = [(axis, n) for axis, n in enumerate(parameter.shape) if n <= self.max_precondition_dim]
        zeros = [(axis, np.zeros((2, n, n), theta.dtype)) for axis, n in sizes]
        return State(
            place=place(parameter), sides=[State(axis=a, covariance=z[0], basis=z[1].copy()) for a, z in zeros]
        )

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        if state.t > 0:
            self._adam_step(theta, gradient, state, lr)
        for part in state.parts:
            self._follow(part, matrix(gradient, part.place), matrix(state.v, part.place), state.t)
        state.t += 1

    def _adam_step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """Adam's step, taken in the bases: the t-th, as the first gradient moved nothing."""
        rotated, update = state.scratch_gradient, state.scratch_update
        _rotate(gradient, state.parts, rotated)
        average(state.m, gradient, self.beta1, state.scratch)
        average_square(state.v, rotated, self.beta2, state.scratch)
        _rotate(state.m, state.parts, rotated)
        normalise(rotated, state.v, self.eps, update)
        _rotate(update, state.parts, rotated, back=True)
        correction = (1 - self.beta2**state.t) ** 0.5 / (1 - self.beta1**state.t)
        descend(theta, rotated, lr * correction, state.scratch)
        shrink(theta, lr * self.weight_decay)

    def _follow(self, part: State, g: Matrix, v: Matrix, t: int) -> None:
        """Let the covariances follow the gradient, and the bases follow the covariances."""
        for side in part.sides:
            side.covariance *= self.beta2
            side.covariance += (1 - self.beta2) * (g @ g.T if side.axis == 0 else g.T @ g)
            if t == 0:
                side.basis = np.linalg.eigh(side.covariance)[1][:, ::-1].copy()
            elif t % self.precondition_frequency == 0:
                _turn(side, v)


def _side(axis: int, n: int, dtype: Any) -> State:
    return State(axis=axis, covariance=np.zeros((n, n), dtype), basis=np.eye(n, dtype=dtype))


def _rotate(vector: Vector, parts: list[State], out: Vector, back: bool = False) -> None:
    """Write `vector` into `out`, its matrices in their bases: Q_L^T G Q_R; or back from them: Q_L G Q_R^T."""
    np.copyto(out, vector)
    for part in parts:
        g = matrix(vector, part.place)
        for side in part.sides:
            q = side.basis.T if back else side.basis
            g = q.T @ g if side.axis == 0 else g @ q
        np.copyto(matrix(out, part.place), g)


def _turn(side: State, v: Matrix) -> None:
    """One round of orthogonal iteration on a side's basis; `v`, which lives in the basis, is put in its new order."""
    turned = side.covariance @ side.basis
    order = np.argsort(-np.einsum("ij,ij->j", side.basis, turned), kind="stable")
    side.basis = np.linalg.qr(turned[:, order])[0]
    np.copyto(v, np.take(v, order, axis=side.axis))
