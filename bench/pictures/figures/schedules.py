"""Learning rates over a run."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path as File
from typing import Any

from matplotlib.ticker import FixedLocator

from bench.pictures.figures.canvas import drawn, haloed
from bench.pictures.rates import Rates
from bench.report.figures import INK, MUTED, looks


def schedules(found: Sequence[Rates], file: File, n_across: int = 4) -> File:
    """Draw the factor of the learning rate over a run, a panel for each schedule."""
    n_down = -(-len(found) // n_across)
    with drawn(file, 11.5, 0.5 + 2.15 * n_down) as canvas:
        panels = list(canvas.subplots(n_down, n_across, sharex=True, sharey=True, squeeze=False).flat)
        colour = looks("a")["a"].colour
        for panel, rates in zip(panels, found, strict=False):
            panel.fill_between(rates.epochs, rates.factors, color=colour, alpha=0.13, linewidth=0)
            panel.plot(rates.epochs, rates.factors, color=colour)
            panel.set_title(rates.name)
            panel.text(0.97, 0.93, _settings(rates), transform=panel.transAxes, ha="right", va="top", **_note())
            panel.set(xlim=(0, ceil(rates.epochs[-1])), ylim=(0, 1.12))
            panel.xaxis.set_major_locator(FixedLocator(range(0, 101, 5)))
            panel.tick_params(labelbottom=True)
        for panel in panels[len(found) :]:
            panel.set_visible(False)
        canvas.supxlabel("Epochs", fontsize=10, color=INK)
        canvas.supylabel("Learning rate, in units of lr", fontsize=10, color=INK)
    return file


def _settings(rates: Rates) -> str:
    return "\n".join(f"{name} {value}" for name, value in rates.settings.items())


def _note() -> dict[str, Any]:
    return {"fontsize": 8.5, "color": MUTED, "linespacing": 1.25, **haloed()}
