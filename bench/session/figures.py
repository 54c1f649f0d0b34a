"""A session's curve as a picture. Import it late, matplotlib takes its time."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, PercentFormatter

from bench.report.figures import INK, MUTED, STYLE
from bench.session.curve import Change
from bench.trial import Point

TRAIN, VALIDATION = "#de8f05", "#0173b2"  # two of the colours that the reports have


def svg(points: Sequence[Point], changes: Sequence[Change], *, key: bool = True) -> str:
    """Loss and accuracy over the epochs, with a numbered line for each change; below, the `key` to them."""
    with mpl.rc_context(STYLE):
        lines = [f"{number}: {_line(change)}" for number, change in enumerate(changes, 1)] if key else []
        canvas = Canvas(figsize=(9, 3.3 + 0.17 * len(lines)), layout="constrained")
        for panel, what in zip(canvas.subplots(1, 2), ("loss", "accuracy"), strict=True):
            _draw(panel, what, points)
            _mark(panel, changes)
        canvas.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=8.5, color=INK)
        file = StringIO()
        canvas.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def html(title: str, points: Sequence[Point], changes: Sequence[Change]) -> str:
    """The picture and the changes, for a notebook; as an image, so that two of them on a page stay apart."""
    if not points:
        return f"<p>{escape(title)}</p>"
    image = b64encode(svg(points, changes, key=False).encode()).decode()
    picture = f'<img alt="{escape(title)}" style="max-width:100%" src="data:image/svg+xml;base64,{image}">'
    items = "".join(f"<li>{escape(_line(change))}</li>" for change in changes)
    return f"<p>{escape(title)}</p>{picture}" + (f"<ol>{items}</ol>" if items else "")


def _draw(panel: Axes, what: str, points: Sequence[Point]) -> None:
    epochs = [point.epoch for point in points]
    for part, colour in (("train", TRAIN), ("validation", VALIDATION)):
        values = [getattr(point, f"{part}_{what}") for point in points]
        panel.plot(epochs, values, color=colour, label="training" if part == "train" else part, marker=".")
    panel.set_title(what.capitalize(), pad=14)
    panel.set_xlabel("epochs")
    if what == "accuracy":
        panel.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    elif all(point.train_loss > 0 and point.validation_loss > 0 for point in points):
        _make_log(panel)
    panel.legend(loc="best")


def _make_log(panel: Axes) -> None:
    """A log scale with plain numbers: at 1, 2 and 5 times a power of ten, within one power at every tick."""
    panel.set_yscale("log")
    low, high = panel.get_ylim()
    digits = "125" if high > 10 * low else "123456789"
    plain = FuncFormatter(lambda value, _: f"{value:g}" if f"{value:.0e}"[0] in digits else "")
    panel.yaxis.set_major_formatter(plain)
    panel.yaxis.set_minor_formatter(plain)


def _mark(panel: Axes, changes: Sequence[Change]) -> None:
    """A line at each change, with its number at the top."""
    place: dict[str, Any] = {"transform": panel.get_xaxis_transform(), "color": INK, "fontsize": 8.5}
    for number, change in enumerate(changes, 1):
        panel.axvline(change.epoch, color=MUTED, linestyle=(0, (4, 2)), linewidth=1)
        panel.text(change.epoch, 1.01, str(number), ha="center", va="bottom", **place)


def _line(change: Change) -> str:
    note = f" ({change.note})" if change.note else ""
    return f"epoch {change.epoch:.4g}: {change.what}{note}"
