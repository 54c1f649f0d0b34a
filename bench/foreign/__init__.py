"""The fourth door to the registry: another framework's optimizer, on our network, weights and batches.

`torch:Adagrad` is `torch.optim.Adagrad`, `optax:lion` is `optax.lion`, and `torch:my_module.MyOptimizer` is a class in
a module of the current folder or in an installed package.
"""

import importlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.plugin import PluginError, unknown

FRAMEWORKS = {"torch": ("torch",), "optax": ("jax", "optax")}  # each with the packages that it takes


def is_foreign(name: str) -> bool:
    """Whether a plugin's name has a framework before it, as in `torch:Adagrad`."""
    return ":" in name


def kind(name: str, source: str | None = None) -> tuple[type[Any], str]:
    """The class of the optimizer of this name, and its source: the framework, or the folder of its module.

    `source` is the source to take it from: unless given, what is installed, then the current folder.

    Raises:
        PluginError: the framework is unknown or not installed, or has no such optimizer.
    """
    framework, _, path = name.partition(":")
    if framework not in FRAMEWORKS:
        raise PluginError(unknown("framework", framework, FRAMEWORKS))
    if not all(find_spec(package) for package in FRAMEWORKS[framework]):
        raise PluginError(f'{framework}: must be installed: pip install "scratchmark[{framework}]"')
    folder = Path.cwd() if source in (None, framework) else Path(str(source))
    made, file = importlib.import_module(f"bench.foreign.{framework}").kind(name, path, folder)
    return made, str(folder) if file and file.is_relative_to(folder) else framework
