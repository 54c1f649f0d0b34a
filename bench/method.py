"""An optimizer at work in a trial: its spec, its schedule and its state, held to the contract."""

from typing import Any

from bench import registry
from bench.plugin import trait
from bench.spec import TrialSpec
from network.layout import Layout, Vector
from optimizers import Closure, Progress


class ContractError(TypeError):
    """An optimizer that does something else than the contract says."""


class Method:
    """The optimizer of a trial's spec. It need not inherit from ours: what it lacks is taken from the contract."""

    def __init__(self, spec: TrialSpec) -> None:
        self.name = spec.optimizer.name
        self.optimizer = registry.chosen_optimizer(spec.optimizer)
        self.schedule = registry.schedule(spec.schedule.name).make(spec.schedule.settings)
        self._readout = getattr(self.optimizer, "readout", None)

    def start(self, theta: Vector, layout: Layout, rng: Any, closure: Closure) -> None:
        """Make the state at `theta` (n,); `rng` and `closure` are handed on to a method that asks for them."""
        wishes = {"rng": rng} if trait(self.optimizer, "needs_rng") else {}
        self._closure = {"closure": closure} if trait(self.optimizer, "needs_closure") else {}
        self.theta, self._form = theta, (theta.shape, theta.dtype)
        self.state = self.optimizer.init(theta, layout, **wishes)

    def step(self, gradient: Vector, progress: Progress) -> None:
        """Move theta, in place; ContractError if the method returns something instead."""
        lr = self.optimizer.lr * self.schedule.factor(progress)
        returned = self.optimizer.step(self.theta, gradient, self.state, lr, **self._closure)
        if returned is not None:
            kind = type(returned).__name__
            raise ContractError(f"{self.name}: step must change theta in place and return None, got {kind}")

    def readout(self) -> Vector:
        """The parameters (n,) to evaluate; ContractError if they, or theta, changed their shape or dtype."""
        values = self._readout(self.theta, self.state) if self._readout else self.theta
        for vector in (self.theta, values):
            if (vector.shape, vector.dtype) != self._form:
                shape, dtype = self._form
                raise ContractError(f"{self.name}: theta must stay {shape} {dtype}, got {vector.shape} {vector.dtype}")
        return values
