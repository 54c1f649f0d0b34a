"""Averages with and without the correction of their bias."""

from pathlib import Path as File

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from bench.pictures.averages import Averages, StepSizes
from bench.pictures.figures.canvas import drawn
from bench.pictures.functions import Array
from bench.report.figures import INK, PALE, looks


def bias_correction(series: Array, found: dict[float, Averages], sizes: StepSizes, file: File) -> File:
    """Draw averages of a series, by their beta, and the sizes of Adam's first steps, with and without correction."""
    with drawn(file, 11.5, 4.5) as canvas:
        left, right = canvas.subplots(1, 2)
        _averages(left, series, found)
        _step_sizes(right, sizes)
    return file


def _averages(panel: Axes, series: Array, found: dict[float, Averages]) -> None:
    t = np.arange(1, len(series) + 1)
    panel.plot(t, series, "o", color=PALE, markersize=4, markeredgewidth=0, label="values")
    for (beta, both), look in zip(found.items(), looks(map(str, found)).values(), strict=True):
        panel.plot(t, both.corrected, color=look.colour, linewidth=2, label=f"β = {beta:g}, corrected")
        panel.plot(t, both.plain, color=look.colour, linestyle=(0, (4, 1.5)), label=f"β = {beta:g}, as it is")
    panel.set(xlabel="t", ylabel="Temperature, °C", xlim=(0, len(series) + 1))
    panel.set_ylim(bottom=0)
    panel.set_title("An average that starts at 0 is too small at first")
    panel.legend(loc="lower right", labelspacing=0.5)


def _step_sizes(panel: Axes, sizes: StepSizes) -> None:
    t = np.arange(1, len(sizes.plain) + 1)
    blue, orange = list(looks("ab").values())
    panel.plot(t, sizes.plain, color=orange.colour, linestyle=(0, (4, 1.5)), label="without correction")
    panel.plot(t, sizes.corrected, color=blue.colour, linewidth=2, label="with correction: every step is lr long")
    peak = int(sizes.plain.argmax())
    panel.plot([peak + 1], [sizes.plain[peak]], "o", color=orange.colour, markersize=5)
    note = f"step {peak + 1}: {sizes.plain[peak]:.1f} times too long"
    panel.annotate(note, (peak + 1, sizes.plain[peak]), (8, 4), textcoords="offset points", color=INK)
    panel.set_title("Adam's first steps under a constant gradient")
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panel.set(xlabel="Step", ylabel="Length of the step, in lr", xlim=(1, len(t)))
    panel.set_ylim(0, 1.15 * sizes.plain[peak])
    panel.legend(loc="lower center", labelspacing=0.5)
