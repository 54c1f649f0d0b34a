"""The step as tutorials write it: float64, dictionaries of layers, a new array for every result."""

import numpy as np

from bench.peers.contenders.contender import Contender
from bench.peers.task import Task, flat
from network.layout import Matrix, Vector

Arrays = dict[str, Matrix]


class Textbook(Contender):
    """The reference: whoever comes to another loss than this one is wrong."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.L = len(task.sizes) - 1
        self.x, self.y = task.data.x_double, task.data.y
        self.params: Arrays = {}
        for layer, (W, b) in enumerate(task.weights(), start=1):
            self.params[f"W{layer}"], self.params[f"b{layer}"] = W.astype(float), b.astype(float)[None]
        self.m = {name: np.zeros_like(value) for name, value in self.params.items()}
        self.v = {name: np.zeros_like(value) for name, value in self.params.items()}
        self.update = getattr(self, task.rule)

    def take_step(self, batch: int) -> None:
        """Gather, forward, loss, backward, update."""
        x, y = self.examples(batch)
        cache = self.forward(x)
        p = cache[f"A{self.L}"]
        self.loss = -np.mean(np.log(p[np.arange(len(y)), y]))
        self.update(self.backward(cache, np.eye(self.task.sizes[-1])[y]), **self.task.settings)

    def examples(self, batch: int) -> tuple[Matrix, np.ndarray]:
        """The batch's inputs (rows, 784) and labels (rows,)."""
        if self.task.in_place:
            return self.x, self.y
        rows = self.task.batches[batch]
        return self.x[rows], self.y[rows]

    def forward(self, x: Matrix) -> Arrays:
        """Each layer's Z and A."""
        cache = {"A0": x}
        for i in range(1, self.L + 1):
            z = cache[f"A{i - 1}"] @ self.params[f"W{i}"] + self.params[f"b{i}"]
            cache[f"Z{i}"] = z
            cache[f"A{i}"] = np.maximum(z, 0) if i < self.L else softmax(z)
        return cache

    def backward(self, cache: Arrays, onehot: Matrix) -> Arrays:
        """The gradient of each parameter, by the parameter's name."""
        gradients: Arrays = {}
        dz = (cache[f"A{self.L}"] - onehot) / len(onehot)
        for i in range(self.L, 0, -1):
            gradients[f"W{i}"] = cache[f"A{i - 1}"].T @ dz
            gradients[f"b{i}"] = dz.sum(axis=0, keepdims=True)
            if i > 1:
                dz = (dz @ self.params[f"W{i}"].T) * (cache[f"Z{i - 1}"] > 0)
        return gradients

    def sgd(self, gradients: Arrays, lr: float) -> None:
        """Theta <- theta - lr g."""
        for name, g in gradients.items():
            self.params[name] = self.params[name] - lr * g

    def momentum(self, gradients: Arrays, lr: float, momentum: float) -> None:
        """V <- momentum v + (1 - momentum) g; theta <- theta - lr v."""
        for name, g in gradients.items():
            self.v[name] = momentum * self.v[name] + (1 - momentum) * g
            self.params[name] = self.params[name] - lr * self.v[name]

    def rmsprop(self, gradients: Arrays, lr: float, beta: float, eps: float) -> None:
        """S <- beta s + (1 - beta) g^2; theta <- theta - lr g / (sqrt(s) + eps)."""
        for name, g in gradients.items():
            self.v[name] = beta * self.v[name] + (1 - beta) * g**2
            self.params[name] = self.params[name] - lr * g / (np.sqrt(self.v[name]) + eps)

    def adam(self, gradients: Arrays, lr: float, beta1: float, beta2: float, eps: float) -> None:
        """Kingma and Ba's algorithm 1."""
        t = self.step + 1
        for name, g in gradients.items():
            self.m[name] = beta1 * self.m[name] + (1 - beta1) * g
            self.v[name] = beta2 * self.v[name] + (1 - beta2) * g**2
            m_hat, v_hat = self.m[name] / (1 - beta1**t), self.v[name] / (1 - beta2**t)
            self.params[name] = self.params[name] - lr * m_hat / (np.sqrt(v_hat) + eps)

    def theta(self) -> Vector:
        """The dictionary, flat."""
        return flat([(self.params[f"W{i}"], self.params[f"b{i}"]) for i in range(1, self.L + 1)])


def softmax(z: Matrix) -> Matrix:
    """exp(z) / sum exp(z) along the rows (rows, classes)."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
