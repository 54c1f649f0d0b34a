"""scikit-learn's MLPClassifier: the loop of its `fit`, on a classifier that was made ready with the same weights."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from bench.peers.contenders.contender import Contender, UnavailableError
from bench.peers.task import Task, flat
from network.layout import Matrix, Vector


class ScikitLearn(Contender):
    """`_fit_stochastic`, an epoch a call, over as many examples as the steps need.

    What `fit` does around it, checking and encoding the examples, is left out of the time.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.model = model(task)
        few = np.arange(task.sizes[-1])
        self.model.partial_fit(task.data.x[few], few, classes=few)  # makes whatever `fit` makes
        self.model.set_params(batch_size=task.batch_size)
        for own, given in zip(self.parameters, self.given(task), strict=True):
            own[...] = given
        del self.model._optimizer  # the first real step makes a new one
        self.onehot = np.eye(task.sizes[-1], dtype=bool)[task.data.y]

    def arrange(self, n_steps: int) -> None:
        """Lay out the examples of the next steps, in rising order: the loop itself gathers them as ordered."""
        task = self.task
        self.x, self.y, self.n_epochs, places = task.data.x, self.onehot, n_steps, task.order
        if task.batch_size < task.m:
            steps = np.arange(self.step, self.step + n_steps) % task.n_batches
            rows, places = np.unique(task.batches[steps], return_inverse=True)
            self.x, self.y, self.n_epochs = task.data.x[rows], self.onehot[rows], 1
        self.model.set_params(shuffle=not task.in_place)
        self.model._random_state = Ordered(places.reshape(-1))

    def train(self, n_steps: int) -> int:
        """The steps are one epoch over the examples laid out; full batches are an epoch each."""
        for _ in range(self.n_epochs):
            self.fit(self.x, self.y)
        self.step += n_steps
        return n_steps * self.task.batch_size

    def fit(self, x: Matrix, y: NDArray[np.bool_]) -> None:
        """One epoch over `x` (rows, 784) and the one-hot `y` (rows, classes), as `partial_fit` calls it."""
        sizes = self.task.sizes
        activations, deltas = [x] + [None] * (len(sizes) - 1), [None] * (len(sizes) - 1)
        weights = [np.empty_like(W) for W in self.model.coefs_]
        biases = [np.empty_like(b) for b in self.model.intercepts_]
        self.model._fit_stochastic(x, y, None, activations, deltas, weights, biases, list(sizes), incremental=True)

    @property
    def parameters(self) -> list[np.ndarray]:
        """The classifier's arrays: all weights, then all biases."""
        return [*self.model.coefs_, *self.model.intercepts_]

    def given(self, task: Task) -> list[np.ndarray]:
        """The start in the same order."""
        weights = task.weights()
        return [W for W, _ in weights] + [b for _, b in weights]

    def theta(self) -> Vector:
        """The classifier's arrays, flat."""
        return flat(list(zip(self.model.coefs_, self.model.intercepts_, strict=True)))


class Ordered(np.random.RandomState):
    """Shuffles into a given order, so that scikit-learn sees the batches that the others see."""

    def __init__(self, order: NDArray[np.intp]) -> None:
        super().__init__(0)
        self.order = order

    def shuffle(self, x: NDArray[np.intp]) -> None:  # type: ignore[override]
        """Put `order` into `x` (m,)."""
        x[:] = self.order


def model(task: Task) -> MLPClassifier:
    """The classifier of the same rule, without regularisation, validation or early end."""
    s = task.settings
    common = {
        "hidden_layer_sizes": task.sizes[1:-1],
        "alpha": 0.0,
        "tol": 0.0,
        "n_iter_no_change": 10**9,
    }
    if task.rule == "adam":
        # It adds eps before the correction of v: what is corrected like this is right at the first step, near it later.
        eps = s["eps"] * sqrt(1 - s["beta2"])
        betas = {"beta_1": s["beta1"], "beta_2": s["beta2"]}
        return MLPClassifier(solver="adam", learning_rate_init=s["lr"], epsilon=eps, **betas, **common)
    if task.rule == "rmsprop":
        raise UnavailableError("scikit-learn has no RMSprop")
    momentum = s.get("momentum", 0.0)
    rate = s["lr"] * (1 - momentum)  # its momentum lacks the factor (1 - momentum)
    return MLPClassifier(solver="sgd", learning_rate_init=rate, momentum=momentum, nesterovs_momentum=False, **common)
