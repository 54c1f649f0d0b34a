"""Examples and labels in the layout that training wants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .error import DatasetError

Array = np.ndarray[Any, np.dtype[Any]]


# A feature that is zero adds nothing to the first layer's products, forward or backward: leaving it out costs nothing
# in exactness. So that what is left out and what remains are contiguous, the features come in the order of how many
# rows have something there, the rarest first: a dense network does not notice a permutation of its inputs. The silent
# ones, zero in every row of the training file (67 of MNIST's 784 pixels, the corners no pen ever reached), are no
# columns of the training rows at all, and `n_blank` says how many more columns lead a row with nothing in them. Test
# rows keep every column, since a test image may light a pixel that no training image did.
#
# This holds while zero stays zero. A scaling with a shift (z-score) turns silent features into a constant that does
# have a gradient: there, train on `widen(x_train)`.
@dataclass(frozen=True, eq=False)
class Dataset:
    """One data set: bytes stay bytes and floats stay floats; the trial scales them batch by batch."""

    name: str
    x_train: Array  # (m, n_live): the live features only
    y_train: Array  # (m,) intp, 0 .. n_classes - 1
    n_blank: Array  # (m,) intp: how many zeros each row of x_train begins with
    x_test: Array  # (m_test, n_features): columns in feature_order
    y_test: Array  # (m_test,) intp
    feature_order: Array  # (n_features,) intp: column j is raw feature feature_order[j]; the rarest first
    classes: Array  # (n_classes,): the raw label of each class, rising
    shape: tuple[int, ...]  # of one raw example, such as (28, 28)
    fingerprint: str  # 16 hex digits of the raw data's SHA-256: a trial's id changes with its data

    @property
    def n_classes(self) -> int:
        """How many different labels the training file has."""
        return len(self.classes)

    @property
    def n_features(self) -> int:
        """How many numbers an example has, silent ones included."""
        return len(self.feature_order)

    @property
    def n_silent(self) -> int:
        """How many features are zero in every training row."""
        return self.n_features - int(self.x_train.shape[1])

    def widen(self, x: Array) -> Array:
        """Training rows (m, n) with the zeros that were left out put back in front, (m, n_features)."""
        wide = np.zeros((len(x), self.n_features), x.dtype)
        wide[:, self.n_features - x.shape[1] :] = x
        return wide

    def raw(self, x: Array) -> Array:
        """Rows of x_train or x_test as the examples they came from, (m, *shape)."""
        wide = x if x.shape[1] == self.n_features else self.widen(x)
        examples = np.empty_like(wide)
        examples[:, self.feature_order] = wide
        return examples.reshape(len(x), *self.shape)

    def one_hot(self, y: Array) -> Array:
        """Class numbers (m,) as rows of zeros with a one at the class, (m, n_classes)."""
        return np.eye(self.n_classes)[y]

    def labels(self, scores: Array) -> Array:
        """The raw label (m,) of the highest of each row of scores (m, n_classes): takes `one_hot` back."""
        return self.classes[scores.argmax(axis=1)]

    @classmethod
    def from_arrays(cls, name: str, x_train: Array, y_train: Array, x_test: Array, y_test: Array) -> Dataset:
        """Arrange raw examples (any shape, flattened here) and raw labels (any integers, numbered here).

        Raises:
            DatasetError: the arrays do not fit together, or hold what cannot be trained on.

        """
        _check_examples(f"{name}: x_train", x_train)
        _check_examples(f"{name}: x_test", x_test)
        _check_same_shape(name, x_train, x_test)
        _check_labels(f"{name}: y_train", y_train, len(x_train))
        _check_labels(f"{name}: y_test", y_test, len(x_test))
        classes = np.unique(y_train).astype(np.intp)
        order, n_silent = _feature_order(_rows(x_train))
        live = np.take(_rows(x_train), order[n_silent:], axis=1)
        return cls(
            name=name,
            x_train=_locked(live),
            y_train=_locked(_numbered(f"{name}: y_train", y_train, classes)),
            n_blank=_locked(_n_blank(live)),
            x_test=_locked(np.take(_rows(x_test), order, axis=1)),
            y_test=_locked(_numbered(f"{name}: y_test", y_test, classes)),
            feature_order=_locked(order),
            classes=_locked(classes),
            shape=x_train.shape[1:],
            fingerprint=_fingerprint(x_train, y_train.astype(np.int64), x_test, y_test.astype(np.int64)),
        )


def _rows(x: Array) -> Array:
    return x.reshape(len(x), -1)


def _feature_order(x: Array) -> tuple[Array, int]:
    lit = np.count_nonzero(x, axis=0)
    return np.argsort(lit, kind="stable").astype(np.intp), int(np.count_nonzero(lit == 0))


def _n_blank(x: Array) -> Array:
    lit = x != 0
    return np.where(lit.any(axis=1), lit.argmax(axis=1), x.shape[1]).astype(np.intp)


def _numbered(who: str, y: Array, classes: Array) -> Array:
    strangers = np.setdiff1d(y, classes)
    if strangers.size:
        raise DatasetError(
            f"{who} must hold labels that y_train has ({classes[0]} to {classes[-1]}, {len(classes)} classes), "
            f"got {', '.join(map(str, strangers[:5]))}"
        )
    return np.searchsorted(classes, y).astype(np.intp)


def _locked(array: Array) -> Array:
    # Arrays from the cache are read-only maps of a file; those in memory shall behave the same.
    array.setflags(write=False)
    return array


def _fingerprint(*arrays: Array) -> str:
    import hashlib

    digest = hashlib.sha256()
    for array in arrays:
        # Little-endian everywhere, so that the same data has the same name on every machine.
        portable = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        digest.update(f"{portable.dtype.str}{portable.shape}".encode())
        digest.update(portable.data)
    return digest.hexdigest()[:16]


def _check_examples(who: str, x: Array) -> None:
    if x.ndim < 2 or 0 in x.shape:
        raise DatasetError(f"{who} must have shape (m, ...) with no empty side, got {x.shape}")
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        raise DatasetError(f"{who} must be uint8 or floats, got {x.dtype}")
    if not math.isfinite(x.min()) or not math.isfinite(x.max()):
        raise DatasetError(f"{who} must be finite, got NaN or infinity")


def _check_same_shape(name: str, x_train: Array, x_test: Array) -> None:
    if x_train.shape[1:] != x_test.shape[1:] or x_train.dtype != x_test.dtype:
        raise DatasetError(
            f"{name}: x_test must have examples like x_train's, {x_train.shape[1:]} {x_train.dtype}, "
            f"got {x_test.shape[1:]} {x_test.dtype}"
        )


def _check_labels(who: str, y: Array, n: int) -> None:
    if y.dtype.kind not in "iu":
        raise DatasetError(f"{who} must be integers, got {y.dtype}")
    if y.shape != (n,):
        raise DatasetError(f"{who} must have shape ({n},), one label an example, got {y.shape}")
