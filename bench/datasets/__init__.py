"""Data sets by name, by folder or by file.

Everything that only a first load needs (gzip, hashes, the IDX reader) is imported late: each trial loads its data
in a process of its own, and finds it in the cache.
"""

from pathlib import Path

from . import cache, embedded
from .dataset import Dataset
from .error import DatasetError
from .scaling import SCALINGS, Scaling, scaling
from .split import Split, split

__all__ = ["SCALINGS", "Dataset", "DatasetError", "Scaling", "Split", "describe", "load", "names", "scaling", "split"]

# Kept here as texts, so that listing the sets loads none of the modules that make or fetch them.
SYNTHETIC = {
    "blobs": "300 + 100 points: three round clouds; settings n, noise, seed, as in blobs?n=500&noise=2",
    "circles": "300 + 100 points: a circle inside another; settings n, noise, seed, as in circles?noise=0.1",
    "gates-and": "the four inputs of a logic gate, which is 1 where both are 1",
    "gates-or": "the four inputs of a logic gate, which is 1 where either is 1",
    "gates-xor": "the four inputs of a logic gate, which is 1 where just one is 1",
    "moons": "300 + 100 points: two half circles; settings n, noise, seed, as in moons?n=500&noise=0.1&seed=7",
}
PUBLISHED = {
    "emnist-letters": "124,800 + 20,800 handwritten letters, 28 x 28 bytes; fetched when first used (562 MB)",
    "fashion-mnist": "60,000 + 10,000 pieces of clothing, 28 x 28 bytes; fetched when first used (31 MB)",
    "kmnist": "60,000 + 10,000 cursive Japanese characters, 28 x 28 bytes; fetched when first used (21 MB)",
}
EMBEDDED = {"mnist": "60,000 + 10,000 handwritten digits, 28 x 28 bytes"}
WHAT = EMBEDDED | SYNTHETIC | PUBLISHED


def names() -> list[str]:
    """The data sets that need no folder."""
    return sorted(WHAT)


def describe(name: str) -> str:
    """What a named data set is, in a line."""
    return WHAT[name]


def load(name_or_path: str) -> Dataset:
    """A data set by its name, from a folder of four IDX files, or from an .npz file.

    Raises:
        DatasetError: no such name, folder or file, or its data cannot be used.

    """
    if name_or_path in EMBEDDED:
        return embedded.mnist()
    if name_or_path.partition("?")[0] in SYNTHETIC:
        from . import synthetic

        return synthetic.make(name_or_path)
    if name_or_path in PUBLISHED:
        from . import published

        return published.load(name_or_path)
    return _load_path(name_or_path)


def _load_path(text: str) -> Dataset:
    path = Path(text).expanduser()
    if path.is_dir():
        return _load_folder(path)
    if path.suffix == ".npz" and path.is_file():
        return _load_npz(path)
    raise DatasetError(_unknown(text))


def _load_folder(folder: Path) -> Dataset:
    from . import idx

    name = folder.resolve().name
    files = idx.find_files(folder)
    key = cache.content_key(idx.read_raw(files[role]) for role in idx.ROLES)
    return cache.cached(name, key, lambda: Dataset.from_arrays(name, *idx.read_folder(folder)))


def _load_npz(path: Path) -> Dataset:
    from . import idx, npz

    key = cache.content_key([idx.read_raw(path)])
    return cache.cached(path.stem, key, lambda: Dataset.from_arrays(path.stem, *npz.read(path)))


def _unknown(name: str) -> str:
    import difflib

    nearest = difflib.get_close_matches(name, names())
    hint = f"; nearest: {', '.join(nearest)}" if nearest else ""
    return f"dataset: must be one of {', '.join(names())}, a folder of IDX files or an .npz file, got {name!r}{hint}"
