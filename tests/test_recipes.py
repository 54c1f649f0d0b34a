"""What the sources printed comes out of this network and these optimizers: the recipes that take seconds.

Those that take minutes are in tests/recipes: `tox -e recipes`.
"""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from bench import datasets, recipes
from bench.errors import InputError
from bench.recipes import _course, _finding, circles, day5, day7, dropout_backward, lr_decay, moons
from bench.recipes._days import Day
from bench.recipes._faults import forgotten_keep
from bench.recipes._notebook import Notebook, Settings
from network.initializers import He, Scaled, Zeros


def assert_all_agree(findings):
    found = list(findings)
    assert any(finding.agrees for finding in found)
    assert [str(finding) for finding in found if finding.agrees is False] == []


def quick(name):
    return recipes.findings(recipes.PREFIX + name, Path("nowhere"))


@pytest.mark.parametrize("name", moons.OPTIMIZERS)
def test_R1_the_course_s_costs_on_moons_to_six_digits(name):
    data = datasets.load("moons")
    epochs = _course.epochs(moons.start(name), data.x_train, data.y_train)
    assert_all_agree(moons.costs(name, epochs, 2))


@pytest.mark.parametrize(("schedule", "cost"), [(lr_decay.EACH_EPOCH, 0.661884), (lr_decay.STEPS, 0.127161)])
def test_R3_the_course_s_costs_with_a_falling_rate_to_six_digits(schedule, cost):
    _, epochs = lr_decay.start("gradient descent", schedule)
    assert next(islice(epochs, 1000, None)) == pytest.approx(cost, abs=5e-7)


def test_R4_zeros_never_learn_and_he_s_weights_do():
    costs, train, test = circles.trained(Zeros(), 2000)
    assert max(costs) == min(costs) == pytest.approx(0.6931471805599453, abs=1e-15)
    assert (train, test) == (0.5, 0.5)
    costs, he, _ = circles.trained(He())
    assert costs[0] == pytest.approx(0.8830537463419761, abs=1e-12)
    assert costs[14000] == pytest.approx(0.0735789596, abs=5e-11)
    assert he >= 0.99
    _, large, _ = circles.trained(Scaled(scale=10))
    assert train < large < he


def test_R5_l2_and_dropout_lower_the_training_accuracy_and_narrow_the_gap():
    assert_all_agree(quick("regularization"))


def test_R6_the_course_s_gradient_checks_and_planted_mistakes():
    assert_all_agree(quick("gradient_checking"))


def test_R7_sigmoid_units_learn_the_gates_unless_weights_and_rate_are_small():
    assert_all_agree(quick("gates"))


@pytest.mark.parametrize("day", [day5, day7], ids=["day5", "day7"])
def test_R9_the_first_step_of_a_notebook_follows_from_its_seed(day):
    assert_all_agree(day.start())


def test_R14_day_7_is_day_6_at_another_rate():
    assert_all_agree(quick("no_improvement"))


@pytest.mark.parametrize("hidden", [(30,), (30, 20), (30, 20, 25)], ids=str)
def test_R15_without_its_division_dropout_s_way_back_loses_keep_in_each_layer(hidden):
    assert dropout_backward.ratio(hidden) == pytest.approx([0.5 ** len(hidden)] * 2, abs=1e-10)


def test_R15_the_mistake_that_is_trained_is_the_notebook_s():
    notebook = Notebook(Settings((30, 20), lr=0.1, keep=0.8, fault=forgotten_keep(0.8), dtype=np.float64))
    run = notebook.training
    x, y = notebook.first_batch()
    before = run.theta.copy()
    run.step(x, y)
    W1 = run.network.layout.parameters[0].view
    run.theta[:] = before
    theirs = dropout_backward.first_gradient(run.network.training_pass(run.theta, x, run.gradient))
    np.testing.assert_allclose(W1(run.gradient), theirs, rtol=0, atol=1e-15)


# --- The trainer of the notebooks --------------------------------------------------------------------------------


SMALL = Settings((8,), lr=0.1, batch_size=4000, epochs=3, every=5, keep=0.5)


def test_an_interrupted_day_goes_on_to_the_same_end(tmp_path):
    whole = Day("whole", SMALL, tmp_path)
    whole.run()
    part = Day("part", replace(SMALL, epochs=1), tmp_path)
    part.run()
    part.notebook.training.theta[:] = 0  # what came after the last epoch is lost
    part.log.write_text(part.log.read_text() + "12,1.1,1,1,1,1\n14,1.3")
    again = Day("part", SMALL, tmp_path)
    again.run()
    np.testing.assert_array_equal(again.notebook.training.theta, whole.notebook.training.theta)
    assert again.accuracies == pytest.approx(whole.accuracies, abs=1e-6)  # of six digits in the log
    steps = [line.split(",")[0] for line in again.log.read_text().split()]
    assert steps == ["step", "0", "5", "10", "15", "20", "25", "30", "35"]
    assert again.test_accuracy == whole.test_accuracy
    assert not list(tmp_path.glob("*.npz"))


def test_a_day_s_log_says_where_it_was(tmp_path):
    day = Day("day", replace(SMALL, epochs=1, first_step=0), tmp_path)
    day.run()
    assert [(point.step, point.epoch) for point in day.points] == [(5, 5 / 12), (10, 10 / 12)]
    assert 0 < day.points[0].training_s < day.training_s
    assert day.examples_per_s == pytest.approx(12 * 4000 / day.training_s)


# --- The recipes as a whole --------------------------------------------------------------------------------------


def test_each_recipe_is_described_in_a_line_with_how_long_it_takes():
    for name in recipes.names():
        line = recipes.describe(name)
        assert "\n" not in line
        assert ". Takes " in line


def test_an_unknown_recipe_lists_the_choices():
    with pytest.raises(InputError, match=r"recipe: must be one of recipes/circles, .*got 'recipes/day8'"):
        recipes.run("recipes/day8", Path("nowhere"))


def test_a_run_prints_each_number_beside_the_source_s_and_keeps_them(tmp_path):
    lines = []
    assert recipes.run("recipes/gradient_checking", tmp_path / "new", lines.append)
    assert "2.91934e-10" in lines[1]
    assert '"printed": 2.919335883291695e-10' in (tmp_path / "new" / "gradient_checking.json").read_text()


def test_a_number_that_differs_makes_the_run_fail(tmp_path, monkeypatch):
    wrong = [_finding.digits("cost", 0.5, 0.51, 2), _finding.shown("speed", 1, 2)]
    monkeypatch.setattr("bench.recipes.gates.findings", lambda folder: iter(wrong))
    lines = []
    assert not recipes.run("recipes/gates", tmp_path, lines.append)
    assert lines[1].endswith("NO")


@pytest.mark.parametrize(
    ("finding", "agrees"),
    [
        (_finding.digits("", 0.702405, 0.7024054, 6), True),
        (_finding.digits("", 0.702405, 0.7024056, 6), False),
        (_finding.near("", 0.5, 0.6, 0.1), True),
        (_finding.near("", 0.5, 0.61, 0.1), False),
        (_finding.at_least("", 0.9834, 0.9834, 0.9834), True),
        (_finding.at_least("", 0.9834, 0.9833, 0.9834), False),
        (_finding.at_most("", 0, 1, 1), True),
        (_finding.at_most("", 0, float("nan"), 1), False),
    ],
)
def test_a_number_agrees_within_what_is_asked(finding, agrees):
    assert finding.agrees is agrees
