"""The methods that see matrices, layers, distances, curvature or the loss again, held to what can be worked out."""

import copy
import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from network import Layout
from optimizers.adam import Adam
from optimizers.lamb import LAMB
from optimizers.lars import LARS
from optimizers.lbfgs import LBFGS
from optimizers.lookahead import Lookahead
from optimizers.minibatch_gd import MinibatchGD
from optimizers.momentum import Momentum
from optimizers.muon import Muon, orthogonalise
from optimizers.polyak import Polyak
from optimizers.prodigy import Prodigy
from optimizers.sam import SAM
from optimizers.schedule_free_sgd import ScheduleFreeSGD
from optimizers.shampoo import Shampoo
from optimizers.soap import SOAP
from optimizers.sophia import Sophia

DENSE = Layout.dense((5, 4, 3, 2))
WRAPPERS = [SAM, Lookahead, Polyak]


class Walk:
    """An optimizer on a function of theta with a gradient, counting what it asks for."""

    def __init__(self, optimizer, theta, gradient, layout=None):
        self.optimizer, self.theta, self.slope = optimizer, np.array(theta, float), gradient
        self.layout = layout or Layout.single(len(self.theta))
        rng = {"rng": np.random.default_rng(5)} if optimizer.needs_rng else {}
        self.state = optimizer.init(self.theta, self.layout, **rng)
        self.asked = []

    def closure(self, theta, gradient):
        self.asked.append(theta.copy())
        gradient[:] = self.slope(theta)
        return 0.0

    def step(self, n=1, lr=None):
        for _ in range(n):
            closure = {"closure": self.closure} if self.optimizer.needs_closure else {}
            gradient = np.array(self.slope(self.theta))
            self.optimizer.step(self.theta, gradient, self.state, lr or self.optimizer.lr, **closure)
        return self.theta

    @property
    def evaluated(self):
        return self.optimizer.readout(self.theta, self.state)


def noise(n, seed=0):
    return np.random.default_rng(seed).standard_normal(n)


def constant(gradient):
    return lambda theta: gradient


# --- Layers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [LARS(lr=2.0, weight_decay=0), LAMB(lr=0.1, weight_decay=0)], ids=repr)
def test_a_layer_moves_in_proportion_to_its_norm_with_its_bias(optimizer):
    """The first step of a layer, weights and bias, is this part of its norm: lr times 0.001, or lr."""
    start = noise(DENSE.n) * np.repeat([1, 10, 100], [5 * 4 + 4, 4 * 3 + 3, 3 * 2 + 2])
    part = 2.0 * 1e-3 if isinstance(optimizer, LARS) else 0.1
    moved = Walk(optimizer, start, constant(noise(DENSE.n, 1)), DENSE).step() - start
    for layer in (slice(0, 24), slice(24, 39), slice(39, 47)):
        assert np.linalg.norm(moved[layer]) == pytest.approx(part * np.linalg.norm(start[layer]))


@pytest.mark.parametrize("optimizer", [LARS(), LAMB()], ids=repr)
def test_a_layer_at_zero_moves_all_the_same(optimizer):
    assert Walk(optimizer, np.zeros(DENSE.n), constant(noise(DENSE.n)), DENSE).step().all()


# --- Matrices ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (6, 1), (1, 6), (1, 1)])
def test_orthogonalise_brings_every_singular_value_near_1_and_keeps_the_vectors(shape):
    g = noise(shape)
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    inner = u.T @ orthogonalise(g, 5, 1e-7) @ vt.T
    np.testing.assert_allclose(inner, np.diag(np.diag(inner)), atol=1e-12)
    assert (np.abs(np.diag(inner) - 0.95) < 0.3).all()


def test_orthogonalise_is_jordans_iteration():
    x = noise((4, 7)) / np.linalg.norm(noise((4, 7)))
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    np.testing.assert_allclose(orthogonalise(noise((4, 7)), 5, 1e-7), x, atol=1e-13)


