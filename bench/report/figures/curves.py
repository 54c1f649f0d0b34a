"""Learning curves."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bench.report.experiment import Experiment
from bench.report.figures.canvas import INK, Figure, Look, drawn, legend, marker
from bench.report.figures.names import name_through, short
from bench.report.figures.scales import accuracy_scale, clip, log_ticks
from bench.statistics import mean_interval


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
                log_ticks(panel.xaxis)
        _loss_scale(left, means.values())
        accuracy_scale(right.yaxis, [clip(curve["error"]) for curve in means.values()])
        left.set_title("Training loss")
        left.set_ylabel("Cross-entropy, nats")
        right.set_title("Validation accuracy")
        right.set_ylabel("Accuracy, the error on a log scale")
        legend(canvas, styles, {label: name_through(experiment, label) for label in means})
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
        accuracy_scale(panels[0].yaxis, [clip(curve["error"]) for curve in means.values()])
        for panel in list(panels)[len(experiment.initializers) :]:
            panel.set_visible(False)
        canvas.supylabel("Validation accuracy, the error on a log scale", fontsize=10, color=INK)
        legend(canvas, styles, {label: short(label) for label in experiment.labels})
    return [Figure(name, f"{experiment.name}: validation accuracy against epochs, a panel for each initializer.")]


def _line(panel: Axes, curve: pd.DataFrame, x: str, y: str, look: Look) -> None:
    if curve.empty:
        return
    mean, low, high = (clip(curve[f"{y}{end}"]) for end in ("", "_low", "_high"))
    every = max(1, len(curve) // 10)
    panel.fill_between(curve[x], low, high, color=look.colour, alpha=0.13, linewidth=0)
    panel.plot(curve[x], mean, color=look.colour, linestyle=look.dash, **marker(look), markevery=every)


def _loss_scale(panel: Axes, means: Iterable[pd.DataFrame]) -> None:
    """A log axis over the means; a loss far above the start is let out of the picture."""
    losses = np.concatenate([clip(curve["loss"]) for curve in means])
    starts = [float(curve["loss"].iloc[0]) for curve in means]
    panel.set_yscale("log")
    panel.set_ylim(losses.min() / 1.25, min(losses.max(), 3 * float(np.median(starts))) * 1.25)
    log_ticks(panel.yaxis)
