"""What the figures share: their colours, each label's look, and the sheet they are drawn on."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

INK, MUTED, PALE, GRID, PAPER = "#1f2329", "#5b6470", "#c3c8cf", "#dfe3e8", "#fffffe"
"""The neutral colours, each used for nothing else: page.py replaces them by those of the page."""

# Seaborn's colour-blind palette, neighbours as far apart as it gets; yellow and pink come last, they are pale.
ORDER = (0, 1, 2, 4, 5, 3, 9, 7, 6, 8)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("solid", (0, (5, 1.2)), (0, (1.5, 1.2)))

PNG_DPI = 200  # 300 at the width of a printed page

STYLE = {
    **sns.axes_style("whitegrid"),
    "axes.edgecolor": MUTED,
    "axes.facecolor": PAPER,
    "axes.grid.axis": "both",
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.facecolor": PAPER,
    "font.size": 9.5,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.7,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "scratchmark",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True)
class Figure:
    """A drawn figure: NAME.svg and NAME.png in the figures' folder, and what it shows."""

    name: str
    caption: str


@dataclass(frozen=True)
class Look:
    """How one label is drawn, in every figure."""

    colour: str
    marker: str
    dash: Any


def looks(labels: Iterable[str]) -> dict[str, Look]:
    """A look for each label, by its place among them."""
    palette = [to_hex(colour) for colour in sns.color_palette("colorblind")]
    return {
        label: Look(palette[ORDER[i % len(ORDER)]], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
        for i, label in enumerate(dict.fromkeys(labels))
    }


@contextmanager
def drawn(folder: Path, name: str, width: float, height: float) -> Iterator[Canvas]:
    """A figure of so many inches, written as SVG and PNG when the block ends."""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a name may be in any script
        canvas = Canvas(figsize=(width, height), layout="constrained")
        yield canvas
        folder.mkdir(parents=True, exist_ok=True)
        canvas.savefig(folder / f"{name}.svg", metadata={"Date": None})
        canvas.set_layout_engine("none")  # the places are found
        canvas.savefig(folder / f"{name}.png", dpi=PNG_DPI)


def marker(look: Look) -> dict[str, Any]:
    """A look's marker as matplotlib's `plot` takes it."""
    return {"marker": look.marker, "markersize": 5.5, "markeredgecolor": PAPER, "markeredgewidth": 0.5}


def legend(canvas: Canvas, styles: Mapping[str, Look], names: Mapping[str, str]) -> None:
    """Each label's line and marker with its name, to the right of the panels."""
    handles = [_handle(styles[label]) for label in names]
    canvas.legend(handles, list(names.values()), loc="outside right center", labelspacing=0.9, handlelength=2.8)


def _handle(look: Look) -> Line2D:
    return Line2D([], [], color=look.colour, linestyle=look.dash, **marker(look))
