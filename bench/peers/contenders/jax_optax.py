"""JAX with optax: a jitted step called from Python, and a jitted scan over many steps. The data lie on the device."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bench.peers.contenders.contender import Contender
from bench.peers.task import Data, Task, flat
from network.layout import Vector

Carry = tuple[Any, Any]  # the parameters, one (W, b) a layer, and optax's state


class JaxStep(Contender):
    """One call a step: it gathers its batch, and updates parameters and state in place."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.update = update_with(optimizer(task))
        self.x, self.y = on_device(task.data)
        self.batches = jnp.asarray(task.batches, jnp.int32)
        weights = [(jnp.array(W), jnp.array(b)) for W, b in task.weights()]
        self.carry: Carry = (weights, optimizer(task).init(weights))
        self.one_step = jax.jit(self.step_of_number, donate_argnums=0)

    def step_of_number(self, carry: Carry, x: Any, y: Any, batches: Any, number: Any) -> tuple[Carry, Any]:
        """Take the step on the batch of this number; JAX traces this."""
        if self.task.in_place:
            return self.update(carry, x, y)
        rows = batches[number]
        return self.update(carry, x[rows], y[rows])

    def take_step(self, batch: int) -> None:
        """Call the compiled step."""
        self.carry, self.loss = self.one_step(self.carry, self.x, self.y, self.batches, batch)

    def train(self, n_steps: int) -> int:
        """Take the steps, and wait for the last."""
        examples = super().train(n_steps)
        jax.block_until_ready((self.carry, self.loss))
        return examples

    def theta(self) -> Vector:
        """The parameters, flat."""
        return flat(self.carry[0])


class JaxScan(JaxStep):
    """One call for all steps, compiled for their number beforehand."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.compiled: dict[int, Any] = {}

    def arrange(self, n_steps: int) -> None:
        """Compile a scan of so many steps, and put their numbers on the device."""
        self.numbers = jnp.asarray(np.arange(self.step, self.step + n_steps) % self.task.n_batches, jnp.int32)
        if n_steps not in self.compiled:
            scan = jax.jit(self.scan, donate_argnums=0)
            lowered = scan.lower(self.carry, self.x, self.y, self.batches, self.numbers)
            self.compiled[n_steps] = lowered.compile()

    def scan(self, carry: Carry, x: Any, y: Any, batches: Any, numbers: Any) -> tuple[Carry, Any]:
        """Take the steps of these numbers (n_steps,); return their losses too."""
        return jax.lax.scan(lambda carry, number: self.step_of_number(carry, x, y, batches, number), carry, numbers)

    def train(self, n_steps: int) -> int:
        """Call the compiled scan, and wait for it."""
        scan = self.compiled[n_steps]
        self.carry, self.loss = scan(self.carry, self.x, self.y, self.batches, self.numbers)
        jax.block_until_ready((self.carry, self.loss))
        self.step += n_steps
        return n_steps * self.task.batch_size


def update_with(rule: optax.GradientTransformation) -> Any:
    """The function that takes one step with a rule on a batch x (rows, 784), y (rows,)."""

    def update(carry: Carry, x: Any, y: Any) -> tuple[Carry, Any]:
        weights, state = carry
        loss, gradients = jax.value_and_grad(mean_loss)(weights, x, y)
        changes, state = rule.update(gradients, state, weights)
        return (optax.apply_updates(weights, changes), state), loss

    return update


def mean_loss(weights: Any, x: Any, y: Any) -> Any:
    """The mean cross-entropy of the dense network."""
    *hidden, (W_last, b_last) = weights
    for W, b in hidden:
        x = jax.nn.relu(x @ W + b)
    return optax.softmax_cross_entropy_with_integer_labels(x @ W_last + b_last, y).mean()


def optimizer(task: Task) -> optax.GradientTransformation:
    """Optax's optimizer of the same rule; its momentum lacks the factor (1 - momentum), which goes into the rate."""
    s = task.settings
    if task.rule == "sgd":
        return optax.sgd(s["lr"])
    if task.rule == "momentum":
        return optax.sgd(s["lr"] * (1 - s["momentum"]), momentum=s["momentum"])
    if task.rule == "rmsprop":
        return optax.rmsprop(s["lr"], decay=s["beta"], eps=s["eps"], eps_in_sqrt=False)
    return optax.adam(s["lr"], b1=s["beta1"], b2=s["beta2"], eps=s["eps"])


@cache
def on_device(data: Data) -> tuple[Any, Any]:
    """The examples x (m, 784) and labels y (m,) as JAX's arrays; put there once."""
    return jnp.asarray(data.x), jnp.asarray(data.y, jnp.int32)
