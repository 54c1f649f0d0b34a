import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from math import exp, inf, isinf, isnan, nan

import pytest
from scipy import stats

from bench.record import Record
from bench.report import against, cells, seconds, sensitivity, tables, throughput, write_report
from bench.report.experiment import experiments, slugs
from bench.report.explore import Chart, as_json
from bench.report.figures import Figure, looks
from bench.report.page import Inline, inline
from bench.report.table import escape_markdown, percent, significant
from bench.report.throughput import throughput_rows
from bench.spec import Choice, TrialSpec
from bench.statistics import Sensitivity, Survival, verdict
from bench.store import Entry, Store

MACHINE = {
    "processor": "An invented processor",
    "blas": "openblas",
    "commit": "abc123def456",
    "python": "3.11",
    "cores": 2,
}
EVIL = "<script>alert(1)</script> | $x_1$ & \\alpha"


def spec(optimizer="adam", seed=0, initializer="he", settings=None, **more):
    values = {
        "dataset": "mnist",
        "data": "0",
        "scaling": "unit",
        "hidden": (128, 64),
        "activation": "relu",
        "initializer": Choice(initializer) if isinstance(initializer, str) else initializer,
        "optimizer": Choice(optimizer, settings or {"lr": 0.1}),
        "schedule": Choice("constant"),
        "batch_size": 64,
        "epochs": 2,
        "evaluations_per_epoch": 2,
        "seed": seed,
    }
    return TrialSpec(**values | more)


def curve(final, steps=(0, 391, 782, 1173, 1564)):
    """An invented curve from chance to the accuracy `final`."""
    for i, step in enumerate(steps):
        accuracy = final - (final - 0.1) * exp(-2.5 * i) if i < len(steps) - 1 else final
        yield {
            "step": step,
            "epoch": step / steps[-1] * 2,
            "gradient_evaluations": step,
            "elapsed_s": step / 1000,
            "train_loss": 2.4 * exp(-i),
            "train_accuracy": accuracy + 0.01,
            "validation_loss": 2.5 * exp(-i),
            "validation_accuracy": accuracy,
        }


def done(given, score=0.97, **more):
    result = {"test_loss": 0.1, "test_accuracy": score, "seconds": {"gradient": 1.5}, "peak_memory_mb": 120.0}
    start = {"initial_hash": f"w{given.seed}", "order_hash": f"o{given.seed}", "n_steps": 1564}
    return Record(given, "done", "", start, list(curve(score - 0.001, **more)), result, "2026-01-01T00:00:00+00:00")


def ended(given, status, reason, n_points=0):
    points = list(curve(0.5))[:n_points]
    return Record(given, status, reason, {"n_steps": 1564}, points, {}, "2026-01-01T00:00:00+00:00")


def make_run(path, listed, description="An invented run"):
    """The run of these (experiment, label, record), by way of a real store."""
    store = Store(path / "scratchmark.db")
    store.begin("invented-1", "invented", "", description, 1, MACHINE)
    store.enter("invented-1", [Entry(experiment, label, record.spec) for experiment, label, record in listed])
    for _, _, record in listed:
        store.add(record)
    store.finish("invented-1")
    return store.run("invented-1")


SCORES = {"adam": (0.978, 0.980, 0.979), "momentum": (0.977, 0.981, 0.979), "sgd": (0.960, 0.962, 0.961)}


def everything():
    """Two experiments: one with a trial that diverged and a wicked label, one with several initializers."""
    for label, scores in SCORES.items():
        for seed, score in enumerate(scores):
            yield "optimizers", label, done(spec(label, seed), score)
    for seed, score in enumerate((0.2, 0.3, 0.4)):
        given = spec("batch_gd", seed, batch_size=None)
        yield "optimizers", "batch_gd", done(given, score, steps=(0, 1, 2))
    yield "optimizers", EVIL, done(spec("wild", 0, settings={"lr": 10.0, "trick": EVIL}), 0.99)
    yield (
        "optimizers",
        EVIL,
        ended(spec("wild", 1, settings={"lr": 10.0}), "diverged", "the loss became nan at step 7", 3),
    )
    yield "optimizers", EVIL, ended(spec("wild", 2, settings={"lr": 10.0}), "crashed", "killed by signal 9")
    for label in ("adam", "sgd"):
        for start, score in (("zeros", 0.1135), ("he", 0.975)):
            for seed in range(2):
                yield (
                    "initializers",
                    label,
                    done(spec(label, seed, start, epochs=1), score + seed / 1000 * (start == "he")),
                )
    yield "initializers", "adam", ended(spec("adam", 2, "he", epochs=1), "timeout", "more than 600 s")


def benchmark(part, optimizer, batch_size, examples, median):
    info = {"part": part, "optimizer": optimizer, "batch_size": batch_size, "examples": examples}
    return {"name": part, "extra_info": info, "stats": {"median": median}}


