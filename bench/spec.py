"""A trial's spec: everything that decides its result, and nothing else. Its hash is the trial's id."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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
    """One training run. `batch_size` None is the full batch; `data` is the fingerprint of the dataset's content."""

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

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
        identity = asdict(self)
        for choice in ("initializer", "optimizer", "schedule"):
            del identity[choice]["source"]  # a plugin is known by its content, wherever its file lies
        return sha256(canonical_json(identity).encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The spec as canonical JSON."""
        return canonical_json(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "TrialSpec":
        """The spec that `to_json` wrote."""
        values = json.loads(text)
        choices = {name: Choice(**values[name]) for name in ("initializer", "optimizer", "schedule")}
        return cls(**values | choices | {"hidden": tuple(values["hidden"])})


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
