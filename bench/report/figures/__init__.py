"""The figures: the only package of the report that draws. Import it late, matplotlib and seaborn take their time.

`canvas`, `scales` and `names` are what the figures share, the other files draw one kind each.
"""

from bench.report.figures.accuracy import final_accuracy, heat_map
from bench.report.figures.budgets import expected_best
from bench.report.figures.canvas import GRID, INK, MUTED, PALE, PAPER, PNG_DPI, STYLE, Figure, Look, looks
from bench.report.figures.curves import AXES, curves, mean_curve, multiples
from bench.report.figures.profiles import performance_profiles
from bench.report.figures.ranks import critical_difference
from bench.report.figures.rates import sensitivity
from bench.report.figures.throughput import throughput

__all__ = [
    "AXES",
    "GRID",
    "INK",
    "MUTED",
    "PALE",
    "PAPER",
    "PNG_DPI",
    "STYLE",
    "Figure",
    "Look",
    "critical_difference",
    "curves",
    "expected_best",
    "final_accuracy",
    "heat_map",
    "looks",
    "mean_curve",
    "multiples",
    "performance_profiles",
    "sensitivity",
    "throughput",
]
