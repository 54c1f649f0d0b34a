"""What DeepScratch's mistakes make of a right gradient."""

from collections.abc import Callable

import numpy as np

from network import Layout
from network.layout import Matrix, Vector
from network.losses import Labels, SoftmaxCrossEntropy

Fault = Callable[[Layout, Vector], None]  # changes the gradient of a whole step, in place
LossFault = Callable[[Matrix, Matrix], SoftmaxCrossEntropy]  # made of logits and of the memory for their gradient


def forgotten_keep(keep: float) -> Fault:
    """Days 6 and 7: the way back through dropout repeats the mask and forgets to divide by `keep`.

    A layer's gradient lacks one division for each hidden layer behind it.
    """

    def fault(layout: Layout, gradient: Vector) -> None:
        blocks = layout.blocks(gradient)
        for n_behind, block in enumerate(reversed(blocks)):
            block *= keep**n_behind

    return fault


class Tiny(SoftmaxCrossEntropy):
    """Days 2 to 6: the derivative of another loss times a part of softmax's, which come to a - y, but for `tiny`.

    dL/da = -y / (a + tiny) + (1 - y) / (1 - a + tiny), times a - a^2, the diagonal of softmax's Jacobian.
    """

    def __init__(self, z: Matrix, delta: Matrix, tiny: float) -> None:
        super().__init__(z, delta)
        self.tiny = tiny

    def loss_and_gradient(self, y: Labels, weight: float) -> float:
        """`weight` times the sum of the losses; delta <- what the notebooks take for its gradient."""
        loss = self.loss(y)
        a = (self.exp / self.norm).T
        np.multiply(notebook_delta(a, y, self.tiny), weight, out=self.delta_T.T)
        return weight * loss


class TenNinths(SoftmaxCrossEntropy):
    """Day 7: softmax and loss in one as (a - y) n / (n - 1) for n classes, where a - y is right."""

    def loss_and_gradient(self, y: Labels, weight: float) -> float:
        """`weight` times the sum of the losses; delta <- what the notebook takes for its gradient."""
        loss = super().loss_and_gradient(y, weight)
        n = len(self.delta_T)
        self.delta_T *= n / (n - 1)
        return loss


def notebook_delta(a: Matrix, y: Labels, tiny: float) -> Matrix:
    """The notebooks' dL/dz (rows, classes) of one example each, for probabilities `a` of that shape."""
    target = np.eye(a.shape[1], dtype=a.dtype)[y]
    slope = (1 - target) / (1 - a + tiny) - target / (a + tiny)
    delta: Matrix = slope * (a - a**2)
    return delta