def test_muon_leaves_biases_and_the_output_layer_to_adam():
    gradient, ratio = noise(DENSE.n, 1), 0.3
    muon = Walk(Muon(adam_ratio=ratio), noise(DENSE.n), constant(gradient), DENSE)
    adam = Walk(Adam(lr=0.02 * ratio, beta2=0.95, eps=1e-10), noise(DENSE.n), constant(gradient), DENSE)
    muon.step(3)
    adam.step(3)
    for parameter, theta in DENSE.views(muon.theta):
        same = np.array_equal(theta, parameter.view(adam.theta))
        assert same == (parameter.name not in {"W1", "W2"}), parameter.name


def test_muons_scale_grows_with_outputs_over_inputs():
    for rows, columns, scale in ((6, 3, 1), (3, 6, 2**0.5), (2, 18, 3)):
        walk = Walk(
            Muon(lr=1.0), np.zeros(rows * columns), constant(noise(rows * columns)), Layout.single(rows, columns)
        )
        orthogonal = orthogonalise(noise(rows * columns).reshape(rows, columns), 5, 1e-7)
        np.testing.assert_allclose(walk.step().reshape(rows, columns), -scale * orthogonal, rtol=1e-12)


def test_shampoos_first_step_is_orthogonal():
    """L = G G^T and R = G^T G alone make L^(-1/4) U S V^T R^(-1/4) = U V^T."""
    g = noise((4, 3))
    moved = (
        Walk(Shampoo(lr=1.0, eps=1e-14), np.zeros(12), constant(g.ravel()), Layout.single(4, 3)).step().reshape(4, 3)
    )
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    np.testing.assert_allclose(moved, -u @ vt, atol=1e-6)


def test_shampoo_on_one_number_is_adagrad():
    """Of order 1, it divides by the root of the sum of squares: 3 and 4 make 5."""
    walk = Walk(Shampoo(lr=1.0, eps=1e-15), [0.0], constant(np.array([3.0])))
    assert walk.step()[0] == pytest.approx(-1)
    walk.slope = constant(np.array([4.0]))
    assert walk.step()[0] == pytest.approx(-1 - 4 / 5)


def test_shampoos_roots_are_fresh_at_first_and_then_every_interval():
    walk, roots = Walk(Shampoo(interval=3), np.zeros(6), lambda theta: noise(6, walk.state.t), Layout.single(3, 2)), []
    for _ in range(9):
        walk.step()
        roots.append(walk.state.parts[0].sides[0].root.copy())
    changed = [not np.array_equal(a, b) for a, b in pairwise(roots)]
    assert changed == [True, True, False, False, True, False, False, True]


def test_soap_without_sides_is_adam_from_the_second_step_on():
    """Its epsilon stands before the correction, so both are taken as next to nothing."""
    soap = Walk(
        SOAP(lr=0.01, beta2=0.99, eps=1e-30, weight_decay=0, max_precondition_dim=1),
        noise(12),
        noise_at,
        Layout.single(4, 3),
    )
    adam = Walk(Adam(lr=0.01, beta1=0.95, beta2=0.99, eps=1e-30), noise(12), noise_at, Layout.single(4, 3))
    assert np.array_equal(soap.step(), noise(12))
    np.testing.assert_allclose(soap.step(20), adam.step(20), rtol=0, atol=1e-12)


def noise_at(theta):
    return np.sin(1e3 * theta) + 1.1


def test_soaps_bases_stay_orthonormal_and_find_the_eigenvectors():
    walk = Walk(SOAP(precondition_frequency=1), noise(12), noise_at, Layout.single(4, 3))
    walk.step(300)
    for side in walk.state.parts[0].sides:
        np.testing.assert_allclose(side.basis.T @ side.basis, np.eye(len(side.basis)), atol=1e-12)
        rotated = side.basis.T @ side.covariance @ side.basis
        assert np.abs(rotated - np.diag(np.diag(rotated))).max() < 0.3 * rotated.max()


# --- Curvature ---------------------------------------------------------------------------------------------------


