"""A race: what fits the cap, what happens at the cap, and a verdict that says it all; real trials on real MNIST."""

import json
from dataclasses import replace
from inspect import getsourcefile
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from specs import trial_spec

from bench import registry
from bench.budget import FEW_TRIALS, MOST_SEEDS, MOST_TRIALS, MULTIPLES, N_FINALS, Budget, Cost
from bench.cap import Cap, Capped
from bench.executors import run_all
from bench.field import RACE, Field
from bench.outcome import Outcome
from bench.plan import PlanError, load_plan
from bench.plugin import PluginError
from bench.race import Race
from bench.record import Record
from bench.run import open_store
from bench.tuning import FIRST_SEED, Tuning
from bench.verdict import meetings, rates, times, verdict_page

SMALL = """
name = "small"
time_limit_s = 60

[network]
hidden = [8]

# a full-batch rule, which learns next to nothing in an epoch of one step
[optimizers.sgd_full]
rule = "minibatch_gd"
batch_size = "full"

[[experiment]]
name = "optimizers"
optimizers = ["adam", "sgd_full"]
"""

names = (f"rule_{i}" for i in count())


def rule(folder: Path, like: str = "adam", change=lambda text: text) -> str:
    """A copy of a shipped optimizer in a file under a name that nothing else has."""
    path = folder / f"{next(names)}.py"
    path.write_text(change(Path(getsourcefile(registry.optimizer(like).kind) or "").read_text()))
    return str(path)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("plan") / "small.toml"
    path.write_text(SMALL)
    return str(path)


@pytest.fixture(scope="module")
def raced(small, tmp_path_factory):
    """A copy of Adam against Adam and a crawling rule, run for real."""
    folder = tmp_path_factory.mktemp("raced")
    race = Race(rule(folder), ["adam", "sgd_full"], 5, small, epochs=1, n_seeds=3)
    race.budget = Budget(2, 0, 3, len(MULTIPLES))
    store = open_store(folder / "results")
    page = race.run(store, folder / "results", "scratchmark race rule.py", quiet=True)
    return race, store, page


def test_a_budget_fits_its_rounds_and_leaves_enough_seeds_to_decide_where_it_can():
    for n_rounds in range(2, 200):
        budget = Budget.fit(n_rounds, 7)
        assert budget.n_rounds <= n_rounds
        assert 1 <= budget.n_trials <= MOST_TRIALS
        assert min(7, n_rounds - 1) <= budget.n_seeds <= MOST_SEEDS
        assert not budget.n_rates or budget.n_trials >= FEW_TRIALS


def test_a_larger_cap_never_takes_anything_away():
    budgets = [Budget.fit(n, 7) for n in range(2, 200)]
    assert [b.n_seeds for b in budgets] == sorted(b.n_seeds for b in budgets)
    assert budgets[-1] == Budget(MOST_TRIALS, N_FINALS, MOST_SEEDS, len(MULTIPLES))


def test_seeds_may_be_set_by_hand():
    assert Budget.fit(50, 7, 40) == Budget(5, 0, 40, len(MULTIPLES))
    assert Budget.fit(20, 7, 40) == Budget(FEW_TRIALS, 0, 15, 0)


def test_a_trial_that_the_cap_leaves_no_time_for_stays_planned():
    specs = [trial_spec(seed=seed) for seed in range(3)]
    records = list(run_all(specs, Capped(Cap(0)), 60))
    assert [record.status for record in records] == ["planned"] * 3


def test_a_trial_that_the_cap_cuts_stays_planned_and_a_trial_s_own_limit_is_a_timeout():
    spec = trial_spec("sgd", epochs=50)
    (cut,) = run_all([spec], Capped(Cap(1.5)), 60)
    assert (cut.status, cut.points) == ("planned", [])
    (late,) = run_all([spec], Capped(Cap(60)), 1.0)
    assert late.status == "timeout"


def test_the_reserve_is_kept_free():
    cap = Cap(100)
    assert [r.status for r in run_all([trial_spec()], Capped(cap, reserve_s=100), 60)] == ["planned"]
    assert 90 < cap.remaining_s < 100


