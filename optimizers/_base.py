"""What an optimizer is: a frozen spec of hyperparameters, and a state that its steps change."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

from network.layout import Layout, Vector
from optimizers._domains import Positive, Spec
from optimizers._schedules import Constant, Schedule


class State(SimpleNamespace):
    """What an optimizer remembers between steps, by name: arrays, numbers, a Generator, lists and States of these.

    `scratch` and names that begin with it are working memory whose content does not outlive a step.
    """


Closure = Callable[[Vector, Vector], float]


class Optimizer(Spec):
    """The contract. A subclass annotates its hyperparameters, each with its domain, and writes `init` and `step`.

    `batch_size` and `schedule` are what the method trains with unless a plan says otherwise; None is the full batch.
    `family` and `year` place it in the catalogue; `evaluations_per_step` is how many gradients a step costs:
    a whole number where it is always so many, else their average.

    A method that must see the loss again sets `needs_closure`: its `step` then takes `closure=`, a function of a
    vector theta (n,) and a vector for the gradient (n,) that returns the loss on the step's batch. A method that draws
    random numbers sets `needs_rng`: its `init` then takes `rng=`, a NumPy Generator, which it keeps in its state.

    A method that leaves a coordinate alone whose gradient is zero, and remembers nothing of it, may say that it is
    `sparse`. The zeros that a gradient begins with are then left out: `step` is handed the last entries of `theta` and
    `gradient`, now more, now fewer. The claim is about one `step`: a subclass with another one must repeat it.
    """

    lr: Positive
    family: ClassVar[str] = "other"
    year: ClassVar[int | None] = None
    batch_size: ClassVar[int | None] = 64
    schedule: ClassVar[Schedule] = Constant()
    evaluations_per_step: ClassVar[float] = 1
    needs_closure: ClassVar[bool] = False
    needs_rng: ClassVar[bool] = False
    elementwise: ClassVar[bool] = True  # each coordinate's update depends on that coordinate alone
    sparse: ClassVar[bool] = False  # a coordinate whose gradient is zero is left alone

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "step" in vars(cls):
            cls.sparse = vars(cls).get("sparse", False)
        super().__init_subclass__(**kwargs)

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
