"""The paths of optimizers on functions of two variables, as a picture and as an animation."""

from collections.abc import Iterator, Sequence
from pathlib import Path as File
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from PIL import Image

from bench.pictures.figures.canvas import drawn, haloed, handle
from bench.pictures.functions import Array, Function
from bench.pictures.paths import Path
from bench.report.figures import INK, MUTED, PAPER, STYLE, Look, looks

Landscape = tuple[Function, Sequence[Path]]

HEIGHTS = LinearSegmentedColormap.from_list("heights", ["#b4bfcb", "#d8dee5", "#f1f3f6", "#fbfcfd"])
N_LEVELS = 14

FRAME_DPI, FRAME_S, LAST_FRAME_S, N_FRAMES = 100, 0.08, 3.0, 90


def landscape(landscapes: Sequence[Landscape], file: File) -> File:
    """Draw the paths over the functions' contours; returns where the picture is."""
    with drawn(file, *_size(landscapes)) as canvas:
        for panel, (function, paths), styles in _panels(canvas, landscapes):
            for found, line, end in _lines(panel, paths, styles):
                _show(line, end, found.points)
            _marks(panel, function)
    return file


def animation(landscapes: Sequence[Landscape], file: File) -> File:
    """The paths as they grow, as a GIF: a few steps a frame in the beginning, ever more later.

    The background is drawn once, and all frames share one palette, so the file stays small.
    """
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=_size(landscapes), dpi=FRAME_DPI, layout="constrained")
        moving, clocks = [], []
        colours: dict[str, None] = {}
        for panel, (function, paths), styles in _panels(canvas, landscapes):
            moving += [(panel, found.points, line, end) for found, line, end in _lines(panel, paths, styles)]
            _marks(panel, function)
            clock = panel.text(0.985, 0.02, "", transform=panel.transAxes, ha="right", **haloed())
            clocks.append((panel, clock))
            colours |= {look.colour: None for look in styles.values()}
        palette = _palette(list(colours))
        frames = [
            frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in _frames(canvas, moving, clocks)
        ]
    file.parent.mkdir(parents=True, exist_ok=True)
    pauses = [round(1000 * FRAME_S)] * (len(frames) - 1) + [round(1000 * LAST_FRAME_S)]
    frames[0].save(file, save_all=True, append_images=frames[1:], duration=pauses, loop=0, optimize=True)
    return file


