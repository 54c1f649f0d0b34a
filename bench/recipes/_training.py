"""Training on batches that a source dictates, with the network and the optimizers of every trial."""

from typing import Any

from bench.clock import Stopwatch
from bench.recipes._faults import Fault
from network import Network
from network.layers import Inputs
from network.layout import Vector, aligned_zeros
from network.mlp import Labels
from optimizers import Optimizer


class Training:
    """A network with its parameters `theta` (n,), moved step by step; `fault` is a mistake that the source made.

    `clock` has the seconds of all steps by phase.
    """

    def __init__(self, network: Network, theta: Vector, optimizer: Optimizer, fault: Fault | None = None) -> None:
        self.network, self.theta, self.optimizer, self.fault = network, theta, optimizer, fault
        self.state: Any = optimizer.init(theta, network.layout)
        self.gradient = aligned_zeros(len(theta), theta.dtype)
        self.clock = Stopwatch()

    def step(self, x: Inputs, y: Labels, factor: float = 1.0) -> float:
        """One step on examples `x` (rows, n_in), `y` (rows,), at `factor` times the rate; the loss before it."""
        self.clock.lap("batch")
        loss = self.network.loss_and_gradient(self.theta, x, y, self.gradient)
        self.clock.lap("gradient")
        if self.fault is not None:
            self.fault(self.network.layout, self.gradient)
        self.optimizer.step(self.theta, self.gradient, self.state, self.optimizer.lr * factor)
        self.clock.lap("update")
        return loss

    def accuracy(self, x: Inputs, y: Labels) -> float:
        """The share of right labels."""
        return self.network.evaluate(self.theta, x, y).accuracy
