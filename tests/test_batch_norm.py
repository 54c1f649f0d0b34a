"""Batch normalization: its numbers in training, its gradient, its averages, and an evaluation that uses them."""

import numpy as np
import pytest
from test_network import central_differences, examples, gradient_of, random_theta

from network import BatchNorm, Layout, Network, Penalty, initialize
from network.batch_norm import Normalize, Statistics
from network.initializers import He

ALL = ["relu", "sigmoid", "tanh"]


def normalized(z, gamma, beta, eps=1e-5):
    """What becomes of sums z (rows, n) in training."""
    z = z.copy()
    stage = Normalize(z, np.empty_like(z), eps)
    stage.bind(np.stack([gamma, beta]), None)
    stage.forward()
    return z


def sums(rows=50, n=4):
    return np.random.default_rng(0).normal(3, 2, (rows, n))


def network_of(sizes, activation="relu", momentum=0.1, eps=1e-5, **options):
    return Network(sizes, activation, batch_norm=BatchNorm(eps, momentum), **options)


def slopes_of(network, theta, x, y):
    return central_differences(lambda t: network.loss_and_gradient(t, x, y, np.empty_like(t), again=True), theta)


def assert_gradient_is_right(network, theta, x, y):
    _, gradient = gradient_of(network, theta, x, y)
    slopes = slopes_of(network, theta, x, y)
    for parameter in network.layout.parameters:
        g, s = parameter.view(gradient), parameter.view(slopes)
        assert np.linalg.norm(g - s) <= 1e-7 * (np.linalg.norm(g) + np.linalg.norm(s)), parameter.name


# --- Training ----------------------------------------------------------------------------------------------------


def test_N13_each_unit_has_mean_0_and_variance_1_over_the_batch():
    z = normalized(sums(), np.ones(4), np.zeros(4))
    assert np.abs(z.mean(axis=0)).max() < 1e-7
    assert np.abs(z.var(axis=0) - 1).max() < 1e-3


def test_N13_gamma_and_beta_set_the_spread_and_the_mean():
    z = normalized(sums(), np.array([1.0, 2, 3, 4]), np.array([-1.0, 0, 1, 2]))
    np.testing.assert_allclose(z.mean(axis=0), [-1, 0, 1, 2], rtol=0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), [1, 2, 3, 4], rtol=1e-5)


def test_N13_the_batch_s_own_spread_and_mean_as_gamma_and_beta_change_nothing():
    z = sums()
    np.testing.assert_allclose(normalized(z, np.sqrt(z.var(axis=0) + 1e-5), z.mean(axis=0)), z, rtol=0, atol=1e-12)


@pytest.mark.parametrize("activation", ALL)
@pytest.mark.parametrize("sizes", [(6, 3), (6, 5, 3), (6, 5, 4, 1), (6, 5, 5, 4, 3)])
def test_N13_gradient_agrees_with_central_differences(sizes, activation):
    network = network_of(sizes, activation)
    assert_gradient_is_right(network, random_theta(network.layout), *examples(20, 6, max(sizes[-1], 2)))


@pytest.mark.parametrize("rows", [2, 513, 1100])
def test_N13_gradient_is_right_for_whole_batches_of_any_size(rows):
    network = network_of((4, 5, 3), "tanh", eps=0.1)
    assert_gradient_is_right(network, random_theta(network.layout), *examples(rows, 4, 3))


def test_N13_gradient_is_right_with_bytes_penalty_and_dropout():
    options = {"scale": 1 / 78.5, "shift": 33.25, "dropout": 0.3, "penalty": Penalty(0.2, 0.3, 40)}
    network = network_of((4, 6, 5, 3), "tanh", rng=np.random.default_rng(0), **options)
    x = np.random.default_rng(2).integers(0, 256, (30, 4), dtype=np.uint8)
    assert_gradient_is_right(network, random_theta(network.layout), x, examples(30, 4, 3)[1])


def test_N13_gradient_is_right_where_silent_features_are_left_out():
    network = network_of((6, 5, 3), "tanh")
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 3)
    assert_gradient_is_right(network, theta, x, y)
    wide = np.hstack([np.zeros((20, 2)), x])
    np.testing.assert_allclose(
        gradient_of(network, theta, wide, y)[1], gradient_of(network, theta, x, y)[1], atol=1e-14
    )