THROUGHPUT = {
    "benchmarks": [
        benchmark("gradient", None, 64, 64, 300e-6),
        benchmark("gradient", None, "full", 50_000, 0.2),
        benchmark("batch", None, 64, 64, 10e-6),
        benchmark("evaluation", None, None, 10_000, 0.01),
        benchmark("update", "adam", None, None, 130e-6),
        benchmark("step", "adam", 64, 64, 500e-6),
        benchmark("step", "adam", "full", 50_000, 0.25),
        benchmark("step", "not in the plan", 64, 64, 400e-6),
    ]
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("store"), list(everything()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "throughput.json").write_text(json.dumps(THROUGHPUT))
    return folder


@pytest.fixture(scope="module")
def report(run, folder):
    return write_report(run, folder)


@pytest.fixture(scope="module")
def page(report):
    return report.page.read_text("utf-8")


@pytest.fixture(scope="module")
def markdown(report, folder):
    return (folder / "report.md").read_text("utf-8")


@pytest.fixture(scope="module")
def compared(run):
    return {experiment.name: experiment for experiment in experiments(run)}


def read_csv(folder, name):
    return list(csv.DictReader(io.StringIO((folder / "tables" / f"{name}.csv").read_text("utf-8"))))


def by_label(rows):
    return {row["label"]: row for row in rows}


# --- the tables


def test_S3_every_trial_of_the_run_is_in_the_tables(run, report, folder):
    rows = read_csv(folder, "trials")
    assert [row["trial"] for row in rows] == list(run.trials["trial"])
    assert len(rows) == 9 + 3 + 3 + 8 + 1
    for text in ((folder / "tables" / "trials.md").read_text("utf-8"), report.page.read_text("utf-8")):
        assert all(trial in text for trial in run.trials["trial"])


def test_S6_the_accuracy_table_has_mean_interval_and_n(report, folder):
    adam = by_label(read_csv(folder, "accuracy-optimizers"))["adam"]
    assert float(adam["test_accuracy"]) == pytest.approx(0.979)
    # sd 0.001, n = 3, Student's quantile for two degrees of freedom 4.3027
    assert float(adam["high"]) - float(adam["test_accuracy"]) == pytest.approx(4.3027 * 0.001 / 3**0.5, rel=1e-4)
    assert (adam["n_through"], adam["n"]) == ("3", "3")
    assert "97.90 ± 0.25 %" in (folder / "tables" / "accuracy-optimizers.md").read_text("utf-8")


def test_S11_train_validation_and_their_gap_stand_apart(compared):
    adam = by_label(tables.accuracy_rows(compared["optimizers"]))["adam"]
    assert adam["validation_accuracy"] == pytest.approx(0.978)
    assert adam["train_accuracy"] == pytest.approx(0.988)
    assert adam["gap"] == pytest.approx(0.01)
    assert "+1.00" in tables.accuracy(compared["optimizers"]).text()


def test_S3_trials_that_were_lost_stay_in_the_denominator_and_their_label_has_no_rank(compared, page, report):
    row = by_label(tables.accuracy_rows(compared["optimizers"]))[EVIL]
    assert (row["n_through"], row["n"], row["rank"]) == (1, 3, None)
    assert row["ended"] == "1 of 3 (1 diverged, 1 crashed)"
    assert row["ended"] in page
    assert row["ended"] in report.summary


def test_S6_ranks_go_by_the_mean_of_those_with_all_seeds(compared):
    ranked = [row["label"] for row in tables.accuracy_rows(compared["optimizers"]) if row["rank"]]
    assert ranked[2:] == ["sgd", "batch_gd"]
    assert set(ranked[:2]) == {"adam", "momentum"}


def raced(path, scores, **more):
    """The experiment in which these methods had these test accuracies, seed by seed."""
    listed = [("e", name, done(spec(name, s), x, **more)) for name, xs in scores.items() for s, x in enumerate(xs)]
    (experiment,) = experiments(make_run(path, listed))
    return experiment, tables.accuracy_rows(experiment)


def test_S6_no_winner_where_the_paired_difference_covers_zero(compared):
    rows = tables.accuracy_rows(compared["optimizers"])
    text = against.headline(compared["optimizers"], rows)
    assert "but there is no winner over" in text
    assert "better than 2 other methods" in text
    assert {row["label"]: row["against_best"] for row in rows[1:]} | {"adam": "", "momentum": ""} == {
        "adam": "",
        "momentum": "",
        "sgd": "worse",
        "batch_gd": "worse",
        EVIL: None,
    }
    shown = against.against_best(compared["optimizers"], rows).rows
    assert [row[-2] for row in shown] == ["no winner", "worse", "worse", "not compared: 1 of 3 (1 diverged, 1 crashed)"]


def test_S6_the_best_is_named_where_every_interval_is_clear_of_zero(tmp_path):
    experiment, rows = raced(tmp_path, {"a": (0.9701, 0.972, 0.974), "b": (0.96, 0.962, 0.964)})
    assert against.headline(experiment, rows) == (
        "a has the highest mean test accuracy, 97.20 %, and is better than every other method on the same seeds."
    )
    assert "With 3 seeds Wilcoxon's exact test cannot be significant" in against.notes(experiment, rows)[-1]
    assert "for one comparison it takes 6." in against.notes(experiment, rows)[-1]


def test_S6_the_table_has_the_numbers_of_scipy_and_the_seeds_that_would_decide(tmp_path):
    a, b = (0.981, 0.979, 0.983, 0.980, 0.978, 0.982), (0.980, 0.980, 0.981, 0.979, 0.979, 0.980)
    experiment, rows = raced(tmp_path, {"a": a, "b": b})
    table = against.against_best(experiment, rows)
    (row,) = table.data.to_dict("records")
    test = stats.ttest_rel(b, a)
    assert (row["difference"], row["p_holm"]) == pytest.approx((-0.004 / 6, test.pvalue))
    assert (row["low"], row["high"]) == pytest.approx(tuple(test.confidence_interval()))
    assert (row["verdict"], row["n"]) == ("no winner", 6)
    n = verdict(b, a).n_needed
    assert table.rows[0][-1] == str(n)
    assert f"no winner over b (n = {n} seeds would decide): the intervals" in against.headline(experiment, rows)
    assert not any("Wilcoxon" in note for note in against.notes(experiment, rows))


def test_S6_two_seeds_name_no_winner_and_equal_scores_need_no_number(tmp_path):
    (tmp_path / "two").mkdir()
    experiment, rows = raced(tmp_path / "two", {"a": (0.98, 0.98), "b": (0.97, 0.97)})
    assert "2 paired seeds name no winner: it takes at least 3" in against.headline(experiment, rows)
    experiment, rows = raced(tmp_path, {"a": (0.98, 0.97, 0.96), "b": (0.98, 0.97, 0.96)})
    assert "no winner over b (no difference on average)" in against.headline(experiment, rows)
    assert against.against_best(experiment, rows).rows[0][-1] == "–"


def test_S7_time_to_target_is_the_median_or_not_reached(compared, folder, report):
    rows = {(row["target"], row["label"]): row for row in read_csv(folder, "time-to-target-optimizers")}
    adam, sgd = rows["0.95", "adam"], rows["0.97", "sgd"]
    assert (float(adam["step"]), float(adam["epoch"]), float(adam["elapsed_s"])) == pytest.approx((782, 1, 0.782))
    assert (adam["k"], adam["n"]) == ("3", "3")
    assert (sgd["k"], sgd["n"], sgd["step"]) == ("0", "3", "")
    lost = rows["0.95", EVIL]
    assert (lost["k"], lost["n"], lost["step"]) == ("1", "3", "")
    shown = tables.time_to_target(compared["optimizers"]).rows
    assert ["97 %", "sgd", "0 of 3", "not reached", "–", "not reached", "not reached"] in shown


def test_S7_the_median_is_kaplan_meiers_and_who_was_lost_never_comes(tmp_path):
    """Of ten seeds seven come at their end, two miss the target and one diverged half the way."""
    scores = (*(0.975,) * 7, *(0.965,) * 2)
    listed = [("e", "a", done(spec("a", seed), score)) for seed, score in enumerate(scores)]
    listed.append(("e", "a", ended(spec("a", 9), "diverged", "no number", 3)))
    listed += [("e", "half", done(spec("half", seed), score)) for seed, score in enumerate((0.975, 0.965))]
    (experiment,) = experiments(make_run(tmp_path, listed))
    rows = tables.time_to_target(experiment).data
    rows = {row["label"]: row for row in rows[rows["target"] == 0.97].to_dict("records")}
    assert (rows["a"]["k"], rows["a"]["n"]) == (7, 10)
    came = Survival.of([1.5] * 7 + [2.0, 2.0, inf], [True] * 7 + [False] * 3)
    assert [rows["a"][f"epoch{end}"] for end in ("", "_low")] == [came.median, came.low] == [1.5, 1.5]
    assert isinf(came.high) == isnan(rows["a"]["epoch_high"])
    assert rows["half"]["epoch"] == 1.5
    assert tables.time_to_target(experiment).rows[2][:3] == ["97 %", "a", "7 of 10"]


def test_S6_seconds_are_attributed_and_the_rest_is_the_process(tmp_path):
    phases = {"setup": 0.1, "batch": 0.2, "gradient": 3.0, "update": 0.782, "evaluation": 0.4}
    records = [done(spec("a", seed)) for seed in range(2)]
    for record, longer in zip(records, (1, 2), strict=True):
        record.result |= {"seconds": {k: x * longer for k, x in phases.items()}, "wall_s": 4.982 * longer}
    lost = ended(spec("a", 2), "diverged", "no number", 3)
    (experiment,) = experiments(make_run(tmp_path, [("e", "a", record) for record in (*records, lost)]))
    (row,) = seconds.seconds(experiment).data.to_dict("records")
    assert (row["n"], row["gradient_s"], row["process_s"]) == pytest.approx((2, 4.5, 0.75))
    assert row["update_ms"] == pytest.approx(1.5 * 782 / 1564)
    assert seconds.seconds(experiment).rows[0][-1] == "0.750"


def test_S6_seconds_that_were_not_kept_are_a_dash(compared, folder, report):
    row = by_label(seconds.seconds(compared["optimizers"]).data.to_dict("records"))["adam"]
    assert row["gradient_s"] == 1.5
    assert isnan(row["process_s"])
    assert (folder / "tables" / "seconds-initializers.tex").exists()


def test_S3_failures_have_their_reason_and_how_far_they_came(folder, report, page, markdown):
    rows = {row["status"]: row for row in read_csv(folder, "failures")}
    assert rows.keys() == {"diverged", "crashed", "timeout"}
    assert (rows["diverged"]["reason"], float(rows["diverged"]["step"])) == ("the loss became nan at step 7", 782)
    for reason in ("the loss became nan at step 7", "killed by signal 9", "more than 600 s"):
        assert reason in page
        assert reason in markdown
        assert reason in report.summary


def test_S3_all_hyperparameters_and_the_machine_are_shown(folder, report, page):
    wild = by_label(read_csv(folder, "hyperparameters"))[EVIL]
    assert (wild["lr"], wild["batch_size"], wild["schedule"], wild["rule"]) == ("10.0", "64", "constant", "wild")
    assert "trick" in wild["settings"]
    assert by_label(read_csv(folder, "hyperparameters"))["batch_gd"]["batch_size"] == "full"
    for value in MACHINE.values():
        assert str(value) in page
    assert "scratchmark run --plan invented" in page


def test_S3_optimizer_by_initializer(compared, folder, report, page):
    rows = tables.initializers(compared["initializers"]).rows
    assert rows[0] == ["adam", "11.35 ± 0.00 %", "97.55 ± 0.64 %, 2 of 3 (1 timeout)"]
    assert float(read_csv(folder, "initializers-initializers")[1]["he"]) == pytest.approx(0.9755)
    assert "gets a zero gradient" in page


def test_S3_initializers_that_differ_in_their_settings_stay_apart(tmp_path):
    starts = [Choice("scaled", {"scale": scale}) for scale in (0.01, 0.1)]
    listed = [
        ("i", "adam", done(spec(initializer=start), score)) for start, score in zip(starts, (0.9, 0.97), strict=True)
    ]
    (experiment,) = experiments(make_run(tmp_path, listed))
    assert experiment.initializers == ["scaled (scale=0.01)", "scaled (scale=0.1)"]
    assert tables.initializers(experiment).rows == [["adam", "90.00 %", "97.00 %"]]


def test_S3_accuracies_come_as_data_too(report):
    rows = json.loads(json.dumps(report.accuracy, allow_nan=False))
    assert {row["experiment"] for row in rows} == {"optimizers", "initializers"}
    lost = next(row for row in rows if row["label"] == EVIL)
    assert (lost["low"], lost["rank"], lost["n"]) == (None, None, 3)


def test_S3_throughput_has_steps_examples_and_parts(folder, report, page):
    rows = throughput_rows(folder / "throughput.json")
    small, other, full = rows
    assert (small["steps_per_s"], small["examples_per_s"]) == pytest.approx((2000, 128_000))
    assert (small["gradient_us"], small["update_us"]) == pytest.approx((300, 130))
    assert (full["batch_size"], full["examples_per_s"], full["gradient_us"]) == ("full", 200_000, 200_000)
    assert other["update_us"] != other["update_us"]
    assert "128,000" in page


def timed_rows(path, *benchmarks):
    (path / "throughput.json").write_text(json.dumps({"benchmarks": benchmarks}))
    return throughput_rows(path / "throughput.json")


def spread(listed, iqr, runtime=None):
    info = listed["extra_info"] | {"runtime": runtime}
    return listed | {"extra_info": info, "stats": listed["stats"] | {"iqr": iqr}}


def test_S6_a_row_whose_rounds_or_parts_spread_is_unsteady(tmp_path):
    rows = timed_rows(
        tmp_path,
        spread(benchmark("step", "adam", 64, 64, 500e-6), 20e-6),
        spread(benchmark("step", "sgd", 64, 64, 400e-6), 20e-6),
        spread(benchmark("update", "sgd", None, None, 100e-6), 15e-6),
    )
    assert [row["spread"] for row in rows] == pytest.approx([0.04, 0.15])
    table = throughput.throughput(rows)
    assert [row[-1] for row in table.rows] == ["4.0 %", "15.0 %, unsteady"]
    (note,) = throughput.notes(rows)
    assert note.startswith("A row is unsteady where")
    assert note.endswith("1 of 2 rows are unsteady.")


def test_S6_timings_without_a_spread_are_not_called_steady(folder, report):
    rows = throughput_rows(folder / "throughput.json")
    assert throughput.notes(rows) == []
    assert throughput.throughput(rows).rows[0][-1] == "–"


def under(listed, **conditions):
    return listed | {"extra_info": listed["extra_info"] | conditions}


def test_S6_a_note_says_what_the_machine_did_while_the_steps_were_timed(tmp_path):
    clock = {"mhz_min": 2400.0, "mhz_max": 3100.4}
    rows = timed_rows(
        tmp_path,
        under(benchmark("step", "adam", 1, 1, 1e-4), load=1.0, steal_percent=0.0, **clock),
        under(benchmark("step", "adam", 64, 64, 5e-4), load=1.25, steal_percent=0.31, **clock | {"mhz_min": 2100.0}),
        under(benchmark("step", "adam", 512, 512, 5e-3), load=4.0, steal_percent=7.77, **clock),
    )
    (note,) = throughput.notes(rows)
    assert note == (
        "While the steps were timed: load average 1.2, at most 4.0 (the timing itself makes 1); processor at 2,100 to "
        "3,100 MHz; the hypervisor took at most 7.8 % of the processors' time for others."
    )
    assert list(throughput.throughput(rows).data["steal_percent"]) == [0.0, 0.31, 7.77]


def test_S6_what_the_system_did_not_say_is_left_out_of_the_note(tmp_path):
    silent = {"mhz_min": None, "mhz_max": None, "steal_percent": None}
    rows = timed_rows(tmp_path, under(benchmark("step", "adam", 1, 1, 1e-4), load=0.96, **silent))
    assert throughput.notes(rows) == [
        "While the steps were timed: load average 1.0, at most 1.0 (the timing itself makes 1)."
    ]


def test_S6_a_foreign_runtime_has_its_column(tmp_path):
    rows = timed_rows(
        tmp_path,
        spread(benchmark("step", "adam", 64, 64, 500e-6), 0),
        spread(benchmark("step", "torch adam", 64, 64, 400e-6), 0, "torch 2.9 | <b>"),
    )
    table = throughput.throughput(rows)
    assert table.headings[-1] == "runtime"
    assert [row[-1] for row in table.rows] == ["NumPy", "torch 2.9 | <b>"]
    assert "another runtime than NumPy" in throughput.notes(rows)[-1]


@pytest.mark.parametrize("content", [None, "", '{"benchmarks": [', "{}"])
def test_S3_throughput_that_is_absent_or_cut_short_is_none(tmp_path, content):
    path = tmp_path / "throughput.json"
    if content is not None:
        path.write_text(content)
    assert throughput_rows(path) == []


# --- learning rates and cells


def grid(name, scores):
    for lr, score in scores.items():
        given = spec(name, settings={"lr": lr})
        yield "e", f"{name} lr={lr:g}", done(given, score) if score else ended(given, "diverged", "no number")


def test_S6_the_learning_rates_of_a_rule_have_a_table_and_a_figure(tmp_path):
    listed = [*grid("adam", {0.01: 0.975, 0.001: 0.98, 0.1: 0.5}), *grid(EVIL, {0.1: 0.97, 0.2: 0.971, 0.4: None})]
    run = make_run(tmp_path, [*listed, ("e", "adam lr=wild", done(spec("wild"), 0.9))])
    (experiment,) = experiments(run)
    found = sensitivity.sensitivities(experiment)
    assert list(found) == [("adam", "he"), (EVIL, "he")]
    theirs = Sensitivity.of([0.001, 0.01, 0.1], [0.979, 0.974, 0.499])  # validation, which `done` puts 0.001 below
    assert found["adam", "he"].decades == pytest.approx(theirs.decades)
    rows = {row[0]: row for row in sensitivity.sensitivity(experiment, found).rows}
    assert rows["adam"] == [
        *("adam", f"at least {theirs.decades:.2f}, open-ended", "0.001", "97.90 %", "3, 0.001 to 0.1", "0")
    ]
    assert rows[EVIL][-1] == "1"
    page = write_report(run, tmp_path / "report").page.read_text("utf-8")
    assert 'id="learning-rates-e"' in page
    assert (tmp_path / "report" / "figures" / "e-sensitivity.svg").exists()


def test_S6_too_few_learning_rates_or_none_that_got_through_have_no_sensitivity(tmp_path):
    listed = [*grid("adam", {0.01: 0.975, 0.001: 0.98}), *grid("sgd", dict.fromkeys((1.0, 2.0, 4.0)))]
    (experiment,) = experiments(make_run(tmp_path, listed))
    assert sensitivity.sensitivities(experiment) == {}


def test_S6_methods_are_ranked_over_initializers(tmp_path):
    scores = {"a": 0.98, "b": 0.97, "c": 0.96}
    starts = ("he", "xavier", "scaled", "zeros", "lecun")
    listed = [("i", label, done(spec(label, 0, start), x)) for label, x in scores.items() for start in starts]
    run = make_run(tmp_path, listed)
    (experiment,) = experiments(run)
    ranking = cells.ranking(experiment)
    assert ranking.mean_ranks == {"a": 1, "b": 2, "c": 3}
    rows = cells.ranks(experiment, ranking).rows
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("a", "1.00", "best"),
        ("b", "2.00", "no winner"),
        ("c", "3.00", "worse"),
    ]
    assert cells.friedman(ranking).startswith("Friedman's test over the cells: the methods differ (chi-square 10.00")
    assert "the critical difference is 1.48" in write_report(run, tmp_path / "report").page.read_text("utf-8")


