"""The figures: the only file that draws. Import it late, matplotlib and seaborn take their time."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, to_hex, to_rgb
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.report.experiment import Experiment
from bench.statistics import Sensitivity, mean_interval

INK, MUTED, PALE, GRID, PAPER = "#1f2329", "#5b6470", "#c3c8cf", "#dfe3e8", "#fffffe"
"""The neutral colours, each used for nothing else: page.py replaces them by those of the page."""

# Seaborn's colour-blind palette, neighbours as far apart as it gets; yellow and pink come last, they are pale.
ORDER = (0, 1, 2, 4, 5, 3, 9, 7, 6, 8)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("solid", (0, (5, 1.2)), (0, (1.5, 1.2)))

PNG_DPI = 200  # 300 at the width of a printed page

ERRORS = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.015, 0.01, 0.005, 0.002, 0.001)
LEAST_ERROR = 1e-4

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


# --- learning curves


@dataclass(frozen=True)
class Axis:
    """What a curve is drawn against."""

    column: str
    label: str
    log: bool
    caption: str


AXES = (
    Axis("epoch", "Epochs", False, "epochs, passes over the training part"),
    Axis("gradient_evaluations", "Gradient evaluations", True, "gradient evaluations, on a log scale from the first"),
    Axis("elapsed_s", "Seconds of training", True, "seconds of training, evaluation left out, on a log scale"),
)


def curves(experiment: Experiment, styles: dict[str, Look], folder: Path) -> list[Figure]:
    """Training loss and validation accuracy against epochs, gradient evaluations and seconds."""
    means = {label: mean_curve(trials, experiment) for label, _, trials in experiment.groups}
    means = {label: curve for label, curve in means.items() if len(curve)}
    return [_curves(experiment, means, axis, styles, folder) for axis in AXES if means]


def mean_curve(trials: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Mean and interval at each step, over the seeds that are still there."""
    points = experiment.points[experiment.points["trial"].isin(trials["trial"])].drop_duplicates(["trial", "step"])
    points = points.dropna(subset=["train_loss", "validation_accuracy"])
    return pd.DataFrame([_mean_point(step, at) for step, at in points.groupby("step")])


def _mean_point(step: int, at: pd.DataFrame) -> dict[str, Any]:
    loss, accuracy = mean_interval(at["train_loss"]), mean_interval(at["validation_accuracy"])
    return {
        "step": step,
        "n": len(at),
        **{axis.column: at[axis.column].mean() for axis in AXES},
        "loss": loss.mean,
        "loss_low": loss.low,
        "loss_high": loss.high,
        "error": 1 - accuracy.mean,
        "error_low": 1 - accuracy.high,
        "error_high": 1 - accuracy.low,
    }


def _curves(
    experiment: Experiment, means: dict[str, pd.DataFrame], axis: Axis, styles: dict[str, Look], folder: Path
) -> Figure:
    name = f"{experiment.slug}-{axis.column.removesuffix('_s').replace('_', '-')}"
    with drawn(folder, name, 11, 4.6) as canvas:
        left, right = canvas.subplots(1, 2)
        for label, curve in means.items():
            shown = curve[curve["step"] > 0] if axis.log else curve
            _line(left, shown, axis.column, "loss", styles[label])
            _line(right, shown, axis.column, "error", styles[label])
        for panel in (left, right):
            panel.set_xlabel(axis.label)
            panel.set_xscale("log" if axis.log else "linear")
            panel.margins(x=0.02)
            if axis.log:
                _log_ticks(panel.xaxis)
        _loss_scale(left, means.values())
        _accuracy_scale(right.yaxis, [_clip(curve["error"]) for curve in means.values()])
        left.set_title("Training loss")
        left.set_ylabel("Cross-entropy, nats")
        right.set_title("Validation accuracy")
        right.set_ylabel("Accuracy, the error on a log scale")
        handles = [_handle(styles[label]) for label in means]
        texts = [_curve_name(experiment, label) for label in means]
        canvas.legend(handles, texts, loc="outside right center", labelspacing=0.9, handlelength=2.8)
    return Figure(name, f"{experiment.name}: training loss and validation accuracy against {axis.caption}.")


