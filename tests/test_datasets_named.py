"""Data sets that are made on the spot, by name and settings; NumPy archives; one model for all of them."""

from dataclasses import replace

import numpy as np
import pytest
from specs import trial_spec

from bench import datasets
from bench.datasets import DatasetError, describe, load, names
from bench.trial import End, Trial

GATES = ["gates-and", "gates-or", "gates-xor"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRATCHMARK_CACHE", str(tmp_path / "cache"))


def parts(name):
    data = load(name)
    return (data.raw(data.x_train), data.y_train), (data.raw(data.x_test), data.y_test)


# --- made in NumPy

# What scikit-learn 1.9.1 gives: the first two points, the last one, the first twelve labels and the sum of all
# coordinates of make_moons(300, noise=.2, random_state=3), make_moons(100, noise=.2, random_state=4),
# make_circles(300, noise=.05, random_state=1), make_circles(100, noise=.05, random_state=2).
SKLEARN = {
    ("moons", 0): (
        [[-0.21687013460912397, 1.0154493742029873], [0.8050501531955674, -0.5579733951321297]],
        [0.547725598273234, 0.3481746137071188],
        [0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0],
        229.31214774688254,
    ),
    ("moons", 1): (
        [[0.40970840527160207, 0.8434548213033755], [0.9151303724712369, 0.621309075760259]],
        [-0.651328947190355, 0.2180863390901102],
        [0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0],
        74.62961136010998,
    ),
    ("circles", 0): (
        [[-0.07741354010048114, 0.8526022642742742], [0.43186959584803564, -0.8721450395952108]],
        [-0.061145412565262895, 0.9298264080659127],
        [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0],
        0.10318058999808777,
    ),
    ("circles", 1): (
        [[-0.5242373850862546, -0.6091036148461817], [-0.8508922630636758, -0.5214512721012066]],
        [0.3438483715909715, -0.9192735912720769],
        [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        -0.418253070660783,
    ),
}


@pytest.mark.parametrize(("name", "part"), SKLEARN)
def test_S14_D6_moons_and_circles_are_those_of_scikit_learn(name, part):
    x, y = parts(name)[part]
    first, last, labels, total = SKLEARN[name, part]
    np.testing.assert_allclose(x[:2], first, rtol=1e-14)
    np.testing.assert_allclose(x[-1], last, rtol=1e-14)
    assert y[:12].tolist() == labels
    assert x.sum() == pytest.approx(total, abs=1e-11)
    assert x.dtype == np.float64
    assert np.bincount(y).tolist() == [len(x) // 2] * 2


def test_S14_D6_blobs_are_those_of_scikit_learn():
    # scikit-learn 1.9.1, make_blobs(400, random_state=1).
    (x, y), (x_test, y_test) = parts("blobs")
    np.testing.assert_allclose(x[0], [-10.723309622787529, -4.821117224986795], rtol=1e-14)
    np.testing.assert_allclose(x_test[-1], [-8.554835575156792, -4.493030109565697], rtol=1e-14)
    assert y[:12].tolist() == [1, 0, 2, 2, 2, 1, 1, 2, 0, 1, 0, 1]
    assert x.sum() + x_test.sum() == pytest.approx(-3487.043453517569, abs=1e-9)
    assert (len(y), len(y_test)) == (300, 100)


@pytest.mark.parametrize(
    ("name", "outputs"), [("gates-and", [0, 0, 0, 1]), ("gates-or", [0, 1, 1, 1]), ("gates-xor", [0, 1, 1, 0])]
)
def test_D6_gates_train_and_test_on_all_four_inputs(name, outputs):
    for x, y in parts(name):
        assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert y.tolist() == outputs
        assert x.dtype == np.float64


def test_settings_change_what_they_name():
    (x, _), (x_test, _) = parts("moons?n=500&noise=0&seed=7")
    assert (len(x), len(x_test)) == (500, 166)
    centres = np.where(load("moons?n=500&noise=0&seed=7").y_train[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    np.testing.assert_allclose(np.hypot(*(x - centres).T), 1)  # without noise all lie on the two half circles
    assert load("moons?seed=3").fingerprint == load("moons").fingerprint != load("moons?seed=4").fingerprint
    assert load("moons?n=500").name == "moons?n=500"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("moons?n=5", r"moons: n must be a whole number in \[6, 1000000\], got '5'"),
        ("moons?n=1e3", r"moons: n must be a whole number in \[6, 1000000\], got '1e3'"),
        ("circles?noise=-1", r"circles: noise must be a number in \[0.0, 1000.0\], got '-1'"),
        ("circles?noise=nan", r"circles: noise must be a number in \[0.0, 1000.0\], got 'nan'"),
        ("blobs?seed=4294967295", r"blobs: seed must be a whole number in \[0, 4294967294\], got '4294967295'"),
        ("moons?size=3", "moons: setting must be one of n, noise, seed, got 'size'"),
        ("gates-or?n=3", "gates-or: takes no settings, got 'n'"),
    ],
)
def test_settings_out_of_range_are_refused(name, message):
    with pytest.raises(DatasetError, match=f"^{message}$"):
        load(name)


def test_six_points_are_enough_for_each_set():
    for name in ("moons", "circles", "blobs"):
        assert load(f"{name}?n=6").x_test.shape == (2, 2)


# --- one model for every set


@pytest.mark.parametrize(
    ("name", "n_features", "n_classes"),
    [("mnist", 784, 10), ("moons", 2, 2), ("circles", 2, 2), ("blobs", 2, 3), *((gate, 2, 2) for gate in GATES)],
)
def test_D6_the_same_trial_runs_on_every_set(name, n_features, n_classes):
    trial = Trial(trial_spec("adam", dataset=name, hidden=(5,)))
    end = list(trial.run())[-1]
    assert isinstance(end, End)
    assert end.status == "done"
    shapes = [parameter.shape for parameter in trial.network.layout.parameters]
    assert (shapes[0], shapes[-1]) == ((n_features, 5), (1, n_classes))


def test_D6_a_gate_is_learnt():
    spec = trial_spec("adam", dataset="gates-xor", hidden=(8,), epochs=500, settings={"lr": 0.05}, scaling="none")
    losses = [list(Trial(replace(spec, seed=seed)).run())[-1].test_loss for seed in range(3)]
    assert min(losses) < 0.05


def test_D6_an_unknown_name_lists_the_choices():
    with pytest.raises(DatasetError) as caught:
        load("mnits")
    assert str(caught.value) == (
        "dataset: must be one of blobs, circles, emnist-letters, fashion-mnist, gates-and, gates-or, gates-xor, "
        "kmnist, mnist, moons, a folder of IDX files or an .npz file, got 'mnits'; nearest: mnist, kmnist, moons"
    )
    with pytest.raises(DatasetError, match=r"got 'quite else'$"):
        load("quite else")
    with pytest.raises(DatasetError, match=r"got 'mnist\?n=3'"):
        load("mnist?n=3")


def test_each_name_is_described_and_has_a_maker():
    from bench.datasets import published, synthetic

    assert all(describe(name) for name in names())
    assert datasets.SYNTHETIC.keys() == synthetic.MAKERS.keys()
    assert datasets.PUBLISHED.keys() == published.PUBLISHED.keys()


# --- NumPy archives


@pytest.fixture
def arrays():
    rng = np.random.default_rng(2)
    return {"x": rng.normal(size=(70, 5)), "y": np.arange(70) % 3 + 4}


def test_an_archive_of_four_arrays_is_taken_as_it_is(tmp_path, arrays):
    x, y = arrays.values()
    np.savez(tmp_path / "own.npz", x_train=x[:50], y_train=y[:50], x_test=x[50:], y_test=y[50:])
    data = load(str(tmp_path / "own.npz"))
    assert data.name == "own"
    np.testing.assert_array_equal(data.raw(data.x_train), x[:50])
    np.testing.assert_array_equal(data.classes[data.y_test], y[50:])


def test_an_archive_of_x_and_y_keeps_a_seventh_for_the_test(tmp_path, arrays):
    path = tmp_path / "own.npz"
    np.savez_compressed(path, **arrays)
    data = load(str(path))
    assert (len(data.x_train), len(data.x_test)) == (60, 10)
    both = np.concatenate([data.x_train, data.x_test])
    labels = data.classes[np.concatenate([data.y_train, data.y_test])]
    order, given = np.argsort(both[:, 0]), np.argsort(arrays["x"][:, 0])
    np.testing.assert_array_equal(both[order], arrays["x"][given])
    np.testing.assert_array_equal(labels[order], arrays["y"][given])
    assert load(str(path)).fingerprint == data.fingerprint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "expected a NumPy archive of plain arrays, found none"),
        (b"", "expected a NumPy archive of plain arrays, found none"),
        (b"PK\x03\x04", "expected a NumPy archive of plain arrays, found none"),
        ({"images": np.zeros(3)}, "expected arrays x_train, y_train, x_test, y_test, or x and y, found none"),
        ({"x_train": np.zeros(3), "y": np.zeros(3)}, "or x and y, found x_train, y"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(4, int)}, r"expected x and y of one length, at least 2, found"),
        ({"x": np.array([None, 3]), "y": np.zeros(2, int)}, "expected a NumPy archive of plain arrays, found none"),
        ({"x": np.zeros((9, 2), complex), "y": np.zeros(9, int)}, "must be uint8 or floats, got complex128"),
    ],
)
def test_an_archive_that_cannot_be_used_is_one_clear_line(tmp_path, content, message):
    path = tmp_path / "own.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    with pytest.raises(DatasetError, match=message) as caught:
        load(str(path))
    assert "own" in str(caught.value)


def test_a_truncated_archive_is_refused(tmp_path, arrays):
    path = tmp_path / "own.npz"
    np.savez_compressed(path, **arrays)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DatasetError, match="expected a NumPy archive"):
        load(str(path))
