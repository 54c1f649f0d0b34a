"""Mini-batch gradient descent."""

from optimizers._domains import Positive, searched
from optimizers.batch_gd import BatchGD


class MinibatchGD(BatchGD):
    """Gradient descent on a mini-batch a step; every epoch walks a new shuffle of the whole training set.

        theta <- theta - lr g

    Source: Bottou, Curtis and Nocedal 2018, section 4.2, https://arxiv.org/abs/1606.04838. This is what
    `torch.optim.SGD` does without momentum.
    """

    year = 1951
    lr: Positive = searched(0.1, 1e-3, 10)
    batch_size = 64
