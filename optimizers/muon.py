"""Muon."""

from typing import Any

import numpy as np

from network.layout import Layout, Matrix, Parameter, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import AtLeastOne, Fraction, NonNegative, Positive, searched
from optimizers._kernels import average, combine, shrink
from optimizers._layers import matrix, place, runs
from optimizers.adam import Adam

A, B, C = 3.4445, -4.7750, 2.0315  # of Jordan's polynomial: steep at 0, within 0.3 of 1 from there to 1


class Muon(Optimizer):
    """Momentum whose matrices are made orthogonal, every direction of equal length; Adam for what is no matrix.

        M <- momentum M + (1 - momentum) G;  N = momentum M + (1 - momentum) G if nesterov else M
        O = orthogonalise(N): ns_steps times X <- A X + B (X X^T) X + C (X X^T)^2 X, from X = N / |N|
        theta <- (1 - lr weight_decay) theta - lr max(1, n_out / n_in)^(1/2) O

    Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. Weight matrices that feed hidden layers,
    the first included, are orthogonalised; the output matrix and all biases take Adam's step at rate lr adam_ratio
    with `beta1`, `beta2`, `adam_eps`, as published. Defaults are the author's; torch.optim.Muon has lr 1e-3 and
    weight_decay 0.1, works in bfloat16 and leaves Adam to another optimizer. |N| is Frobenius', at least `eps` (the
    author adds eps instead). Variants of the scale: 0.2 max(n_in, n_out)^(1/2) (Moonlight, torch's match_rms_adamw),
    (n_out / n_in)^(1/2). Not for networks without large matrices: there the products cost more than they give.
    """

    family = "matrix"
    year = 2024
    elementwise = False
    lr: Positive = searched(0.02, 1e-3, 0.5)
    momentum: Fraction = searched(0.95, 0.8, 0.99, "one_minus_log")
    nesterov: bool = True
    weight_decay: NonNegative = 0.0
    ns_steps: AtLeastOne = 5
    eps: Positive = 1e-7
    adam_ratio: Positive = searched(0.015, 0.0015, 0.5)
    beta1: Fraction = 0.9
    beta2: Fraction = 0.95
    adam_eps: Positive = 1e-10

    def init(self, theta: Vector, layout: Layout) -> State:
        others = runs(parameter for parameter in layout.parameters if not _is_hidden_matrix(parameter))
        return State(
            matrices=[place(parameter) for parameter in layout.parameters if _is_hidden_matrix(parameter)],
            others=others,
            adam=[self._adam.init(theta[start:stop], layout) for start, stop in others],
            m=np.zeros_like(theta),
            scratch=np.empty_like(theta),
        )

    @property
    def _adam(self) -> Adam:
        return Adam(lr=self.lr * self.adam_ratio, beta1=self.beta1, beta2=self.beta2, eps=self.adam_eps)

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        for at in state.matrices:
            part = slice(at.start, at.stop)
            shrink(theta[part], lr * self.weight_decay)
            self._momentum(gradient[part], state.m[part], state.scratch[part])
            o = orthogonalise(matrix(state.scratch, at), self.ns_steps, self.eps)
            o *= lr * max(1, at.columns / at.rows) ** 0.5
            np.subtract(matrix(theta, at), o, out=matrix(theta, at))
        for (start, stop), adam in zip(state.others, state.adam, strict=True):
            rate = lr * self.adam_ratio
            shrink(theta[start:stop], rate * self.weight_decay)
            self._adam.step(theta[start:stop], gradient[start:stop], adam, rate)

    def _momentum(self, gradient: Vector, m: Vector, out: Vector) -> None:
        """Let `m` follow the gradient, and write N into `out`."""
        average(m, gradient, self.momentum, out)
        if self.nesterov:
            np.multiply(gradient, (1 - self.momentum) / self.momentum if self.momentum else 1, out=out)
            combine(out, m, 1, out)
        else:
            np.copyto(out, m)


def orthogonalise(g: Matrix, steps: int, eps: float) -> Matrix:
    """Nearly U V^T, where g = U S V^T: all singular values come to lie near 1.

    The polynomial is applied to the small Gram matrix alone: X_k = P_k X_0 and X_k X_k^T = P_k X_0 X_0^T P_k, which
    takes two products with the large matrix instead of ten.
    """
    if g.shape[0] > g.shape[1]:
        return orthogonalise(g.T, steps, eps).T
    x = g / max(float(np.linalg.norm(g)), eps)
    gram, identity = x @ x.T, np.eye(len(x), dtype=x.dtype)
    product = identity
    for _ in range(steps):
        p = A * identity + B * gram + C * (gram @ gram)
        product, gram = p @ product, p @ gram @ p
    orthogonal: Matrix = product @ x
    return orthogonal


def _is_hidden_matrix(parameter: Parameter) -> bool:
    return parameter.role == "weight" and parameter.position != "output"
