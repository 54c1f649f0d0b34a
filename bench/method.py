"""An optimizer at work in a trial: its spec, its schedule and its state, held to the contract."""

from typing import Any

from bench import registry
from bench.plugin import trait
from bench.spec import Choice
from network.layout import Layout, Vector
from optimizers import Closure, Progress


class ContractError(TypeError):
    """An optimizer that does something else than the contract says."""


class Method:
    """An optimizer with its schedule. It need not inherit from ours: what it lacks is taken from the contract."""

    def __init__(self, name: str, optimizer: Any, schedule: Any) -> None:
        self.name, self.optimizer, self.schedule = name, optimizer, schedule
        self._is_sparse = trait(optimizer, "sparse")
        self._readout = getattr(optimizer, "readout", None)

    @classmethod
    def chosen(cls, optimizer: Choice, schedule: Choice) -> "Method":
        """The method of these choices, with their settings."""
        plan = registry.schedule(schedule.name).make(schedule.settings)
        return cls(optimizer.name, registry.chosen_optimizer(optimizer), plan)

    def start(self, theta: Vector, layout: Layout, rng: Any, closure: Closure) -> None:
        """Make the state at `theta` (n,); `rng` and `closure` are handed on to a method that asks for them."""
        wishes = {"rng": rng} if trait(self.optimizer, "needs_rng") else {}
        self._closure = {"closure": closure} if trait(self.optimizer, "needs_closure") else {}
        self.theta, self._form = theta, (theta.shape, theta.dtype)
        self.state = self.optimizer.init(theta, layout, **wishes)

    def step(self, gradient: Vector, progress: Progress, n_zeros: int = 0) -> None:
        """Move theta, in place; the first `n_zeros` entries of `gradient` (n,) are zero.

        ContractError if the method returns something instead.
        """
        lr, theta = self.optimizer.lr * self.schedule.factor(progress), self.theta
        if n_zeros and self._is_sparse:
            theta, gradient = theta[n_zeros:], gradient[n_zeros:]
        returned = self.optimizer.step(theta, gradient, self.state, lr, **self._closure)
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