def test_S6_ranks_and_profiles_say_what_they_would_need(compared, page):
    assert cells.ranking(compared["initializers"]) is None
    assert cells.needed(compared["initializers"]).endswith("this experiment has 2 initializers and 2 methods.")
    assert "this experiment has 1 initializer and 5 methods." in page
    for have in ("1 initializer and has 2 methods.", "1 initializer and has 5 methods."):  # from zeros none is reached
        assert f"this experiment reached one from {have}" in page


# --- escaping


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.addresses, self.ids, self.policy = [], [], [], None
        self.scripts, self.handlers = [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        self.handlers += [name for name in given if name.startswith("on")]
        if tag == "script":
            self.scripts.append("")
        self.addresses += [
            value for name, value in attributes if name in ("src", "href", "xlink:href", "srcset", "data")
        ]
        self.ids += [given["id"]] if "id" in given else []
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]

    def handle_data(self, data):
        if self.lasttag == "script" and self.cdata_elem == "script":
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def tags(page):
    parser = Tags()
    parser.feed(page)
    return parser


@pytest.fixture(scope="module")
def ours(page, tags):
    """The page without the charting library."""
    assert tags.scripts[1] in page
    return page.replace(tags.scripts[1], "")


def test_S3_names_are_escaped_in_html(page, tags):
    assert page.count("<script") == tags.tags.count("script") == 3  # the data, the library, and ours
    assert not tags.handlers
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | $x_1$ &amp; \\alpha" in page


