"""How other packages run the methods that need more than a gradient a tensor: transposes, two points, an average."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
from oracles.case import N_STEPS, Oracle, Problem, Trajectory
from oracles.engines import _words, run_optax, run_torch


def torch_muon(**settings: Any) -> Oracle:
    """`torch.optim.Muon` on transposed matrices, whose rows are outputs, and in double precision throughout."""

    def run(problem: Problem) -> Trajectory:
        import torch

        tensors = [
            torch.nn.Parameter(torch.from_numpy(view.T.copy())) for _, view in problem.layout.views(problem.start)
        ]
        optimizer = torch.optim.Muon(tensors, **settings)
        path = []
        for t in range(N_STEPS):
            for tensor, (_, view) in zip(tensors, problem.layout.views(problem.gradients[t]), strict=True):
                tensor.grad = torch.from_numpy(view.T.copy())
            with mock.patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
                optimizer.step()
            path.append(np.concatenate([tensor.detach().numpy().T.ravel() for tensor in tensors]))
        return np.array(path)

    return Oracle("torch", f"torch.optim.Muon({_words(settings)}), without its rounding to bfloat16", run)


def optax_muon(**settings: Any) -> Oracle:
    """`optax.contrib.muon` for the weights that feed hidden layers, its Adam for the rest."""

    def run(problem: Problem) -> Trajectory:
        from optax import contrib

        hidden = {
            p.name: contrib.MuonDimensionNumbers() if p.role == "weight" and p.position != "output" else None
            for p in problem.layout.parameters
        }
        return run_optax(problem, lambda: contrib.muon(muon_weight_dimension_numbers=hidden, **settings))

    return Oracle("optax", f"optax.contrib.muon({_words(settings)})", run)


def soap(**settings: Any) -> Oracle:
    """`pytorch_optimizer.SOAP`, whose QR decomposition rounds to single precision, without that rounding."""

    def make(parameters: list[Any]) -> Any:
        import pytorch_optimizer as package

        return package.SOAP(parameters, **settings)

    call = f"pytorch_optimizer.SOAP({_words(settings)}), QR in double precision"
    return Oracle("pytorch_optimizer", call, lambda problem: run_in_double(problem, make))


def schedulefree(name: str, **settings: Any) -> Oracle:
    """`schedulefree.<name>(parameters, **settings)`, seen at the mean x."""

    def make(parameters: list[Any]) -> Any:
        import schedulefree as package

        optimizer = getattr(package, name)(parameters, **settings)
        optimizer.train()
        return optimizer

    def mean(parameters: list[Any], optimizer: Any) -> list[Any]:
        optimizer.eval()
        x = [parameter.detach().clone() for parameter in parameters]
        optimizer.train()
        return x

    call = f"schedulefree.{name}({_words(settings)})"
    return Oracle("schedulefree", call, lambda problem: run_torch(problem, make, readout=mean))


def prodigyopt(**settings: Any) -> Oracle:
    """`prodigyopt.Prodigy(parameters, **settings)`."""

    def make(parameters: list[Any]) -> Any:
        import prodigyopt as package

        return package.Prodigy(parameters, **settings)

    return Oracle("prodigyopt", f"prodigyopt.Prodigy({_words(settings)})", lambda problem: run_torch(problem, make))


def lookahead(inner: str, inner_settings: dict[str, Any], **settings: Any) -> Oracle:
    """`pytorch_optimizer.Lookahead` around `torch.optim.<inner>`, seen at the slow weights."""

    def make(parameters: list[Any]) -> Any:
        import pytorch_optimizer as package
        import torch

        return package.Lookahead(getattr(torch.optim, inner)(parameters, **inner_settings), **settings)

    def slow(parameters: list[Any], optimizer: Any) -> list[Any]:
        return [optimizer.state[parameter]["slow_params"] for parameter in parameters]

    call = f"pytorch_optimizer.Lookahead({inner}({_words(inner_settings)}), {_words(settings)})"
    return Oracle("pytorch_optimizer", call, lambda problem: run_torch(problem, make, readout=slow))


def run_in_double(problem: Problem, make: Callable[[list[Any]], Any]) -> Trajectory:
    """A torch optimizer whose own roundings to single precision are taken out."""
    import torch

    double = torch.Tensor.double
    with mock.patch.object(torch, "float32", torch.float64), mock.patch.object(torch.Tensor, "float", double):
        return run_torch(problem, make)


class Stepper:
    """A step in the words of a function of the closure."""

    def __init__(self, step: Callable[[Any], None]) -> None:
        self.step = step


def sam(inner: str, **settings: Any) -> Oracle:
    """`pytorch_optimizer.SAM` around `torch.optim.<inner>`, which wants the first gradient before its step."""

    def make(parameters: list[Any]) -> Any:
        import pytorch_optimizer as package
        import torch

        optimizer = package.SAM(parameters, getattr(torch.optim, inner), **settings)

        def step(closure: Any) -> None:
            closure()
            optimizer.step(closure)

        return Stepper(step)

    call = f"pytorch_optimizer.SAM({inner}, {_words(settings)}), norm in double precision"
    return Oracle("pytorch_optimizer", call, lambda problem: run_in_double(problem, make))


def averaged(inner: str, **settings: Any) -> Oracle:
    """`torch.optim.swa_utils.AveragedModel` behind `torch.optim.<inner>`."""
    averages: list[Any] = []

    def make(parameters: list[Any]) -> Any:
        import torch

        optimizer = getattr(torch.optim, inner)(parameters, **settings)
        model = torch.nn.ParameterList(parameters)
        averages[:] = [torch.optim.swa_utils.AveragedModel(model)]

        def step(closure: Any) -> None:
            optimizer.step(closure)
            averages[0].update_parameters(model)

        return Stepper(step)

    def mean(parameters: list[Any], optimizer: Any) -> list[Any]:
        return list(averages[0].module.parameters())

    call = f"torch.optim.swa_utils.AveragedModel behind {inner}({_words(settings)})"
    return Oracle("torch", call, lambda problem: run_torch(problem, make, readout=mean))


def sophia_h(interval: int, products: Callable[[Problem, np.random.Generator], Any], **settings: Any) -> Oracle:
    """`pytorch_optimizer.SophiaH`, handed u * (H u) every `interval` steps, with the u that our method draws."""

    def make_for(problem: Problem) -> Callable[[list[Any]], Any]:
        def make(parameters: list[Any]) -> Any:
            import pytorch_optimizer as package
            import torch

            optimizer, rng, t = (
                package.SophiaH(parameters, update_period=interval, **settings),
                np.random.default_rng(0),
                [0],
            )

            def step(closure: Any) -> None:
                closure()
                estimate = products(problem, rng) if t[0] % interval == 0 else None
                views = [] if estimate is None else [view.copy() for _, view in problem.layout.views(estimate)]
                optimizer.step(hessian=[torch.from_numpy(view) for view in views] or None)
                t[0] += 1

            return Stepper(step)

        return make

    call = f"pytorch_optimizer.SophiaH({_words(settings)}), handed exact Hessian products"
    return Oracle("pytorch_optimizer", call, lambda problem: run_torch(problem, make_for(problem)))
