"""Relatives of MNIST that are published in its format: found on this machine, or fetched from their mirrors.

A set is looked for in this order: $SCRATCHMARK_DATA/NAME, the folder of Debian's package (of Fashion-MNIST there is
one), and the user's cache, which is where downloads go. Wherever its files come from, their digests are checked: what
bears the name is that data set. Other versions of it can be used by their folder.
"""

import os
import string
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import cache, idx
from .dataset import Dataset
from .error import DatasetError

DEBIAN = Path("/usr/share/datasets")

Found = dict[str, Path]


class File(NamedTuple):
    """A file as its publisher packed it; `unpacked` is the digest of the bytes inside, where that is published."""

    name: str
    sha256: str
    unpacked: str = ""


@dataclass(frozen=True)
class Published:
    """A data set: its four files by role, its mirrors in the order of trying, and what its labels stand for."""

    mirrors: tuple[str, ...]
    n_megabytes: int
    files: dict[str, File]
    labels: tuple[str, ...]  # of class 0, 1, ...
    archive: File | None = None  # the mirrors have one archive, and the four files are in it
    transposed: bool = False  # its images lie on their side

    @property
    def key(self) -> str:
        """The name of the prepared set in the cache: its digests, so that a child need not read the files."""
        return "-".join([*(file.sha256[:8] for file in self.files.values()), *(["turned"] if self.transposed else [])])


