"""Is the gradient of a plan's network right? Central differences on a few of its examples, in float64."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.parts import Parts
from bench.plan import load_plan
from bench.seeds import generator
from bench.spec import TrialSpec
from bench.trial import network_for
from network import Network, check_network, initialize
from network.initializers import He
from network.layout import Vector

ROWS = 16
N_ENTRIES = 50  # of each parameter; two forward passes an entry
N_STEPS, LR = 20, 0.1


def gradcheck(plan: str | None = None) -> list[dict[str, Any]]:
    """A row for each parameter of each network in a plan, the default one unless given.

    At a random start, He's with biases that are not zero, and again after 20 steps of gradient descent. Dropout is
    checked with its mask frozen. `difference` is relative; `passed` is whether it is within the tolerance of 1e-7.
    """
    specs = {_network_of(spec): spec for spec in load_plan(plan or "default").specs}
    return [row for network, spec in specs.items() for row in _rows(network, spec)]


def _rows(name: str, spec: TrialSpec) -> Iterator[dict[str, Any]]:
    parts = Parts.load(spec.dataset, spec.scaling, generator(spec.seed, "split"))
    rng = generator(spec.seed, "batches")
    network = network_for(spec, parts)
    rows = rng.permutation(parts.train)[:ROWS]
    x, y = parts.x[rows], parts.y[rows]
    theta = initialize(He(), network.layout, generator(spec.seed, "initialization"), np.float64)
    for parameter, view in network.layout.views(theta):
        if parameter.role != "weight":
            view += 0.1 * rng.standard_normal(view.shape)
    yield from _checked(network, theta, x, y, {"network": name, "when": "at the start"})
    gradient = np.empty_like(theta)
    for _ in range(N_STEPS):
        network.loss_and_gradient(theta, x, y, gradient)
        theta -= LR * gradient
    yield from _checked(network, theta, x, y, {"network": name, "when": f"after {N_STEPS} steps"})


def _checked(network: Network, theta: Vector, x: Any, y: Any, where: dict[str, Any]) -> Iterator[dict[str, Any]]:
    report = check_network(network, theta, x, y, frozen_mask=True, n_entries=N_ENTRIES)
    for parameter in network.layout.parameters:
        difference = report.by_parameter[parameter.name]
        yield where | {
            "parameter": parameter.name,
            "shape": parameter.shape,
            "n_checked": min(parameter.size, N_ENTRIES),
            "difference": difference,
            "passed": parameter.name not in report.suspects,
        }


def _network_of(spec: TrialSpec) -> str:
    """What tells one network from the next, in words."""
    options = {"l1": spec.l1, "l2": spec.l2, "dropout": spec.dropout, "batch norm": spec.batch_norm}
    said = [name if name == "batch norm" else f"{name} {value:g}" for name, value in options.items() if value]
    widths = "-".join(map(str, spec.hidden)) or "no hidden layer"
    return ", ".join([f"{spec.dataset} {spec.scaling}", widths, spec.activation, spec.output, *said])
