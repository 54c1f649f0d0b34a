"""Data sets by name or by folder.

Everything that only a first load needs (gzip, hashes, the IDX reader) is imported late: each trial loads its data
in a process of its own, and finds it in the cache.
"""

from collections.abc import Callable
from pathlib import Path

from . import cache, embedded
from .dataset import Dataset
from .error import DatasetError
from .scaling import SCALINGS, Scaling, scaling
from .split import Split, split

__all__ = ["SCALINGS", "Dataset", "DatasetError", "Scaling", "Split", "describe", "load", "names", "scaling", "split"]

LOADERS: dict[str, Callable[[], Dataset]] = {"mnist": embedded.mnist}


def names() -> list[str]:
    """The data sets that need no folder."""
    return sorted(LOADERS)


def describe(name: str) -> str:
    """What a named data set is, in a line."""
    return (LOADERS[name].__doc__ or "").partition("\n")[0]


def load(name_or_path: str) -> Dataset:
    """A data set by its name, or from a folder of four IDX files.

    Raises:
        DatasetError: no such name or folder, or its files cannot be used.

    """
    if name_or_path in LOADERS:
        return LOADERS[name_or_path]()
    folder = Path(name_or_path).expanduser()
    if not folder.is_dir():
        raise DatasetError(_unknown(name_or_path))
    return _load_folder(folder)


def _load_folder(folder: Path) -> Dataset:
    from . import idx

    name = folder.resolve().name
    files = idx.find_files(folder)
    key = cache.content_key(idx.read_raw(files[role]) for role in idx.ROLES)
    return cache.cached(name, key, lambda: Dataset.from_arrays(name, *idx.read_folder(folder)))


def _unknown(name: str) -> str:
    import difflib

    nearest = difflib.get_close_matches(name, names())
    hint = f"; nearest: {', '.join(nearest)}" if nearest else ""
    return f"dataset: must be one of {', '.join(names())} or a folder of IDX files, got {name!r}{hint}"
