"""Training images that are a little moved and turned each time they are seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.datasets import Dataset

Array = NDArray[Any]


@dataclass(frozen=True)
class Augmentation:
    """Each image of a batch is moved by up to `shift` whole pixels and turned by up to `rotation` degrees, both ways.

    What comes in at the edges is 0, in raw pixels. A turned pixel is a mean of four, by the distances. Labels stay.
    Raises ValueError for data that are no images (h, w).
    """

    data: Dataset
    rng: np.random.Generator
    shift: int = 0
    rotation: float = 0.0

    def __post_init__(self) -> None:
        if len(self.data.shape) != 2:
            raise ValueError(f"augmentation: needs images (height, width), got examples of shape {self.data.shape}")

    def __call__(self, x: Array) -> Array:
        """The rows of `x` (rows, n), moved, as (rows, n_features): a move lights pixels that were silent."""
        moved = self.moved(self.data.raw(x))
        return moved.reshape(len(x), -1)[:, self.data.feature_order]

    def moved(self, images: Array) -> Array:
        """The images (rows, h, w), each moved by a draw of its own."""
        dy, dx = self.rng.integers(-self.shift, self.shift + 1, (2, len(images), 1, 1))
        rows, columns = np.indices(images.shape[1:])
        if not self.rotation:
            return _pixels(images, rows - dy, columns - dx)
        angle = np.deg2rad(self.rng.uniform(-self.rotation, self.rotation, (len(images), 1, 1)))
        return _between_pixels(images, *_turned(rows - dy, columns - dx, images.shape[1:], angle))


def _turned(y: Array, x: Array, shape: tuple[int, ...], angle: Array) -> tuple[Array, Array]:
    """The points (y, x) turned by `angle` about the centre of an image."""
    y_0, x_0 = ((n - 1) / 2 for n in shape)
    sin, cos = np.sin(angle), np.cos(angle)
    return y_0 + cos * (y - y_0) - sin * (x - x_0), x_0 + sin * (y - y_0) + cos * (x - x_0)


def _pixels(images: Array, y: Array, x: Array) -> Array:
    """The pixels at whole coordinates, 0 outside."""
    n, h, w = images.shape
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return framed[np.arange(n)[:, None, None], y.clip(-1, h) + 1, x.clip(-1, w) + 1]


def _between_pixels(images: Array, y: Array, x: Array) -> Array:
    """The values at coordinates between pixels, bilinear; bytes are rounded."""
    y_0, x_0 = np.floor(y).astype(int), np.floor(x).astype(int)
    v, u = y - y_0, x - x_0
    top = (1 - u) * _pixels(images, y_0, x_0) + u * _pixels(images, y_0, x_0 + 1)
    bottom = (1 - u) * _pixels(images, y_0 + 1, x_0) + u * _pixels(images, y_0 + 1, x_0 + 1)
    values = (1 - v) * top + v * bottom
    if images.dtype.kind in "iu":
        values = np.rint(values)
    return values.astype(images.dtype)
