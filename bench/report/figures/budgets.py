"""What a search of so many trials, or of so many seconds, may be expected to find."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bench.report.figures.canvas import Figure, Look, drawn, legend, marker
from bench.report.figures.names import short
from bench.report.figures.scales import LEAST_ERROR, accuracy_scale, log_ticks
from bench.statistics import BestOf


def expected_best(found: Mapping[str, BestOf], styles: dict[str, Look], folder: Path, name: str) -> Figure:
    """The validation accuracy to be expected of the best of k trials, against k and against their seconds."""
    with drawn(folder, name, 11, 4.6) as canvas:
        left, right = canvas.subplots(1, 2, sharey=True)
        for label, best in found.items():
            look, errors = styles[label], np.maximum(1 - best.score, LEAST_ERROR)
            line = {"color": look.colour, "linestyle": look.dash, "markevery": max(1, len(errors) // 8), **marker(look)}
            left.plot(best.k, errors, **line)
            right.plot(best.seconds, errors, **line)
        for panel, what in ((left, "Trials"), (right, "Seconds, one trial after the other")):
            panel.set_xscale("log")
            log_ticks(panel.xaxis)
            panel.set_xlabel(what)
        accuracy_scale(left.yaxis, [np.maximum(1 - best.score, LEAST_ERROR) for best in found.values()])
        left.set_ylabel("Accuracy, the error on a log scale")
        legend(canvas, styles, {label: short(label) for label in found})
    return Figure(name, "Validation accuracy to be expected of the best of so many trials.")
