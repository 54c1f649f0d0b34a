"""Pictures that teach: what they show is held to closed forms and known facts, and each can be drawn."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from PIL import Image

from bench.datasets import DatasetError
from bench.pictures import draw
from bench.pictures.averages import averages, step_sizes, temperatures
from bench.pictures.functions import FUNCTIONS, STAY
from bench.pictures.mistakes import confusion_matrix, mistakes, softmax, surest_mistakes
from bench.pictures.paths import best_path, path
from bench.pictures.rates import all_rates, rates
from bench.pictures.signals import STARTS, signals, signals_of_starts, units
from bench.plugin import PluginError
from network import Network
from optimizers._schedules import SCHEDULES


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


# --- Functions


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_gradients_of_the_functions_are_their_central_differences(function):
    (left, right), (low, high) = function.domain
    rng, h = np.random.default_rng(0), 1e-6
    x, y = rng.uniform(left, right, 50), rng.uniform(low, high, 50)
    dx, dy = function.gradient(x, y)
    scale = 1 + np.hypot(dx, dy)
    assert np.all(abs(dx - (function.value(x + h, y) - function.value(x - h, y)) / (2 * h)) < 1e-7 * scale)
    assert np.all(abs(dy - (function.value(x, y + h) - function.value(x, y - h)) / (2 * h)) < 1e-7 * scale)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_start_and_minimum_lie_in_the_domain_and_the_minimum_is_0(function):
    assert function.inside(*function.start)
    assert not function.inside(np.nan, 0)
    assert not function.reached(np.array([function.start])).any()
    if function.minimum:
        assert function.inside(*function.minimum)
        assert function.value(*function.minimum) == 0
        assert function.gradient(*function.minimum) == (0, 0)


# --- Paths


@pytest.mark.parametrize(
    ("name", "n_steps"), [("batch_gd", 349), ("momentum", 409), ("rmsprop", 72), ("adam", 77)], ids=str
)
def test_O11_paths_leave_the_saddle_after_so_many_steps(name, n_steps):
    found = path(name, FUNCTIONS["saddle"], 0.01)
    assert (found.status, found.arrival, found.outcome) == ("arrived", n_steps, f"{n_steps} steps")
    assert abs(found.points[n_steps - 1, 1]) <= 1 < abs(found.points[n_steps, 1])


def test_a_path_of_gradient_descent_in_the_ravine_is_its_closed_form():
    found = path("batch_gd", FUNCTIONS["ravine"], 0.05, n_steps=30)
    t = np.arange(31)
    np.testing.assert_allclose(found.points.T, [-9 * 0.95**t, 2.5 * (-0.5) ** t], atol=1e-14)
    assert found.status == "on its way"
    assert found.outcome == "not in 30 steps"


def test_a_path_out_of_the_domain_ends_with_its_first_point_outside():
    function = FUNCTIONS["ravine"]
    found = path("batch_gd", function, 0.1)
    assert (found.status, found.arrival) == ("left", None)
    assert all(function.inside(x, y) for x, y in found.points[:-1])
    assert not function.inside(*found.points[-1])


def test_a_path_to_what_is_no_number_ends_before_it():
    function = replace(FUNCTIONS["ravine"], gradient=lambda x, y: (x / (y - y), y))
    found = path("batch_gd", function, 0.1)
    assert (found.status, found.points.tolist()) == ("diverged", [list(function.start)])
    assert found.outcome == "diverged after 0"


def test_whoever_only_flies_past_the_minimum_has_not_arrived():
    function = FUNCTIONS["ravine"]
    points = path("momentum", function, 0.2).points
    near = np.flatnonzero(function.reached(points))
    arrival = path("momentum", function, 0.2).arrival
    assert near[0] < arrival  # it came near before, and left again
    assert len(points) == arrival + STAY + 1


def test_each_optimizer_walks_at_its_own_best_learning_rate():
    function = FUNCTIONS["beale"]
    best = best_path("adam", function, n_steps=200)
    assert best.arrival == min(
        found.arrival for lr in function.lrs if (found := path("adam", function, lr, 200)).arrival is not None
    )
    slow = best_path("batch_gd", FUNCTIONS["rosenbrock"], n_steps=100)
    assert slow.arrival is None
    assert slow.status == "on its way"  # rather low within the domain than lost outside


@pytest.mark.parametrize("name", ["sam", "lbfgs", "lookahead", "schedule_free_sgd", "muon", "lr_decay"])
def test_methods_of_every_kind_have_a_path(name):
    found = path(name, FUNCTIONS["ravine"], 0.01, n_steps=100)
    assert found.points.shape == (101, 2)
    assert found.last_value < FUNCTIONS["ravine"].value(*FUNCTIONS["ravine"].start)


def test_a_path_of_an_unknown_optimizer_is_refused():
    with pytest.raises(PluginError, match="adam"):
        path("adamm", FUNCTIONS["saddle"], 0.01)


# --- Bias correction


def test_O6_averages_are_their_closed_form():
    values, beta = temperatures(40), 0.9
    both = averages(values, beta)
    plain = [sum((1 - beta) * beta**i * values[t - i] for i in range(t + 1)) for t in range(40)]
    np.testing.assert_allclose(both.plain, plain, rtol=1e-13)
    np.testing.assert_allclose(averages(np.full(50, 3.0), beta).corrected, 3, rtol=1e-13)


def test_O6_two_days_of_10_degrees():
    both = averages(np.array([10.0, 10.0]), 0.5)
    assert both.plain[1] == 7.5
    assert both.corrected[1] == 10


def test_O6_adams_first_steps_are_lr_long_only_thanks_to_the_correction():
    sizes = step_sizes(200)
    np.testing.assert_allclose(sizes.corrected, 1, rtol=1e-6)
    t = np.arange(1, 201)
    np.testing.assert_allclose(sizes.plain, (1 - 0.9**t) / np.sqrt(1 - 0.999**t), rtol=1e-5)
    assert sizes.plain[0] == pytest.approx(0.1 / sqrt(0.001), rel=1e-5)
    assert sizes.plain.argmax() + 1 == 12


# --- Schedules


def test_O7_every_schedule_is_shown():
    found = all_rates()
    assert [each.name for each in found] == list(SCHEDULES)
    assert all(each.factors.shape == each.epochs.shape == (1000,) for each in found)
    assert all(each.factors.min() >= 0 and each.factors.max() <= 1 for each in found)
    flat = {each.name for each in found if np.ptp(each.factors) == 0}
    assert flat == {"constant"}


def test_O7_rates_are_the_known_ones():
    first = {each.name: each.factors[::50] for each in all_rates()}
    assert 0.5 * first["inverse_time"][2] == pytest.approx(0.1666667, abs=1e-7)
    np.testing.assert_allclose(0.2 * first["inverse_time"][1:5], [0.1, 0.0667, 0.05, 0.04], atol=5e-5)
    np.testing.assert_allclose(first["inverse_sqrt"], 1 / np.sqrt(np.arange(1, 21)))
    np.testing.assert_allclose(first["table"][[0, 4, 5, 11, 12]], [1, 1, 0.4, 0.4, 0.1])
    np.testing.assert_allclose(first["cosine"], (1 + np.cos(np.pi * np.arange(20) / 20)) / 2)
    staircase = rates("staircase", n_epochs=101, steps_per_epoch=1, rate=0.3, interval=100).factors
    np.testing.assert_allclose(0.5 * staircase[[10, 100]], [0.5, 0.3846154], atol=1e-7)


def test_O7_the_schedule_that_watches_the_losses_reacts_to_their_plateaus():
    factors = rates("reduce_on_plateau", decay=0.5, patience=2).factors
    assert sorted(set(factors), reverse=True)[:3] == [1, 0.5, 0.25]


# --- Signals


@pytest.mark.parametrize(("diagonal", "low", "high"), [(0.5, 0, 1e-10), (1.5, 1e6, np.inf)])
def test_N15_signals_vanish_or_explode_through_50_linear_layers(diagonal, low, high):
    network = Network((2,) * 51, "identity")
    theta = np.zeros(network.layout.n)
    for parameter, view in network.layout.views(theta):
        if parameter.role == "weight":
            view[:] = diagonal * np.eye(2)
    found = signals(network, theta, np.ones((1, 2)), np.array([0]))
    np.testing.assert_allclose(found.activations, sqrt(2) * diagonal ** np.arange(1, 51))
    assert low < found.activations[-1] < high


def test_N15_he_keeps_the_signals_of_relu_layers_and_others_do_not():
    found = signals_of_starts("relu", n_rows=64)
    assert list(found) == list(STARTS)
    growth = {start: both.activations[19] / both.activations[0] for start, both in found.items() if start != "zeros"}
    assert 0.1 < growth["he"] < 10
    assert growth["scaled 0.01"] < 1e-10
    assert growth["scaled 0.3"] > 1e5
    assert growth["xavier"] == pytest.approx(2 ** (-19 / 2), rel=2)  # half the variance is lost in each layer
    assert not found["zeros"].activations.any()
    assert not found["zeros"].gradients.any()


def test_N15_gradients_vanish_through_sigmoids_whatever_the_start():
    for both in signals_of_starts("sigmoid", n_rows=64).values():
        assert both.gradients[0] < 1e-4 * both.gradients[-1]


def test_N14_units_that_start_at_zero_stay_twins():
    zeros, glorot = (units(start, n_steps=50) for start in ("zeros", "glorot"))
    assert (zeros.n_different, glorot.n_different) == (1, 16)
    assert zeros.images.shape == (16, 28, 28)
    assert zeros.images.any()  # they have moved, all alike
    assert zeros.accuracy < 0.4 < glorot.accuracy


# --- Mistakes


def test_the_confusion_matrix_counts_labels_by_guesses():
    truths, guesses = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 2, 0])
    assert confusion_matrix(truths, guesses, 4).tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [2, 0, 1, 0], [0] * 4]


def test_the_surest_mistake_comes_first():
    probabilities = np.array([[0.6, 0.4], [0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    assert surest_mistakes(probabilities, np.array([1, 0, 0, 0])).tolist() == [1, 3, 0]


def test_softmax_is_made_of_shares_and_does_not_overflow():
    np.testing.assert_allclose(softmax(np.array([[1000.0, 1000.0], [0.0, np.log(3)]])), [[0.5, 0.5], [0.25, 0.75]])


def test_mistakes_of_a_trained_network(tmp_path):
    found = mistakes()
    assert found.confusion.sum() == 10_000
    assert 0.93 < found.accuracy < 0.98
    assert found.images.shape == (25, 28, 28)
    assert (found.truths != found.guesses).all()
    assert (np.diff(found.sureness) <= 0).all()
    assert found.sureness[0] > 0.9
    from bench.pictures import figures

    assert_picture(figures.mistakes(found, tmp_path / "mistakes.png"))


def test_a_training_that_diverges_has_no_mistakes_to_show():
    with pytest.raises(PluginError, match="minibatch_gd: the loss became"):
        mistakes("minibatch_gd", lr=1e9)


def test_mistakes_that_cannot_be_seen_are_refused():
    with pytest.raises(DatasetError, match="moons: examples must be images"):
        mistakes(dataset="moons")


# --- Drawings


def assert_picture(file):
    with Image.open(file) as image:
        assert min(image.size) > 300
        assert len(image.convert("RGB").resize((300, 200)).getcolors(60_000)) > 20


@pytest.mark.parametrize("name", ["bias-correction", "schedules", "signals", "symmetry"])
def test_every_picture_can_be_drawn(name, tmp_path):
    assert_picture(draw.picture(name, tmp_path / "new" / f"{name}.png"))


def test_a_landscape_is_drawn_as_png_svg_and_gif(tmp_path):
    names = ["adam", "batch_gd"]
    file = draw.landscape(["saddle"], names, tmp_path / "saddle.png")
    assert_picture(file)
    svg = draw.landscape(["saddle", "ravine", "beale"], names, tmp_path / "three.svg", n_steps=30)
    assert svg.read_text("utf-8").count("<svg") == 1
    gif = draw.landscape(["saddle"], names, tmp_path / "saddle.gif", animate=True)
    assert gif.stat().st_size < 1e6
    with Image.open(gif) as image:
        assert image.format == "GIF"
        assert image.n_frames > 50
        assert 4 < 0.08 * image.n_frames < 20


def test_a_landscape_without_anyone_is_refused(tmp_path):
    with pytest.raises(PluginError, match="optimizers must be"):
        draw.landscape(["saddle"], [], tmp_path / "none.png")