def test_a_race_announces_what_it_does_and_what_the_cap_costs(small):
    race = Race("adam", ["momentum"], 5, small, epochs=1)
    assert "adam against momentum: mnist, hidden layers 8, he, 1 epoch a trial, batches of 512." in race.announcement
    assert f"{race.budget.n_seeds:3} for each" in race.announcement
    assert "it stops after 5 min at the latest" in race.announcement
    race.budget = Budget(1, 0, 2, 0)
    assert "Lost to the cap: 2 seeds: Wilcoxon's exact test cannot be significant below 6" in race.announcement
    assert "1 trial to tune with" in race.announcement


def test_entrants_that_cannot_race_are_refused_before_anything_is_run(small, tmp_path):
    with pytest.raises(PlanError, match="at least two entrants, each once"):
        Race("adam", ["adam"], 5, small)
    with pytest.raises(PlanError, match="the cap must be at least"):
        Race("adam", ["momentum"], 0.11, small)
    broken = rule(tmp_path, change=lambda text: text.replace("state.t += 1", "state.no_such_thing += 1"))
    with pytest.raises(PluginError, match="no_such_thing"):
        Race(broken, ["adam"], 5, small)
    with pytest.raises(PlanError, match="did you mean adam"):
        Race("adm", ["adam"], 5, small)


def test_A_copy_of_adam_meets_no_winner_and_a_crawling_rule_is_beaten(raced):
    race, store, page = raced
    text = page.read_text()
    assert f"**{race.challenger} against adam: no winner.**" in text
    assert "no number of seeds would find a difference" in text
    assert f"**{race.challenger} beats sgd_full.**" in text
    for part in ("What would decide", "Time to each target", "Each entrant", "How it was done"):
        assert f"## {part}" in text
    assert "0 of 3" in text
    data = json.loads((page.parent / "verdict.json").read_text())
    assert [(row["opponent"], row["verdict"], row["n"]) for row in data["against"]] == [
        ("adam", "no winner", 3),
        ("sgd_full", "better", 3),
    ]
    run = store.run(page.parent.name)
    assert run.finished
    assert set(run.trials["status"]) == {"done"}


def test_all_were_tuned_alike_on_seeds_that_are_not_raced_on(raced):
    race, store, page = raced
    (name,) = (name for name in store.names() if name.startswith("tune-") and "finals" not in name)
    trials = store.run(name).trials
    assert trials["optimizer"].value_counts().tolist() == [2, 2, 2]
    assert set(trials["seed"]) == {FIRST_SEED}
    assert set(trials.groupby("label")["batch_size"].first().dropna()) == {512}
    assert sum(trials["batch_size"].isna()) == 2
    run = store.run(page.parent.name)
    assert set(run.trials[run.trials["experiment"] == RACE]["seed"]) == {0, 1, 2}
    own, adam = (run.trials[run.trials["label"] == label]["settings"].iloc[0] for label in (race.challenger, "adam"))
    assert own == adam


def test_what_a_race_leaves_behind_can_be_run_and_reported(raced):
    from bench.report import write_report

    _, store, page = raced
    planned = load_plan(str(page.parent / "plan.toml"))
    assert planned.name == page.parent.name
    assert write_report(store.run(planned.name), page.parent).page.exists()
    assert page.exists()
    assert list(page.parents[1].glob("tune-*/tuned.toml"))


def test_the_sensitivity_is_over_five_multiples_of_the_tuned_rate(raced):
    race, store, page = raced
    found = rates(store.run(page.parent.name))
    assert set(found) == set(race.labels)
    assert all(len(sensitivity.lrs) == len(MULTIPLES) for sensitivity in found.values())


def test_a_race_that_the_cap_cuts_keeps_whole_rounds_and_the_rest_stays_planned(small, tmp_path, monkeypatch):
    race = Race(rule(tmp_path), ["adam"], 5, small, epochs=1)
    race.budget = Budget(1, 0, 60, 0)
    monkeypatch.setattr(race, "_race", lambda outcome: (Race._race(race, outcome), setattr(race, "cap", Cap(4)))[0])
    store = open_store(tmp_path / "results")
    page = race.run(store, tmp_path / "results", "scratchmark race", quiet=True)
    assert race.cap.elapsed_s < 8
    run = store.run(page.parent.name)
    assert run.finished is None
    assert set(run.trials["status"]) == {"done", "planned"}
    n = len(Field(run, race.labels).seeds)
    assert f"The cap came first: {n} of 60 seeds ended for every entrant" in page.read_text()


