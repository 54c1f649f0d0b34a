"""Prepared data sets on disk: decoded once a machine, not once a trial.

An entry is a folder of plain .npy files named by its content. It is written under another name and renamed, so it
is there whole or not at all; it is mapped, not read, so that a load takes milliseconds and all children share one
copy in memory.
"""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from .dataset import Array, Dataset

# Part of every key: raise it when the layout of an entry, or what a Dataset holds, changes.
FORMAT = 2
ARRAYS = ("x_train", "y_train", "n_blank", "x_test", "y_test", "feature_order", "classes")


def folder() -> Path:
    """Where entries lie: $SCRATCHMARK_CACHE, or the user's cache folder."""
    if chosen := os.environ.get("SCRATCHMARK_CACHE"):
        return Path(chosen).expanduser() / "datasets"
    import platformdirs

    return Path(platformdirs.user_cache_dir("scratchmark", appauthor=False)) / "datasets"


def content_key(contents: Iterable[bytes]) -> str:
    """A key that changes with the source files' bytes and order, not with their place."""
    import hashlib

    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:32]


def cached(name: str, key: str, build: Callable[[], Dataset]) -> Dataset:
    """The entry of that key as the data set `name`; built and stored where it is missing or damaged.

    A cache that cannot be written costs time, nothing else: the data set is then kept in memory.
    """
    entry = folder() / f"{key}-v{FORMAT}"
    stored = _read(entry) or _store(entry, build())
    return replace(stored, name=name)


def _read(entry: Path) -> Dataset | None:
    try:
        about = json.loads((entry / "about.json").read_text(encoding="utf-8"))
        arrays = {array: _mapped(entry / f"{array}.npy") for array in ARRAYS}
        return Dataset(name="", shape=tuple(about["shape"]), fingerprint=about["fingerprint"], **arrays)
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        # Missing, truncated or overwritten: every way in which an entry is no entry ends in building it again.
        return None


def _mapped(path: Path) -> Array:
    # A plain view of the map: np.memmap itself pays a Python call for every batch that is cut from it.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _store(entry: Path, dataset: Dataset) -> Dataset:
    # A name of its own for every writer, also on a file system that several machines share.
    draft = entry.with_name(f"{entry.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        _write(draft, dataset)
        _publish(draft, entry)
    except OSError:
        pass  # full, read-only or lost to another process: what counts is whether an entry can be read now
    finally:
        _remove(draft)
    return _read(entry) or dataset


def _write(draft: Path, dataset: Dataset) -> None:
    draft.mkdir(parents=True)
    for array in ARRAYS:
        np.save(draft / f"{array}.npy", getattr(dataset, array), allow_pickle=False)
    about = {"shape": dataset.shape, "fingerprint": dataset.fingerprint}
    (draft / "about.json").write_text(json.dumps(about), encoding="utf-8")


def _publish(draft: Path, entry: Path) -> None:
    if entry.exists() and _read(entry) is None:
        # A damaged entry makes way by a rename too: whoever has it mapped keeps what was mapped.
        discarded = draft.with_name(f"{draft.name}-old")
        entry.rename(discarded)
        _remove(discarded)
    draft.rename(entry)


def _remove(path: Path) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)
