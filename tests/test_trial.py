"""The training loop, on real MNIST and a small network."""

import itertools

import numpy as np
import pytest
from specs import trial_spec

from bench import datasets, registry
from bench.batches import Batches
from bench.seeds import ROLES, generator
from bench.trial import End, Point, Start, Trial
from optimizers.minibatch_gd import MinibatchGD


def run(spec):
    start, *points, end = Trial(spec).run()
    assert isinstance(start, Start)
    assert isinstance(end, End)
    assert all(isinstance(point, Point) for point in points)
    return start, points, end


@pytest.mark.parametrize("name", registry.optimizer_names())
def test_O1_every_optimizer_trains_through_the_same_core(name):
    spec = trial_spec(name, dataset="blobs", scaling="none", hidden=(8, 8), epochs=20, evaluations_per_epoch=1)
    _, points, end = run(spec)
    assert end.status == "done"
    assert points[-1].train_loss < points[0].train_loss


def test_O10_optimizers_of_one_seed_start_alike_and_see_the_same_order():
    starts = [Trial(trial_spec(name, seed=3)) for name in ("sgd", "adam", "batch_gd", "lr_decay")]
    hashes = {next(trial.run()).initial_hash for trial in starts}
    orders = {trial.batches.order_hash for trial in starts}
    assert len(hashes) == len(orders) == 1
    other = Trial(trial_spec("adam", seed=4))
    assert next(other.run()).initial_hash not in hashes
    assert other.batches.order_hash not in orders


def test_S10_the_same_spec_gives_the_same_curve_bit_for_bit():
    def curve():
        return [(p.train_loss, p.validation_loss, p.validation_accuracy) for p in run(trial_spec())[1]]

    assert curve() == curve()


def test_the_curve_has_its_start_and_so_many_points_an_epoch():
    _, points, _ = run(trial_spec("minibatch_gd", epochs=2, evaluations_per_epoch=4))
    assert [point.epoch for point in points] == pytest.approx([i / 4 for i in range(9)], abs=1e-3)
    assert points[0].elapsed_s == 0
    assert all(a.elapsed_s < b.elapsed_s for a, b in itertools.pairwise(points))


def test_N16_seconds_are_booked_by_phase():
    _, points, end = run(trial_spec())
    assert all(seconds > 0 for seconds in end.seconds.values())
    assert points[-1].elapsed_s == pytest.approx(sum(end.seconds[p] for p in ("batch", "gradient", "update")))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_N18_a_loss_that_is_no_number_ends_the_trial_as_diverged():
    start, points, end = run(trial_spec("sgd", settings={"lr": 10.0}, hidden=(128, 64)))
    assert end.status == "diverged"
    assert "step" in end.reason
    assert end.test_accuracy is None
    assert 0 < len(points) <= 3
    assert start.n_steps == 50_000


def test_zeros_stays_at_chance_since_the_units_of_a_layer_never_differ():
    _, _, end = run(trial_spec("minibatch_gd", initializer="zeros"))
    assert end.test_accuracy <= 0.1135


@pytest.mark.parametrize(("size", "steps"), [(None, 1), (1, 103), (8, 13)])
def test_B1_batch_gd_sgd_and_minibatch_differ_in_the_steps_an_epoch_alone(size, steps):
    x = np.arange(103)[:, None]
    batches = Batches(x, x[:, 0], np.arange(103), size, generator(0, "batches"))
    assert batches.steps_per_epoch == steps


@pytest.mark.parametrize("size", [None, 1, 8, 100, 600])
def test_B2_every_epoch_sees_every_row_once_the_short_last_batch_included(size):
    rows = np.arange(5, 1308)
    x = np.arange(2000)[:, None]
    batches = Batches(x, x[:, 0], rows, size, generator(0, "batches"))
    walk = iter(batches)
    for _ in range(3):
        epoch = [next(walk) for _ in range(batches.steps_per_epoch)]
        assert sorted(np.concatenate([y for _, y, _ in epoch])) == rows.tolist()
        assert all((x[:, 0] == y).all() for x, y, _ in epoch)
    assert len(epoch[-1][0]) == (len(rows) % (size or len(rows)) or size or len(rows))