def _palette(colours: Sequence[str]) -> Image.Image:
    """The background's greys, and each colour on its way to them, which smooth edges need; for all frames the same."""
    grey, n_greys, n_shades = np.array(to_rgb("#e3e8ed")), 48, 8
    ink, paper = np.array(to_rgb(INK)), np.array(to_rgb(PAPER))
    ends = [(ink, np.array(to_rgb(HEIGHTS(0.0))), n_greys // 2), (np.array(to_rgb(HEIGHTS(0.0))), paper, n_greys // 2)]
    ends += [(np.array(to_rgb(colour)), grey, n_shades) for colour in colours[: (256 - n_greys) // n_shades]]
    shades = np.vstack([a + (b - a) * np.linspace(0, 1, n)[:, None] for a, b, n in ends])
    image = Image.new("P", (1, 1))
    image.putpalette((255 * shades).round().astype(int).ravel().tolist())
    return image


def _frames(canvas: Canvas, moving: list[Any], clocks: list[Any]) -> Iterator[Image.Image]:
    agg = FigureCanvasAgg(canvas)
    artists = [artist for *_, line, end in moving for artist in (line, end)] + [text for _, text in clocks]
    for artist in artists:
        artist.set_animated(True)
    agg.draw()
    background = agg.copy_from_bbox(canvas.bbox)
    for step in _shown_steps(max(len(points) for _, points, _, _ in moving) - 1):
        agg.restore_region(background)
        for panel, points, line, end in moving:
            _show(line, end, points[: step + 1])
            panel.draw_artist(line)
            panel.draw_artist(end)
        for panel, text in clocks:
            text.set_text(f"step {step:,}")
            panel.draw_artist(text)
        yield Image.fromarray(np.asarray(agg.buffer_rgba())).convert("RGB")


def _shown_steps(n_steps: int) -> list[int]:
    """The steps that get a frame: all of the first ones, then a growing distance apart, the last included."""
    steps = np.unique(np.geomspace(1, max(n_steps, 1), N_FRAMES).round().astype(int))
    return [0, *steps.tolist()]


def _size(landscapes: Sequence[Landscape]) -> tuple[float, float]:
    return (8.2, 4.9) if len(landscapes) == 1 else (14.4, 4.3 * ((len(landscapes) + 1) // 2))


def _panels(canvas: Canvas, landscapes: Sequence[Landscape]) -> Iterator[tuple[Axes, Landscape, dict[str, Look]]]:
    n_across = min(2, len(landscapes))
    panels = list(canvas.subplots(-(-len(landscapes) // n_across), n_across, squeeze=False).flat)
    for panel, (function, paths) in zip(panels, landscapes, strict=False):
        styles = looks(found.optimizer for found in paths)
        _heights(panel, function)
        _legend(panel, function, paths, styles)
        yield panel, (function, paths), styles
    for panel in panels[len(landscapes) :]:
        panel.set_visible(False)


def _heights(panel: Axes, function: Function) -> None:
    """The function as shades and contours, whose levels are evenly spaced on a log scale, also below zero."""
    (left, right), (low, high) = (_padded(bounds) for bounds in function.domain)
    x, y = np.meshgrid(np.linspace(left, right, 300), np.linspace(low, high, 300))
    values = function.value(x, y)
    levels = _levels(values)
    steps = [min(values.min(), levels[0]) - 1, *levels, max(values.max(), levels[-1]) + 1]
    panel.contourf(x, y, values, levels=steps, cmap=HEIGHTS, norm=BoundaryNorm(steps, HEIGHTS.N))
    panel.contour(x, y, values, levels=levels, colors=PAPER, linewidths=0.8, linestyles="solid")
    panel.grid(visible=False)
    panel.set(xlim=(left, right), ylim=(low, high), xlabel="x", ylabel="y")
    panel.set_title(f"{function.name.capitalize()}:  {function.formula}")


def _padded(bounds: tuple[float, float], margin: float = 0.04) -> tuple[float, float]:
    """A little more than the domain, so that a path is seen to leave it."""
    low, high = bounds
    return low - margin * (high - low), high + margin * (high - low)


def _levels(values: Array) -> list[float]:
    """Levels from a ten-thousandth of the highest value up; where there are values below zero, the same below zero."""
    top = float(values.max())
    if values.min() >= 0:
        return [float(level) for level in np.geomspace(top / 1e4, top / 1.5, N_LEVELS)]
    half = [float(level) for level in np.geomspace(top / 100, top / 1.5, N_LEVELS // 2)]
    return [*(-level for level in reversed(half)), 0.0, *half]


def _lines(panel: Axes, paths: Sequence[Path], styles: dict[str, Look]) -> Iterator[tuple[Path, Line2D, Line2D]]:
    """For each path a line for the way and a marker for its end, still empty.

    The best path lies on top and is the thinnest: where several go the same way, each can be seen.
    """
    ranked = sorted(paths, key=lambda found: found.rank)
    for place, found in reversed(list(enumerate(ranked))):
        look, width = styles[found.optimizer], 1.3 + 2.7 * place / max(len(paths), 4)
        edge = [withStroke(linewidth=width + 0.8, foreground=PAPER)]
        (line,) = panel.plot([], [], color=look.colour, linewidth=width, path_effects=edge, zorder=3)
        (end,) = panel.plot([], [], look.marker, color=look.colour, markersize=8, markeredgecolor=PAPER, zorder=5)
        yield found, line, end


def _show(line: Line2D, end: Line2D, points: Array) -> None:
    line.set_data(points[:, 0], points[:, 1])
    end.set_data(points[-1:, 0], points[-1:, 1])


def _marks(panel: Axes, function: Function) -> None:
    """Where the paths start, and the minimum they look for."""
    ring: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": INK, "linestyle": "", "zorder": 6}
    panel.plot(*function.start, marker="o", markersize=9, markeredgewidth=1.6, **ring)
    _name(panel, "start", function.start)
    if function.minimum:
        panel.plot(*function.minimum, marker="o", markersize=15, markeredgewidth=1.3, **ring)
        _name(panel, "minimum", function.minimum)


def _name(panel: Axes, name: str, place: tuple[float, float]) -> None:
    panel.annotate(
        name, place, (0, 10), textcoords="offset points", ha="center", va="bottom", fontsize=9, zorder=7, **haloed()
    )


def _legend(panel: Axes, function: Function, paths: Sequence[Path], styles: dict[str, Look]) -> None:
    """Who arrived and after how many steps, the first on top."""
    ranked = sorted(paths, key=lambda found: found.rank)
    handles = [handle(styles[found.optimizer]) for found in ranked]
    texts = [f"{found.optimizer}, lr {found.lr:g}\n{found.outcome}" for found in ranked]
    chosen = "each at its best lr" if len(function.lrs) > 1 else "all at the same lr"
    title = f"{function.goal},\n{chosen}"
    legend = panel.legend(
        handles, texts, title=title, loc="upper left", bbox_to_anchor=(1.01, 1.02), labelspacing=0.9, alignment="left"
    )
    legend.get_title().set(fontsize=9, color=MUTED, linespacing=1.3)
