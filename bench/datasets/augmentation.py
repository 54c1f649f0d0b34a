"""Training images shifted and turned at random, so that a network sees no image twice."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .dataset import Array, Dataset
from .error import DatasetError

Images = np.ndarray[Any, np.dtype[Any]]  # (m, height, width)


@dataclass(frozen=True)
class Augmentation:
    """How far an image may move and turn, either way; neither unless asked for.

    Raises:
        DatasetError: a limit is negative, or a turn exceeds a half.

    """

    shift_pixels: int = 0
    rotation_degrees: float = 0.0

    def __post_init__(self) -> None:
        if self.shift_pixels < 0 or self.shift_pixels != int(self.shift_pixels):
            raise DatasetError(f"augmentation: shift_pixels must be a whole number >= 0, got {self.shift_pixels}")
        if not 0 <= self.rotation_degrees <= 180:
            raise DatasetError(f"augmentation: rotation_degrees must be in [0, 180], got {self.rotation_degrees}")

    def __bool__(self) -> bool:
        return bool(self.shift_pixels or self.rotation_degrees)

    def rows(self, data: Dataset, x: Array, rng: np.random.Generator) -> Array:
        """Rows of x_train as new rows (m, n_features), each its own way; of all columns, since a silent pixel may wake.

        Raises:
            DatasetError: the examples are no images.

        """
        if len(data.shape) != 2:
            raise DatasetError(f"augmentation: needs images (height, width), got examples of shape {data.shape}")
        moved = self.images(data.raw(x), rng)
        return np.ascontiguousarray(moved.reshape(len(x), -1)[:, data.feature_order])

    def images(self, images: Images, rng: np.random.Generator) -> Images:
        """The images (m, height, width), each shifted and turned its own way; what comes in from outside is zero."""
        if self.rotation_degrees:
            angles = rng.uniform(-self.rotation_degrees, self.rotation_degrees, len(images))
            images = _turned(images, np.deg2rad(angles))
        if self.shift_pixels:
            images = _shifted(images, rng.integers(0, 2 * self.shift_pixels + 1, (2, len(images))), self.shift_pixels)
        return images


def _shifted(images: Images, offsets: Array, margin: int) -> Images:
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:], axis=(1, 2))
    return windows[np.arange(len(images)), offsets[0], offsets[1]]


def _turned(images: Images, angles: Array) -> Images:
    """Each image turned about its middle: every new pixel is the weighted mean of the four it came from."""
    n, height, width = images.shape
    rows, columns = _sources(height, width, angles)
    top, left = np.floor(rows).astype(np.intp), np.floor(columns).astype(np.intp)
    down, right = rows - top, columns - left
    # A margin of one zero pixel; whatever lies farther out is as dark.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    image = np.arange(n)[:, None, None]

    def pixel(row: Array, column: Array) -> Array:
        return padded[image, np.clip(row + 1, 0, height + 1), np.clip(column + 1, 0, width + 1)]

    upper = (1 - right) * pixel(top, left) + right * pixel(top, left + 1)
    lower = (1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1)
    mean = (1 - down) * upper + down * lower
    return (np.rint(mean) if images.dtype == np.uint8 else mean).astype(images.dtype)


def _sources(height: int, width: int, angles: Array) -> tuple[Array, Array]:
    """Where each pixel of the turned images comes from, (m, height, width) each."""
    y, x = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    sine, cosine = np.sin(angles)[:, None, None], np.cos(angles)[:, None, None]
    rows = cosine * y[:, None] - sine * x + (height - 1) / 2
    columns = sine * y[:, None] + cosine * x + (width - 1) / 2
    return rows, columns
