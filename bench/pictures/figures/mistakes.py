"""The confusion matrix and the surest mistakes."""

from pathlib import Path as File

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.patches import Rectangle

from bench.pictures.figures.canvas import bold, drawn
from bench.pictures.mistakes import Mistakes
from bench.report.figures import GRID, INK, PAPER


def mistakes(found: Mistakes, file: File) -> File:
    """Draw the confusion matrix, and beside it the examples the network was surest of and wrong about."""
    with drawn(file, 13, 6.2) as canvas:
        left, right = canvas.subfigures(1, 2, squeeze=False, width_ratios=[1.18, 1])[0]
        _confusion(left.subplots(), found)
        right.suptitle("The surest mistakes: label → guess, its probability", x=0.02, ha="left", **bold())
        n_across = 5
        panels = list(right.subplots(-(-len(found.images) // n_across) or 1, n_across, squeeze=False).flat)
        for panel in panels:
            panel.set_axis_off()
        for i, panel in zip(range(len(found.images)), panels, strict=False):
            truth, guess = found.classes[found.truths[i]], found.classes[found.guesses[i]]
            panel.imshow(found.images[i], cmap="gray_r", interpolation="nearest")
            panel.set_title(f"{truth} → {guess}   {_percent(found.sureness[i])}", loc="center", fontsize=9.5)
    return file


def _percent(share: float) -> str:
    """No mistake is made with a whole 100 %."""
    return f"{100 * share:.1f} %" if share < 0.9995 else "> 99.9 %"


def _confusion(panel: Axes, found: Mistakes) -> None:
    counts = found.confusion
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    most = max(int(wrong.max()), 2)
    shades = np.ma.masked_equal(wrong, 0)
    panel.imshow(shades, cmap=WRONG, norm=LogNorm(1, most))
    for (i, j), n in np.ndenumerate(counts):
        if i == j:
            panel.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=GRID))
        if n:
            dark = i != j and sum(WRONG(LogNorm(1, most)(n))[:3]) < 1.5
            panel.text(j, i, str(n), ha="center", va="center", color=PAPER if dark else INK, fontsize=9.5)
    panel.set_xticks(range(len(counts)), map(str, found.classes))
    panel.set_yticks(range(len(counts)), map(str, found.classes))
    panel.grid(visible=False)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    panel.set(xlabel="Guess", ylabel="Label")
    n_wrong = int(wrong.sum())
    panel.set_title(f"{found.title}: {n_wrong:,} of {int(counts.sum()):,} wrong ({100 * found.accuracy:.2f} % right)")


WRONG = LinearSegmentedColormap.from_list("wrong", ["#fdf1e7", "#f2b98a", "#d55e00", "#7a3200"])