def test_S3_names_are_escaped_in_markdown(markdown, folder, report):
    assert "<script" not in markdown
    text = (folder / "tables" / "accuracy-optimizers.md").read_text("utf-8")
    n_cells = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()}
    assert len(n_cells) == 1
    assert escape_markdown("a_b __init__ `x` [y](z)") == r"a_b \_\_init\_\_ \`x\` \[y\](z)"


def test_S3_names_are_escaped_in_latex(folder, report):
    text = (folder / "tables" / "accuracy-optimizers.tex").read_text("utf-8")
    (line,) = (line for line in text.splitlines() if "alert" in line)
    assert r"\$x\_1\$" in line
    assert r"\&" in line
    assert r"\ensuremath{<}script" in line
    assert r"\textbackslash" in line


def test_S3_names_are_escaped_in_the_data(tags, run):
    text = tags.scripts[0]
    assert not set("<>&\u2028\u2029") & set(text)
    data = json.loads(text)
    assert [label["name"] for label in data["labels"]][: run.trials["label"].nunique()] == list(
        run.trials["label"].unique()
    )
    evil = as_json([Chart("</script>", "curves", "", {"x": ["<!--\u2028&", nan, 1 / 3]})], looks([EVIL]))
    assert not set("<>&\u2028") & set(evil)
    assert json.loads(evil)["charts"]["</script>"]["x"] == ["<!--\u2028&", None, 0.333333]


