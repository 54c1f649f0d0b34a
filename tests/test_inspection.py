"""A look inside: norms by layer, and the names and shapes of what there is."""

import numpy as np
import pytest
from test_network import central_differences, examples, gradient_of, random_theta

from network import BatchNorm, Network, Penalty, initialize, layer_norms
from network.initializers import He, Scaled, Xavier, Zeros
from network.inspection import cache, parameters, shapes


def diagonal(factor, depth=50, n=3):
    """A linear network of `depth` layers that each multiply by `factor`, and its parameters."""
    network = Network((n,) * (depth + 1), "identity")
    theta = np.zeros(network.layout.n)
    for parameter, view in network.layout.views(theta):
        if parameter.role == "weight":
            view[:] = factor * np.eye(n)
    return network, theta


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_N15_activations_and_gradients_vanish_or_explode_with_the_depth(factor):
    network, theta = diagonal(factor)
    x, y = examples(20, 3, 3)
    x *= 1e-3 if factor > 1 else 1  # so that the softmax does not saturate
    size = np.linalg.norm(x) / 20**0.5
    norms = layer_norms(network, theta, x, y)
    assert [n.layer for n in norms] == list(range(1, 51))
    assert [n.activation for n in norms] == pytest.approx([size * factor**i for i in range(1, 51)], rel=1e-10)
    assert [n.delta / norms[-1].delta for n in norms] == pytest.approx([factor ** (50 - i) for i in range(1, 51)])
    assert [n.weight for n in norms] == pytest.approx([factor * 3**0.5] * 50)
    if factor < 1:
        assert norms[-1].activation < 1e-10
        assert norms[0].delta < 1e-10
    if factor > 1:
        assert norms[-1].activation > 1e6 * norms[0].activation
        assert norms[0].delta > 1e6


def test_N15_the_norm_of_an_exploding_network_is_huge():
    network, theta = diagonal(1.5)
    assert layer_norms(network, theta, *examples(20, 3, 3))[-1].activation > 1e6


def test_N15_initializers_differ_as_they_should():
    """He keeps the size through ReLU layers, small weights let it vanish, zeros leave nothing."""
    network = Network((100,) * 11, "relu")
    x, y = examples(200, 100, 100)
    growth = {}
    for initializer in (He(), Scaled(0.01), Scaled(1.0), Zeros()):
        theta = initialize(initializer, network.layout, np.random.default_rng(0), np.float64)
        norms = layer_norms(network, theta, x, y)
        growth[initializer] = norms[-1].activation / np.linalg.norm(x) * 200**0.5
    assert 0.1 < growth[He()] < 10
    assert growth[Scaled(0.01)] < 1e-9
    assert growth[Scaled(1.0)] > 1e6
    assert growth[Zeros()] == 0


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_N15_the_norms_are_those_of_the_gradient(scale):
    """dL/db sums delta over the examples: for one example it is delta."""
    network = Network((4, 5, 6, 3), "tanh", scale=scale)
    theta, (x, y) = random_theta(network.layout), examples(1, 4, 3)
    slopes = central_differences(lambda t: network.evaluate(t, x, y).loss, theta)
    expected = {parameter.name: np.linalg.norm(view) for parameter, view in network.layout.views(slopes)}
    for norms in layer_norms(network, theta, x, y):
        assert norms.gradient == pytest.approx(expected[f"W{norms.layer}"], rel=1e-7)
        assert norms.delta == pytest.approx(expected[f"b{norms.layer}"], rel=1e-7)


def test_N15_a_batch_of_copies_has_the_norms_of_one_example():
    network = Network((4, 5, 3))
    theta, (x, y) = random_theta(network.layout), examples(1, 4, 3)
    one, many = (layer_norms(network, theta, np.tile(x, (n, 1)), np.tile(y, n)) for n in (1, 700))
    for a, b in zip(one, many, strict=True):
        np.testing.assert_allclose([b.activation, b.delta, b.gradient], [a.activation, a.delta, a.gradient])


def test_N15_looking_changes_nothing():
    def network_of():
        options = {"batch_norm": BatchNorm(), "penalty": Penalty(l2=1)}
        return Network((4, 5, 3), dropout=0.5, rng=np.random.default_rng(0), **options)

    looked_at, other = network_of(), network_of()
    theta, (x, y) = random_theta(other.layout), examples(20, 4, 3)
    before = looked_at.statistics
    norms = layer_norms(looked_at, theta, x, y)
    assert [n.layer for n in norms] == [1, 2]
    np.testing.assert_array_equal(looked_at.statistics, before)
    np.testing.assert_array_equal(gradient_of(looked_at, theta, x, y)[1], gradient_of(other, theta, x, y)[1])


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("n_out", [1, 3])
def test_N6_the_cache_holds_what_each_layer_computes(activation, n_out):
    network = Network((4, 5, 6, n_out), activation, scale=0.5, shift=0.25)
    theta, (x, y) = random_theta(network.layout), examples(20, 4, max(n_out, 2))
    arrays, values = cache(network, theta, x), parameters(network, theta)
    assert sorted(arrays) == ["A0", "A1", "A2", "A3", "Z1", "Z2", "Z3"]
    np.testing.assert_allclose(arrays["A0"], (x - 0.25) / 2)
    for i in (1, 2, 3):
        np.testing.assert_allclose(arrays[f"Z{i}"], arrays[f"A{i - 1}"] @ values[f"W{i}"] + values[f"b{i}"], atol=1e-12)
    a = arrays["A3"]
    right = a[np.arange(20), y] if n_out > 1 else np.where(y, a[:, 0], 1 - a[:, 0])
    assert -np.log(right).mean() == pytest.approx(network.evaluate(theta, x, y).loss)
    network.evaluate(theta, x + 1, y)
    np.testing.assert_allclose(arrays["A0"], (x - 0.25) / 2)  # copies


def test_N17_names_and_shapes_are_listed_in_order():
    network = Network((784, 784, 10), batch_norm=BatchNorm())
    theta = initialize(Xavier(), network.layout, np.random.default_rng(0))
    assert shapes(parameters(network, theta)).splitlines() == [
        "W1 (784, 784)",
        "W2 (784, 10)",
        "b2 (1, 10)",
        "beta1 (1, 784)",
        "gamma1 (1, 784)",
    ]
    assert shapes(cache(network, theta, np.zeros((7, 784)))).splitlines() == [
        "A0 (7, 784)",
        "A1 (7, 784)",
        "A2 (7, 10)",
        "Z1 (7, 784)",
        "Z2 (7, 10)",
    ]
