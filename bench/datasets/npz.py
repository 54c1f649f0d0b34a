"""Reads NumPy archives: x_train, y_train, x_test and y_test, or x and y, of which a seventh becomes the test part."""

from pathlib import Path

import numpy as np

from .dataset import Array
from .error import DatasetError

PARTS = ("x_train", "y_train", "x_test", "y_test")
# The split of a file that has none is a part of the data set, the same in every trial, whatever the trial's seed.
SPLIT_SEED = 1


def read(path: Path) -> tuple[Array, Array, Array, Array]:
    """The four arrays of an archive, in the order of PARTS.

    Raises:
        DatasetError: the file cannot be read, or holds other arrays.

    """
    arrays = _arrays(path)
    if arrays.keys() >= set(PARTS):
        x_train, y_train, x_test, y_test = (arrays[name] for name in PARTS)
        return x_train, y_train, x_test, y_test
    if arrays.keys() >= {"x", "y"}:
        return _cut(path, arrays["x"], arrays["y"])
    found = ", ".join(sorted(arrays)) or "none"
    raise DatasetError(f"{path}: expected arrays {', '.join(PARTS)}, or x and y, found {found}")


def _arrays(path: Path) -> dict[str, Array]:
    import zipfile
    import zlib

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files if name in {*PARTS, "x", "y"}}
    except (OSError, EOFError, ValueError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(f"{path}: expected a NumPy archive of plain arrays, found none ({error})") from error


def _cut(path: Path, x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) < 2:
        raise DatasetError(f"{path}: expected x and y of one length, at least 2, found shapes {x.shape} and {y.shape}")
    rows = np.random.RandomState(SPLIT_SEED).permutation(len(x))
    n_test = max(1, len(x) // 7)
    test, train = rows[:n_test], rows[n_test:]
    return x[train], y[train], x[test], y[test]
