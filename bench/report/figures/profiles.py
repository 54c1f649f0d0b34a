"""Performance profiles: the share of problems on which a method is within a factor of the best."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import MultipleLocator, PercentFormatter

from bench.report.experiment import Experiment
from bench.report.figures.canvas import Figure, Look, drawn, legend, marker
from bench.report.figures.names import short
from bench.statistics import performance_profile, performance_ratios, profile_scores
from bench.statistics.profiles import MOST_TAU


def performance_profiles(
    experiment: Experiment, times: pd.DataFrame, styles: dict[str, Look], folder: Path
) -> list[Figure]:
    """The profile of each method, from the times (n_problems, n_methods); the legend has the highest score first."""
    name, n_problems = f"{experiment.slug}-performance-profiles", len(times)
    taus, shares = performance_profile(times, _steps(times))
    with drawn(folder, name, 9, max(4.4, 0.6 + 0.25 * times.shape[1])) as canvas:
        panel = canvas.subplots()
        for label, share in zip(times, shares.T, strict=True):
            look, jumps = styles[label], np.flatnonzero(np.diff(share, prepend=0))
            line = {"color": look.colour, "linestyle": look.dash, "markevery": list(jumps), **marker(look)}
            panel.step(taus, share, where="post", clip_on=False, zorder=3, **line)
        panel.set_xlim(1, MOST_TAU)
        panel.set_ylim(-0.03, 1.03)  # 0 and 100 % stand clear of the frame
        panel.xaxis.set_major_locator(MultipleLocator(0.5))
        panel.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        panel.set_xlabel("τ, times the seconds of the fastest")
        panel.set_ylabel(f"Share of {n_problems} problems")
        scores = pd.Series(profile_scores(times), times.columns).sort_values(ascending=False, kind="stable")
        legend(canvas, styles, {label: f"{short(label)}  {score:.2f}" for label, score in scores.items()})
    caption = (
        "share of problems on which a method took at most τ times the seconds of the fastest; beside its name its "
        "score, the mean height of its curve."
    )
    return [Figure(name, f"{experiment.name}: {caption}")]


def _steps(times: pd.DataFrame) -> np.ndarray:
    """The taus at which a profile rises, and both ends of the axis."""
    ratios = performance_ratios(times)
    return np.unique([1, *ratios[ratios <= MOST_TAU], MOST_TAU])
