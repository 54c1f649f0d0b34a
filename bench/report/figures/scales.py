"""The scales of the axes: numbers written out, and accuracies by their error on a log scale."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

ERRORS = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.015, 0.01, 0.005, 0.002, 0.001)
LEAST_ERROR = 1e-4


def clip(values: pd.Series) -> np.ndarray:
    """Values for a log axis: what is zero or below lies under its lower end."""
    return np.maximum(values.to_numpy(float), LEAST_ERROR)


def log_ticks(axis: Any) -> None:
    """Numbers written out, 0.1 and 10,000; 2 and 5 between the decades where these are few."""
    low, high = axis.get_view_interval()
    digits = (1, 2, 5) if high / low < 3000 else (1,)
    ticks(axis, [digit * 10.0**power for power in range(-6, 12) for digit in digits], (low, high))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def ticks(axis: Any, values: Sequence[float], limits: tuple[float, float]) -> None:
    """Ticks at those of the values that lie within the limits, and none between."""
    low, high = sorted(limits)
    axis.set_major_locator(FixedLocator([value for value in values if low <= value <= high]))
    axis.set_minor_locator(NullLocator())


def accuracy_scale(axis: Any, errors: Sequence[np.ndarray], margin: float = 1.15) -> None:
    """The error on a log scale, turned over and named by the accuracy: 97 and 98 % stand well apart."""
    every = np.concatenate(errors)
    low, high = every.min() / margin, min(1.0, every.max() * margin)
    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    getattr(axis.axes, f"set_{axis.axis_name}lim")(high, low)
    ticks(axis, ERRORS, (low, high))
    axis.set_major_formatter(FuncFormatter(accuracy_name))


def accuracy_name(error: float, _: Any = None) -> str:
    """An error as the accuracy it is: `97 %` for 0.03."""
    return f"{100 * (1 - error):.4g} %"
