"""A name with dots: what a module of the current folder, or of an installed package, defines."""

import importlib
import sys
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from inspect import getsourcefile, unwrap
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.plugin import PluginError, unknown


def defined(name: str, path: str, folder: Path) -> Any:
    """What `path`, as in `my_module.MyOptimizer`, stands for; `name` is the whole plugin's, for the message.

    Raises:
        PluginError: there is no such module, it cannot be imported, or it defines nothing of that name.
    """
    place, _, attribute = path.rpartition(".")
    try:
        module = _imported(place, folder)
    except ModuleNotFoundError as error:
        if error.name and f"{place}.".startswith(f"{error.name}."):
            raise PluginError(f"{name}: {place} must be a module, installed or in {folder}, got none") from None
        raise _broken(name, place, error) from error
    except Exception as error:  # whatever a module does when it is imported
        raise _broken(name, place, error) from error
    if not hasattr(module, attribute):
        public = [word for word, value in vars(module).items() if callable(value) and not word.startswith("_")]
        raise PluginError(unknown(f"{name}: name", attribute, public))
    return getattr(module, attribute)


def source_file(thing: Callable[..., Any]) -> Path | None:
    """The file that defines a class or a function; None where there is none."""
    try:
        file = getsourcefile(unwrap(thing))
    except TypeError:
        return None
    return Path(file).resolve() if file else None


def content(file: Path | None) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of a file."""
    return sha256(file.read_bytes()).hexdigest()[:12] if file else ""


def _imported(place: str, folder: Path) -> ModuleType:
    """The module. The folder is looked through last, so that no file in it hides an installed package."""
    if place.partition(".")[0] not in sys.modules and not find_spec(place.partition(".")[0]):
        sys.path.append(str(folder))
    return importlib.import_module(place)


def _broken(name: str, place: str, error: Exception) -> PluginError:
    return PluginError(f"{name}: {place} cannot be imported: {type(error).__name__}: {error}")
