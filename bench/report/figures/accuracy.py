"""Final accuracies: the seeds as dots, and optimizer × initializer as a heat map."""

from pathlib import Path

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter

from bench.report.experiment import Experiment
from bench.report.figures.canvas import GRID, PAPER, Figure, Look, drawn, marker
from bench.report.figures.names import name_through, short
from bench.report.figures.scales import ERRORS, LEAST_ERROR, accuracy_name, accuracy_scale, clip, ticks
from bench.statistics import mean_interval


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
        panel.set_yticks(range(len(scores)), [name_through(experiment, label) for label in scores])
        panel.set_ylim(-0.6, len(scores) - 0.4)
        panel.grid(visible=False, axis="y")
        accuracy_scale(panel.xaxis, [_extent(accuracies) for accuracies in scores.values()], margin=1.1)
        panel.set_xlabel("Test accuracy after the last step, the error on a log scale")
    caption = "final test accuracy. Small dots are seeds, large ones their means with the 95 % interval."
    return [Figure(name, f"{experiment.name}: {caption}")]


def _extent(accuracies: pd.Series) -> np.ndarray:
    """The errors of the seeds and the ends of their interval, as far as these are near."""
    interval, errors = mean_interval(accuracies), clip(1 - accuracies)
    ends = [1 - interval.high, 1 - interval.low] if interval.n > 1 else []
    return np.append(errors, np.clip(ends, errors.min() / 2, errors.max() * 2))


def _dots(panel: Axes, place: int, accuracies: pd.Series, look: Look) -> None:
    interval = mean_interval(accuracies)
    ends = np.clip([1 - interval.low, 1 - interval.high], LEAST_ERROR, 1)
    panel.plot(ends, [place, place], color=look.colour, linewidth=2.2, alpha=0.75, solid_capstyle="butt")
    offsets = place - 0.2 * np.ones(len(accuracies))
    panel.plot(clip(1 - accuracies), offsets, "o", color=look.colour, markersize=3.2, alpha=0.6, markeredgewidth=0)
    panel.plot([max(1 - interval.mean, LEAST_ERROR)], [place], color=look.colour, **marker(look) | {"markersize": 8})


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
        ticks(bar.ax.yaxis, ERRORS[::2], (low, high))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(accuracy_name))
        bar.outline.set_visible(False)
        panel.set_facecolor(GRID)
        panel.set_xticks(panel.get_xticks(), [short(x, 16) for x in matrix.columns], rotation=0)
        panel.set_yticks(panel.get_yticks(), [short(x) for x in matrix.index], rotation=0)
        panel.set(xlabel="Initializer", ylabel="")
        panel.tick_params(length=0)
    return [Figure(name, f"{experiment.name}: mean final test accuracy, optimizer × initializer.")]
