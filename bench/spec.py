"""A trial's spec: everything that decides its result, and nothing else. Its hash is the trial's id."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any

from bench import RULES


@dataclass(frozen=True)
class Choice:
    """A plugin by name, its settings, and where it comes from: None is our own folder, else a path or package."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    version: str = ""


@dataclass(frozen=True)
class TrialSpec:
    """One training run. `batch_size` None is the full batch; `data` is the fingerprint of the dataset's content.

    The fields behind `rules` are options. One that is at its default is left out of the JSON and so of the id: a trial
    that does not use an option has the id it had before there was the option.
    """

    dataset: str
    data: str
    scaling: str
    hidden: tuple[int, ...]
    activation: str
    initializer: Choice
    optimizer: Choice
    schedule: Choice
    batch_size: int | None
    epochs: int
    evaluations_per_epoch: int
    seed: int
    rules: int = RULES
    output: str = "softmax"
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    batch_norm: Mapping[str, Any] | None = None
    early_stopping: Mapping[str, Any] | None = None
    augmentation: Mapping[str, Any] | None = None
    drop_last: bool = False
    sampling: str = "shuffle"

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
        identity = self._used()
        for choice in ("initializer", "optimizer", "schedule"):
            del identity[choice]["source"]  # a plugin is known by its content, wherever its file lies
        return sha256(canonical_json(identity).encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The spec as canonical JSON."""
        return canonical_json(self._used())

    def _used(self) -> dict[str, Any]:
        """The fields, without the options that are at their defaults."""
        defaults = {f.name: f.default for f in fields(self) if f.default is not MISSING and f.name != "rules"}
        values = asdict(self)
        return {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}

    @classmethod
    def from_json(cls, text: str) -> "TrialSpec":
        """The spec that `to_json` wrote."""
        values = json.loads(text)
        choices = {name: Choice(**values[name]) for name in ("initializer", "optimizer", "schedule")}
        return cls(**values | choices | {"hidden": tuple(values["hidden"])})


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
