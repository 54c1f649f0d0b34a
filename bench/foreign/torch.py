"""Optimizers of PyTorch: `torch:Adagrad`, or a subclass of torch.optim.Optimizer by module and name."""

from collections.abc import Callable, Iterable
from functools import cache
from inspect import Parameter, isclass, signature
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from bench.foreign.adapter import Foreign, adapted, words
from bench.foreign.module import content, defined, source_file
from bench.plugin import PluginError, unknown
from network.layout import Layout, Matrix, Vector
from optimizers import Closure, State


class TorchState(State):
    """A torch optimizer at work on `theta` (n,): a parameter for each matrix of the layout, in theta's own memory."""

    def __init__(self, theta: Vector, layout: Layout, made: Callable[[Iterable[Matrix]], Any]) -> None:
        self.layout, self.theta = layout, theta
        self.optimizer = made(view for _, view in layout.views(theta))
        self.parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def follow(self, theta: Vector) -> None:
        """Work on this `theta` (n,) from now on."""
        if theta is not self.theta:
            self.theta = theta
            for parameter, (_, view) in zip(self.parameters, self.layout.views(theta), strict=True):
                parameter.data = torch.from_numpy(view)

    def hand(self, gradient: Vector) -> None:
        """Let every `.grad` be a view of `gradient` (n,), which torch may keep and write into."""
        for parameter, (_, view) in zip(self.parameters, self.layout.views(gradient), strict=True):
            parameter.grad = torch.from_numpy(view)


class TorchOptimizer(Foreign):
    """The parameters are one tensor for each matrix of the layout, and share theta's memory: nothing is copied.

    A weight is (n_in, n_out), the transpose of torch.nn.Linear's; a bias is (1, n_out). The gradient is copied once a
    step, 0.02 ms for 100,000 parameters: methods of torch may write into `.grad` and keep it, as torch's own loop
    makes a new one for each step, and ours must stay as it is. torch runs with one thread. A method whose step cannot
    do without a closure (LBFGS), or whose class says `needs_closure = True`, gets the trial's: every look counts,
    the first one in a step included. A method with `train` and `eval` (schedule-free ones) is evaluated after `eval`.
    The state is torch's own and cannot be kept in a file.
    """

    needs_rng = True
    runtime: ClassVar[str] = words({"torch": torch.__version__})

    def rehearse(self) -> None:
        """Make the optimizer for one matrix (2, 2)."""
        self._made([np.zeros((2, 2), np.float32)])

    def init(self, theta: Vector, layout: Layout, rng: np.random.Generator | None = None) -> TorchState:
        """The state; `rng` seeds torch's own generator, for the methods that draw."""
        torch.set_num_threads(1)
        if rng is not None:
            torch.manual_seed(int(rng.integers(2**63)))
        state = TorchState(theta, layout, self._made)
        getattr(state.optimizer, "train", _nothing)()
        return state

    def step(
        self, theta: Vector, gradient: Vector, state: TorchState, lr: float, closure: Closure | None = None
    ) -> None:
        """One step of torch's optimizer, on theta itself."""
        state.follow(theta)
        for group in state.optimizer.param_groups:
            group["lr"] = lr
        state.hand(gradient.copy())
        if closure is None:
            state.optimizer.step()
        else:
            state.optimizer.step(_torch_closure(state, closure))

    def readout(self, theta: Vector, state: TorchState) -> Vector:
        """Theta, or what the method makes of it in `eval`; theta itself stays as it is, bit for bit."""
        if not hasattr(state.optimizer, "eval"):
            return theta
        state.follow(theta)
        kept = theta.copy()
        state.optimizer.eval()
        values = theta.copy()
        state.optimizer.train()
        np.copyto(theta, kept)
        return values

    def _made(self, matrices: Iterable[Matrix]) -> Any:
        parameters = [torch.nn.Parameter(torch.from_numpy(matrix)) for matrix in matrices]
        return type(self).factory(parameters, lr=self.lr, **self.arguments)


def kind(name: str, path: str, folder: Path) -> tuple[type[Foreign], Path | None]:
    """The adapter's class, and the file that defines the optimizer where that is not torch itself."""
    factory = defined(name, path, folder) if "." in path else vars(torch.optim).get(path)
    if not _is_optimizer(factory):
        known = [word for word, value in vars(torch.optim).items() if _is_optimizer(value)]
        if "." in path:
            raise PluginError(f"{name}: must be a subclass of torch.optim.Optimizer, got {factory!r}")
        raise PluginError(unknown("torch: optimizer", path, known))
    file = None if factory.__module__.startswith("torch.") else source_file(factory)
    return _adapted(name, factory, f"{TorchOptimizer.runtime} {content(file)}".strip()), file


@cache
def _adapted(name: str, factory: Any, version: str) -> type[Foreign]:
    closure = signature(factory.step).parameters.get("closure")
    needed = getattr(factory, "needs_closure", closure is not None and closure.default is Parameter.empty)
    # What a line search or an inner loop costs is not known beforehand; it looks once at least.
    traits = {"needs_closure": True, "evaluations_per_step": 2.0} if needed else {}
    return adapted(TorchOptimizer, name, _Without(factory), version, **traits)


class _Without:
    """An optimizer's class as a factory whose signature begins after the parameters to train."""

    def __init__(self, factory: Any) -> None:
        self.factory = factory
        self.__doc__ = factory.__doc__
        parameters = list(signature(factory).parameters.values())
        self.__signature__ = signature(factory).replace(parameters=parameters[1:], return_annotation=Any)

    def __call__(self, parameters: Any, **settings: Any) -> Any:
        return self.factory(parameters, **settings)


def _torch_closure(state: TorchState, closure: Closure) -> Callable[[], torch.Tensor]:
    def look() -> torch.Tensor:
        gradient = np.empty_like(state.theta)
        loss = closure(state.theta, gradient)
        state.hand(gradient)
        return torch.tensor(loss, dtype=torch.float64)

    return look


def _is_optimizer(thing: Any) -> bool:
    return isclass(thing) and issubclass(thing, torch.optim.Optimizer) and thing is not torch.optim.Optimizer


def _nothing() -> None:
    pass
