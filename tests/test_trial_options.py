"""What a plan may say of network and training, the same for every optimizer, on the way to the trial."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from specs import trial_spec

from bench import datasets
from bench.augmentation import Augmentation
from bench.batches import Batches
from bench.early_stopping import EarlyStopping
from bench.gradcheck import gradcheck
from bench.parts import Parts
from bench.plan import PlanError, load_plan
from bench.seeds import generator
from bench.spec import TrialSpec
from bench.trial import Point, Trial


@pytest.fixture
def noisy(tmp_path):
    """A data set of 60 training examples, a third of whose labels are wrong."""
    rng = np.random.default_rng(0)
    x_train, x_test = (rng.standard_normal((n, 20)).astype(np.float32) for n in (90, 50))
    y_train, y_test = ((x[:, 0] > 0).astype(np.int64) for x in (x_train, x_test))
    y_train = np.where(rng.random(90) < 1 / 3, 1 - y_train, y_train)
    path = tmp_path / "noisy.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return str(path)


def spec_of(dataset, **fields):
    return trial_spec(**({"dataset": dataset, "scaling": "none", "hidden": (20,), "batch_size": 10} | fields))


def run(spec):
    trial = Trial(spec)
    _, *points, end = trial.run()
    return trial, points, end


def plan(tmp_path, text, dataset="moons"):
    path = tmp_path / "plan.toml"
    path.write_text(f'name = "options"\ndataset = "{dataset}"\nscaling = "none"\n{text}')
    return load_plan(str(path))


EXPERIMENT = '[[experiment]]\nname = "one"\noptimizers = ["adam"]\nseeds = 1\n'


# --- Specs -------------------------------------------------------------------------------------------------------


def test_an_unused_option_does_not_change_a_trial_s_id():
    """The JSON of a trial from before there were options, and the id that it had then."""
    text = (
        '{"activation":"relu","batch_size":64,"data":"mnist","dataset":"mnist","epochs":1,"evaluations_per_epoch":2,'
        '"hidden":[16],"initializer":{"name":"he","settings":{},"source":null,"version":"1"},'
        '"optimizer":{"name":"adam","settings":{"lr":0.001},"source":null,"version":"1"},"rules":1,"scaling":"unit",'
        '"schedule":{"name":"constant","settings":{},"source":null,"version":"1"},"seed":0}'
    )
    spec = TrialSpec.from_json(text)
    assert spec.to_json() == text
    assert spec.id == "ef3cc91898de69f6"


@pytest.mark.parametrize(
    "option",
    [
        {"output": "sigmoid"},
        {"l1": 0.1},
        {"l2": 0.1},
        {"dropout": 0.5},
        {"batch_norm": {"eps": 1e-5, "momentum": 0.1}},
        {"early_stopping": {"monitor": "validation_loss", "patience": 3}},
        {"augmentation": {"shift": 1, "rotation": 0.0}},
        {"drop_last": True},
        {"sampling": "with_replacement"},
    ],
    ids=lambda option: next(iter(option)),
)
def test_a_used_option_changes_the_id_and_survives_json(option):
    spec = trial_spec()
    other = replace(spec, **option)
    assert other.id != spec.id
    assert TrialSpec.from_json(other.to_json()) == other


# --- Plans -------------------------------------------------------------------------------------------------------


def test_a_plan_hands_its_options_to_every_trial(tmp_path):
    text = """
    [network]
    hidden = [8]
    output = "sigmoid"
    l1 = 0.1
    l2 = 0.2
    dropout = 0.3
    batch_norm = { momentum = 0.0 }
    [training]
    early_stopping = { monitor = "validation_accuracy", patience = 5 }
    drop_last = true
    sampling = "with_replacement"
    """
    spec = plan(tmp_path, text + EXPERIMENT).entries[0].spec
    assert (spec.hidden, spec.output, spec.l1, spec.l2, spec.dropout) == ((8,), "sigmoid", 0.1, 0.2, 0.3)
    assert spec.batch_norm == {"eps": 1e-5, "momentum": 0.0}
    assert spec.early_stopping == {"monitor": "validation_accuracy", "patience": 5}
    assert (spec.drop_last, spec.sampling) == (True, "with_replacement")


def test_an_experiment_s_own_options_take_the_place_of_the_plan_s(tmp_path):
    text = "[network]\nhidden = [8]\ndropout = 0.3\n" + EXPERIMENT + "network = { l2 = 0.7, dropout = 0.0 }\n"
    spec = plan(tmp_path, text + "training = { drop_last = true }").entries[0].spec
    assert (spec.hidden, spec.dropout, spec.l2, spec.drop_last) == ((8,), 0.0, 0.7, True)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("[training]\naugmentation = { shift = 2 }\n", "needs images (height, width), and moons has examples of (2,)"),
        ("[training]\naugmentation = {}\n", "shift or rotation must be above 0"),
        ("[training]\nearly_stopping = { patience = 0 }\n", "training.early_stopping.patience"),
        ("[network]\ndropout = 1.0\n", "network.dropout"),
        ("[network]\nl2 = -1\n", "network.l2"),
        ("[network]\nbatch_norm = true\n[optimizers.adam]\nbatch_size = 1\n", "adam has batch size 1, and batch_norm"),
    ],
)
def test_options_that_cannot_be_are_mistakes_with_their_place(tmp_path, text, mistake):
    with pytest.raises(PlanError) as caught:
        plan(tmp_path, text + EXPERIMENT)
    assert len(caught.value.mistakes) == 1
    assert mistake in caught.value.mistakes[0]


def test_a_sigmoid_is_for_two_classes(tmp_path):
    with pytest.raises(PlanError, match="sigmoid is for two classes, and blobs has 3"):
        plan(tmp_path, '[network]\noutput = "sigmoid"\n' + EXPERIMENT, "blobs")


# --- Network options in a trial ----------------------------------------------------------------------------------


def test_a_trial_trains_with_every_option_at_once_and_the_same_way_twice(noisy):
    fields = {
        "output": "sigmoid",
        "l1": 0.01,
        "l2": 0.1,
        "dropout": 0.2,
        "batch_norm": {"eps": 1e-5, "momentum": 0.1},
        "epochs": 30,
        "batch_size": 16,
    }
    trial, points, end = run(spec_of(noisy, **fields))
    assert trial.network.sizes == (20, 20, 1)
    assert trial.network.penalty.n_examples == len(trial.parts.train) == 75
    assert end.status == "done"
    assert points[-1].train_loss < points[0].train_loss
    assert [p.train_loss for p in run(spec_of(noisy, **fields))[1]] == [p.train_loss for p in points]


def test_batch_norm_refuses_a_last_batch_of_one_row(noisy):
    spec = spec_of(noisy, batch_norm={"eps": 1e-5, "momentum": 0.1}, batch_size=37)
    with pytest.raises(ValueError, match="the last batch of an epoch has 1 row and needs 2: set drop_last"):
        Trial(spec)
    assert run(replace(spec, drop_last=True))[2].status == "done"


def test_a_second_look_sees_the_same_network(noisy):
    """SAM with rho next to 0 is its inner rule, if dropout and batch norm do the same in both looks."""
    trial = Trial(spec_of(noisy, dropout=0.5, batch_norm={"eps": 1e-5, "momentum": 0.1}))
    trial.batch = next(iter(trial.batches))
    gradient, second = np.empty_like(trial.gradient), np.empty_like(trial.gradient)
    x, y, _ = trial.batch
    loss = trial.network.loss_and_gradient(trial.theta, x, y, gradient)
    statistics = trial.network.statistics
    assert trial.closure(trial.theta, second) == loss
    np.testing.assert_array_equal(second, gradient)
    np.testing.assert_array_equal(trial.network.statistics, statistics)


# --- Early stopping ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_norm", [None, {"eps": 1e-5, "momentum": 0.1}])
@pytest.mark.parametrize(("monitor", "best"), [("validation_loss", min), ("validation_accuracy", max)])
def test_N12_training_stops_early_and_restores_the_best_weights(noisy, monitor, best, batch_norm):
    fields = {"epochs": 200, "batch_norm": batch_norm, "settings": {"lr": 0.01}, "evaluations_per_epoch": 1}
    stopping = {"monitor": monitor, "patience": 12}
    trial, points, end = run(spec_of(noisy, early_stopping=stopping, **fields))
    values = [getattr(point, monitor) for point in points]
    i = values.index(best(values))
    assert len(points) == i + 1 + 12 < 201  # patience, to the evaluation
    assert end.status == "done"
    assert end.reason == (
        f"stopped early at step {points[-1].step} of {trial.n_steps}; "
        f"restored step {points[i].step} with the best {monitor}, {values[i]:.6g}"
    )
    restored = trial.network.evaluate(trial.weights, *trial.parts.validation)
    assert (restored.loss, restored.accuracy) == (points[i].validation_loss, points[i].validation_accuracy)
    test = trial.network.evaluate(trial.weights, *trial.parts.test)
    assert (test.loss, test.accuracy) == (end.test_loss, end.test_accuracy)
    assert run(spec_of(noisy, **fields))[1][: len(points)][-1].train_loss == points[-1].train_loss


def test_N12_a_trial_that_reaches_its_end_restores_the_best_weights_too(noisy):
    stopping = {"monitor": "validation_loss", "patience": 1000}
    trial, points, end = run(spec_of(noisy, early_stopping=stopping, epochs=100, settings={"lr": 0.01}))
    best = min(point.validation_loss for point in points)
    assert best < points[-1].validation_loss
    assert trial.network.evaluate(trial.weights, *trial.parts.validation).loss == best
    assert end.reason.startswith(f"went to the last step {trial.n_steps}; restored step")


def test_N12_of_equally_good_points_the_first_counts():
    stopping = EarlyStopping("validation_accuracy", patience=2)
    for step, accuracy in enumerate([0.5, 0.8, 0.8, 0.7]):
        assert not stopping.is_over
        point = Point(step, 0, 0, 0, 0, 0, 0, accuracy)
        stopping.see(point, np.array([step]), np.empty(0))
    assert stopping.is_over
    assert (stopping.best_step, stopping.weights) == (1, [1])


# --- Augmentation ------------------------------------------------------------------------------------------------


def augmentation(seed=0, **settings):
    return Augmentation(datasets.load("mnist"), generator(seed, "augmentation"), **settings)


def images(n=6, size=28):
    return np.random.default_rng(1).integers(0, 256, (n, size, size), dtype=np.uint8)


def test_D8_a_shift_moves_each_image_by_whole_pixels_and_fills_with_zeros():
    moved = augmentation(shift=2).moved(images(200))
    shifts = set()
    for before, after in zip(images(200), moved, strict=True):
        framed = np.pad(before, 2)
        found = [(i, j) for i in range(5) for j in range(5) if (framed[i : i + 28, j : j + 28] == after).all()]
        assert len(found) == 1
        shifts |= set(found)
    assert len(shifts) == 25  # every shift occurs


@pytest.mark.parametrize("size", [5, 8])
def test_D8_a_quarter_turn_is_exact_and_no_turn_is_none(size):
    """With draws that are not drawn: no shift, and these angles in turn."""
    angles = np.array([0.0, 90, -90, 180])[:, None, None]
    fixed = SimpleNamespace(integers=lambda low, high, shape: np.zeros(shape, int), uniform=lambda *_: angles)
    before = images(4, size)
    moved = Augmentation(datasets.load("mnist"), fixed, rotation=180.0).moved(before)
    for k, image, after in zip([0, -1, 1, 2], before, moved, strict=True):
        np.testing.assert_array_equal(after, np.rot90(image, k))


def test_D8_a_small_turn_keeps_the_ink():
    data = datasets.load("mnist")
    digits = data.raw(data.x_train[:200])
    moved = augmentation(rotation=15.0).moved(digits)
    assert moved.dtype == np.uint8
    assert (moved != digits).any(axis=(1, 2)).all()
    assert moved.sum() == pytest.approx(digits.sum(), rel=0.02)


def test_D8_one_seed_gives_the_same_images_and_another_does_not():
    x = datasets.load("mnist").x_train[:50]
    one, again, other = (augmentation(seed, shift=2, rotation=10.0)(x) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_D8_moved_rows_have_every_feature_in_the_data_set_s_order():
    data = datasets.load("mnist")
    wide = augmentation(shift=3)(data.x_train[:2000])
    assert wide.shape == (2000, 784)
    assert wide[:, : data.n_silent].any()  # pixels that no pen had reached
    framed = [np.pad(image, 3) for image in data.raw(data.x_train[:20])]
    for image, moved in zip(framed, data.raw(wide[:20]), strict=True):
        assert any((image[i : i + 28, j : j + 28] == moved).all() for i in range(7) for j in range(7))


def test_D8_only_training_images_are_moved_and_labels_stay():
    plain, moved = (Trial(trial_spec(augmentation=a)) for a in (None, {"shift": 2, "rotation": 5.0}))
    for part in ("validation", "train_sample", "test"):
        for a, b in zip(getattr(plain.parts, part), getattr(moved.parts, part), strict=True):
            np.testing.assert_array_equal(a, b)
    (x, y, n_blank), (x_moved, y_moved, none) = (next(trial.training_batches()) for trial in (plain, moved))
    assert (sorted(y), len(n_blank), none) == (sorted(y_moved), len(y), None)
    assert not (x_moved[:, np.newaxis] == moved.parts.data.widen(x)).all(axis=2).any()


def test_D8_a_trial_learns_from_moved_images():
    _, points, end = run(trial_spec(augmentation={"shift": 1, "rotation": 0.0}))
    assert points[-1].validation_accuracy > 0.8
    assert end.status == "done"


def test_D8_points_are_no_images():
    with pytest.raises(ValueError, match=r"needs images \(height, width\), got examples of shape \(2,\)"):
        Augmentation(datasets.load("moons"), np.random.default_rng(0), shift=1)


# --- Batches -----------------------------------------------------------------------------------------------------


def batches_of(n, size, **how):
    rows = np.arange(n)
    return Batches(rows[:, None], rows, rows, size, how.pop("rng", generator(0, "batches")), **how)


def test_B2_drop_last_leaves_the_short_batch_out():
    batches = batches_of(50_000, 128, drop_last=True)
    assert batches.steps_per_epoch == 390
    walk = iter(batches)
    for _ in range(2):
        epoch = [next(walk)[1] for _ in range(390)]
        assert {len(y) for y in epoch} == {128}
        assert len(set(np.concatenate(epoch))) == 49_920


@pytest.mark.parametrize(("size", "steps"), [(40, 1), (50, 1), (None, 1), (49, 1), (25, 2)])
def test_B2_drop_last_with_few_batches(size, steps):
    batches = batches_of(50, size, drop_last=True)
    walk = iter(batches)
    assert batches.steps_per_epoch == steps
    assert [len(next(walk)[1]) for _ in range(3)] == [size or 50] * 3


def test_B3_with_replacement_an_epoch_covers_63_percent():
    batches = batches_of(50_000, 128, sampling="with_replacement")
    assert batches.steps_per_epoch == 391
    assert batches.coverage(391) / 50_000 == pytest.approx(1 - np.exp(-1), abs=0.01)
    assert batches_of(50_000, 128).coverage(391) == 50_000
    assert batches_of(50_000, 128, drop_last=True).coverage(390) == 49_920


def test_B3_with_replacement_each_epoch_draws_anew_even_the_full_batch():
    walk = iter(batches_of(100, None, sampling="with_replacement"))
    first, second = next(walk)[1], next(walk)[1]
    assert len(first) == len(second) == 100
    assert (first != second).any()


def test_B3_the_shadowed_name_sees_254_examples_in_300_steps():
    """As in the notebook, whose generator of that day was seeded with 1."""
    batches = batches_of(50_000, 128, sampling="shadowed", rng=np.random.RandomState(1))
    assert batches.coverage(300) == 254
    walk = iter(batches_of(50_000, 128, sampling="shadowed"))
    next(walk)
    assert all(set(next(walk)[1]) <= set(range(128)) for _ in range(800))  # beyond two epochs


@pytest.mark.parametrize("sampling", ["with_replacement", "shadowed"])
def test_B3_coverage_is_what_the_batches_hold(sampling):
    walk = iter(batches_of(300, 16, sampling=sampling))
    seen = {row for _ in range(45) for row in next(walk)[1].tolist()}
    assert batches_of(300, 16, sampling=sampling).coverage(45) == len(seen)


# --- The command's rows ------------------------------------------------------------------------------------------


def test_N8_gradcheck_of_a_plan_checks_each_layer_of_each_network_twice(tmp_path):
    text = '[network]\nhidden = [8, 6]\noutput = "sigmoid"\nl2 = 0.3\n' + EXPERIMENT
    text += '[[experiment]]\nname = "two"\noptimizers = ["sgd"]\nnetwork = { dropout = 0.2 }\n'
    text += '[[experiment]]\nname = "three"\noptimizers = ["adam"]\nnetwork = { batch_norm = true, l1 = 0.1 }\n'
    plan(tmp_path, text)
    rows = gradcheck(str(tmp_path / "plan.toml"))
    assert all(row["passed"] and row["difference"] < 1e-7 for row in rows)
    assert len(rows) == 2 * (6 + 6 + 8)
    assert {row["when"] for row in rows} == {"at the start", "after 20 steps"}
    assert [row["parameter"] for row in rows[:6]] == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert {row["network"] for row in rows} == {
        "moons none, 8-6, relu, sigmoid, l2 0.3",
        "moons none, 8-6, relu, sigmoid, l2 0.3, dropout 0.2",
        "moons none, 8-6, relu, sigmoid, l1 0.1, l2 0.3, batch norm",
    }


def test_N8_gradcheck_of_the_default_plan_passes():
    rows = gradcheck()
    assert rows
    assert all(row["passed"] for row in rows)


def test_parts_know_their_data():
    parts = Parts.load("moons", "none", generator(0, "split"))
    assert (parts.n_features, parts.n_classes) == (parts.data.n_features, parts.data.n_classes) == (2, 2)
