"""Tuning: equal budgets, prefixes, chosen on validation; a real search on real MNIST."""

import csv
import itertools
from dataclasses import replace
from inspect import getsourcefile
from pathlib import Path

import numpy as np
import pytest

from bench import registry
from bench.outcome import FINALISTS, WORST, Outcome, search
from bench.plan import PlanError, load_plan
from bench.plugin import PluginError
from bench.run import missing, open_store, run_plan
from bench.tuned import summary, write_tuned
from bench.tuning import FINAL_SEEDS, FIRST_SEED, Tuning, counted, halton, plan_text, space_of
from optimizers._domains import search_space

SMALL = """
name = "small"
throughput = false

[network]
hidden = [8]

[optimizers.wild]
rule = "sgd"
batch_size = 64
schedule = "cosine"

[[experiment]]
name = "optimizers"
optimizers = ["adam", "wild"]
seeds = 2
epochs = 2
"""


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return str(path)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A search of 3 trials in 2 studies, run for real; its outcome, its store."""
    folder = tmp_path_factory.mktemp("searched")
    path = folder / "small.toml"
    path.write_text(SMALL)
    tuning = Tuning.of(str(path), n_trials=3, n_studies=2, epochs=1)
    store = open_store(folder)
    found = search(tuning, store, lambda planned: run_plan(planned, store, folder / planned.name, lambda record: None))
    return tuning, store, tuning.planned(), found


@pytest.mark.parametrize("name", ["adam", "momentum", "minibatch_gd", "polyak"])
def test_every_draw_is_in_the_space_and_a_smaller_budget_is_a_prefix(name):
    space = search_space(registry.optimizer(name).kind)
    many = halton(space, 40, FIRST_SEED)
    assert halton(space, 7, FIRST_SEED) == many[:7]
    assert halton(space, 7, FIRST_SEED + 1) != many[:7]
    for hyperparameter, domain in space.items():
        drawn = [point[hyperparameter] for point in many]
        assert all(domain.low <= value <= domain.high for value in drawn)
        assert len(set(drawn)) == len(drawn)


def test_the_draws_fill_the_space_evenly():
    space = search_space(registry.optimizer("adam").kind)
    decades = np.log10([point["lr"] for point in halton(space, 32, FIRST_SEED)])
    counts, _ = np.histogram(decades, bins=8, range=(-5, -1))
    assert counts.tolist() == [4] * 8


def test_S8_every_optimizer_gets_as_many_trials_and_cutting_short_keeps_that(small):
    entries = Tuning.of(small, n_trials=5, n_studies=2).planned().entries
    assert len(entries) == 2 * 5 * 2
    for n in range(0, len(entries), 4):
        labels = [entry.label.split()[0] for entry in entries[:n]]
        assert labels.count("adam") == labels.count("wild")


def test_a_larger_budget_keeps_the_trials_of_a_smaller_one(small):
    few = {entry.spec.id for entry in Tuning.of(small, n_trials=3, n_studies=1).planned().entries}
    many = {entry.spec.id for entry in Tuning.of(small, n_trials=8, n_studies=2).planned().entries}
    assert few < many


def test_a_trial_differs_from_the_plan_s_in_what_is_searched_and_the_seed_alone(small):
    tuning = Tuning.of(small, n_trials=2, n_studies=1)
    for place, entry in tuning.entries:
        method = tuning.methods[place.label]
        assert entry.spec.seed == FIRST_SEED
        changed = {k for k, v in entry.spec.optimizer.settings.items() if v != method.optimizer.settings[k]}
        assert changed == set(tuning.spaces[place.label])
        same = {"optimizer": method.optimizer, "seed": method.seed, "evaluations_per_epoch": 2}
        assert replace(entry.spec, **same) == method


def test_tuning_seeds_are_no_plan_s_seeds(small, tmp_path):
    path = tmp_path / "overlap.toml"
    path.write_text(SMALL.replace("seeds = 2", "seeds = [1000, 3]"))
    with pytest.raises(PlanError, match="must not be those of tuning, got 1000"):
        Tuning.of(str(path))


def test_a_method_that_declares_nothing_to_search_is_refused(tmp_path):
    source = Path(getsourcefile(registry.optimizer("minibatch_gd").kind) or "")
    fixed = tmp_path / "fixed_rate.py"
    fixed.write_text(source.read_text().replace("searched(0.1, 1e-3, 10)", "0.1"))
    method = next(iter(load_plan("smoke").specs))
    with pytest.raises(PluginError, match="fixed_rate: at least one hyperparameter must be declared with `searched`"):
        space_of("fixed_rate", replace(method, optimizer=registry.optimizer_in(fixed).choice()))


def test_a_search_is_kept_and_a_second_one_computes_nothing(searched):
    _, store, planned, _ = searched
    assert not missing(planned, store)
    assert store.statuses(planned.name).keys() <= {"done", "diverged"}


def test_S8_validation_chooses_whatever_the_test_part_says(searched):
    tuning, store, planned, _ = searched
    run = store.run(planned.name)
    found = Outcome.of(tuning, run)
    for label in tuning.methods:
        scores = {a.spec.id: a.accuracy for a in found.of_label(label)}
        assert found.winner(label).accuracy == max(scores.values())
    rng = np.random.default_rng(0)
    shuffled = replace(run, trials=run.trials.assign(test_accuracy=rng.random(len(run.trials)), test_loss=0.0))
    assert Outcome.of(tuning, shuffled).attempts == found.attempts


def test_of_equal_accuracies_the_lower_loss_is_chosen(searched):
    tuning, store, planned, _ = searched
    run = store.run(planned.name)
    run.points["validation_accuracy"] = 0.5
    found = Outcome.of(tuning, run)
    assert found.winner("adam").loss == min(a.loss for a in found.of_label("adam"))


@pytest.mark.parametrize("status", ["diverged", "crashed", "failed", "timeout"])
def test_what_did_not_get_through_is_the_worst_score_and_not_a_gap(searched, status):
    tuning, store, planned, _ = searched
    run = store.run(planned.name)
    best = Outcome.of(tuning, run).winner("adam")
    run.trials.loc[run.trials["trial"] == best.spec.id, "status"] = status
    found = Outcome.of(tuning, run)
    assert len(found.of_label("adam")) == 6
    assert WORST in [a.accuracy for a in found.of_label("adam")]
    assert found.winner("adam") != best


def test_the_finals_choose_by_the_mean_over_fresh_seeds(searched):
    tuning, *_, found = searched
    assert {final.spec.seed for final in found.finals} == {*FINAL_SEEDS}
    for label in tuning.methods:
        top = found.ranked(label)[:FINALISTS]
        means = [np.mean([final.accuracy for final in found.finals_of(attempt)]) for attempt in top]
        assert found.winner(label) == top[int(np.argmax(means))]
        assert found.score(found.winner(label))[0] == pytest.approx(max(means))


def test_a_lucky_seed_chooses_nothing(searched):
    *_, found = searched
    first, second, *_ = found.ranked("adam")
    finals = [
        replace(final, accuracy={first.place: 0.5, second.place: 0.6}.get(final.place, 0.1)) for final in found.finals
    ]
    assert replace(found, finals=finals).winner("adam") == second
    assert replace(found, finals=()).winner("adam") == first


def test_finals_that_were_cut_choose_by_the_seeds_that_all_have_ended(searched):
    _, store, _, found = searched
    run = store.run(found.planned_finals().name)
    _, last = found.final_entries[-1]
    run.trials.loc[run.trials["trial"] == last.spec.id, "status"] = "planned"
    assert {final.spec.seed for final in found.with_finals(run).finals} == {*FINAL_SEEDS[:-1]}
    run.trials["status"] = "planned"
    assert found.with_finals(run).winner("adam") == found.ranked("adam")[0]


def test_where_nothing_got_through_the_plan_s_settings_stay(searched, tmp_path):
    tuning, store, planned, _ = searched
    run = store.run(planned.name)
    run.trials["status"] = "diverged"
    found = Outcome.of(tuning, run)
    settings = tuning.methods["adam"].optimizer.settings
    assert found.chosen("adam") == {"lr": settings["lr"], "beta1": settings["beta1"]}
    write_tuned(found, tmp_path / "t.toml", "scratchmark tune")
    assert "adam: no trial got through" in (tmp_path / "t.toml").read_text()


def test_a_search_cut_short_is_judged_by_its_whole_rounds(searched):
    tuning, store, planned, _ = searched
    run = store.run(planned.name)
    _, last = tuning.entries[-1]
    run.trials.loc[run.trials["trial"] == last.spec.id, "status"] = "planned"
    found = Outcome.of(tuning, run)
    assert found.n_trials == 2
    assert len(found.of_label("adam")) == len(found.of_label("wild")) == 4
    run.trials["status"] = "planned"
    with pytest.raises(PlanError, match="at least one trial of each optimizer"):
        Outcome.of(tuning, run)


def test_what_it_finds_is_a_plan_with_its_provenance(searched, tmp_path):
    found = searched[-1]
    path = tmp_path / "better.toml"
    write_tuned(found, path, "scratchmark tune --plan small.toml")
    text = path.read_text()
    assert "# Tuned by `scratchmark tune --plan small.toml`" in text
    assert found.run in text
    tuned = load_plan(str(path))
    assert tuned.plan.name == "better"
    assert {spec.seed for spec in tuned.specs} == {0, 1}
    for entry in tuned.entries:
        settings = entry.spec.optimizer.settings
        assert {**settings, **found.chosen(entry.label)} == settings
        assert (entry.spec.hidden, entry.spec.epochs) == ((8,), 2)
    wild = next(entry.spec for entry in tuned.entries if entry.label == "wild")
    assert (wild.optimizer.name, wild.batch_size, wild.schedule.name) == ("sgd", 64, "cosine")


def test_its_trials_in_compact_form(searched, tmp_path):
    found = searched[-1]
    with write_tuned(found, tmp_path / "t.toml", "scratchmark tune")[0].open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 + 2 * FINALISTS * len(FINAL_SEEDS)
    assert list(rows[0])[:5] == ["optimizer", "study", "trial", "seed", "lr"]
    best = max(
        (row for row in rows if row["optimizer"] == "adam"), key=lambda row: float(row["validation_accuracy"] or 0)
    )
    assert float(best["lr"]) == found.chosen("adam")["lr"]
    assert {row["beta1"] for row in rows if row["optimizer"] == "wild"} == {""}


def test_what_k_trials_may_be_expected_to_find_is_drawn_and_costs_their_seconds(searched, tmp_path):
    found = searched[-1]
    trials, figure = write_tuned(found, tmp_path / "t.toml", "scratchmark tune")
    assert figure == tmp_path / "t-expected-best.svg"
    assert {path.name for path in tmp_path.glob("t-expected-best.*")} == {
        "t-expected-best.svg",
        "t-expected-best.png",
    }
    with trials.open() as file:
        rows = [row for row in csv.DictReader(file) if row["optimizer"] == "adam" and int(row["seed"]) < 1100]
    best = found.best_of("adam")
    pairs = itertools.combinations([float(row["validation_accuracy"]) for row in rows], 2)
    assert best.score[1] == pytest.approx(np.mean([max(pair) for pair in pairs]))
    assert best.seconds[1] == pytest.approx(2 * np.mean([float(row["wall_s"]) for row in rows]), rel=1e-2)
    assert len(best.k) == len(rows)


def test_the_table_tells_the_spread_over_studies_and_the_expected_best(searched):
    found = searched[-1]
    data = summary(found).data.set_index("optimizer")
    assert data.loc["adam", "lowest"] == min(found.study_bests("adam"))
    assert data.loc["adam", "highest"] == max(found.study_bests("adam"))
    assert data.loc["adam", "best of 3"] <= data.loc["adam", "highest"]
    assert "expected best of 3" in summary(found).text()


@pytest.mark.parametrize("name", ["default", "smoke", "lr-grid"])
def test_a_plan_written_out_is_the_plan_that_was_read(name, tmp_path):
    planned = load_plan(name)
    path = tmp_path / "again.toml"
    path.write_text(plan_text(planned.plan))
    assert load_plan(str(path)).entries == planned.entries


def test_the_optimizers_of_all_experiments_are_tuned():
    assert list(Tuning.of("default").methods) == [
        "batch_gd", "sgd", "minibatch_gd", "momentum", "rmsprop", "adam", "lr_decay",
    ]  # fmt: skip
    assert list(Tuning.of("default", ["adam", "nadam"]).methods) == ["adam", "nadam"]


def test_counted():
    assert (counted(1, "seed"), counted(2, "seed")) == ("1 seed", "2 seeds")
