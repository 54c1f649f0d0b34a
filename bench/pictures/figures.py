"""The drawings. Import it late, matplotlib takes its time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil, floor, log10
from pathlib import Path as File
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, LogNorm, to_rgb
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator
from PIL import Image

from bench.pictures.averages import Averages, StepSizes
from bench.pictures.functions import Array, Function
from bench.pictures.mistakes import Mistakes
from bench.pictures.paths import Path
from bench.pictures.rates import Rates
from bench.pictures.signals import DEEP, Signals, Units
from bench.report.figures import GRID, INK, MUTED, PALE, PAPER, PNG_DPI, STYLE, Look, looks

Landscape = tuple[Function, Sequence[Path]]

HEIGHTS = LinearSegmentedColormap.from_list("heights", ["#b4bfcb", "#d8dee5", "#f1f3f6", "#fbfcfd"])
N_LEVELS = 14

FRAME_DPI, FRAME_S, LAST_FRAME_S, N_FRAMES = 100, 0.08, 3.0, 90


@contextmanager
def _drawn(file: File, width: float, height: float) -> Iterator[Canvas]:
    """A figure of so many inches, written when the block ends, in the format that the file's name says."""
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(width, height), layout="constrained")
        yield canvas
        file.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"Date": None} if file.suffix == ".svg" else {}
        canvas.savefig(file, dpi=PNG_DPI, metadata=metadata)


# --- paths on functions


def landscape(landscapes: Sequence[Landscape], file: File) -> File:
    """Draw the paths over the functions' contours; returns where the picture is."""
    with _drawn(file, *_size(landscapes)) as canvas:
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
            clock = panel.text(0.985, 0.02, "", transform=panel.transAxes, ha="right", **_haloed())
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
        name, place, (0, 10), textcoords="offset points", ha="center", va="bottom", fontsize=9, zorder=7, **_haloed()
    )


def _haloed() -> dict[str, Any]:
    return {"path_effects": [withStroke(linewidth=3, foreground=PAPER)]}


def _legend(panel: Axes, function: Function, paths: Sequence[Path], styles: dict[str, Look]) -> None:
    """Who arrived and after how many steps, the first on top."""
    ranked = sorted(paths, key=lambda found: found.rank)
    handles = [_handle(styles[found.optimizer]) for found in ranked]
    texts = [f"{found.optimizer}, lr {found.lr:g}\n{found.outcome}" for found in ranked]
    chosen = "each at its best lr" if len(function.lrs) > 1 else "all at the same lr"
    title = f"{function.goal},\n{chosen}"
    legend = panel.legend(
        handles, texts, title=title, loc="upper left", bbox_to_anchor=(1.01, 1.02), labelspacing=0.9, alignment="left"
    )
    legend.get_title().set(fontsize=9, color=MUTED, linespacing=1.3)


def _handle(look: Look) -> Line2D:
    return Line2D(
        [], [], color=look.colour, marker=look.marker, markersize=7, markeredgecolor=PAPER, markeredgewidth=0.8
    )


# --- bias correction


def bias_correction(series: Array, found: dict[float, Averages], sizes: StepSizes, file: File) -> File:
    """Draw averages of a series, by their beta, and the sizes of Adam's first steps, with and without correction."""
    with _drawn(file, 11.5, 4.5) as canvas:
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


# --- schedules


def schedules(found: Sequence[Rates], file: File, n_across: int = 4) -> File:
    """Draw the factor of the learning rate over a run, a panel for each schedule."""
    n_down = -(-len(found) // n_across)
    with _drawn(file, 11.5, 0.5 + 2.15 * n_down) as canvas:
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
    return {"fontsize": 8.5, "color": MUTED, "linespacing": 1.25, **_haloed()}


# --- signals


def signals(found: dict[str, dict[str, Signals]], file: File) -> File:
    """Draw the size of activations and gradients in each layer: a column for each activation, a line for each start."""
    starts = list(next(iter(found.values())))
    styles = looks(starts)
    with _drawn(file, 12.5, 6.8) as canvas:
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
        canvas.suptitle(layers, x=0.01, ha="left", **_bold())
        handles = [_handle(styles[start]) for start in starts]
        for handle, start in zip(handles, starts, strict=True):
            handle.set_linestyle(styles[start].dash)
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
    with _drawn(file, 11.5, 1.12 * len(found)) as canvas:
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


# --- mistakes


def mistakes(found: Mistakes, file: File) -> File:
    """Draw the confusion matrix, and beside it the examples the network was surest of and wrong about."""
    with _drawn(file, 13, 6.2) as canvas:
        left, right = canvas.subfigures(1, 2, squeeze=False, width_ratios=[1.18, 1])[0]
        _confusion(left.subplots(), found)
        right.suptitle("The surest mistakes: label → guess, its probability", x=0.02, ha="left", **_bold())
        n_across = 5
        panels = list(right.subplots(-(-len(found.images) // n_across) or 1, n_across, squeeze=False).flat)
        for panel in panels:
            panel.set_axis_off()
        for i, panel in zip(range(len(found.images)), panels, strict=False):
            truth, guess = found.classes[found.truths[i]], found.classes[found.guesses[i]]
            panel.imshow(found.images[i], cmap="gray_r", interpolation="nearest")
            panel.set_title(f"{truth} → {guess}   {_percent(found.sureness[i])}", loc="center", fontsize=9.5)
    return file


def _bold() -> dict[str, Any]:
    return {"fontsize": STYLE["axes.titlesize"], "fontweight": "bold"}


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
