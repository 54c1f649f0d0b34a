"""How other packages run a problem. They are imported when they run, so that the table of cases can be read without."""

from collections.abc import Callable
from typing import Any

import numpy as np
from oracles.case import N_STEPS, STEPS_PER_EPOCH, Oracle, Problem, Trajectory


def torch_optim(
    name: str, scheduler: tuple[str, dict[str, Any]] | None = None, every_step: bool = False, **settings: Any
) -> Oracle:
    """`torch.optim.<name>(parameters, **settings)`; the scheduler, if any, steps once an epoch, or in every step."""

    def make(parameters: list[Any]) -> Any:
        import torch

        return getattr(torch.optim, name)(parameters, **settings)

    call = f"torch.optim.{name}({_words(settings)})"
    if scheduler:
        call += f" under {scheduler[0]}({_words(scheduler[1])})"
    return Oracle("torch", call, lambda problem: run_torch(problem, make, scheduler, every_step))


def pytorch_optimizer(name: str, **settings: Any) -> Oracle:
    """`pytorch_optimizer.<name>(parameters, **settings)`."""

    def make(parameters: list[Any]) -> Any:
        import pytorch_optimizer as package

        return getattr(package, name)(parameters, **settings)

    call = f"pytorch_optimizer.{name}({_words(settings)})"
    return Oracle("pytorch_optimizer", call, lambda problem: run_torch(problem, make))


def optax(name: str, *args: Any, schedule: tuple[str, dict[str, Any]] | None = None, **settings: Any) -> Oracle:
    """`optax.<name>(*args, **settings)`, or with `optax.schedules.<schedule>` for its learning rate."""

    def make() -> Any:
        import optax as package

        factory: Any = package
        for part in name.split("."):
            factory = getattr(factory, part)
        if schedule is None:
            return factory(*args, **settings)
        rate = getattr(package.schedules, schedule[0])(**schedule[1])
        return factory(lambda count: rate(count.astype(float)), *args, **settings)  # optax counts in 32 bits

    rate = [f"{schedule[0]}({_words(schedule[1])})"] if schedule else []
    call = f"optax.{name}({', '.join(filter(None, [*rate, *map(repr, args), _words(settings)]))})"
    return Oracle("optax", call, lambda problem: run_optax(problem, make))


def run_torch(
    problem: Problem,
    make: Callable[[list[Any]], Any],
    scheduler: tuple[str, dict[str, Any]] | None = None,
    every_step: bool = False,
    readout: Callable[[list[Any], Any], list[Any]] = lambda parameters, optimizer: parameters,
) -> Trajectory:
    """A torch optimizer on the problem, one parameter tensor for each matrix of the layout.

    Each step is given a closure, as the methods with a line search want it; the others call it once.
    """
    import torch

    torch.set_default_dtype(torch.float64)  # NAdam keeps its product of momenta in the default type
    parameters = [torch.nn.Parameter(torch.from_numpy(view.copy())) for _, view in problem.layout.views(problem.start)]
    optimizer = make(parameters)
    schedule = getattr(torch.optim.lr_scheduler, scheduler[0])(optimizer, **scheduler[1]) if scheduler else None
    path = []
    for t in range(N_STEPS):
        optimizer.step(_torch_closure(problem, parameters, t))
        path.append(_flat(readout(parameters, optimizer)))
        if schedule and (every_step or (t + 1) % STEPS_PER_EPOCH == 0):
            schedule.step()
    return np.array(path)


def run_optax(problem: Problem, make: Callable[[], Any]) -> Trajectory:
    """An optax transformation on the problem, in double precision, one array for each matrix of the layout."""
    import jax
    import optax as package

    jax.config.update("jax_enable_x64", True)
    transformation = make()
    names = [parameter.name for parameter, _ in problem.layout.views(problem.start)]
    parameters = {p.name: jax.numpy.asarray(view.copy()) for p, view in problem.layout.views(problem.start)}
    state = transformation.init(parameters)
    path = []
    for t in range(N_STEPS):
        theta = np.concatenate([np.asarray(parameters[name]).ravel() for name in names])
        gradient = problem.gradient(theta, t)
        gradients = {p.name: jax.numpy.asarray(view.copy()) for p, view in problem.layout.views(gradient)}
        updates, state = transformation.update(gradients, state, parameters)
        parameters = package.apply_updates(parameters, updates)
        path.append(np.concatenate([np.asarray(parameters[name]).ravel() for name in names]))
    return np.array(path)


def _torch_closure(problem: Problem, parameters: list[Any], t: int) -> Callable[[], Any]:
    import torch

    def closure() -> Any:
        theta = _flat(parameters)
        for parameter, (_, view) in zip(parameters, problem.layout.views(problem.gradient(theta, t)), strict=True):
            parameter.grad = torch.from_numpy(view.copy())
        return torch.tensor(problem.loss(theta, t), dtype=torch.float64)

    return closure


def _flat(tensors: list[Any]) -> Any:
    return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])


def _words(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name}={getattr(value, '__name__', repr(value))}" for name, value in settings.items())