def test_S3_a_latex_table_is_whole(folder, report):
    """Each row has its cells, braces and environments are closed, and no character is left that pdfLaTeX lacks."""
    for path in (folder / "tables").glob("*.tex"):
        text = path.read_text("utf-8")
        plain = re.sub(r"\\[\\{}&%$#_]|\\\\", "", text)
        assert plain.count("{") == plain.count("}")
        assert re.findall(r"\\(begin|end)\{(\w+)\}", text) == [("begin", "tabular"), ("end", "tabular")]
        rows = [line for line in text.splitlines() if line.endswith(r"\\")]
        (columns,) = re.findall(r"\\begin\{tabular\}\{([lcr]+)\}", text)
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(columns) - 1}
        assert not re.search(r"(?<!\\)[%#$]|−", text)
        assert not re.search(r"(?m)^\s*[\[*]", text)


def test_S3_what_latex_would_take_for_an_option_of_the_line_break_is_text(tmp_path):
    names = ("[2cm] of it", "*", "plain − minus")
    (experiment,) = experiments(make_run(tmp_path, [("e", name, done(spec(name), 0.9)) for name in names]))
    text = tables.initializers(experiment).latex()
    assert "{[}2cm] of it" in text
    assert "{*}" in text
    assert r"plain \ensuremath{-} minus" in text


