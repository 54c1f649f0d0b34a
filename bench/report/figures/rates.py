"""Accuracy over the learning rate."""

from pathlib import Path

import numpy as np
import pandas as pd

from bench.report.experiment import Experiment
from bench.report.figures.canvas import Figure, drawn, legend, looks, marker
from bench.report.figures.names import short
from bench.report.figures.scales import accuracy_scale, clip, log_ticks
from bench.statistics import Sensitivity


def sensitivity(experiment: Experiment, found: dict[str, Sensitivity], folder: Path) -> list[Figure]:
    """Validation accuracy over the learning rate; a cross on the lower edge is a rate that did not get through."""
    name, styles = f"{experiment.slug}-sensitivity", looks(found)
    with drawn(folder, name, 9, 4.4) as canvas:
        panel = canvas.subplots()
        for label, grid in found.items():
            errors, failed = clip(pd.Series(1 - grid.scores)), grid.lrs[np.isnan(grid.scores)]
            look = styles[label]
            panel.plot(grid.lrs, errors, color=look.colour, linestyle=look.dash, **marker(look))
            panel.plot(failed, 0 * failed, "x", color=look.colour, transform=panel.get_xaxis_transform(), clip_on=False)
        panel.set_xscale("log")
        log_ticks(panel.xaxis)
        accuracy_scale(panel.yaxis, [clip(pd.Series(1 - x.scores[~np.isnan(x.scores)])) for x in found.values()])
        panel.set_xlabel("Learning rate")
        panel.set_ylabel("Validation accuracy, the error on a log scale")
        legend(canvas, styles, {label: short(label) for label in found})
    caption = (
        "final validation accuracy over the learning rate. A cross on the edge is a rate that did not get through."
    )
    return [Figure(name, f"{experiment.name}: {caption}")]