def test_sophia_finds_the_diagonal_of_a_quadratic():
    """Over many draws u * (H u) has the mean diag H: u is normal, with mean square 1."""
    factor = noise((4, 4))
    hessian = factor @ factor.T
    walk = Walk(Sophia(lr=1e-9, interval=1, beta2=0.999, weight_decay=0), noise(4), lambda theta: hessian @ theta)
    walk.step(20_000)
    np.testing.assert_allclose(walk.state.h, np.diag(hessian), rtol=0, atol=0.15 * hessian.max())


def test_sophia_asks_once_every_interval_and_says_so():
    walk = Walk(Sophia(interval=4), noise(3), lambda theta: theta)
    walk.step(12)
    assert len(walk.asked) == 3
    assert walk.optimizer.evaluations_per_step == 1.25


def test_sophia_is_newtons_method_where_nothing_is_cut_off():
    """On x^2 / 2 times D with u of +-1 in effect (the estimate is D u^2): m / (gamma h) with every average known."""
    d, u = np.array([1.0, 10.0, 100.0]), np.random.default_rng(5).standard_normal(3)
    walk = Walk(Sophia(beta1=0, beta2=0, gamma=100.0, weight_decay=0, lr=1.0), np.ones(3), lambda theta: d * theta)
    np.testing.assert_allclose(walk.step(), 1 - 1 / np.maximum(100 * u**2, 1e-12), rtol=1e-5)


def test_sophia_steps_by_lr_where_curvature_is_negative():
    walk = Walk(Sophia(lr=0.01, weight_decay=0), np.array([1.0, -2.0]), lambda theta: -theta)
    np.testing.assert_allclose(walk.step(), [1.01, -2.01], rtol=1e-12)


def test_lbfgs_minimises_a_quadratic_in_a_few_steps():
    factor = noise((6, 6), 3)
    hessian = factor @ factor.T + np.eye(6)
    walk = Walk(LBFGS(), noise(6), lambda theta: hessian @ theta)
    assert np.abs(walk.step(60)).max() < 1e-6


def test_lbfgs_keeps_no_more_than_its_history_and_drops_pairs_without_curvature():
    walk = Walk(LBFGS(lr=0.1, history_size=3), noise(6), lambda theta: theta * np.arange(1, 7))
    walk.step(10)
    assert len(walk.state.s) == len(walk.state.y) == len(walk.state.rho) == 3
    flat = Walk(LBFGS(lr=0.1), noise(6), constant(noise(6)))
    flat.step(10)
    assert flat.state.s == []


# --- Rates -------------------------------------------------------------------------------------------------------


def test_schedule_free_at_a_constant_rate_evaluates_the_mean_of_the_plain_iterates():
    start, g = noise(4), noise(4, 1)
    walk = Walk(ScheduleFreeSGD(lr=0.1), start, constant(g))
    walk.step(9)
    np.testing.assert_allclose(walk.state.z, start - 0.9 * g, rtol=1e-12)
    np.testing.assert_allclose(walk.evaluated, start - 0.1 * g * np.mean(np.arange(1, 10)), rtol=1e-12)


def test_schedule_free_readout_is_not_theta_and_leaves_it_alone():
    walk = Walk(ScheduleFreeSGD(), noise(4), noise_at)
    before = walk.step(5).copy()
    assert not np.allclose(walk.evaluated, before)
    np.testing.assert_array_equal(walk.theta, before)


def test_prodigy_finds_the_distance_to_the_solution():
    """On |theta - 3| in each coordinate the distance is 4 from -1; d is a lower bound that reaches its size."""
    walk = Walk(Prodigy(), np.full(5, -1.0), lambda theta: np.sign(theta - 3))
    walk.step(400)
    assert 0.4 < walk.state.d <= 4.01
    assert np.abs(walk.theta - 3).max() < 1


# --- Wrappers ----------------------------------------------------------------------------------------------------


def test_sam_asks_at_distance_rho_up_the_gradient():
    walk = Walk(SAM(rho=0.5, inner=MinibatchGD()), np.array([3.0, 4.0]), lambda theta: theta)
    walk.step(lr=0.1)
    np.testing.assert_allclose(walk.asked, [[3.3, 4.4]], rtol=1e-12)
    np.testing.assert_allclose(walk.theta, [3 - 0.33, 4 - 0.44], rtol=1e-12)