@pytest.mark.parametrize("n_blank", [[0, 0, 1, 3] * 5, [2] * 20, [6] * 20])
def test_N13_gradient_is_right_where_zeros_that_rows_begin_with_are_left_out(n_blank):
    network, n_blank = network_of((6, 5, 3), "tanh"), np.sort(n_blank)
    theta, (x, y) = random_theta(network.layout), examples(20, 6, 3)
    x[np.arange(6) < n_blank[:, np.newaxis]] = 0
    gradient = np.full_like(theta, np.nan)
    network.loss_and_gradient(theta, x, y, gradient, n_blank=n_blank)
    np.testing.assert_allclose(gradient, gradient_of(network, theta, x, y)[1], rtol=1e-9, atol=1e-14)


def test_N13_gradient_stays_right_after_20_steps_and_gamma_and_beta_learn():
    network = network_of((6, 5, 4, 3))
    x, y = examples(30, 6, 3)
    theta = initialize(He(), network.layout, np.random.default_rng(0), np.float64)
    before = theta.copy()
    for _ in range(20):
        theta -= 0.3 * gradient_of(network, theta, x, y)[1]
    assert_gradient_is_right(network, theta, x, y)
    for parameter, moved in network.layout.views(theta - before):
        assert moved.any(), parameter.name


def test_N13_hidden_layers_have_gamma_and_beta_in_place_of_the_bias():
    layout = Layout.dense((4, 5, 6, 3), batch_norm=True)
    names = ["W1", "gamma1", "beta1", "W2", "gamma2", "beta2", "W3", "b3"]
    assert [p.name for p in layout.parameters] == names
    assert [p.shape for p in layout.parameters[:3]] == [(4, 5), (1, 5), (1, 5)]
    assert [p.role for p in layout.parameters] == ["weight", "scale", "bias"] * 2 + ["weight", "bias"]
    assert layout.n == 4 * 5 + 2 * 5 + 5 * 6 + 2 * 6 + 6 * 3 + 3
    covered = [i for p in layout.parameters for i in range(p.offset, p.offset + p.size)]
    assert covered == list(range(layout.n))
    assert [block.shape for block in layout.blocks(np.zeros(layout.n))] == [(4, 5), (2, 5), (5, 6), (2, 6), (7, 3)]


def test_N13_gamma_starts_at_1_and_beta_at_0():
    layout = Layout.dense((4, 5, 3), batch_norm=True)
    views = {p.name: view for p, view in layout.views(initialize(He(), layout, np.random.default_rng(0)))}
    assert (views["gamma1"] == 1).all()
    assert not views["beta1"].any()


def test_N13_a_constant_added_to_the_sums_changes_nothing():
    """Which is why the bias is absent."""
    z = sums()
    one, other = (normalized(z + c, np.ones(4), np.zeros(4)) for c in (0, 7))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


# --- Averages ----------------------------------------------------------------------------------------------------


def moments_of_batches(n_batches):
    rng = np.random.default_rng(3)
    return [np.abs(rng.standard_normal((2, 5))) for _ in range(n_batches)]


def test_N13_the_averages_are_exponentially_weighted_with_bias_correction():
    statistics, batches = Statistics([5], momentum=0.1), moments_of_batches(30)
    for t, moments in enumerate(batches, start=1):
        statistics.add([moments], rows=10)
        weights = [0.1 * 0.9 ** (t - i) / (1 - 0.9**t) for i in range(1, t + 1)]
        assert sum(weights) == pytest.approx(1)
        expected = sum(w * m for w, m in zip(weights, batches, strict=False))
        np.testing.assert_allclose(statistics.layers[0][0], expected[0], rtol=1e-12)
        np.testing.assert_allclose(statistics.layers[0][1], expected[1] * 10 / 9, rtol=1e-12)