def test_S3_a_name_with_a_line_break_stays_in_its_row(tmp_path):
    (experiment,) = experiments(make_run(tmp_path, [("e", "two\nlines", done(spec(), 0.9))]))
    assert "two lines" in tables.accuracy(experiment).markdown()


def test_S3_file_names_are_safe_and_differ():
    assert list(slugs(["../../etc", "A b", "a-b", "", "é"])) == ["etc", "a-b", "a-b-2", "experiment", "experiment-2"]


# --- the page


def test_S3_the_page_asks_nobody_for_anything(ours, tags):
    assert tags.addresses
    assert all(address.startswith(("#", "data:")) for address in tags.addresses)
    assert not re.search(r"https?:|@import|url\((?!#)", ours)
    allowed = dict(part.strip().split(" ", 1) for part in tags.policy.split(";"))
    assert allowed.pop("script-src").split() == [
        f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in tags.scripts[1:]
    ]
    assert allowed == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_S3_the_page_stays_small(tmp_path):
    """A run of 300 trials, 24 methods and long curves: under 3 MB."""
    steps, starts = tuple(range(0, 15_640, 391)), ("zeros", "he", "xavier", "glorot", "scaled")
    listed = [("e", f"m{i}", done(spec(f"m{i}", s), 0.9 + i / 300, steps=steps)) for i in range(24) for s in range(10)]
    listed += [("i", f"m{i}", done(spec(f"m{i}", 0, start), 0.9, steps=steps)) for i in range(12) for start in starts]
    text = write(tmp_path, listed).page.read_text("utf-8")
    assert len(text.encode()) < 3_000_000
    assert text.count("<svg role") >= 4


