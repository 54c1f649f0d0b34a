"""The time of one step."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from bench.report.figures.canvas import MUTED, PALE, Figure, Look, drawn
from bench.report.figures.names import short


def throughput(rows: list[dict[str, Any]], styles: dict[str, Look], folder: Path) -> list[Figure]:
    """The time of one step for each batch size, the update apart from forward and backward."""
    frame = pd.DataFrame(sorted(rows, key=lambda row: list(styles).index(row["label"])))
    sizes = list(dict.fromkeys(row["batch_size"] for row in rows))
    n_labels = frame["label"].nunique()
    with drawn(folder, "throughput", 11, (0.9 + 0.26 * n_labels) * ((len(sizes) + 1) // 2) + 0.5) as canvas:
        panels = canvas.subplots((len(sizes) + 1) // 2, min(2, len(sizes)), squeeze=False).ravel()
        for panel, size in zip(panels, sizes, strict=False):
            _bars(panel, frame[frame["batch_size"] == size][::-1], styles)
            panel.set_title("Full batch" if size == "full" else f"Batch size {size}")
        for panel in list(panels)[len(sizes) :]:
            panel.set_visible(False)
        parts = [Patch(color=MUTED, label="update"), Patch(color=PALE, label="forward, backward and batch")]
        canvas.legend(handles=parts, loc="outside upper right", ncols=2)
    return [Figure("throughput", "Time of one training step; the numbers are steps a second.")]


def _bars(panel: Axes, rows: pd.DataFrame, styles: dict[str, Look]) -> None:
    unit, scale = ("ms", 1e-3) if rows["step_us"].max() > 2000 else ("µs", 1.0)
    step, update = rows["step_us"] * scale, rows["update_us"].fillna(0) * scale
    colours = [to_rgb(styles[label].colour) for label in rows["label"]]
    pale = [tuple(0.35 * x + 0.65 for x in colour) for colour in colours]
    places = np.arange(len(rows))
    panel.barh(places, step, color=pale, height=0.72)
    panel.barh(places, update, color=colours, height=0.72)
    for place, length, rate in zip(places, step, rows["steps_per_s"], strict=True):
        panel.annotate(_rate(rate), (length, place), (4, 0), textcoords="offset points", va="center", fontsize=8.5)
    panel.set_yticks(places, [short(label) for label in rows["label"]])
    panel.set_xlim(0, step.max() * 1.18)
    panel.grid(visible=False, axis="y")
    panel.set_xlabel(f"Time of a step, {unit}")


def _rate(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s"
