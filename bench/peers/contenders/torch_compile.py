"""PyTorch compiled: the loss with its gradient, and the optimizer's step."""

from typing import ClassVar

import torch

from bench.clock import seconds
from bench.peers.contenders.contender import UnavailableError
from bench.peers.contenders.torch_eager import TorchEager
from bench.peers.task import Task

BUDGET_S = 300.0  # of compiling, in a whole run: each race takes most of a minute of it


class TorchCompile(TorchEager):
    """`torch.compile` of both halves of the step, for fixed shapes."""

    spent_s: ClassVar[float] = 0.0

    def __init__(self, task: Task) -> None:
        if self.spent_s > BUDGET_S:
            raise UnavailableError(f"compiling had taken more than {BUDGET_S:g} s by then")
        super().__init__(task)
        torch.compiler.reset()  # otherwise earlier races count towards the limit of recompilations
        self.loss = torch.compile(self.mean_loss, dynamic=False)
        self.update = torch.compile(self.optimizer.step)

    def train(self, n_steps: int) -> int:
        """Take the steps; the first ones compile."""
        if self.step:
            return super().train(n_steps)
        try:
            TorchCompile.spent_s += seconds(lambda: super(TorchCompile, self).train(n_steps))
        except Exception as error:  # no C++ compiler, an unknown processor: each has its own kind of error
            why = str(error).strip().partition("\n")[0]
            raise UnavailableError(f"the compiler failed with {type(error).__name__}: {why}") from error
        return n_steps * self.task.batch_size