def test_lookahead_goes_back_half_the_way_every_k_steps():
    walk = Walk(Lookahead(lr=1.0, k=4, inner=MinibatchGD()), [0.0], constant(np.array([1.0])))
    seen = [(walk.step()[0], walk.evaluated[0]) for _ in range(5)]
    assert seen == [(-1, 0), (-2, 0), (-3, 0), (-2, -2), (-3, -2)]


@pytest.mark.parametrize(("eta", "mean"), [(0, -2.5), (1, -3.0), (3, -3.4)])
def test_polyak_weighs_late_points_more_the_greater_eta(eta, mean):
    """The points -1 ... -4 with the weights 1, 1, 1, 1; 1, 2, 3, 4; and 1, 4, 10, 20."""
    walk = Walk(Polyak(lr=1.0, eta=eta), [0.0], constant(np.array([1.0])))
    walk.step(4)
    assert walk.theta[0] == -4
    assert walk.evaluated[0] == pytest.approx(mean)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("inner", [MinibatchGD(), Adam(), Sophia(interval=1), SAM(inner=Sophia(interval=1))], ids=repr)
def test_a_wrapper_asks_for_what_its_inner_rule_needs_and_counts_it(wrapper, inner):
    spec = wrapper(inner=inner)
    walk = Walk(spec, noise(6), noise_at)
    walk.step(5)
    assert spec.needs_rng == inner.needs_rng
    assert spec.needs_closure == (wrapper.needs_closure or inner.needs_closure)
    assert 1 + len(walk.asked) / 5 == spec.evaluations_per_step
    assert spec.elementwise == (wrapper.elementwise and inner.elementwise)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_wrappers_spec_is_a_value_whatever_is_inside(wrapper):
    spec = wrapper(inner=Lookahead(inner=Momentum(momentum=0.5)))
    twin = wrapper(inner=Lookahead(inner=Momentum(momentum=0.5)))
    assert spec == twin == copy.deepcopy(spec) == pickle.loads(pickle.dumps(spec))
    assert hash(spec) == hash(twin)
    assert spec != replace(spec, inner=Adam())
    assert pickle.loads(pickle.dumps(wrapper(inner=Sophia()))).needs_rng


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_wrapper_uses_its_own_rate_only(wrapper):
    walks = [Walk(wrapper(lr=0.1, inner=MinibatchGD(lr=lr)), noise(6), noise_at) for lr in (0.01, 3.0)]
    np.testing.assert_array_equal(walks[0].step(7), walks[1].step(7))


def test_a_wrapper_refuses_what_is_no_optimizer():
    with pytest.raises(ValueError, match="SAM: inner must be a Optimizer, got 'adam'"):
        SAM(inner="adam")


# --- Extremes ----------------------------------------------------------------------------------------------------

EXTREMES = [LARS, LAMB, Muon, Shampoo, SOAP, Sophia, ScheduleFreeSGD, Prodigy, LBFGS, SAM, Lookahead, Polyak]


@pytest.mark.parametrize("method", EXTREMES)
@pytest.mark.parametrize("size", [0.0, 1e-20, 1e-8, 1e8])
@pytest.mark.parametrize("layout", [Layout.single(1), Layout.single(3, 2), DENSE], ids=["1", "3x2", "dense"])
def test_gradients_of_any_size_keep_float32_and_raise_no_warning(method, size, layout):
    optimizer = method()
    theta = noise(layout.n).astype(np.float32)
    walk = Walk(optimizer, theta, constant((size * noise(layout.n, 1)).astype(np.float32)), layout)
    walk.theta = theta
    rng = {"rng": np.random.default_rng(5)} if optimizer.needs_rng else {}
    walk.state = optimizer.init(theta, layout, **rng)
    walk.step(25)
    assert theta.dtype == walk.evaluated.dtype == np.float32
    assert np.isfinite(theta).all()
