"""Reads IDX, the file format of MNIST and its relatives.

An IDX file of unsigned bytes is a big-endian header and then the bytes: for labels the magic number 2049 and
the count, for images the magic number 2051, the count, the height and the width. The format is described at
http://yann.lecun.com/exdb/mnist/.
"""

import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .error import DatasetError

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Files = dict[str, Path]

IMAGES_MAGIC = 2051
LABELS_MAGIC = 2049
ROLES = {
    "train-images": "train-images-idx3-ubyte",
    "train-labels": "train-labels-idx1-ubyte",
    "t10k-images": "t10k-images-idx3-ubyte",
    "t10k-labels": "t10k-labels-idx1-ubyte",
}
# MNIST's own names, the spelling ".idx3-ubyte" that unpacked copies have, and EMNIST's "emnist-letters-test-...".
FILE_NAME = re.compile(
    r"(?P<prefix>.*?)-?(?P<part>train|t10k|test)-(?P<kind>images[-.]idx3|labels[-.]idx1)-ubyte(\.gz)?"
)


class Arrays(NamedTuple):
    """What one folder holds: images (m, h, w) and labels (m,) to train and to test with."""

    x_train: Bytes
    y_train: Bytes
    x_test: Bytes
    y_test: Bytes


def read_images(path: Path) -> Bytes:
    """The images of one file, (m, h, w).

    Raises:
        DatasetError: the file is missing, damaged or holds something else.

    """
    return _parse(path, _read_bytes(path), IMAGES_MAGIC, "images")


def read_labels(path: Path) -> Bytes:
    """The labels of one file, (m,).

    Raises:
        DatasetError: the file is missing, damaged or holds something else.

    """
    return _parse(path, _read_bytes(path), LABELS_MAGIC, "labels")


def read_folder(folder: Path, sha256: Mapping[str, str] | None = None) -> Arrays:
    """The four files of a folder; with `sha256` (role -> digest of the uncompressed bytes) checked against it.

    Raises:
        DatasetError: a file is missing or damaged, or the four do not belong together.

    """
    files = find_files(folder)
    x_train, y_train = _read_pair(files, "train", sha256 or {})
    x_test, y_test = _read_pair(files, "t10k", sha256 or {})
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DatasetError(
            f"{files['t10k-images']}: expected images of {_size(x_train)} pixels as in "
            f"{files['train-images'].name}, found {_size(x_test)}"
        )
    return Arrays(x_train, y_train, x_test, y_test)


def find_files(folder: Path) -> Files:
    """The four files of a folder by role; a plain file is preferred to its gzipped twin.

    Raises:
        DatasetError: there is no such folder, or it does not hold exactly one data set.

    """
    found = _by_prefix(folder)
    complete = {prefix: files for prefix, files in found.items() if len(files) == len(ROLES)}
    if len(complete) > 1:
        several = ", ".join(prefix or "(no prefix)" for prefix in complete)
        raise DatasetError(f"{folder}: expected one data set, found {len(complete)}: {several}")
    for files in complete.values():
        return files
    raise DatasetError(_missing(folder, found))


def read_raw(path: Path) -> bytes:
    """The bytes of a file as they lie there, compressed or not.

    Raises:
        DatasetError: the file cannot be read.

    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: expected an IDX file, found {_reason(error)}") from error


def content_sha256(path: Path) -> str:
    """The digest of the uncompressed bytes of a file.

    Raises:
        DatasetError: the file cannot be read or decompressed.

    """
    import hashlib

    return hashlib.sha256(_read_bytes(path)).hexdigest()


def _by_prefix(folder: Path) -> dict[str, Files]:
    found: dict[str, Files] = {}
    for path in _entries(folder):
        match = FILE_NAME.fullmatch(path.name)
        if match and path.is_file():
            found.setdefault(match["prefix"], {}).setdefault(_role(match), path)
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"{folder}: expected a folder of four IDX files, found {_reason(error)}") from error


def _role(match: re.Match[str]) -> str:
    part = "train" if match["part"] == "train" else "t10k"
    return f"{part}-{match['kind'][:6]}"


def _missing(folder: Path, found: dict[str, Files]) -> str:
    prefix, files = max(found.items(), key=lambda item: len(item[1]), default=("", {}))
    stem = f"{prefix}-" if prefix else ""
    absent = ", ".join(f"{stem}{name}[.gz]" for role, name in ROLES.items() if role not in files)
    present = ", ".join(path.name for path in files.values()) or "none of them"
    return f"{folder}: expected four IDX files, found {present}; missing: {absent}"


def _read_pair(files: Files, part: str, sha256: Mapping[str, str]) -> tuple[Bytes, Bytes]:
    images, labels = f"{part}-images", f"{part}-labels"
    x = _parse(files[images], _read_checked(files, images, sha256), IMAGES_MAGIC, "images")
    y = _parse(files[labels], _read_checked(files, labels, sha256), LABELS_MAGIC, "labels")
    if len(x) != len(y):
        raise DatasetError(
            f"{files[labels]}: expected {len(x)} labels for the images of {files[images].name}, found {len(y)}"
        )
    return x, y


def _read_checked(files: Files, role: str, sha256: Mapping[str, str]) -> bytes:
    data = _read_bytes(files[role])
    if role in sha256:
        import hashlib

        digest = hashlib.sha256(data).hexdigest()
        if digest != sha256[role]:
            raise DatasetError(f"{files[role]}: expected bytes of SHA-256 {sha256[role]}, found {digest}")
    return data


def _read_bytes(path: Path) -> bytes:
    data = read_raw(path)
    # Browsers and unpackers rename files: the first bytes of a gzip file tell it as well as its name.
    return _decompress(path, data) if path.suffix == ".gz" or data[:2] == b"\x1f\x8b" else data


def _decompress(path: Path, data: bytes) -> bytes:
    import gzip
    import zlib

    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path}: expected a whole gzip file, found a damaged one ({error})") from error


def _parse(path: Path, data: bytes, magic: int, what: str) -> Bytes:
    shape, header_size = _parse_header(path, data, magic, what)
    expected, found = int(np.prod(shape, dtype=object)), len(data) - header_size
    if found < expected:
        raise DatasetError(f"{path}: truncated: expected {expected} bytes of {what}, found {found}")
    if found > expected:
        raise DatasetError(f"{path}: trailing bytes: expected {expected} bytes of {what}, found {found}")
    return np.frombuffer(data, np.uint8, offset=header_size).reshape(shape)


def _parse_header(path: Path, data: bytes, magic: int, what: str) -> tuple[tuple[int, ...], int]:
    header = struct.Struct(">4I" if magic == IMAGES_MAGIC else ">2I")
    found = int.from_bytes(data[:4], "big")
    if len(data) >= 4 and found != magic:
        raise DatasetError(f"{path}: expected magic number {magic} ({what}), found {found}{_hint(found)}")
    if len(data) < header.size:
        raise DatasetError(f"{path}: truncated: expected a header of {header.size} bytes, found {len(data)}")
    return header.unpack_from(data)[1:], header.size


def _hint(magic: int) -> str:
    return {IMAGES_MAGIC: " (images)", LABELS_MAGIC: " (labels)"}.get(magic, "")


def _size(images: Bytes) -> str:
    return " x ".join(map(str, images.shape[1:]))


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
