"""Fetches files whose digests are known."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .error import DatasetError

CHUNK_BYTES = 1 << 20
TIMEOUT_S = 30  # without a sign of life, not for the whole file


def download(url: str, sha256: str, path: Path) -> None:
    """Fetch `url` into `path`: it is there whole and right, or not at all.

    Raises:
        DatasetError: the server cannot be reached, breaks off, or sends other bytes than expected.
        OSError: the folder cannot be written.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path) as file:
        found = _fetch(url, file)
        if found != sha256:
            raise DatasetError(f"{url}: expected bytes of SHA-256 {sha256}, found {found}")


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the name `path` when the block ends well, and is gone when it does not."""
    # A name of its own for every writer: two that fetch the same file at once do not meet.
    draft = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        with draft.open("xb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _fetch(url: str, file: BinaryIO) -> str:
    import hashlib
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    digest, n_bytes = hashlib.sha256(), 0
    request = Request(url, headers={"User-Agent": "scratchmark"})
    try:
        with urlopen(request, timeout=TIMEOUT_S) as answer:
            expected = answer.headers.get("Content-Length")
            while chunk := answer.read(CHUNK_BYTES):
                file.write(chunk)
                digest.update(chunk)
                n_bytes += len(chunk)
    except (OSError, HTTPException) as error:
        raise DatasetError(f"{url}: {getattr(error, 'reason', None) or error}") from error
    # A connection that breaks between two reads looks like the end of the file.
    if expected is not None and n_bytes != int(expected):
        raise DatasetError(f"{url}: truncated: expected {expected} bytes, found {n_bytes}")
    return digest.hexdigest()
