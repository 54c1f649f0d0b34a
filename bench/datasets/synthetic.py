"""Small data sets made on the spot: points in the plane with two or three classes.

Moons, circles and blobs are scikit-learn's `make_moons`, `make_circles` and `make_blobs` point for point: the same
draws in the same order from NumPy's RandomState, whose streams never change.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .dataset import Array, Dataset
from .error import DatasetError

Setting = int | float


class Points(NamedTuple):
    """Points (m, 2) and their labels (m,)."""

    x: Array
    y: Array


def make(text: str) -> Dataset:
    """The data set that `text` names: `moons`, or with settings `moons?n=500&noise=0.1&seed=7`.

    Raises:
        DatasetError: a setting is unknown or out of its range.

    """
    name, _, query = text.partition("?")
    maker = MAKERS[name]
    train, test = maker(**_settings(name, query, maker.__kwdefaults__ or {}))
    return Dataset.from_arrays(text, train.x, train.y, test.x, test.y)


def moons(*, n: int = 300, noise: float = 0.2, seed: int = 3) -> tuple[Points, Points]:
    """Two half circles, each reaching into the other; the defaults are the training set of Ng's Optimization course.

    The test part is a second draw: a third as many points, from the seed that follows.
    """
    return _moons(n, noise, seed), _moons(n // 3, noise, seed + 1)


def circles(*, n: int = 300, noise: float = 0.05, seed: int = 1) -> tuple[Points, Points]:
    """A circle inside another; the defaults are both sets of Ng's Initialization course, training and test.

    The test part is a second draw: a third as many points, from the seed that follows.
    """
    return _circles(n, noise, seed), _circles(n // 3, noise, seed + 1)


def blobs(*, n: int = 300, noise: float = 1.0, seed: int = 1) -> tuple[Points, Points]:
    """Three round clouds. Their centres are drawn too, so one draw is cut in two: its last quarter is for the test."""
    x, y = _blobs(n + n // 3, noise, seed)
    return Points(x[:n], y[:n]), Points(x[n:], y[n:])


def gate(*outputs: int) -> Callable[[], tuple[Points, Points]]:
    """A logic gate: all four inputs with its outputs, to train and to test with."""

    def four() -> tuple[Points, Points]:
        points = Points(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array(outputs))
        return points, points

    return four


MAKERS: dict[str, Callable[..., tuple[Points, Points]]] = {
    "moons": moons,
    "circles": circles,
    "blobs": blobs,
    "gates-and": gate(0, 0, 0, 1),
    "gates-or": gate(0, 1, 1, 1),
    "gates-xor": gate(0, 1, 1, 0),
}

# Six points leave two for the test; beyond a million this is no small data set any more.
LIMITS: dict[str, tuple[Setting, Setting]] = {"n": (6, 10**6), "noise": (0.0, 1000.0), "seed": (0, 2**32 - 2)}


def _moons(n: int, noise: float, seed: int) -> Points:
    upper, lower = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    first = np.column_stack([np.cos(upper), np.sin(upper)])
    second = np.column_stack([1 - np.cos(lower), 1 - np.sin(lower) - 0.5])
    return _shuffled_then_noisy(first, second, noise, seed)


def _circles(n: int, noise: float, seed: int, factor: float = 0.8) -> Points:
    first, second = (
        np.linspace(0, 2 * np.pi, n // 2, endpoint=False),
        np.linspace(0, 2 * np.pi, n - n // 2, endpoint=False),
    )
    outer = np.column_stack([np.cos(first), np.sin(first)])
    inner = np.column_stack([np.cos(second) * factor, np.sin(second) * factor])
    return _shuffled_then_noisy(outer, inner, noise, seed)


def _shuffled_then_noisy(first: Array, second: Array, noise: float, seed: int) -> Points:
    rng = np.random.RandomState(seed)
    x = np.concatenate([first, second])
    y = np.repeat([0, 1], [len(first), len(second)])
    order = _shuffle(len(x), rng)
    return Points(x[order] + rng.normal(scale=noise, size=x.shape), y[order])


def _blobs(n: int, noise: float, seed: int, n_centres: int = 3) -> Points:
    rng = np.random.RandomState(seed)
    centres = rng.uniform(-10, 10, (n_centres, 2))
    sizes = [n // n_centres + (i < n % n_centres) for i in range(n_centres)]
    x = np.concatenate([rng.normal(centre, noise, (size, 2)) for centre, size in zip(centres, sizes, strict=True)])
    order = _shuffle(n, rng)
    return Points(x[order], np.repeat(np.arange(n_centres), sizes)[order])


def _shuffle(n: int, rng: np.random.RandomState) -> Array:
    order = np.arange(n)
    rng.shuffle(order)
    return order


def _settings(name: str, query: str, defaults: dict[str, Any]) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    for part in query.split("&") if query else []:
        key, _, text = part.partition("=")
        if key not in defaults:
            allowed = f"setting must be one of {', '.join(defaults)}" if defaults else "takes no settings"
            raise DatasetError(f"{name}: {allowed}, got {key!r}")
        settings[key] = _number(f"{name}: {key}", text, type(defaults[key]), *LIMITS[key])
    return settings


def _number(who: str, text: str, kind: type[Setting], low: Setting, high: Setting) -> Setting:
    try:
        number = kind(text)
    except ValueError:
        number = high + 1
    if not low <= number <= high:
        what = "a whole number" if kind is int else "a number"
        raise DatasetError(f"{who} must be {what} in [{low}, {high}], got {text!r}")
    return number
