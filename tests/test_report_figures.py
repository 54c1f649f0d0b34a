"""Ranks over cells and performance profiles in the report: their numbers, and what their figures show."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from math import inf, sqrt

import pytest
from test_report import EVIL, done, make_run, read_csv, spec

from bench.report import profiles, tables, write_report
from bench.report.experiment import experiments
from bench.report.figures import looks
from bench.report.profiles import Problems

INK, MUTED = "#1f2329", "#5b6470"
NEVER = 0.5  # an accuracy below every target
METHODS = ("plain", EVIL)

# By initializer and method, seed by seed, the seconds to 95, 97 and 98 % of validation accuracy.
TIMES = {
    ("he", "plain"): [(0.5, 1, 1), (1, 2, inf), (8, 9, inf)],
    ("he", EVIL): [(2, 8, 10), (2, 8, 10), (2, 8, 10)],
    ("xavier", "plain"): [(3, inf, inf), (3, inf, inf), (3, inf, inf)],
    ("xavier", EVIL): [(1.5, 6, inf), (1.5, 6, inf), (1.5, 6, inf)],
}


def timed(given, seconds):
    """A trial that came to 95, 97 and 98 % after so many seconds, and never to what is infinite."""
    start = [] if 0 in seconds else [(0, NEVER)]
    curve = [*start, *((s, target) for s, target in zip(seconds, (0.95, 0.97, 0.98), strict=True) if s < inf)]
    record = done(given)
    return replace(record, points=[point(record.points[0], i, *at) for i, at in enumerate(curve)])


def point(base, i, seconds, accuracy):
    places = dict.fromkeys(("step", "epoch", "gradient_evaluations"), i)
    return base | places | {"elapsed_s": seconds, "validation_accuracy": accuracy}


def timed_run(path, times):
    listed = [
        ("Cells", method, timed(spec(method, seed, start), seconds))
        for (start, method), seeds in times.items()
        for seed, seconds in enumerate(seeds)
    ]
    return make_run(path, listed)


def problems_of(run):
    (experiment,) = experiments(run)
    return experiment, Problems.of(experiment, tables.time_to_target(experiment).data)


@pytest.fixture(scope="module")
def timed_report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("timed")
    write_report(timed_run(folder, TIMES), folder)
    return folder


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


# --- performance profiles


def test_S6_a_problem_is_an_initializer_with_a_target_and_its_time_the_median_over_seeds(tmp_path):
    _, problems = problems_of(timed_run(tmp_path, TIMES))
    assert list(problems.times.columns) == list(METHODS)
    assert {key: tuple(row) for key, row in zip(problems.times.index, problems.times.to_numpy(), strict=True)} == {
        ("he", 0.95): (1, 2),
        ("he", 0.97): (2, 8),
        ("he", 0.98): (inf, 10),  # one seed of three came there
        ("xavier", 0.95): (3, 1.5),
        ("xavier", 0.97): (inf, 6),
    }
    assert problems.n_left_out == 1  # nobody came to 98 % from xavier


def test_S6_the_profiles_table_has_the_shares_and_the_mean_heights(timed_report):
    """The ratios are 1, 1, ∞, 2, ∞ and 2, 4, 1, 1, 1: each gives (4 - ratio) / 3 of a height of one fifth."""
    best, other = read_csv(timed_report, "profiles-cells")
    assert (best["label"], other["label"]) == (EVIL, "plain")
    for row, score, fastest, near in ((best, 11 / 15, 3 / 5, 1), (other, 8 / 15, 2 / 5, 3 / 5)):
        assert [float(row[key]) for key in ("score", "fastest", "near")] == pytest.approx([score, fastest, near])
    text = (timed_report / "report.md").read_text("utf-8")
    section = text.partition("## Performance profiles: Cells")[2].partition("\n## ")[0]
    assert "over 5 problems from 2 initializers" in section
    assert "Of 6 problems 1 are left out" in section
    assert "The seconds are contended" in section
    assert "|            0.53 |            40.00 % |            60.00 % |" in section


def test_S6_the_curves_rise_where_the_ratios_are(timed_report):
    plain, _ = drawn_lines(timed_report, "cells-performance-profiles", looks(METHODS)["plain"].colour, 1.7)
    (left, low), (right, high) = plain[0], plain[-1]
    assert {round(y, 3) for _, y in plain} == {round(low, 3), round(high, 3)}  # from 2/5 to 3/5 at once
    (at,) = {x for x, y in plain if y == low} & {x for x, y in plain if y == high}
    assert 1 + 3 * (at - left) / (right - left) == pytest.approx(2)


def test_S6_a_problem_that_was_solved_before_the_first_step_is_left_out(tmp_path):
    at_once = {key: [(0, *seconds[1:]) for seconds in seeds] for key, seeds in TIMES.items()}
    _, problems = problems_of(timed_run(tmp_path, at_once))
    assert sorted(problems.times.index) == [("he", 0.97), ("he", 0.98), ("xavier", 0.97)]
    assert problems.n_left_out == 3


def test_S6_seeds_and_targets_of_one_initializer_draw_nothing(tmp_path):
    one = {key: seeds for key, seeds in TIMES.items() if key[0] == "he"}
    write_report(timed_run(tmp_path, one), tmp_path)
    names = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert names
    assert not {name for name in names if "profiles" in name or "difference" in name}
    assert "this experiment reached one from 1 initializer and has 2 methods." in (tmp_path / "report.md").read_text()


@pytest.mark.parametrize(
    ("times", "have"),
    [
        ({key: seeds for key, seeds in TIMES.items() if key[1] == "plain"}, "2 initializers and has 1 method."),
        (TIMES | {("xavier", method): [(inf, inf, inf)] for method in METHODS}, "1 initializer and has 2 methods."),
    ],
)
def test_S6_profiles_say_what_they_would_need(tmp_path, times, have):
    experiment, problems = problems_of(timed_run(tmp_path, times))
    assert not profiles.comparable(experiment, problems)
    assert profiles.needed(experiment, problems).endswith(f"reached one from {have}")


def test_S6_profiles_wait_for_every_trial(tmp_path):
    experiment, problems = problems_of(timed_run(tmp_path, TIMES))
    assert profiles.comparable(experiment, problems)
    experiment.trials = experiment.trials.assign(status=["planned", *experiment.trials["status"][1:]])
    assert not profiles.comparable(experiment, problems)


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
    [("timed_report", "cells-performance-profiles"), ("ranked_report", "cells-critical-difference")],
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
