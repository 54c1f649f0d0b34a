"""Mini-batch gradient descent."""

from typing import Any

import numpy as np

from network.layout import Layout, Vector
from optimizers._base import Optimizer, State
from optimizers._domains import Positive, searched
from optimizers._kernels import descend


class MinibatchGD(Optimizer):
    """Gradient descent on a mini-batch a step; every epoch walks a new shuffle of the whole training set.

        theta <- theta - lr g

    Source: Bottou, Curtis and Nocedal 2018, section 4.2, https://arxiv.org/abs/1606.04838. This is what
    `torch.optim.SGD` does without momentum.
    """

    family = "gradient descent"
    year = 1951
    sparse = True
    lr: Positive = searched(0.1, 1e-3, 10)

    def init(self, theta: Vector, layout: Layout) -> State:
        return State(scratch=np.empty_like(theta))

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        descend(theta, gradient, lr, state.scratch[: len(theta)])