def multiples(experiment: Experiment, styles: dict[str, Look], folder: Path, n_across: int = 3) -> list[Figure]:
    """Validation accuracy against epochs, a small panel for each initializer, all on the same axes."""
    means = {(start, label): mean_curve(trials, experiment) for label, start, trials in experiment.groups}
    means = {key: curve for key, curve in means.items() if len(curve)}
    if not means:
        return []
    name, n_down = f"{experiment.slug}-curves", -(-len(experiment.initializers) // n_across)
    with drawn(folder, name, 11, 0.6 + 2.6 * n_down) as canvas:
        panels = canvas.subplots(n_down, n_across, sharex=True, sharey=True, squeeze=False).ravel()
        for panel, start in zip(panels, experiment.initializers, strict=False):
            for label in experiment.labels:
                if (start, label) in means:
                    _line(panel, means[start, label], "epoch", "error", styles[label])
            panel.set_title(short(start, 40))
            panel.set_xlabel("Epochs")
        _accuracy_scale(panels[0].yaxis, [_clip(curve["error"]) for curve in means.values()])
        for panel in list(panels)[len(experiment.initializers) :]:
            panel.set_visible(False)
        canvas.supylabel("Validation accuracy, the error on a log scale", fontsize=10, color=INK)
        handles, texts = zip(*((_handle(styles[label]), short(label)) for label in experiment.labels), strict=True)
        canvas.legend(handles, texts, loc="outside right center", labelspacing=0.9, handlelength=2.8)
    return [Figure(name, f"{experiment.name}: validation accuracy against epochs, a panel for each initializer.")]


def _line(panel: Axes, curve: pd.DataFrame, x: str, y: str, look: Look) -> None:
    if curve.empty:
        return
    mean, low, high = (_clip(curve[f"{y}{end}"]) for end in ("", "_low", "_high"))
    every = max(1, len(curve) // 10)
    panel.fill_between(curve[x], low, high, color=look.colour, alpha=0.13, linewidth=0)
    panel.plot(curve[x], mean, color=look.colour, linestyle=look.dash, **_marker(look), markevery=every)


def _clip(values: pd.Series) -> np.ndarray:
    """Values for a log axis: what is zero or below lies under its lower end."""
    return np.maximum(values.to_numpy(float), LEAST_ERROR)


def _marker(look: Look) -> dict[str, Any]:
    return {"marker": look.marker, "markersize": 5.5, "markeredgecolor": PAPER, "markeredgewidth": 0.5}


def _handle(look: Look) -> Line2D:
    return Line2D([], [], color=look.colour, linestyle=look.dash, **_marker(look))


def _curve_name(experiment: Experiment, label: str) -> str:
    statuses = experiment.trials.loc[experiment.trials["label"] == label, "status"]
    through = (statuses == "done").sum()
    name = short(label)
    return name if through == len(statuses) else f"{name}\n{through} of {len(statuses)} seeds got through"


def short(name: str, most: int = 28) -> str:
    """A name that leaves room for the picture; matplotlib keeps names that begin with _ out of legends."""
    name = f" {name}" if name.startswith("_") else name
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _loss_scale(panel: Axes, means: Iterable[pd.DataFrame]) -> None:
    """A log axis over the means; a loss far above the start is let out of the picture."""
    losses = np.concatenate([_clip(curve["loss"]) for curve in means])
    starts = [float(curve["loss"].iloc[0]) for curve in means]
    panel.set_yscale("log")
    panel.set_ylim(losses.min() / 1.25, min(losses.max(), 3 * float(np.median(starts))) * 1.25)
    _log_ticks(panel.yaxis)


def _log_ticks(axis: Any) -> None:
    """Numbers written out, 0.1 and 10,000; 2 and 5 between the decades where these are few."""
    low, high = axis.get_view_interval()
    digits = (1, 2, 5) if high / low < 3000 else (1,)
    _ticks(axis, [digit * 10.0**power for power in range(-6, 12) for digit in digits], (low, high))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _ticks(axis: Any, values: Sequence[float], limits: tuple[float, float]) -> None:
    low, high = sorted(limits)
    axis.set_major_locator(FixedLocator([value for value in values if low <= value <= high]))
    axis.set_minor_locator(NullLocator())


def _accuracy_scale(axis: Any, errors: Sequence[np.ndarray], margin: float = 1.15) -> None:
    """The error on a log scale, turned over and named by the accuracy: 97 and 98 % stand well apart."""
    every = np.concatenate(errors)
    low, high = every.min() / margin, min(1.0, every.max() * margin)
    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    getattr(axis.axes, f"set_{axis.axis_name}lim")(high, low)
    _ticks(axis, ERRORS, (low, high))
    axis.set_major_formatter(FuncFormatter(_accuracy_name))


def _accuracy_name(error: float, _: Any = None) -> str:
    return f"{100 * (1 - error):.4g} %"


# --- final accuracy


def final_accuracy(experiment: Experiment, styles: dict[str, Look], folder: Path) -> list[Figure]:
    """Each seed's test accuracy as a dot, with mean and interval, the best method on top."""
    scores = {label: trials["test_accuracy"].dropna() for label, _, trials in experiment.groups}
    scores = dict(sorted(((k, x) for k, x in scores.items() if len(x)), key=lambda item: item[1].mean()))
    if not scores:
        return []
    name = f"{experiment.slug}-final-accuracy"
    with drawn(folder, name, 8.5, 1.1 + 0.42 * len(scores)) as canvas:
        panel = canvas.subplots()
        for place, (label, accuracies) in enumerate(scores.items()):
            _dots(panel, place, accuracies, styles[label])
        panel.set_yticks(range(len(scores)), [_curve_name(experiment, label) for label in scores])
        panel.set_ylim(-0.6, len(scores) - 0.4)
        panel.grid(visible=False, axis="y")
        _accuracy_scale(panel.xaxis, [_extent(accuracies) for accuracies in scores.values()], margin=1.1)
        panel.set_xlabel("Test accuracy after the last step, the error on a log scale")
    caption = "final test accuracy. Small dots are seeds, large ones their means with the 95 % interval."
    return [Figure(name, f"{experiment.name}: {caption}")]


def _extent(accuracies: pd.Series) -> np.ndarray:
    """The errors of the seeds and the ends of their interval, as far as these are near."""
    interval, errors = mean_interval(accuracies), _clip(1 - accuracies)
    ends = [1 - interval.high, 1 - interval.low] if interval.n > 1 else []
    return np.append(errors, np.clip(ends, errors.min() / 2, errors.max() * 2))


def _dots(panel: Axes, place: int, accuracies: pd.Series, look: Look) -> None:
    interval = mean_interval(accuracies)
    ends = np.clip([1 - interval.low, 1 - interval.high], LEAST_ERROR, 1)
    panel.plot(ends, [place, place], color=look.colour, linewidth=2.2, alpha=0.75, solid_capstyle="butt")
    offsets = place - 0.2 * np.ones(len(accuracies))
    panel.plot(_clip(1 - accuracies), offsets, "o", color=look.colour, markersize=3.2, alpha=0.6, markeredgewidth=0)
    panel.plot([max(1 - interval.mean, LEAST_ERROR)], [place], color=look.colour, **_marker(look) | {"markersize": 8})


# --- learning rates


def sensitivity(experiment: Experiment, found: dict[str, Sensitivity], folder: Path) -> list[Figure]:
    """Validation accuracy over the learning rate; a cross on the lower edge is a rate that did not get through."""
    name, styles = f"{experiment.slug}-sensitivity", looks(found)
    with drawn(folder, name, 9, 4.4) as canvas:
        panel = canvas.subplots()
        for label, grid in found.items():
            errors, failed = _clip(pd.Series(1 - grid.scores)), grid.lrs[np.isnan(grid.scores)]
            look = styles[label]
            panel.plot(grid.lrs, errors, color=look.colour, linestyle=look.dash, **_marker(look))
            panel.plot(failed, 0 * failed, "x", color=look.colour, transform=panel.get_xaxis_transform(), clip_on=False)
        panel.set_xscale("log")
        _log_ticks(panel.xaxis)
        _accuracy_scale(panel.yaxis, [_clip(pd.Series(1 - x.scores[~np.isnan(x.scores)])) for x in found.values()])
        panel.set_xlabel("Learning rate")
        panel.set_ylabel("Validation accuracy, the error on a log scale")
        handles = [_handle(styles[label]) for label in found]
        canvas.legend(
            handles, [short(x) for x in found], loc="outside right center", labelspacing=0.9, handlelength=2.8
        )
    caption = (
        "final validation accuracy over the learning rate. A cross on the edge is a rate that did not get through."
    )
    return [Figure(name, f"{experiment.name}: {caption}")]


# --- initializers


def heat_map(experiment: Experiment, matrix: pd.DataFrame, folder: Path) -> list[Figure]:
    """Optimizer × initializer, the test accuracy in each cell and, by its error, as its colour."""
    if matrix.notna().to_numpy().sum() == 0:
        return []
    name = f"{experiment.slug}-heat-map"
    errors = (1 - matrix).clip(lower=LEAST_ERROR)
    numbers = matrix.map(lambda x: "failed" if pd.isna(x) else f"{100 * x:.2f} %")
    low, high = np.nanmin(errors) / 1.05, np.nanmax(errors) * 1.05
    height = 1.5 + 0.62 * len(matrix)
    with drawn(folder, name, 3.4 + 1.15 * matrix.shape[1], height) as canvas:
        panel = canvas.subplots()
        sns.heatmap(
            errors.fillna(high),
            ax=panel,
            mask=matrix.isna(),
            annot=numbers,
            fmt="",
            cmap="crest_r",
            norm=LogNorm(low, high),
            linewidths=1.5,
            linecolor=PAPER,
            cbar_kws={"label": "Test accuracy", "pad": 0.02},
        )
        bar = panel.collections[0].colorbar
        assert bar is not None
        bar.ax.invert_yaxis()
        _ticks(bar.ax.yaxis, ERRORS[::2], (low, high))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(_accuracy_name))
        bar.outline.set_visible(False)
        panel.set_facecolor(GRID)
        panel.set_xticks(panel.get_xticks(), [short(x, 16) for x in matrix.columns], rotation=0)
        panel.set_yticks(panel.get_yticks(), [short(x) for x in matrix.index], rotation=0)
        panel.set(xlabel="Initializer", ylabel="")
        panel.tick_params(length=0)
    return [Figure(name, f"{experiment.name}: mean final test accuracy, optimizer × initializer.")]


# --- throughput


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