@pytest.mark.parametrize("size", [1, 16, 64, 300, None])
def test_B2_a_batch_keeps_its_rows_and_those_that_begin_with_the_fewest_zeros_come_first(size):
    data = datasets.load("mnist")
    numbers, rows = np.arange(len(data.x_train)), np.arange(7, 1007)
    whole, ordered = (
        Batches(data.x_train, numbers, rows, size, generator(0, "batches"), n_blank=n_blank)
        for n_blank in (None, data.n_blank)
    )
    assert whole.order_hash == ordered.order_hash
    for _, (_, before, _), (x, after, n_blank) in zip(range(2 * whole.steps_per_epoch), whole, ordered, strict=False):
        assert sorted(after) == sorted(before)
        np.testing.assert_array_equal(x, data.x_train[after])
        np.testing.assert_array_equal(n_blank, (x > 0).argmax(axis=1))
        assert (np.diff(n_blank) >= 0).all()


def test_mnist_s_images_begin_with_more_than_370_zeros_on_average():
    data = datasets.load("mnist")
    assert data.n_silent + data.n_blank.mean() > 370


@pytest.mark.parametrize("size", [32, 64, 128, 512])
def test_of_the_first_layer_s_multiplications_less_than_six_tenths_remain(size):
    trial = Trial(trial_spec("minibatch_gd", hidden=(128, 64), batch_size=size))
    first = trial.network.training_pass(trial.theta, trial.parts.x[:size], trial.gradient).first
    shares = []
    for x, y, n_blank in itertools.islice(trial.batches, 50):
        trial.network.loss_and_gradient(trial.theta, x, y, trial.gradient, n_blank=n_blank)
        shares.append(sum(step.inputs[..., start:].size for step, start, _ in first._steps) / (size * 785))
    assert 0.5 < np.mean(shares) < 0.6


def test_at_one_example_a_step_descent_moves_less_than_three_fifths_of_the_parameters():
    trial = Trial(trial_spec("sgd", hidden=(128, 64)))
    n = len(trial.theta)
    batches = itertools.islice(trial.batches, 2000)
    n_moved = [n - trial.network.n_silent(x, n_blank) for x, _, n_blank in batches]
    assert np.mean(n_moved) < 0.6 * n


@pytest.mark.parametrize("name", ["sgd", "minibatch_gd", "batch_gd", "lr_decay"])
def test_descent_is_spared_the_weights_of_dark_pixels_and_ends_where_it_would_with_them(name, monkeypatch):
    lengths = []

    def step(self, theta, gradient, state, lr):
        lengths.append(len(theta))
        own_step(self, theta, gradient, state, lr)

    def weights(*, sparse):
        spec = trial_spec(name, epochs=2, batch_size={"sgd": 16, "batch_gd": None}.get(name, 64))
        monkeypatch.setattr(MinibatchGD, "sparse", sparse)
        trial = Trial(spec)
        *_, end = trial.run()
        assert end.status == "done"
        return trial.weights

    own_step = MinibatchGD.step
    monkeypatch.setattr(MinibatchGD, "step", step)
    whole = weights(sparse=False)
    assert set(lengths) == {len(whole)}
    lengths.clear()
    np.testing.assert_array_equal(weights(sparse=True), whole)
    assert max(lengths) < len(whole)


def test_decay_of_the_weights_reaches_those_of_dark_pixels():
    trial = Trial(trial_spec("minibatch_gd", l2=1.0))
    before = trial.theta.copy()
    run = trial.run()
    assert [next(run), next(run)]
    next(run)
    assert (np.abs(trial.theta) < np.abs(before))[: 67 * 16].all()


def test_B4_the_order_depends_on_the_seed_and_changes_each_epoch():
    def epochs(size):
        x = np.arange(64)[:, None]
        batches = Batches(x, x[:, 0], np.arange(64), size, generator(1, "batches"))
        walk = (y for _, ys, _ in batches for y in ys)
        return [list(itertools.islice(walk, 64)) for _ in range(2)]

    first, second = epochs(8)
    assert first != second
    assert epochs(1) == [first, second]


def test_the_generators_of_two_roles_and_of_two_seeds_differ():
    draws = {generator(seed, role).integers(2**62) for seed in range(5) for role in ROLES}
    assert len(draws) == 5 * len(ROLES)
    with pytest.raises(ValueError, match="role must be one of split"):
        generator(0, "luck")