def test_S3_a_figure_without_room_is_named(report, folder):
    figure = Figure("throughput", "What it shows")
    assert inline(figure, folder / "figures", "f0").startswith('<svg role="img" aria-label="What it shows"')
    full = Inline(folder / "figures", room=100)
    assert full(figure) == "<p>The page has no room for this figure: it is figures/throughput.svg.</p>"


def test_S3_every_trial_has_its_settings_behind_a_link(run, page, tags):
    for trial, settings in zip(run.trials["trial"], run.trials["spec"], strict=True):
        assert f"#trial-{trial}" in tags.addresses
        shown = page.partition(f'id="trial-{trial}"')[2].partition("<code>")[2].partition("</code>")[0]
        assert json.loads(unescape(shown)) == settings


def test_S3_charts_show_the_numbers_of_the_tables(tags, compared):
    data = json.loads(tags.scripts[0])
    names = [label["name"] for label in data["labels"]]
    rows = {names[row["label"]]: row for row in data["charts"]["optimizers-final-accuracy"]["rows"]}
    adam = by_label(tables.accuracy_rows(compared["optimizers"]))["adam"]
    assert [rows["adam"][key] for key in ("mean", "low", "high")] == pytest.approx(
        [adam[key] for key in ("test_accuracy", "low", "high")], rel=1e-5
    )
    assert rows["adam"]["seeds"] == [[0, 0.978], [1, 0.98], [2, 0.979]]
    assert (rows[EVIL]["low"], rows[EVIL]["seeds"]) == (None, [[0, 0.99]])
    (panel,) = data["charts"]["optimizers-curves"]["panels"]
    lost = next(curve for curve in panel["curves"] if names[curve["label"]] == EVIL)
    assert (lost["n"], lost["through"]) == ([2, 2, 2, 1, 1], "1 of 3")
    assert [panel["title"] for panel in data["charts"]["initializers-curves"]["panels"]] == ["zeros", "he"]
    heat = data["charts"]["initializers-heat-map"]
    assert heat["columns"] == ["zeros", "he"]
    assert heat["rows"][0]["cells"] == [[0.1135, "11.35 %"], [0.9755, "97.55 %"]]


def test_S3_rows_know_their_label(page, tags):
    data = json.loads(tags.scripts[0])
    place = [label["name"] for label in data["labels"]].index("momentum")
    rows = re.findall(r'<tr data-label="(\d+)">.*?</tr>', page, re.DOTALL)
    assert str(place) in rows
    assert len(set(rows)) == len(data["labels"])


def test_S3_ids_are_unique_and_references_find_theirs(page, tags):
    assert len(tags.ids) == len(set(tags.ids))
    page = page.replace(tags.scripts[1], "")
    references = {address[1:] for address in tags.addresses if address.startswith("#")} | set(
        re.findall(r"url\(#([^)]+)\)", page)
    )
    assert references <= set(tags.ids)


def test_S3_the_page_says_that_seconds_are_contended(page, markdown):
    for text in (page, markdown):
        assert "Quality runs share the machine; throughput is measured alone" in text


