"""What a contender is."""

from bench.peers.task import Task
from network.layout import Vector


class UnavailableError(Exception):
    """The contender has no such rule, or is not to be had here; the message says which."""


class Contender:
    """Something that takes training steps. `step` counts them, and says which batch of the order comes next.

    The constructor makes everything ready; it raises UnavailableError where the contender cannot take part.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.step = 0

    def arrange(self, n_steps: int) -> None:
        """Make ready for the next `n_steps` steps whatever need not be timed, such as compiling."""

    def train(self, n_steps: int) -> int:
        """Take so many steps, to the end: nothing goes on behind the caller's back. Return the examples seen."""
        for _ in range(n_steps):
            self.take_step(self.step % self.task.n_batches)
            self.step += 1
        return n_steps * self.task.batch_size

    def take_step(self, batch: int) -> None:
        """Take one step on the batch of this number."""
        raise NotImplementedError

    def theta(self) -> Vector:
        """The weights (n,) as they are now, laid out like the product's."""
        raise NotImplementedError
