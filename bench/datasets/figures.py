"""Pictures of samples with their labels. Import it late, matplotlib takes its time."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.seeds import generator

from .dataset import Array, Dataset
from .published import PUBLISHED
from .split import split

INK, MUTED, PAPER = "#1f2329", "#5b6470", "#fffffe"
COLOURS = ("#0173b2", "#de8f05", "#029e73", "#cc78bc", "#d55e00", "#56b4e9")
MARKERS = ("o", "^", "s", "D", "v", "P")
N_COLUMNS, N_ROWS = 13, 2
GAP, LABEL = 0.08, 0.22  # between cells and above them, in widths of a cell

Parts = dict[str, tuple[Array, Array]]


def show(data: Dataset, path: Path, seed: int = 1) -> Path:
    """Draw samples of the training, validation and test part that `seed` gives; returns where the picture is.

    Images become a grid, a column for each class; points in the plane a scatter of them all.
    """
    points = data.shape == (2,)
    figure = _scatter(data, _parts(data, seed)) if points else _grids(data, _parts(data, seed), seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, facecolor=PAPER)
    return path


def _parts(data: Dataset, seed: int) -> Parts:
    train, validation = split(len(data.x_train), generator(seed, "split"))
    parts = {"train": train, "validation": validation}
    return {name: (data.x_train[rows], data.y_train[rows]) for name, rows in parts.items()} | {
        "test": (data.x_test, data.y_test)
    }


def _labels(data: Dataset) -> list[str]:
    known = PUBLISHED.get(data.name)
    if known and len(known.labels) == data.n_classes:
        return list(known.labels)
    return [str(label) for label in data.classes]


def _title(data: Dataset, parts: Parts) -> str:
    shape = " × ".join(map(str, data.shape)) + (" features" if len(data.shape) == 1 else " pixels")
    sizes = ", ".join(f"{len(y):,} {name}" for name, (_, y) in parts.items())
    return f"{data.name}: {data.n_classes} classes of {shape}; {sizes}"


def _scatter(data: Dataset, parts: Parts) -> Figure:
    width, height = np.ptp(data.raw(data.x_train), axis=0)
    # A third of the width for each part, drawn true to scale, and room for the title and the legend.
    figure = Figure(figsize=(10, 1.6 + float(np.clip(3 * height / max(width, 1e-9), 1.5, 4.5))), layout="compressed")
    figure.suptitle(_title(data, parts), color=INK, fontsize=11)
    axes = figure.subplots(1, len(parts), sharex=True, sharey=True)
    for ax, (name, (x, y)) in zip(axes, parts.items(), strict=True):
        _points(ax, data, x, y)
        ax.set_title(f"{name} ({len(y):,})", color=INK, fontsize=10)
        ax.set_xlabel("feature 0", color=MUTED, fontsize=9)
    axes[0].set_ylabel("feature 1", color=MUTED, fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=data.n_classes, frameon=False, fontsize=9)
    return figure


def _points(ax: Axes, data: Dataset, x: Array, y: Array) -> None:
    positions = data.raw(x)
    size = 60 if len(y) < 20 else 14
    for i, label in enumerate(_labels(data)):
        chosen = positions[y == i]
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        ax.scatter(
            chosen[:, 0], chosen[:, 1], s=size, c=colour, marker=marker, alpha=0.8, linewidths=0, label=f"label {label}"
        )
    ax.set_aspect("equal", adjustable="box")
    ax.margins(0.1)
    ax.tick_params(colors=MUTED, labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)


def _grids(data: Dataset, parts: Parts, seed: int) -> Figure:
    n_columns = min(data.n_classes, N_COLUMNS)
    figure = Figure(figsize=(max(6.0, 0.75 * n_columns), 6.6), layout="constrained")
    figure.suptitle(_title(data, parts), color=INK, fontsize=11)
    axes = figure.subplots(len(parts), 1)
    for ax, (name, (x, y)) in zip(axes, parts.items(), strict=True):
        _grid(ax, data, x, y, n_columns, np.random.default_rng(seed))
        ax.set_title(f"{name} ({len(y):,})", color=MUTED, fontsize=10)
    return figure


def _grid(ax: Axes, data: Dataset, x: Array, y: Array, n_columns: int, rng: np.random.Generator) -> None:
    """Samples side by side in one pair of axes, each in a cell of width 1 under its label."""
    labels, low, high = _labels(data), float(x.min()), float(x.max())
    height = 1.0
    for cell, row in enumerate(_drawn(y, data.n_classes, N_ROWS * n_columns, rng)):
        if row is not None:
            picture = _picture(data.raw(x[row : row + 1])[0])
            height = picture.shape[0] / picture.shape[1]
            left, bottom = cell % n_columns, -(cell // n_columns + 1) * (height + LABEL)
            extent = (left, left + 1 - GAP, bottom, bottom + (1 - GAP) * height)
            ax.imshow(picture, extent=extent, cmap="gray_r", vmin=low, vmax=high, interpolation="nearest")
            middle, above = left + (1 - GAP) / 2, bottom + (1 - GAP) * height + 0.04
            ax.text(middle, above, labels[y[row]], color=INK, fontsize=8, ha="center", va="bottom")
    ax.set_xlim(-GAP, n_columns)
    ax.set_ylim(-N_ROWS * (height + LABEL) - GAP, 0)
    ax.set_axis_off()


def _drawn(y: Array, n_classes: int, n_cells: int, rng: np.random.Generator) -> list[int | None]:
    """A row of y for each cell, the classes in turn and no row twice; None where a class has no more."""
    rows = rng.permutation(len(y))
    queues = [iter(rows[y[rows] == label].tolist()) for label in range(n_classes)]
    return [next(queues[cell % n_classes], None) for cell in range(n_cells)]


def _picture(example: Array) -> Array:
    """An example as imshow takes it; what is no image becomes a strip."""
    is_image = example.ndim == 2 or (example.ndim == 3 and example.shape[2] in (3, 4))
    return example if is_image else np.tile(example.ravel(), (max(1, example.size // 4), 1))