def test_S3_every_figure_is_drawn_twice_and_linked(folder, report, markdown, page):
    svgs = {path.stem for path in (folder / "figures").glob("*.svg")}
    pngs = {path.stem for path in (folder / "figures").glob("*.png")}
    axes = {f"optimizers-{axis}" for axis in ("epoch", "gradient-evaluations", "elapsed")}
    assert (
        svgs
        == pngs
        == axes | {"optimizers-final-accuracy", "initializers-heat-map", "initializers-curves", "throughput"}
    )
    for name in svgs:
        assert f"](figures/{name}.png)" in markdown
        assert page.count("<svg role") == len(svgs)
        ET.parse(folder / "figures" / f"{name}.svg")
        png = (folder / "figures" / f"{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert len(png) > 10_000


def test_S3_the_same_run_gives_the_same_report(run, folder, report, page, tmp_path):
    (tmp_path / "throughput.json").write_text(json.dumps(THROUGHPUT))
    again = write_report(run, tmp_path)
    assert again.page.read_text("utf-8") == page
    for path in (folder / "figures").glob("*.svg"):
        assert (tmp_path / "figures" / path.name).read_bytes() == path.read_bytes()


def test_S3_a_label_has_one_look_whatever_figure_it_is_in(run):
    styles = looks(run.trials["label"])
    assert list(styles) == ["adam", "momentum", "sgd", "batch_gd", EVIL]
    many = looks(map(str, range(40)))
    assert len(set(many.values())) == 40
    assert len({look.colour for look in many.values()}) == 10


def test_S3_the_mean_is_over_the_seeds_that_are_still_there(compared):
    from bench.report.figures import mean_curve

    experiment = compared["optimizers"]
    trials = next(trials for label, _, trials in experiment.groups if label == EVIL)
    means = mean_curve(trials, experiment).set_index("step")
    curves = [list(curve(0.989)), list(curve(0.5))]
    errors = [1 - point["validation_accuracy"] for points in curves for point in points[2:3]]
    assert means.loc[782, "error"] == pytest.approx(sum(errors) / 2)
    assert means.loc[1173, "error"] == pytest.approx(1 - curves[0][3]["validation_accuracy"])
    assert means.loc[1173, "error_low"] != means.loc[1173, "error_low"]


# --- runs of which little is left


def write(tmp_path, listed):
    return write_report(make_run(tmp_path, listed), tmp_path / "report")


def test_S3_a_single_seed_gives_a_report_and_no_winner(tmp_path):
    report = write(tmp_path, [("e", label, done(spec(label), score)) for label, score in (("a", 0.97), ("b", 0.96))])
    page = report.page.read_text("utf-8")
    assert "one seed names no winner" in page
    assert "97.00 %" in report.summary
    shown = page.partition('<script type="application/json"')[0].partition("<body>")[2]
    assert not re.search(r"\bnan\b", report.summary + shown, re.IGNORECASE)
    assert "Throughput was not measured" in page


def test_S3_a_run_in_which_all_failed_gives_a_report(tmp_path):
    listed = [("e", label, ended(spec(label), "failed", "ValueError: no")) for label in ("a", "b")]
    listed += [("i", "a", ended(spec("a", initializer=start, epochs=1), "failed", "no")) for start in ("he", "zeros")]
    report = write(tmp_path, listed)
    page = report.page.read_text("utf-8")
    assert "0 of 1 (1 failed)" in report.summary
    assert "ValueError: no" in page
    assert "No trial left a curve" in page
    assert "4 of 4 trials did not get through" in report.summary
    assert not (tmp_path / "report" / "figures").exists()


def test_S3_a_run_that_was_stopped_before_any_trial_ended_gives_a_report(tmp_path):
    store = Store(tmp_path / "scratchmark.db")
    store.begin("none-1", "none", "", "", 1, MACHINE)
    store.enter("none-1", [Entry("e", "adam", spec())])
    report = write_report(store.run("none-1"), tmp_path / "report")
    page = report.page.read_text("utf-8")
    assert "1 planned" in page
    assert "not run yet" in page
    assert "0 of 1 (1 planned)" in report.summary


# --- numbers as shown


@pytest.mark.parametrize(
    ("share", "half_width", "shown"),
    [
        (0.97624, 0.00112, "97.62 ± 0.11 %"),
        (0.9762, 0.0312, "97.6 ± 3.1 %"),
        (0.42, 0.241, "42 ± 24 %"),
        (0.1135, 0.0, "11.35 ± 0.00 %"),
        (0.97624, float("nan"), "97.62 %"),
        (float("nan"), float("nan"), "–"),
    ],
)
def test_S6_digits_end_where_the_interval_makes_them_idle(share, half_width, shown):
    assert percent(share, half_width) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.45123, "0.451"), (1, "1.00"), (12.345, "12.3"), (11_855, "11,900"), (0, "0"), (9.999, "10.0")],
)
def test_S7_three_significant_digits(value, shown):
    assert significant(value) == shown
