"""A session in a file: one .npz of plain arrays, of which one is JSON text; nothing in it is ever executed."""

import json
import os
import zlib
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zipfile import BadZipFile

import numpy as np

from bench.errors import InputError
from bench.session.training import Kept
from optimizers._state import loaded, saved

NAME, FORMAT = "checkpoint.npz", 1

DAMAGES = (BadZipFile, zlib.error, EOFError, KeyError, IndexError, TypeError, ValueError, AttributeError, OSError)


def file_of(path: Path) -> Path:
    """The file of a checkpoint that is named by itself, or by its folder."""
    return path if path.suffix == ".npz" else path / NAME


def write(path: Path, kept: Kept, about: dict[str, Any]) -> Path:
    """Write a checkpoint to this file, or into this folder, whole or not at all; returns the file.

    Raises InputError where the place cannot be written, or the optimizer's state holds what no file keeps.
    """
    try:
        state = np.frombuffer(saved(kept.state), np.uint8)
    except TypeError as error:
        raise InputError(f"Session: cannot be saved: {error}") from None
    text = json.dumps({"format": FORMAT, "training": kept.about, **about})
    content = BytesIO()
    np.savez(
        content, allow_pickle=False, session=np.array(text), theta=kept.theta, statistics=kept.statistics, state=state
    )
    write_atomically(file_of(path), content.getvalue())
    return file_of(path)


def read(path: Path) -> tuple[Kept, dict[str, Any]]:
    """The checkpoint in this file or folder; InputError where there is none, or none that can be read."""
    file = file_of(path)
    if not file.is_file():
        raise InputError(f"Session: {path} must be a checkpoint, or a folder with {NAME}; there is none")
    try:
        with np.load(BytesIO(file.read_bytes()), allow_pickle=False) as arrays:
            return _read(file, dict(arrays))
    except InputError:
        raise
    except DAMAGES as error:
        raise damaged(file, error) from None


def damaged(file: Path, error: Exception) -> InputError:
    """One line for a file that is no checkpoint of a session, or no whole one."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"Session: {file} is damaged, or no checkpoint of a session: {reason}")


def write_atomically(file: Path, content: bytes) -> None:
    """Put a whole file in the place of another: whoever looks sees the old one or the new one."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as draft:
            _fill(draft, content)
        Path(draft.name).replace(file)
    except OSError as error:
        raise InputError(f"Session: {file} cannot be written: {error.strerror}") from None


def _fill(draft: Any, content: bytes) -> None:
    try:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
        os.fchmod(draft.fileno(), 0o644)
    except BaseException:
        Path(draft.name).unlink()
        raise


def _read(file: Path, arrays: dict[str, Any]) -> tuple[Kept, dict[str, Any]]:
    about = json.loads(str(arrays["session"]))
    if about.pop("format") != FORMAT:
        raise InputError(f"Session: {file} was written by another version of scratchmark, which this one cannot read")
    state = loaded(arrays["state"].tobytes())
    return Kept(arrays["theta"], arrays["statistics"], state, about.pop("training")), about
