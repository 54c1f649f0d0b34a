"""Trial specs for tests."""

from pathlib import Path
from typing import Any

from bench import registry
from bench.spec import TrialSpec


def trial_spec(optimizer: str = "adam", *, source: Path | None = None, **fields: Any) -> TrialSpec:
    """The spec of a trial of one epoch on MNIST, unless `fields` say otherwise."""
    plugin = registry.optimizer(optimizer) if source is None else registry.optimizer_in(source)
    settings = fields.pop("settings", {})
    defaults = {
        "dataset": "mnist",
        "data": "mnist",
        "scaling": "unit",
        "hidden": (16,),
        "activation": "relu",
        "initializer": registry.initializer(str(fields.pop("initializer", "he"))).choice(),
        "optimizer": plugin.choice(settings),
        "schedule": registry.own_schedule(plugin),
        "batch_size": getattr(plugin.kind, "batch_size", 64),
        "epochs": 1,
        "evaluations_per_epoch": 2,
        "seed": 0,
    }
    return TrialSpec(**(defaults | fields))
