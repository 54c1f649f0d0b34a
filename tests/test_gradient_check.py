"""The gradient check on a whole network, with all that may be in its loss, and the command that runs it."""

import numpy as np
import pytest
from test_network import examples, gradient_of, random_theta

from network import BatchNorm, Layout, Network, Penalty, check_gradient, check_network

OPTIONS = {
    "plain": {},
    "L1": {"penalty": Penalty(l1=0.3, n_examples=20)},
    "L2": {"penalty": Penalty(l2=0.7, n_examples=20)},
    "batch norm": {"batch_norm": BatchNorm()},
    "all": {"penalty": Penalty(0.3, 0.7, 20), "batch_norm": BatchNorm(momentum=0)},
}


def network_of(options, activation="tanh", sizes=(4, 5, 3, 2), **more):
    return Network(sizes, activation, **OPTIONS[options], **more)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("options", OPTIONS)
def test_N8_the_check_passes_at_the_start_and_after_20_steps(options, activation):
    network = network_of(options, activation)
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 2)
    for n_steps in (0, 20):
        for _ in range(n_steps):
            theta -= 0.1 * gradient_of(network, theta, x, y)[1]
        report = check_network(network, theta, x, y)
        assert report.passed
        assert sorted(report.by_parameter) == sorted(p.name for p in network.layout.parameters)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize(
    ("options", "name", "factor"),
    [(options, name, factor) for options in ("plain", "L1", "L2") for name, factor in (("W2", 2), ("b1", 4))]
    + [(options, name, 3) for options in ("batch norm", "all") for name in ("W2", "gamma2", "beta1", "b3")],
)
def test_N8_R6_a_planted_fault_is_named_by_its_layer(options, name, factor, activation):
    network = network_of(options, activation)
    fault = next(parameter for parameter in network.layout.parameters if parameter.name == name)
    correct = network.loss_and_gradient

    def faulty(theta, x, y, gradient, **how):
        loss = correct(theta, x, y, gradient, **how)
        fault.view(gradient)[:] *= factor
        return loss

    network.loss_and_gradient = faulty
    report = check_network(network, random_theta(network.layout), *examples(20, 4, 2))
    assert report.suspects == [name]


def test_N8_a_forgotten_part_of_the_loss_is_found_in_the_layers_that_it_concerns():
    plain, network = network_of("plain"), network_of("L2")
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 2)
    _, gradient = gradient_of(plain, theta, x, y)
    report = check_gradient(lambda t: gradient_of(network, t, x, y)[0], theta, gradient, network.layout)
    assert sorted(report.suspects) == ["W1", "W2", "W3"]


def test_N8_dropout_is_refused_unless_its_mask_is_frozen():
    network = network_of("all", dropout=0.4, rng=np.random.default_rng(0), sizes=(4, 8, 8, 2))
    arguments = network, random_theta(network.layout), *examples(20, 4, 2)
    with pytest.raises(ValueError, match=r"dropout must be 0 or its mask frozen, got dropout 0\.4"):
        check_network(*arguments)
    assert check_network(*arguments, frozen_mask=True).passed


def test_N8_a_loss_that_draws_at_random_is_refused():
    rng = np.random.default_rng(0)
    theta = np.ones(3)
    with pytest.raises(ValueError, match="the same when asked twice"):
        check_gradient(lambda t: float(rng.random()), theta, theta, Layout.single(3))


def test_N8_a_check_is_no_training():
    network = network_of("batch norm")
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 2)
    gradient_of(network, theta, x, y)
    before, start = network.statistics, theta.copy()
    check_network(network, theta, x, y)
    np.testing.assert_array_equal(network.statistics, before)
    np.testing.assert_array_equal(theta, start)


def test_N8_a_sample_of_the_entries_finds_a_fault_in_the_layer_too():
    network = network_of("plain", sizes=(4, 50, 30, 2))
    theta, (x, y) = random_theta(network.layout), examples(20, 4, 2)
    _, gradient = gradient_of(network, theta, x, y)
    asked = []

    def loss(t):
        asked.append(t)
        return network.loss_and_gradient(t, x, y, np.empty_like(t))

    assert check_gradient(loss, theta, gradient, network.layout, n_entries=10).passed
    assert len(asked) == 2 + 2 * (5 * 10 + 2)
    network.layout.parameters[2].view(gradient)[:] *= 1.01
    assert check_gradient(loss, theta, gradient, network.layout, n_entries=10).suspects == ["W2"]
