"""What the drawings share: the canvas, and how letters and legends look."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from bench.report.figures import PAPER, PNG_DPI, STYLE, Look


@contextmanager
def drawn(file: File, width: float, height: float) -> Iterator[Canvas]:
    """A figure of so many inches, written when the block ends, in the format that the file's name says."""
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(width, height), layout="constrained")
        yield canvas
        file.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"Date": None} if file.suffix == ".svg" else {}
        canvas.savefig(file, dpi=PNG_DPI, metadata=metadata)


def haloed() -> dict[str, Any]:
    """Letters with a rim of the paper's colour, legible on lines and contours."""
    return {"path_effects": [withStroke(linewidth=3, foreground=PAPER)]}


def bold() -> dict[str, Any]:
    """As the titles of panels are."""
    return {"fontsize": STYLE["axes.titlesize"], "fontweight": "bold"}


def handle(look: Look) -> Line2D:
    """A legend's handle: the marker alone."""
    return Line2D(
        [], [], color=look.colour, marker=look.marker, markersize=7, markeredgecolor=PAPER, markeredgewidth=0.8
    )
