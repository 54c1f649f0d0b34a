"""MNIST, which comes with the package; its licence lies beside the files, in mnist/NOTICE."""

from pathlib import Path

from . import cache
from .dataset import Dataset

FOLDER = Path(__file__).parent / "mnist"

# Of the uncompressed bytes: a gzip file of the same data may differ.
SHA256 = {
    "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def mnist() -> Dataset:
    """60,000 + 10,000 handwritten digits, 28 x 28 bytes.

    Raises:
        DatasetError: the package's files are damaged.

    """
    # The digests are the key, so that a child that finds an entry reads none of the 11 MB behind it.
    key = "-".join(["mnist", *(digest[:8] for digest in SHA256.values())])
    return cache.cached("mnist", key, _decode)


def _decode() -> Dataset:
    from . import idx

    return Dataset.from_arrays("mnist", *idx.read_folder(FOLDER, SHA256))