# --- the verdict on runs whose outcome is known


def changed(raced, change):
    """The field of the finished race with `change` made to its trials."""
    race, store, page = raced
    run = store.run(page.parent.name)
    trials = run.trials.copy()
    change(trials)
    return race, Field(replace(run, trials=trials), race.labels)


def test_a_seed_that_failed_counts_with_the_accuracy_of_guessing(raced):
    race, field = changed(raced, lambda trials: _end(trials, 0, "diverged"))
    assert field.accuracies(race.challenger)[0] == pytest.approx(0.1)
    assert field.failed(race.challenger) == 1
    table = times(field, race.challenger, race.opponents)
    assert all("seeds missed it" in row[-1] for row in table.rows)


def test_a_seed_that_one_entrant_has_not_run_is_left_out_for_all(raced):
    _, field = changed(raced, lambda trials: _end(trials, 0, "planned"))
    assert field.seeds == [1, 2]
    assert (len(field.trials), field.n_planned) == (6, 3)


def test_without_a_single_whole_round_there_is_a_page_that_says_so(raced):
    race, store, page = raced
    run = store.run(page.parent.name)
    planned = replace(run, trials=run.trials.assign(status="planned"), points=run.points.iloc[:0])
    (name,) = (name for name in store.names() if name.startswith("tune-") and "finals" not in name)
    outcome = Outcome.of(Tuning(race.base, race.methods, race.budget.n_trials), store.run(name))
    text = verdict_page(planned, outcome, race, "scratchmark race")
    assert "No seed ended for every entrant." in text
    assert "nan" not in text


@pytest.mark.parametrize(("gain", "word"), [(0.02, "better"), (-0.02, "worse")])
def test_a_gain_on_every_seed_is_named_with_its_interval(raced, gain, word):
    def change(trials):
        race, *_ = raced
        own = (trials["label"] == race.challenger) & (trials["experiment"] == RACE)
        trials.loc[own, "test_accuracy"] += gain + np.array([0.0, 1e-4, -1e-4])

    race, field = changed(raced, change)
    meeting = meetings(field, race)[0]
    assert meeting.verdict.word == word
    assert f"{100 * gain:+.2f} points" in meeting.sentence
    assert "3 paired seeds" in meeting.sentence


def test_where_there_is_no_winner_it_says_how_many_seeds_would_decide(raced):
    def change(trials):
        race, *_ = raced
        own = (trials["label"] == race.challenger) & (trials["experiment"] == RACE)
        trials.loc[own, "test_accuracy"] += np.array([0.012, -0.004, 0.001])

    race, field = changed(raced, change)
    meeting = meetings(field, race)[0]
    assert meeting.verdict.word == "no winner"
    assert f"`--seeds {meeting.verdict.n_needed}`" in meeting.to_decide


def _end(trials, i, status):
    trials.loc[trials.index[i], "status"] = status


def test_a_measured_epoch_gives_a_trial_s_seconds():
    record = Record(trial_spec(), "done")
    record.points = [
        {"epoch": 0.0, "elapsed_s": 0.0},
        {"epoch": 0.5, "elapsed_s": 1.0},
        {"epoch": 1.0, "elapsed_s": 2.0},
    ]
    record.result = {"wall_s": 3.4, "seconds": {"evaluation": 0.4}}
    cost = Cost.of("adam", record)
    assert (cost.start_s, cost.epoch_s, cost.evaluation_s) == pytest.approx((1.0, 2.0, 0.1))
    assert cost.trial_s(3, 2) == pytest.approx(1 + 3 * 2.2 + 0.2)
    with pytest.raises(PluginError, match="adam: it broke"):
        Cost.of("adam", SimpleNamespace(points=[], status="failed", reason="it broke"))
