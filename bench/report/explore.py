"""The charts to explore: their numbers for the page, and the scripts that draw them.

A chart is data only. What it looks like is the business of assets/charts.js, which drives Bokeh's JavaScript.
"""

import html
import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from bench.report.experiment import Experiment
from bench.report.figures import AXES, Look, mean_curve
from bench.report.table import missing, one_line, percent
from bench.statistics import mean_interval

ASSETS = Path(__file__).parent / "assets"
LIBRARY = ("bokeh.min.js", "bokeh-api.min.js")
SCRIPTS = ("tables.js", "charts.js", "page.js")
MARKERS = {
    "o": "circle",
    "s": "square",
    "^": "triangle",
    "D": "diamond",
    "v": "inverted_triangle",
    "P": "plus",
    "X": "x",
}
LINE_WIDTH = 1.7
DIGITS = 6


@dataclass(frozen=True)
class Chart:
    """An interactive chart: what kind it is, what it shows in words, and its numbers."""

    name: str
    kind: str
    caption: str
    data: dict[str, Any]


# --- the numbers of each kind of chart


def curves(experiment: Experiment, styles: dict[str, Look]) -> list[Chart]:
    """Training loss and validation accuracy, a panel for each initializer where there are several."""
    places = {label: i for i, label in enumerate(styles)}
    starts = experiment.initializers if experiment.compares_initializers else [None]
    panels = [{"title": start, "curves": _curves(experiment, start, places)} for start in starts]
    if not any(panel["curves"] for panel in panels):
        return []
    apart = ", a panel for each initializer" if experiment.compares_initializers else ""
    caption = f"{experiment.name}: training loss and validation accuracy{apart}"
    return [Chart(f"{experiment.slug}-curves", "curves", caption, {"panels": panels})]


def _curves(experiment: Experiment, start: str | None, places: dict[str, int]) -> list[dict[str, Any]]:
    groups = [(label, trials) for label, name, trials in experiment.groups if start in (None, name)]
    return [curve for label, trials in groups if (curve := _curve(experiment, places[label], trials))]


def _curve(experiment: Experiment, place: int, trials: pd.DataFrame) -> dict[str, Any] | None:
    means = mean_curve(trials, experiment)
    if means.empty:
        return None
    columns = [*(axis.column for axis in AXES), "loss", "loss_low", "loss_high", "error", "error_low", "error_high"]
    curve = {column: means[column].tolist() for column in columns}
    through = f"{(trials['status'] == 'done').sum()} of {len(trials)}"
    return {"label": place, "n": means["n"].tolist(), "through": through, **curve}


def final_accuracy(experiment: Experiment, styles: dict[str, Look]) -> list[Chart]:
    """Each seed's test accuracy, with mean and interval, the best method on top."""
    rows = [_dots(list(styles).index(label), trials) for label, _, trials in experiment.groups]
    rows = sorted((row for row in rows if row["seeds"]), key=lambda row: -row["mean"])
    caption = f"{experiment.name}: final test accuracy of every seed, the mean and its 95 % interval"
    return [Chart(f"{experiment.slug}-final-accuracy", "dots", caption, {"rows": rows})] if rows else []


def _dots(place: int, trials: pd.DataFrame) -> dict[str, Any]:
    scored = trials.dropna(subset=["test_accuracy"])
    interval = mean_interval(scored["test_accuracy"])
    seeds = [[int(seed), score] for seed, score in zip(scored["seed"], scored["test_accuracy"], strict=True)]
    return {"label": place, "mean": interval.mean, "low": interval.low, "high": interval.high, "seeds": seeds}


def heat_map(experiment: Experiment, matrix: pd.DataFrame, styles: dict[str, Look]) -> list[Chart]:
    """Optimizer × initializer, coloured by the error."""
    if matrix.notna().to_numpy().sum() == 0:
        return []
    rows = [
        {"label": list(styles).index(label), "cells": [[value, _cell(value)] for value in values]}
        for label, values in zip(matrix.index, matrix.to_numpy().tolist(), strict=True)
    ]
    caption = f"{experiment.name}: mean final test accuracy, optimizer × initializer"
    return [Chart(f"{experiment.slug}-heat-map", "heat", caption, {"columns": list(matrix.columns), "rows": rows})]


