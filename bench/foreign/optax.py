"""Optimizers of optax: `optax:lion`, or a function by module and name that returns a gradient transformation."""

import os
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar

# XLA reads these once, when it starts: the processor, and one thread of it, as everybody here has.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bench.foreign.adapter import Foreign, adapted, words
from bench.foreign.module import content, defined, source_file
from bench.plugin import PluginError, unknown
from network.layout import Layout, Vector
from optimizers import State

WARM_UP = 2  # a state may leave its first update in another form than `init` made it, which compiles anew


class OptaxState(State):
    """A compiled update, and what optax remembers between steps."""

    def __init__(self, update: Callable[..., tuple[Any, Any]], memory: Any) -> None:
        self.update, self.memory = update, memory


class OptaxOptimizer(Foreign):
    """Theta and the gradient are copied in, and theta out, in float32; the update between is compiled as a whole.

    It is compiled in `init`, which a trial books under `setup`: the seconds of training have none of it. optax sees
    one array for each matrix of the layout, weights (n_in, n_out) and biases (1, n_out). It has no default rates: lr
    is 0.001 unless given. Not for transformations that ask for the loss (lbfgs with its line search, polyak_sgd), nor
    to be taken at its word where what is evaluated should be an average (schedule_free): that is theta here. The state
    is jax's own and cannot be kept in a file.
    """

    rate: ClassVar[str] = "learning_rate"
    runtime: ClassVar[str] = words({"optax": optax.__version__, "jax": jax.__version__})

    def rehearse(self) -> None:
        """Trace one update of one matrix (2, 2), which computes nothing."""
        layout = Layout.single(2, 2)
        theta = jnp.zeros(layout.n)
        memory = jax.eval_shape(self._start(layout), theta)
        jax.eval_shape(self._update(layout), theta, theta, memory, 1.0)

    def init(self, theta: Vector, layout: Layout) -> OptaxState:
        """The state, after the update has been compiled."""
        start = _copied(theta)
        update = jax.jit(self._update(layout))
        memory = trial = jax.jit(self._start(layout))(start)
        for _ in range(WARM_UP):
            values, trial = update(start, start, trial, self.lr)
        values.block_until_ready()
        return OptaxState(update, memory)

    def step(self, theta: Vector, gradient: Vector, state: OptaxState, lr: float) -> None:
        """One update of optax's, and its outcome written into theta."""
        values, state.memory = state.update(_copied(theta), _copied(gradient), state.memory, lr)
        np.copyto(theta, values)

    def _made(self, lr: Any) -> optax.GradientTransformationExtraArgs:
        made = type(self).factory(**{self.rate: lr}, **self.arguments)
        return optax.with_extra_args_support(made)

    def _start(self, layout: Layout) -> Callable[[Any], Any]:
        return lambda theta: self._made(self.lr).init(_matrices(layout, theta))

    def _update(self, layout: Layout) -> Callable[..., tuple[Any, Any]]:
        """A function of theta (n,), gradient (n,), optax's state and lr: the new theta and state."""

        def update(theta: Any, gradient: Any, memory: Any, lr: Any) -> tuple[Any, Any]:
            matrices = _matrices(layout, theta)
            changes, memory = self._made(lr).update(_matrices(layout, gradient), memory, matrices)
            matrices = optax.apply_updates(matrices, changes)
            return jnp.concatenate([matrices[p.name].ravel() for p in layout.parameters]), memory

        return update


def kind(name: str, path: str, folder: Path) -> tuple[type[Foreign], Path | None]:
    """The adapter's class, and the file that defines the transformation where that is not optax itself."""
    try:
        factory = attrgetter(path)(optax)
    except AttributeError:
        if "." not in path:
            raise PluginError(unknown("optax: optimizer", path, _names())) from None
        factory = defined(name, path, folder)
    if not callable(factory):
        raise PluginError(f"{name}: must be a function, got {factory!r}")
    file = None if str(factory.__module__).startswith("optax.") else source_file(factory)
    return _adapted(name, factory, f"{OptaxOptimizer.runtime} {content(file)}".strip()), file


@cache
def _adapted(name: str, factory: Any, version: str) -> type[Foreign]:
    return adapted(OptaxOptimizer, name, factory, version)


def _names() -> list[str]:
    """Optax's functions in one word that take a rate."""
    from inspect import isfunction, signature

    functions = ((name, thing) for name, thing in vars(optax).items() if isfunction(thing))
    return [name for name, function in functions if OptaxOptimizer.rate in signature(function).parameters]


def _matrices(layout: Layout, vector: Any) -> dict[str, Any]:
    return {parameter.name: matrix for parameter, matrix in layout.views(vector)}


def _copied(vector: Vector) -> jax.Array:
    """A copy: without one, jax may go on reading memory that the next step writes."""
    return jnp.array(vector, jnp.float32, copy=True)
