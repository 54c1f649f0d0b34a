"""What an optimizer is: a frozen spec of hyperparameters, and a state that its steps change."""

from types import SimpleNamespace
from typing import Any, ClassVar

from network.layout import Layout, Vector
from optimizers._domains import Positive, Spec
from optimizers._schedules import Constant, Schedule


class State(SimpleNamespace):
    """What an optimizer remembers between steps: arrays and numbers by name.

    `scratch` and names that begin with it are working memory whose content does not outlive a step.
    """


class Optimizer(Spec):
    """The contract. A subclass annotates its hyperparameters, each with its domain, and writes `init` and `step`.

    `batch_size` and `schedule` are what the method trains with unless a plan says otherwise; None is the full batch.
    """

    lr: Positive
    batch_size: ClassVar[int | None] = 64
    schedule: ClassVar[Schedule] = Constant()

    def init(self, theta: Vector, layout: Layout) -> State:
        """The state before the first step at `theta` (n,), which is only read; `layout` names its matrices."""
        return State()

    def step(self, theta: Vector, gradient: Vector, state: Any, lr: float) -> None:
        """Move `theta` (n,) and change `state`, in place; `gradient` (n,) is only read.

        `lr` is this step's learning rate: `self.lr` times the schedule's factor.
        """
        raise NotImplementedError

    def readout(self, theta: Vector, state: Any) -> Vector:
        """The parameters (n,) to evaluate: `theta`, unless the method keeps better ones."""
        return theta