def test_N13_with_momentum_0_the_averages_are_the_mean_over_the_batches():
    statistics, batches = Statistics([5], momentum=0), moments_of_batches(30)
    for moments in batches:
        statistics.add([moments], rows=10)
    mean, variance = np.mean(batches, axis=0)
    np.testing.assert_allclose(statistics.layers[0], [mean, variance * 10 / 9], rtol=1e-12)


@pytest.mark.parametrize("momentum", [0, 0.1, 1])
def test_N13_after_one_batch_an_evaluation_normalizes_by_that_batch(momentum):
    network = network_of((4, 5, 2), "tanh", momentum)
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 2)
    loss, _ = gradient_of(network, theta, x, y)
    values = network.statistics
    values[1:].reshape(2, 5)[1] *= 19 / 20  # the batch's own variance, uncorrected
    network.statistics = values
    assert network.evaluate(theta, x, y).loss == pytest.approx(loss, rel=1e-12)


def test_N13_the_layers_keep_their_statistics_apart():
    network = network_of((4, 6, 5, 2), "tanh")
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 2)
    loss, _ = gradient_of(network, theta, x, y)
    values = network.statistics
    for layer in (values[1:13].reshape(2, 6), values[13:].reshape(2, 5)):
        layer[1] *= 19 / 20
    network.statistics = values
    assert network.evaluate(theta, x, y).loss == pytest.approx(loss, rel=1e-12)


def test_N13_another_look_leaves_the_statistics_alone():
    network = network_of((4, 5, 2))
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 2)
    loss, gradient = gradient_of(network, theta, x, y)
    before, second = network.statistics, np.empty_like(gradient)
    assert network.loss_and_gradient(theta, x, y, second, again=True) == loss
    np.testing.assert_array_equal(second, gradient)
    np.testing.assert_array_equal(network.statistics, before)
    gradient_of(network, theta, x, y)
    assert network.statistics[0] == before[0] + 1 == 2


# --- Evaluation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_N13_an_example_evaluates_alone_as_it_does_among_others(dtype):
    network = network_of((4, 5, 4, 3))
    theta, (x, y) = random_theta(network.layout, dtype=dtype), examples(600, 4, 3)
    gradient_of(network, theta, x, y)
    before = network.statistics
    alone = np.concatenate([network.logits(theta, x[i : i + 1]) for i in range(len(x))])
    np.testing.assert_allclose(network.logits(theta, x), alone, rtol=0, atol=1e-5 if dtype == np.float32 else 1e-12)
    assert network.logits(theta, x).dtype == dtype
    np.testing.assert_array_equal(network.statistics, before)  # an evaluation gathers nothing


def test_N13_saved_statistics_give_the_same_evaluation_in_another_network():
    network, other = network_of((4, 5, 3)), network_of((4, 5, 3))
    theta, (x, y) = random_theta(network.layout), examples(50, 4, 3)
    gradient_of(network, theta, x, y)
    assert other.evaluate(theta, x, y) != network.evaluate(theta, x, y)
    other.statistics = network.statistics
    assert other.evaluate(theta, x, y) == network.evaluate(theta, x, y)


def test_N13_before_the_first_batch_an_evaluation_takes_mean_0_and_variance_1():
    network, plain = network_of((4, 5, 3), eps=1e-12), Network((4, 5, 3))
    theta = initialize(He(), network.layout, np.random.default_rng(0), np.float64)
    x, _ = examples(20, 4, 3)
    plain_theta = initialize(He(), plain.layout, np.random.default_rng(0), np.float64)
    np.testing.assert_allclose(network.logits(theta, x), plain.logits(plain_theta, x), rtol=1e-9)


# --- What is refused ---------------------------------------------------------------------------------------------


def test_N13_a_single_row_cannot_be_normalized():
    network = network_of((4, 5, 3))
    with pytest.raises(ValueError, match="a training batch must have at least 2 rows, got 1"):
        gradient_of(network, random_theta(network.layout), *examples(1, 4, 3))


@pytest.mark.parametrize(("field", "value"), [("eps", 0), ("eps", float("inf")), ("momentum", -0.1), ("momentum", 2)])
def test_N13_settings_outside_their_domain_are_refused(field, value):
    with pytest.raises(ValueError, match=f"BatchNorm: {field} must be in"):
        BatchNorm(**{field: value})
