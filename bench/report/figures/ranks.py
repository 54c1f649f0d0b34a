"""Mean ranks on an axis: the critical-difference diagram.

Demšar 2006, figure 1, https://jmlr.org/papers/v7/demsar06a.html.
"""

from pathlib import Path

from matplotlib.axes import Axes

from bench.report.experiment import Experiment
from bench.report.figures.canvas import INK, Figure, Look, drawn, marker
from bench.report.figures.names import short
from bench.report.figures.scales import ticks
from bench.statistics import Ranking

# Downwards from the axis, in rows of names: the critical difference, the first bar, from bar to bar and to the names.
SCALE, FIRST_BAR, NEXT_BAR, NAMES = -1.7, 0.8, 0.45, 0.9
MOST_TICKS = 16


def critical_difference(experiment: Experiment, found: Ranking, styles: dict[str, Look], folder: Path) -> list[Figure]:
    """Each method at its mean rank, the best on the right, and a bar for each group that cannot be told apart."""
    name, n_rows = f"{experiment.slug}-critical-difference", (len(found.mean_ranks) + 1) // 2
    first = FIRST_BAR + NEXT_BAR * max(0, len(found.groups) - 1) + NAMES
    last = first + n_rows - 0.5
    with drawn(folder, name, 9, 0.4 + 0.25 * (last - SCALE)) as canvas:
        panel = canvas.subplots()
        _rank_axis(panel, len(found.mean_ranks), last)
        _scale(panel, len(found.mean_ranks), found.critical_difference)
        for i, group in enumerate(found.groups):
            _bar(panel, found.mean_ranks[group[0]], found.mean_ranks[group[-1]], FIRST_BAR + NEXT_BAR * i)
        _methods(panel, found.mean_ranks, first, styles)
    return [Figure(name, f"{experiment.name}: {_caption(found)}")]


def _caption(found: Ranking) -> str:
    return (
        f"mean ranks over {found.n_cells} initializers, the best on the right. A bar joins methods that cannot be told "
        "apart: their mean ranks differ by no more than the critical difference, drawn to scale above the axis."
    )


def _rank_axis(panel: Axes, n: int, last: float) -> None:
    """Ranks from n on the left to 1 on the right, turned as in the source."""
    margin = 0.04 * (n - 1)
    panel.set_xlim(n + margin, 1 - margin)
    panel.set_ylim(last, SCALE)
    panel.grid(visible=False)
    panel.spines[["left", "bottom"]].set_visible(False)
    panel.spines["top"].set(visible=True, position=("data", 0), bounds=(1, n))
    panel.yaxis.set_visible(False)
    panel.xaxis.tick_top()
    panel.tick_params(top=True, length=4, pad=2)
    ticks(panel.xaxis, range(1, n + 1, 1 + n // MOST_TICKS), (1, n))
    _name(panel, "Mean rank", 0, on_left=True)


def _scale(panel: Axes, n: int, critical: float) -> None:
    """The critical difference from the left end of the axis; it may be longer than the axis."""
    panel.plot([n, n - critical], [SCALE, SCALE], color=INK, linewidth=1.2, marker="|", markersize=7, clip_on=False)
    _name(panel, f"Critical difference  {critical:.2f}", SCALE, on_left=True)


def _bar(panel: Axes, best: float, worst: float, row: float) -> None:
    margin = 0.006 * sum(panel.get_xlim())
    panel.plot([best - margin, worst + margin], [row, row], color=INK, linewidth=3.2, solid_capstyle="butt", zorder=3)


def _methods(panel: Axes, mean_ranks: dict[str, float], first: float, styles: dict[str, Look]) -> None:
    """The worse half on the left, the better on the right; the outermost on top, so that no line crosses another."""
    n, worst_first = len(mean_ranks), sorted(mean_ranks.items(), key=lambda item: -item[1])
    for i, (method, rank) in enumerate(worst_first):
        on_left, row, look = i < (n + 1) // 2, first + min(i, n - 1 - i), styles[method]
        places = [rank, rank, panel.get_xlim()[0 if on_left else 1]]
        panel.plot(places, [0, row, row], color=look.colour, lw=1.2, **marker(look), markevery=[2], clip_on=False)
        text = f"{short(method)}  {rank:.2f}" if on_left else f"{rank:.2f}  {short(method)}"
        _name(panel, text, row, on_left=on_left)


def _name(panel: Axes, text: str, row: float, *, on_left: bool) -> None:
    place, offset, align = (panel.get_xlim()[0], -8, "right") if on_left else (panel.get_xlim()[1], 8, "left")
    panel.annotate(text, (place, row), (offset, 0), textcoords="offset points", ha=align, va="center")
