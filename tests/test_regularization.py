"""What keeps a network from fitting its training examples too closely: penalties and dropout."""

from types import SimpleNamespace

import numpy as np
import pytest
from test_network import central_differences, examples, gradient_of, random_theta

from network import Layout, Network, Penalty, initialize
from network.dropout import Dropout
from network.initializers import Glorot

ALL = ["relu", "sigmoid", "tanh"]


def course_parameters():
    """The [3, 2, 3, 1] network of the course's regularization cases, columns there being examples."""
    draw = np.random.RandomState(1).randn
    shapes = [(2, 3), (2, 1), (3, 2), (3, 1), (1, 3), (1, 1)]
    return np.concatenate([draw(*shape).T.ravel() for shape in shapes])


def objective(network, x, y):
    return lambda theta: gradient_of(network, theta, x, y)[0]


# --- L2 and L1 ---------------------------------------------------------------------------------------------------


def test_N10_the_course_s_cost_with_l2():
    a = np.array([0.40682402, 0.01629284, 0.16722898, 0.10118111, 0.40682402])
    y = np.array([1, 1, 0, 1, 0])
    network = Network((1, 1))
    cross_entropy = network.evaluate(np.array([1.0, 0]), np.log(a / (1 - a))[:, None], y).loss
    penalty = Penalty(l2=0.1, n_examples=5).cost(course_parameters(), Layout.dense((3, 2, 3, 1)))
    assert cross_entropy + penalty == pytest.approx(1.786485945159076, abs=1e-14)


@pytest.mark.parametrize("rows", [1, 20, 600])
@pytest.mark.parametrize("penalty", [Penalty(l2=0.7, n_examples=30), Penalty(l1=0.4, n_examples=30), Penalty(2, 3, 4)])
def test_N10_N11_penalised_gradient_agrees_with_central_differences(penalty, rows):
    network = Network((4, 5, 3, 2), "tanh", penalty=penalty)
    theta, (x, y) = random_theta(network.layout), examples(rows, 4, 2)
    loss, gradient = gradient_of(network, theta, x, y)
    slopes = central_differences(objective(network, x, y), theta)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-7, atol=1e-9)
    unpenalised = Network((4, 5, 3, 2), "tanh")
    assert loss - gradient_of(unpenalised, theta, x, y)[0] == pytest.approx(penalty.cost(theta, network.layout))


@pytest.mark.parametrize("rows", [10, 600])
def test_N10_one_step_of_gradient_descent_decays_the_weights_alone(rows):
    lr, l2, m = 0.3, 0.7, 50
    network, plain = Network((6, 5, 3), penalty=Penalty(l2=l2, n_examples=m)), Network((6, 5, 3))
    theta, (x, y) = random_theta(network.layout), examples(rows, 6, 3)
    step = theta - lr * gradient_of(network, theta, x, y)[1]
    gradient = gradient_of(plain, theta, x, y)[1]
    for parameter, after in network.layout.views(step):
        before, slope = parameter.view(theta), parameter.view(gradient)
        factor = 1 - lr * l2 / m if parameter.role == "weight" else 1
        np.testing.assert_allclose(after, factor * before - lr * slope, rtol=0, atol=1e-12)


def test_N10_the_penalty_does_not_depend_on_the_batch():
    network, plain = (Network((4, 3), penalty=p) for p in (Penalty(l2=1, n_examples=100), None))
    theta, (x, y) = random_theta(network.layout), examples(40, 4, 3)
    added = [
        gradient_of(network, theta, x[:rows], y[:rows])[1] - gradient_of(plain, theta, x[:rows], y[:rows])[1]
        for rows in (1, 8, 40)
    ]
    np.testing.assert_allclose(added, [added[0]] * 3, rtol=0, atol=1e-15)


def test_N10_an_evaluation_does_not_contain_the_penalty():
    network, plain = (Network((4, 3), penalty=p) for p in (Penalty(l2=1, l1=1), None))
    theta, (x, y) = random_theta(network.layout), examples(40, 4, 3)
    assert network.evaluate(theta, x, y) == plain.evaluate(theta, x, y)


def test_N11_the_subgradient_of_l1_at_0_is_0():
    layout = Layout.dense((2, 2))
    gradient = np.zeros(layout.n)
    Penalty(l1=3, n_examples=2).add_gradient(np.array([0.0, -0.0, 2, -2, 5, 5]), layout, gradient)
    np.testing.assert_array_equal(gradient, [0, 0, 1.5, -1.5, 0, 0])


def test_N11_l1_leaves_more_weights_near_zero():
    x, _ = examples(200, 20, 2)
    y = (x[:, 0] + x[:, 1] > 0).astype(int)  # eighteen inputs say nothing

    def share_near_zero(penalty):
        network = Network((20, 8, 2), "tanh", penalty=penalty)
        theta = initialize(Glorot(), network.layout, np.random.default_rng(0), np.float64)
        for _ in range(2000):
            theta -= 0.02 * gradient_of(network, theta, x, y)[1]
        weights = np.concatenate([W.ravel() for p, W in network.layout.views(theta) if p.role == "weight"])
        return np.mean(np.abs(weights) < 1e-3)

    assert share_near_zero(Penalty(l1=4, n_examples=200)) > share_near_zero(None) + 0.5


@pytest.mark.parametrize(("field", "value"), [("l1", -1), ("l2", float("nan")), ("l2", float("inf"))])
def test_a_penalty_refuses_a_strength_that_is_none(field, value):
    with pytest.raises(ValueError, match=rf"Penalty: {field} must be in \[0, inf\), got"):
        Penalty(**{field: value})


