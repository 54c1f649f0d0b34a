"""PyTorch as it is used: `nn.Sequential`, `cross_entropy`, `backward`, an optimizer of `torch.optim`."""

from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import nn

from bench.peers.contenders.contender import Contender, UnavailableError
from bench.peers.task import Task, flat
from network.layout import Vector

torch.set_num_threads(1)


class TorchEager(Contender):
    """The optimizer as shipped; on a CPU that is its loop over the parameters."""

    how: ClassVar[dict[str, Any]] = {}

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.x, self.y = torch.from_numpy(task.data.x), torch.from_numpy(task.data.y)
        self.batches = torch.from_numpy(task.batches).unbind()
        self.model = model(task)
        self.optimizer = optimizer(task, self.model.parameters(), **self.how)
        self.loss, self.update = self.mean_loss, self.optimizer.step

    def take_step(self, batch: int) -> None:
        """Gather, forward, loss, backward, update."""
        x, y = self.examples(batch)
        self.optimizer.zero_grad()
        loss = self.loss(x, y)
        loss.backward()
        self.update()

    def examples(self, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The batch's inputs (rows, 784) and labels (rows,)."""
        if self.task.in_place:
            return self.x, self.y
        rows = self.batches[batch]
        return self.x.index_select(0, rows), self.y.index_select(0, rows)

    def mean_loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The mean cross-entropy."""
        return nn.functional.cross_entropy(self.model(x), y)

    def theta(self) -> Vector:
        """The model's parameters, flat; torch keeps its weights as (n_out, n_in)."""
        layers = [layer for layer in self.model if isinstance(layer, nn.Linear)]
        return flat([(layer.weight.detach().T.numpy(), layer.bias.detach().numpy()) for layer in layers])


class TorchFused(TorchEager):
    """The optimizer's fused kernel, where there is one."""

    how: ClassVar[dict[str, Any]] = {"fused": True}

    def __init__(self, task: Task) -> None:
        if task.rule == "rmsprop":
            raise UnavailableError("torch has no fused RMSprop")
        super().__init__(task)


def model(task: Task) -> nn.Sequential:
    """The dense network with the weights of the start."""
    layers: list[nn.Module] = []
    for (n_in, n_out), (W, b) in zip(pairwise(task.sizes), task.weights(), strict=True):
        linear = nn.Linear(n_in, n_out)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b))
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def optimizer(task: Task, parameters: Any, **how: Any) -> torch.optim.Optimizer:
    """Torch's optimizer of the same rule; its momentum lacks the factor (1 - momentum), which goes into the rate."""
    s = task.settings
    if task.rule == "sgd":
        return torch.optim.SGD(parameters, lr=s["lr"], **how)
    if task.rule == "momentum":
        return torch.optim.SGD(parameters, lr=s["lr"] * (1 - s["momentum"]), momentum=s["momentum"], **how)
    if task.rule == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=s["lr"], alpha=s["beta"], eps=s["eps"], **how)
    return torch.optim.Adam(parameters, lr=s["lr"], betas=(s["beta1"], s["beta2"]), eps=s["eps"], **how)
