"""What the figures of the report show."""

import re
import xml.etree.ElementTree as ET
from math import sqrt

import pytest
from test_report import EVIL, done, make_run, spec

from bench.report import write_report
from bench.report.figures import looks

INK, MUTED = "#1f2329", "#5b6470"


@pytest.fixture(scope="module")
def ranked_report(tmp_path_factory):
    """Three methods that keep their order from five initializers: mean ranks 1, 2 and 3."""
    folder = tmp_path_factory.mktemp("ranked")
    starts, scores = ("he", "xavier", "scaled", "zeros", "lecun"), {"best": 0.98, EVIL: 0.97, "worst": 0.96}
    listed = [("Cells", label, done(spec(label, 0, s), x)) for label, x in scores.items() for s in starts]
    write_report(make_run(folder, listed), folder)
    return folder


def drawn_lines(folder, name, colour, width):
    """The points of each line of this colour and width in a figure."""
    svg = (folder / "figures" / f"{name}.svg").read_text("utf-8")
    style = rf"fill: none; stroke: {colour}; stroke-width: {re.escape(str(width))}(?![0-9.])"
    paths = re.findall(rf'<path d="([^"]*)"[^>]*style="{style}', svg)
    return [[(float(x), float(y)) for x, y in re.findall(r"[ML] (\S+) (\S+)", path)] for path in paths]


# --- the critical-difference diagram


def test_S6_the_critical_difference_is_drawn_to_the_scale_of_the_axis(ranked_report):
    """Nemenyi's quantile for three methods is 2.343 (Demšar 2006, table 5)."""
    name = "cells-critical-difference"
    (((right, _), (left, _)),) = drawn_lines(ranked_report, name, MUTED, 0.8)
    rank = (right - left) / 2  # the axis goes from rank 3 to rank 1
    ((start, end), *_) = drawn_lines(ranked_report, name, INK, 1.2)
    assert start[0] == pytest.approx(left)
    assert (end[0] - start[0]) / rank == pytest.approx(2.343 * sqrt(3 * 4 / (6 * 5)), rel=1e-3)


def test_S6_every_method_stands_at_its_mean_rank_and_bars_join_the_groups(ranked_report):
    name, styles = "cells-critical-difference", looks(["best", EVIL, "worst"])
    (((right, axis), (left, _)),) = drawn_lines(ranked_report, name, MUTED, 0.8)
    for label, rank in (("best", 1), (EVIL, 2), ("worst", 3)):
        (leader,) = drawn_lines(ranked_report, name, styles[label].colour, 1.2)
        assert leader[0] == pytest.approx((right + (left - right) * (rank - 1) / 2, axis))
    bars = drawn_lines(ranked_report, name, INK, 3.2)
    ranks = [[1 + 2 * (right - x) / (right - left) for x, _ in bar] for bar in bars]
    assert ranks == [pytest.approx([1, 2], abs=0.05), pytest.approx([2, 3], abs=0.05)]


# --- all of them


@pytest.mark.parametrize(
    ("report", "figure"),
    [("ranked_report", "cells-critical-difference")],
)
def test_S3_the_figures_are_drawn_twice_and_linked_and_names_are_escaped(request, report, figure):
    folder = request.getfixturevalue(report)
    ET.parse(folder / "figures" / f"{figure}.svg")
    assert (folder / "figures" / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
    assert f"](figures/{figure}.png)" in (folder / "report.md").read_text("utf-8")
    page = (folder / "report.html").read_text("utf-8")
    assert page.count("<svg role") == len(list((folder / "figures").glob("*.svg")))
    assert page.count("<script") == 3
    assert "<script" not in (folder / "report.md").read_text("utf-8")