def test_a_penalty_refuses_no_examples():
    with pytest.raises(ValueError, match="n_examples must be at least 1, got 0"):
        Penalty(n_examples=0)


# --- Dropout -----------------------------------------------------------------------------------------------------


def with_dropout(sizes, rate=0.5, activation="relu", seed=0, **options):
    return Network(sizes, activation, dropout=rate, rng=np.random.default_rng(seed), **options)


def frozen(network, x, y):
    """The objective with the masks of the last look."""
    return lambda theta: network.loss_and_gradient(theta, x, y, np.empty_like(theta), again=True)


def passed_on(rate, rows=400, n=250, seed=0):
    """What becomes of ones on their way through dropout, and of a gradient of ones on its way back."""
    a, x, delta = np.ones((rows, n)), np.empty((rows, n)), np.ones((rows, n))
    dropout = Dropout(a, x, delta, rate, np.random.default_rng(seed))
    dropout.forward()
    dropout.backward()
    return x, delta


class CourseDraws:
    """NumPy's older generator as the course draws from it: masks of (units, examples)."""

    def __init__(self, seed):
        self.draws = np.random.RandomState(seed)
        self.bit_generator = SimpleNamespace(state=None)

    def random(self, out, dtype):
        out[:] = self.draws.rand(*out.T.shape).T


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.7])
def test_N9_units_are_kept_at_the_rate_and_their_mean_stays(rate):
    x, delta = passed_on(rate)
    assert np.mean(x > 0) == pytest.approx(1 - rate, rel=0.01)
    assert x.mean() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(x, delta)  # the same mask, and the same division


def test_N9_half_of_the_units_are_doubled_and_so_is_their_gradient():
    x, delta = passed_on(0.5)
    assert set(np.unique(x)) == set(np.unique(delta)) == {0, 2}


@pytest.mark.parametrize("activation", ALL)
@pytest.mark.parametrize("rows", [1, 20, 600])
def test_N9_gradient_with_a_frozen_mask_agrees_with_central_differences(rows, activation):
    network = with_dropout((4, 6, 5, 3), 0.3, activation)
    theta, (x, y) = random_theta(network.layout), examples(rows, 4, 3)
    _, gradient = gradient_of(network, theta, x, y)
    slopes = central_differences(frozen(network, x, y), theta)
    assert np.linalg.norm(gradient - slopes) < 1e-7 * np.linalg.norm(gradient + slopes)


@pytest.mark.parametrize("rows", [20, 600])
def test_N9_each_look_draws_a_new_mask_unless_it_looks_again(rows):
    network = with_dropout((4, 6, 3))
    theta, (x, y) = random_theta(network.layout), examples(rows, 4, 3)
    first = network.loss_and_gradient(theta, x, y, np.empty_like(theta))
    assert frozen(network, x, y)(theta) == frozen(network, x, y)(theta) == first
    assert network.loss_and_gradient(theta, x, y, np.empty_like(theta)) != first


def test_N9_two_networks_of_one_seed_draw_the_same_masks():
    def losses(seed):
        network = with_dropout((4, 6, 3), seed=seed)
        theta, (x, y) = random_theta(network.layout), examples(20, 4, 3)
        return [network.loss_and_gradient(theta, x, y, np.empty_like(theta)) for _ in range(4)]

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


def test_N9_an_evaluation_is_that_of_the_network_without_dropout():
    network, plain = with_dropout((4, 6, 3)), Network((4, 6, 3))
    theta, (x, y) = random_theta(network.layout), examples(600, 4, 3)
    gradient_of(network, theta, x, y)
    assert network.evaluate(theta, x, y) == network.evaluate(theta, x, y) == plain.evaluate(theta, x, y)
    np.testing.assert_array_equal(network.logits(theta, x), plain.logits(theta, x))


def test_N9_dropout_of_0_is_no_dropout():
    network, plain = with_dropout((4, 6, 3), rate=0.0), Network((4, 6, 3))
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 3)
    np.testing.assert_array_equal(gradient_of(network, theta, x, y)[1], gradient_of(plain, theta, x, y)[1])


def test_N9_inputs_and_outputs_are_never_dropped():
    network, plain = with_dropout((4, 3), rate=0.9), Network((4, 3))
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 3)
    np.testing.assert_array_equal(gradient_of(network, theta, x, y)[1], gradient_of(plain, theta, x, y)[1])


def test_N9_the_course_s_activations_with_dropout():
    draws = np.random.RandomState(1)
    x = draws.randn(3, 5).T
    shapes = [(2, 3), (2, 1), (3, 2), (3, 1), (1, 3), (1, 1)]
    theta = np.concatenate([draws.randn(*shape).T.ravel() for shape in shapes])

    def cost(y):
        network = Network((3, 2, 3, 1), dropout=0.3, rng=CourseDraws(1))
        return 5 * network.loss_and_gradient(theta, x, y, np.empty_like(theta))

    # A label that goes from 0 to 1 lowers the cost by the logit.
    logits = np.array([cost(np.zeros(5)) - cost(label) for label in np.eye(5)])
    published = [0.36974721, 0.00305176, 0.04565099, 0.49683389, 0.36974721]
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), published, rtol=0, atol=5e-9)


@pytest.mark.parametrize("rate", [-0.1, 1, float("nan")])
def test_N9_a_rate_that_is_no_probability_of_staying_is_refused(rate):
    with pytest.raises(ValueError, match=r"Network: dropout must be in \[0, 1\), got"):
        with_dropout((4, 3), rate)


def test_N9_dropout_without_an_rng_is_refused():
    with pytest.raises(ValueError, match="dropout needs an rng"):
        Network((4, 5, 3), dropout=0.5)