def _cell(accuracy: float) -> str:
    return "failed" if missing(accuracy) else percent(accuracy)


def throughput(timed: list[dict[str, Any]], styles: dict[str, Look]) -> list[Chart]:
    """The time of one step, the update apart, a panel for each batch size."""
    sizes = dict.fromkeys(row["batch_size"] for row in timed)
    panels = [
        {"title": "Full batch" if size == "full" else f"Batch size {size}", "rows": _bars(timed, size, styles)}
        for size in sizes
    ]
    return [Chart("throughput", "bars", "Time of one training step, the update in full colour", {"panels": panels})]


def _bars(timed: list[dict[str, Any]], size: Any, styles: dict[str, Look]) -> list[dict[str, Any]]:
    keys, places = ("step_us", "update_us", "steps_per_s"), list(styles)
    rows = [row for row in timed if row["batch_size"] == size]
    bars = [{"label": places.index(row["label"]), **{key: row[key] for key in keys}} for row in rows]
    return sorted(bars, key=lambda bar: bar["label"])


def settings(run_trials: pd.DataFrame) -> list[dict[str, str]]:
    """The full settings of every trial, once each, with what the trial is called."""
    rows = run_trials.drop_duplicates("trial").to_dict("records")
    return [
        {
            "trial": row["trial"],
            "title": one_line(f"{row['experiment']}: {row['label']}, {row['initializer']}, seed {row['seed']}"),
            "settings": Markup(html.escape(json.dumps(row["spec"], indent=1, ensure_ascii=False), quote=False)),
        }
        for row in rows
    ]


# --- from numbers to the page


def as_json(charts: Iterable[Chart], styles: dict[str, Look]) -> Markup:
    """What the scripts need, as JSON that is safe inside a script element."""
    labels = [{"name": one_line(label), **_look(look)} for label, look in styles.items()]
    data = {"labels": labels, "charts": {chart.name: {"kind": chart.kind, **chart.data} for chart in charts}}
    text = json.dumps(_rounded(data), allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _look(look: Look) -> dict[str, Any]:
    return {"colour": look.colour, "marker": MARKERS[look.marker], "dash": dashes(look)}


def dashes(look: Look) -> list[float]:
    """A look's dashes in pixels: matplotlib counts them in line widths."""
    return [] if look.dash == "solid" else [round(part * LINE_WIDTH, 1) for part in look.dash[1]]


def _rounded(value: Any) -> Any:
    """The same with short numbers, and None for what is not a number."""
    if isinstance(value, dict):
        return {key: _rounded(x) for key, x in value.items()}
    if isinstance(value, list):
        return [_rounded(x) for x in value]
    if isinstance(value, float):
        return None if missing(value) else float(f"{value:.{DIGITS}g}")
    return value


def scripts() -> list[Markup]:
    """The charting library as its package ships it, then ours."""
    shipped = files("bokeh") / "server" / "static" / "js"
    library = "\n".join((shipped / name).read_text("utf-8") for name in LIBRARY)
    ours = "\n".join((ASSETS / name).read_text("utf-8") for name in SCRIPTS)
    return [_script(library), _script(ours)]


def _script(text: str) -> Markup:
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("report: a script must not contain what ends a script element")
    return Markup(text.replace("\r\n", "\n"))


def policy(texts: Iterable[str]) -> str:
    """The content security policy: these scripts by their hashes, styles, and images that are part of the page.

    Bokeh sets styles and draws its icons from data: addresses. Nothing else is let in, so nothing can be asked for.
    """
    hashes = " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts)
    allowed = f"script-src {hashes}; style-src 'unsafe-inline'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
