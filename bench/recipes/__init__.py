"""What the sources printed, done again on this network with these optimizers: a file is a recipe.

The sources drew their weights, their batches and their masks in their own order from NumPy's older RandomState. A
`Trial` has its own roles for that, so recipes have this room; network and optimizers are the ones of every trial.
"""

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.clock import Stopwatch
from bench.errors import InputError
from bench.recipes._finding import Finding

__all__ = ["PREFIX", "Finding", "describe", "findings", "names", "run"]

PREFIX = "recipes/"  # of a recipe's name where plans are named


def names() -> list[str]:
    """The recipes, as `scratchmark run --plan` takes them."""
    return sorted(PREFIX + info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))


def describe(name: str) -> str:
    """What a recipe is, in a line, and how long it takes."""
    recipe = _module(name)
    return f"{(recipe.__doc__ or '').partition(chr(10))[0]} Takes {recipe.TAKES}."


def findings(name: str, folder: Path) -> Iterator[Finding]:
    """Do a recipe again, finding by finding; what a long one keeps to go on from lies in `folder`.

    Raises InputError for an unknown name.
    """
    found: Iterator[Finding] = _module(name).findings(folder)
    return found


def run(name: str, folder: Path, echo: Callable[[str], None] = print) -> bool:
    """Do a recipe again with one BLAS thread, print each finding as it comes, and keep them in `folder`.

    Returns whether every number that can agree does. Raises InputError for an unknown name.
    """
    from threadpoolctl import threadpool_limits

    recipe, watch = _module(name), Stopwatch()
    folder.mkdir(parents=True, exist_ok=True)
    echo(f"{recipe.__doc__}\nIt takes {recipe.TAKES}.\n\n{Finding.HEAD}")
    found = []
    with threadpool_limits(1):
        for finding in findings(name, folder):
            echo(str(finding))
            found.append(finding)
    path = folder / f"{name.removeprefix(PREFIX)}.json"
    path.write_text(json.dumps(_record(name, found, watch.elapsed_s), indent=2) + "\n", "utf-8")
    return all(finding.agrees is not False for finding in found)


def _record(name: str, found: list[Finding], elapsed_s: float) -> dict[str, Any]:
    from bench.machine import fingerprint

    return {
        "recipe": name,
        "elapsed_s": round(elapsed_s, 1),
        "findings": [finding.to_json() for finding in found],
        "machine": fingerprint(),
    }


def _module(name: str) -> ModuleType:
    if name not in names():
        raise InputError(f"recipe: must be one of {', '.join(names())}, got {name!r}")
    return importlib.import_module(f"{__name__}.{name.removeprefix(PREFIX)}")
