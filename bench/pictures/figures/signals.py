"""How large signals are, layer by layer, and units that never differ."""

from math import floor, log10
from pathlib import Path as File

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from bench.pictures.figures.canvas import bold, drawn, handle
from bench.pictures.functions import Array
from bench.pictures.signals import DEEP, Signals, Units
from bench.report.figures import PAPER, Look, looks


def signals(found: dict[str, dict[str, Signals]], file: File) -> File:
    """Draw the size of activations and gradients in each layer: a column for each activation, a line for each start."""
    starts = list(next(iter(found.values())))
    styles = looks(starts)
    with drawn(file, 12.5, 6.8) as canvas:
        panels = canvas.subplots(2, len(found), sharex=True, sharey="row", squeeze=False)
        for column, (activation, of_starts) in zip(panels.T, found.items(), strict=True):
            for start, both in of_starts.items():
                _layers(column[0], both.activations, styles[start], 1e-12)
                _layers(column[1], both.gradients, styles[start], 1e-18)
            column[0].set_title(activation)
            column[1].set_xlabel("Layer")
        panels[0, 0].set_ylabel("Norm of the activations of an example")
        panels[1, 0].set_ylabel("Norm of the gradient dL/dW")
        for row, (floor_, top) in zip(panels, ((1e-12, 1e9), (1e-18, 1e9)), strict=True):
            _size_scale(row[0], floor_, top)
        layers = f"{len(DEEP) - 2} hidden layers of {DEEP[1]} units and the output, a batch of MNIST before training"
        canvas.suptitle(layers, x=0.01, ha="left", **bold())
        handles = [handle(styles[start]) for start in starts]
        for shown, start in zip(handles, starts, strict=True):
            shown.set_linestyle(styles[start].dash)
        canvas.legend(handles, starts, loc="outside right center", labelspacing=0.9, handlelength=2.8)
    return file


def _layers(panel: Axes, sizes: Array, look: Look, bottom: float) -> None:
    """A line over the layers; what is exactly zero lies on the bottom."""
    layers = np.arange(1, len(sizes) + 1)
    shown = np.where(sizes == 0, bottom, sizes)
    zero = bool((sizes == 0).any())
    panel.plot(layers, shown, color=look.colour, linestyle=look.dash, clip_on=not zero, zorder=3 if zero else 2)
    every = layers % 4 == 1
    panel.plot(
        layers[every],
        shown[every],
        look.marker,
        color=look.colour,
        markersize=5.5,
        markeredgecolor=PAPER,
        markeredgewidth=0.5,
        clip_on=not zero,
        zorder=4 if zero else 2,
    )


def _size_scale(panel: Axes, bottom: float, top: float) -> None:
    """A log axis from `bottom`, which is named 0."""
    panel.set_yscale("log")
    panel.set_ylim(bottom, top)
    panel.yaxis.set_major_locator(FixedLocator([bottom, *(10.0**power for power in range(-15, 10, 3))]))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: "0" if value <= bottom else _power(value)))
    panel.yaxis.set_minor_formatter(NullFormatter())


def _power(value: float) -> str:
    digits = str(floor(log10(value) + 0.5)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return "1" if digits == "⁰" else f"10{digits}"


def symmetry(found: dict[str, Units], file: File) -> File:
    """Draw the weights of every hidden unit as an image, a row of units for each start."""
    n_units = max(len(units.images) for units in found.values())
    with drawn(file, 11.5, 1.12 * len(found)) as canvas:
        rows = canvas.subplots(len(found), 1, squeeze=False).flat
        for panel, (start, units) in zip(rows, found.items(), strict=True):
            strip = _strip(units.images)
            limit = float(np.nanquantile(np.abs(strip), 0.995))
            panel.imshow(strip, cmap=DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
            kinds = "all the same" if units.n_different == 1 else f"{units.n_different} different ones"
            panel.set_title(f"{start}: {n_units} hidden units, {kinds}; test accuracy {100 * units.accuracy:.1f} %")
            panel.set_axis_off()
    return file


DIVERGING = LinearSegmentedColormap.from_list("diverging", ["#d55e00", "#f2c9a8", PAPER, "#a9cce3", "#0173b2"])


def _strip(images: Array) -> Array:
    """The images (n, height, width) side by side with gaps between."""
    gap = np.full((images.shape[1], 2), np.nan)
    return np.hstack([part for image in images for part in (image, gap)][:-1])