# The SHA-256 of Fashion-MNIST's and KMNIST's files and of EMNIST's archive are those of TensorFlow Datasets,
# https://github.com/tensorflow/datasets/tree/v4.0.1/tensorflow_datasets/url_checksums. Debian's files are packed anew,
# without name and date in the gzip header; with those put back they have the digests above, so what is inside is the
# same. EMNIST's members were pinned by two projects that unpacked the archive, and agree.
PUBLISHED = {
    "fashion-mnist": Published(
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        n_megabytes=31,
        files={
            "train-images": File(
                "train-images-idx3-ubyte.gz",
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            "train-labels": File(
                "train-labels-idx1-ubyte.gz",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            "t10k-images": File(
                "t10k-images-idx3-ubyte.gz",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            "t10k-labels": File(
                "t10k-labels-idx1-ubyte.gz",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        },
        labels=(
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
    ),
    "kmnist": Published(
        mirrors=(
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ),
        n_megabytes=21,
        files={
            "train-images": File(
                "train-images-idx3-ubyte.gz", "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"
            ),
            "train-labels": File(
                "train-labels-idx1-ubyte.gz", "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"
            ),
            "t10k-images": File(
                "t10k-images-idx3-ubyte.gz", "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"
            ),
            "t10k-labels": File(
                "t10k-labels-idx1-ubyte.gz", "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"
            ),
        },
        labels=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    "emnist-letters": Published(
        mirrors=(
            "https://biometrics.nist.gov/cs_links/EMNIST/",
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
        ),
        n_megabytes=562,
        files={
            "train-images": File(
                "emnist-letters-train-images-idx3-ubyte.gz",
                "6288f418a917e007bf5fddb823a2dc7a5c6a35031401b93292a539cb12bd881f",
            ),
            "train-labels": File(
                "emnist-letters-train-labels-idx1-ubyte.gz",
                "9759af91ea6bccdf07a6040fd085861f2ec88e37f7c3f5760f6feb57106fbe5c",
            ),
            "t10k-images": File(
                "emnist-letters-test-images-idx3-ubyte.gz",
                "50f0e93d75b99b463e9760b8345866f22587fa2c2fba472730a5ba09c693412d",
            ),
            "t10k-labels": File(
                "emnist-letters-test-labels-idx1-ubyte.gz",
                "924955c31fe7fd809b7303b5c0141282955f4b8390c74cdfd5d80435e0f4b4cb",
            ),
        },
        labels=tuple(string.ascii_uppercase),
        archive=File("gzip.zip", "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"),
        transposed=True,
    ),
}


def load(name: str) -> Dataset:
    """The data set of that name.

    Raises:
        DatasetError: it is not on this machine and cannot be fetched, or its files are not what they are called.

    """
    published = PUBLISHED[name]
    return cache.cached(name, f"{name}-{published.key}", lambda: _build(name, published))


def folders(name: str) -> list[Path]:
    """Where the files of a set are looked for, in this order; the last is where downloads go."""
    given = os.environ.get("SCRATCHMARK_DATA")
    return [
        *([Path(given).expanduser() / name] if given else []),
        DEBIAN / name,
        cache.folder().parent / "downloads" / name,
    ]


def _build(name: str, published: Published) -> Dataset:
    found = _find(name, published) or _fetch(name, published)
    for role, file in published.files.items():
        _check(found[role], file)
    x_train, x_test = (idx.read_images(found[f"{part}-images"]) for part in ("train", "t10k"))
    y_train, y_test = (idx.read_labels(found[f"{part}-labels"]) for part in ("train", "t10k"))
    if published.transposed:
        x_train, x_test = x_train.swapaxes(1, 2), x_test.swapaxes(1, 2)
    return Dataset.from_arrays(name, np.ascontiguousarray(x_train), y_train, np.ascontiguousarray(x_test), y_test)


def _find(name: str, published: Published) -> Found | None:
    *_, downloads = places = folders(name)
    for folder in places:
        files = {role: path for role, file in published.files.items() if (path := _lying(folder, file.name))}
        if len(files) == len(published.files):
            return files
        if published.archive and (archive := folder / published.archive.name).is_file():
            _check(archive, published.archive)
            return _unpack(archive, published, downloads)
    return None


def _lying(folder: Path, name: str) -> Path | None:
    for path in (folder / name, folder / name.removesuffix(".gz")):
        if path.is_file():
            return path
    return None


def _check(path: Path, file: File) -> None:
    """Refuse a file that has neither the published bytes nor, packed differently or not at all, their content."""
    found = _sha256(path)
    if found == file.sha256 or (file.unpacked and idx.content_sha256(path) == file.unpacked):
        return
    raise DatasetError(
        f"{path}: expected the published {file.name}, SHA-256 {file.sha256}, found {found}; "
        "to use these files as they are, name their folder as the data set"
    )


def _sha256(path: Path) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(name: str, published: Published) -> Found:
    folder = folders(name)[-1]
    # Said before a wait that may be long, where it disturbs no data that the command prints.
    print(f"{name}: fetching {published.n_megabytes} MB into {folder}", file=sys.stderr)
    if published.archive is None:
        for file in published.files.values():
            _fetch_file(name, published, file, folder)
        return {role: folder / file.name for role, file in published.files.items()}
    archive = _fetch_file(name, published, published.archive, folder)
    files = _unpack(archive, published, folder)
    archive.unlink()
    return files


def _fetch_file(name: str, published: Published, file: File, folder: Path) -> Path:
    from .download import download

    path, failures = folder / file.name, []
    if path.is_file() and _sha256(path) == file.sha256:
        return path  # fetched before, when another of the files failed
    for mirror in published.mirrors:
        try:
            download(mirror + file.name, file.sha256, path)
        except (DatasetError, OSError) as error:
            failures.append(str(error))
        else:
            return path
    raise DatasetError(_missing(name, published, folder, failures))


def _missing(name: str, published: Published, folder: Path, failures: list[str]) -> str:
    files = [published.archive] if published.archive else list(published.files.values())
    return (
        f"{name}: not on this machine, and not to be fetched ({'; '.join(failures)}). "
        f"Put {', '.join(file.name for file in files)} from {published.mirrors[0]} into {folder}"
    )


def _unpack(archive: Path, published: Published, folder: Path) -> Found:
    import shutil
    import zipfile

    from .download import written

    found = {role: folder / file.name for role, file in published.files.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive) as members:
            within = {Path(member).name: member for member in members.namelist()}
            for path in found.values():
                with members.open(within[path.name]) as packed, written(path) as copy:
                    shutil.copyfileobj(packed, copy)
    except (OSError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{archive}: cannot be unpacked into {folder} ({error})") from error
    return found
