"""The network as a textbook writes it, slow and plain: what the fast one must agree with.

Parameters are a list of (W, b), one pair a layer, W (n_in, n_out) and b (1, n_out). Rows are examples. Nothing is
reused, scaled or left out, and everything is computed in the float type of the inputs.
"""

import numpy as np

FUNCTIONS = {
    "identity": lambda z: z,
    "relu": lambda z: np.where(z > 0, z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
}

DERIVATIVES = {  # as functions of z
    "identity": np.ones_like,
    "relu": lambda z: np.where(z > 0, 1, 0).astype(z.dtype),
    "sigmoid": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
}


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(parameters, x, activation):
    """Every layer's input a and sum z; the last z are the logits."""
    a, inputs, sums = x, [], []
    for W, b in parameters:
        inputs.append(a)
        sums.append(a @ W + b)
        a = FUNCTIONS[activation](sums[-1])
    return inputs, sums


def loss_and_gradients(parameters, x, y, activation):
    """The mean cross-entropy of the labels y, and (dW, db) for each layer."""
    inputs, sums = forward(parameters, x, activation)
    m = len(x)
    p = softmax(sums[-1])
    loss = -np.mean(np.log(p[np.arange(m), y]))
    dz = (p - np.eye(p.shape[1], dtype=x.dtype)[y]) / m
    gradients = []
    for i in reversed(range(len(parameters))):
        gradients.insert(0, (inputs[i].T @ dz, dz.sum(axis=0, keepdims=True)))
        if i > 0:
            dz = (dz @ parameters[i][0].T) * DERIVATIVES[activation](sums[i - 1])
    return loss, gradients


def sgd_step(parameters, gradients, lr):
    return [(W - lr * dW, b - lr * db) for (W, b), (dW, db) in zip(parameters, gradients, strict=True)]
