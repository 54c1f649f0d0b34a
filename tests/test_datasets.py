import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import datasets
from bench.datasets import Dataset, DatasetError, cache, embedded, idx, load, scaling, split

FILE_NAMES = tuple(idx.ROLES.values())
N_TRAIN, N_TEST, SHAPE = 30, 12, (8, 12)


def idx_bytes(array):
    header = [2049 if array.ndim == 1 else 2051, *array.shape]
    return b"".join(n.to_bytes(4, "big") for n in header) + array.astype(np.uint8).tobytes()


def tiny_arrays(first_label=0, n_classes=10):
    rng = np.random.default_rng(7)
    x_train = rng.integers(1, 256, (N_TRAIN, *SHAPE), np.uint8)
    x_train[:, :2, ::3] = 0  # silent features, not all at the start
    x_test = rng.integers(0, 256, (N_TEST, *SHAPE), np.uint8)
    y_train = first_label + np.arange(N_TRAIN) % n_classes
    return x_train, y_train, x_test, y_train[:N_TEST][::-1]


def write_folder(folder, arrays, names=FILE_NAMES, suffix=""):
    folder.mkdir(exist_ok=True)
    for name, array in zip(names, arrays, strict=True):
        data = idx_bytes(array)
        (folder / (name + suffix)).write_bytes(gzip.compress(data) if suffix == ".gz" else data)
    return folder


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRATCHMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "datasets"


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "tiny", tiny_arrays())


@pytest.fixture(scope="module")
def mnist(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMARK_CACHE", str(tmp_path_factory.mktemp("mnist")))
        yield load("mnist")


# --- IDX files


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_D1_a_folder_reads_back_as_written(tmp_path, suffix):
    written = tiny_arrays()
    read = idx.read_folder(write_folder(tmp_path / "tiny", written, suffix=suffix))
    for before, after in zip(written, read, strict=True):
        np.testing.assert_array_equal(after, before)
        assert after.dtype == np.uint8


def test_D1_single_files_read_back(folder):
    x, y, *_ = tiny_arrays()
    np.testing.assert_array_equal(idx.read_images(folder / "train-images-idx3-ubyte"), x)
    np.testing.assert_array_equal(idx.read_labels(folder / "train-labels-idx1-ubyte"), y)


@pytest.mark.parametrize(
    "names",
    [
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
        (
            "emnist-letters-train-images-idx3-ubyte",
            "emnist-letters-train-labels-idx1-ubyte",
            "emnist-letters-test-images-idx3-ubyte",
            "emnist-letters-test-labels-idx1-ubyte",
        ),
    ],
)
def test_D1_other_spellings_are_found(tmp_path, names):
    folder = write_folder(tmp_path / "other", tiny_arrays(), names, suffix=".gz")
    np.testing.assert_array_equal(idx.read_folder(folder).x_test, tiny_arrays()[2])


def test_D1_a_gzipped_file_without_its_suffix_is_read(folder):
    path = folder / "train-labels-idx1-ubyte"
    path.write_bytes(gzip.compress(path.read_bytes()))
    np.testing.assert_array_equal(idx.read_labels(path), tiny_arrays()[1])


LABELS, IMAGES = "train-labels-idx1-ubyte", "train-images-idx3-ubyte"
N_BYTES = N_TRAIN * 8 * 12


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        (IMAGES, lambda _: idx_bytes(tiny_arrays()[1]), "expected magic number 2051 (images), found 2049 (labels)"),
        (LABELS, lambda _: idx_bytes(tiny_arrays()[0]), "expected magic number 2049 (labels), found 2051 (images)"),
        (LABELS, lambda _: b"<html></html>", "expected magic number 2049 (labels), found 1013478509"),
        (IMAGES, lambda b: b[:-5], f"truncated: expected {N_BYTES} bytes of images, found {N_BYTES - 5}"),
        (LABELS, lambda b: b[:-1], "truncated: expected 30 bytes of labels, found 29"),
        (IMAGES, lambda b: b[:9], "truncated: expected a header of 16 bytes, found 9"),
        (LABELS, lambda _: b"", "truncated: expected a header of 8 bytes, found 0"),
        (LABELS, lambda b: b + b"xy", "trailing bytes: expected 30 bytes of labels, found 32"),
        (LABELS, lambda _: idx_bytes(np.zeros(29)), f"expected 30 labels for the images of {IMAGES}, found 29"),
        (LABELS, lambda b: gzip.compress(b)[:-9], "expected a whole gzip file, found a damaged one"),
    ],
)
def test_D1_a_damaged_file_is_one_clear_line(folder, name, damage, message):
    path = folder / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetError) as caught:
        load(str(folder))
    assert f"{path}: {message}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", [lambda b: b"no gzip at all", lambda b: b[:20] + b"\xff" * 9 + b[29:]])
def test_D1_a_corrupt_gzip_file_is_named(tmp_path, damage):
    path = write_folder(tmp_path / "tiny", tiny_arrays(), suffix=".gz") / f"{IMAGES}.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetError, match=r"train-images.*\.gz: expected a whole gzip file, found a damaged one"):
        idx.read_images(path)


def test_D1_missing_files_are_listed(folder):
    (folder / LABELS).unlink()
    (folder / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(DatasetError) as caught:
        load(str(folder))
    assert "missing: train-labels-idx1-ubyte[.gz], t10k-images-idx3-ubyte[.gz]" in str(caught.value)
    assert str(folder) in str(caught.value)


def test_D1_a_missing_file_or_folder_is_named(tmp_path):
    with pytest.raises(DatasetError, match="nothing: expected an IDX file, found no such file"):
        idx.read_labels(tmp_path / "nothing")
    with pytest.raises(DatasetError, match="nothing: expected a folder of four IDX files, found no such file"):
        idx.find_files(tmp_path / "nothing")


def test_D1_two_data_sets_in_one_folder_are_refused(folder):
    write_folder(folder, tiny_arrays(), [f"emnist-{name}" for name in FILE_NAMES])
    with pytest.raises(DatasetError, match=r"expected one data set, found 2: .*emnist"):
        load(str(folder))


def test_D1_train_and_test_of_different_size_are_refused(folder):
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((N_TEST, 8, 11))))
    with pytest.raises(DatasetError, match=r"t10k-images.*expected images of 8 x 12 pixels as in train.*found 8 x 11"):
        load(str(folder))


# --- the data set


def test_D1_mnist_has_its_sizes(mnist):
    assert mnist.x_train.shape == (60000, 717)
    assert mnist.x_test.shape == (10000, 784)
    assert (mnist.n_features, mnist.n_silent, mnist.n_classes, mnist.shape) == (784, 67, 10, (28, 28))
    assert mnist.x_train.dtype == np.uint8
    assert mnist.y_train.dtype == mnist.y_test.dtype == mnist.feature_order.dtype == np.intp
    assert np.bincount(mnist.y_test)[1] == 1135


def test_D1_mnist_is_mnist(mnist):
    raw = idx.read_images(embedded.FOLDER / "t10k-images-idx3-ubyte.gz")
    np.testing.assert_array_equal(mnist.raw(mnist.x_test), raw)
    np.testing.assert_array_equal(mnist.y_train[:5], [5, 0, 4, 1, 9])


def test_D1_mnist_with_other_bytes_is_refused(folder, monkeypatch):
    monkeypatch.setattr(embedded, "FOLDER", folder)
    with pytest.raises(DatasetError, match=r"train-images-idx3-ubyte: expected bytes of SHA-256 ba891046.*, found "):
        load("mnist")


def test_D1_mnist_carries_its_licence():
    notice = (embedded.FOLDER / "NOTICE").read_text(encoding="utf-8")
    for wanted in ["Yann LeCun", "Corinna Cortes", "CC BY-SA 3.0", *embedded.SHA256.values()]:
        assert wanted in notice


def test_D4_rows_turn_back_into_the_original_examples(folder):
    x_train, _, x_test, _ = tiny_arrays()
    data = load(str(folder))
    np.testing.assert_array_equal(data.raw(data.x_train), x_train)
    np.testing.assert_array_equal(data.raw(data.x_test), x_test)


def test_D4_silent_features_come_first_each_kind_rising(folder):
    data = load(str(folder))
    silent, live = np.split(data.feature_order, [data.n_silent])
    assert data.n_silent == 8
    assert silent.tolist() == [0, 3, 6, 9, 12, 15, 18, 21]
    assert sorted([*silent, *live]) == list(range(96))
    assert (np.diff(live) > 0).all()
    assert data.x_train.any(axis=0).all()
    np.testing.assert_array_equal(data.x_test[:, 8:], tiny_arrays()[2].reshape(N_TEST, -1)[:, live])
    assert data.x_test[:, :8].any()  # a test row may light what no training row did


def test_D4_the_rarest_features_come_first_and_each_row_tells_how_many_zeros_lead_it():
    x = np.array([[0, 7, 0, 1], [0, 0, 0, 1], [0, 5, 2, 1], [0, 0, 0, 0]], np.uint8)[:, None, :]
    data = Dataset.from_arrays("tiny", x, np.arange(4), x, np.arange(4))
    assert data.feature_order.tolist() == [0, 2, 1, 3]  # lit in 0, 1, 2 and 3 rows
    assert data.x_train.tolist() == [[0, 7, 1], [0, 0, 1], [2, 5, 1], [0, 0, 0]]
    assert data.n_blank.tolist() == [1, 2, 0, 3]


@pytest.mark.parametrize("shape", [(28, 28), (8, 12)])
def test_D4_examples_flatten_to_columns_and_back(shape):
    x = np.random.default_rng(1).integers(0, 256, (9, *shape), np.uint8)
    data = Dataset.from_arrays("tiny", x, np.arange(9), x, np.arange(9))
    columns = data.x_test.T  # (n_x, m), as the formulas have it; rows are the same numbers the other way round
    assert columns.shape == (shape[0] * shape[1], 9)
    np.testing.assert_array_equal(data.raw(columns.T), x)


def test_widened_rows_have_their_zeros_in_front(folder):
    data = load(str(folder))
    wide = data.widen(data.x_train[:5])
    assert not wide[:, :8].any()
    np.testing.assert_array_equal(wide[:, 8:], data.x_train[:5])
    assert wide.dtype == np.uint8


@pytest.mark.parametrize(("first_label", "n_classes"), [(0, 10), (1, 26)])
def test_D5_labels_are_numbered_and_back(tmp_path, first_label, n_classes):
    arrays = tiny_arrays(first_label, n_classes)
    data = load(str(write_folder(tmp_path / "letters", arrays)))
    assert data.n_classes == n_classes
    assert data.y_train.min() == 0
    assert data.y_train.max() == n_classes - 1
    np.testing.assert_array_equal(data.classes[data.y_train], arrays[1])
    np.testing.assert_array_equal(data.classes[data.y_test], arrays[3])


@pytest.mark.parametrize(("first_label", "n_classes"), [(0, 10), (1, 26)])
def test_D5_one_hot_and_back(first_label, n_classes):
    _, y, *_ = arrays = tiny_arrays(first_label, n_classes)
    data = Dataset.from_arrays("tiny", *arrays)
    lacking = data.y_train[data.y_train != 3]
    for part in (data.y_train, lacking):
        one_hot = data.one_hot(part)
        assert one_hot.shape == (len(part), n_classes)
        assert (one_hot.sum(axis=1) == 1).all()
        np.testing.assert_array_equal(data.labels(one_hot), data.classes[part])
    np.testing.assert_array_equal(data.labels(data.one_hot(data.y_train)), y)


def test_D5_a_test_file_may_lack_a_class_but_not_add_one():
    x_train, y_train, x_test, y_test = tiny_arrays()
    lacking = Dataset.from_arrays("tiny", x_train, y_train, x_test, np.full_like(y_test, 4))
    assert lacking.n_classes == 10
    assert set(lacking.y_test) == {4}
    with pytest.raises(DatasetError, match=r"tiny: y_test must hold labels that y_train has \(0 to 9.*got 77"):
        Dataset.from_arrays("tiny", x_train, y_train, x_test, np.where(y_test == 3, 77, y_test))


def test_floats_stay_as_they_are():
    x_train, y_train, x_test, y_test = tiny_arrays()
    data = Dataset.from_arrays("floats", x_train / 7, y_train, x_test / 7, y_test)
    assert data.x_train.dtype == data.x_test.dtype == np.float64
    np.testing.assert_array_equal(data.raw(data.x_train), x_train / 7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": np.zeros((N_TRAIN, 96), np.int64)}, "x_train must be uint8 or floats, got int64"),
        ({"x_train": np.zeros((0, 8, 12), np.uint8)}, r"x_train must have shape \(m, ...\) with no empty side"),
        ({"x_test": np.full((N_TEST, *SHAPE), np.nan)}, "x_test must be finite"),
        ({"x_train": np.array([[-np.inf, 1.0]])}, "x_train must be finite"),
        ({"x_train": np.array([[1.0, np.inf]])}, "x_train must be finite"),
        ({"x_test": np.zeros((N_TEST, 8, 12))}, r"examples like x_train's, \(8, 12\) uint8, got \(8, 12\) float64"),
        ({"x_test": np.zeros((N_TEST, 5), np.uint8)}, r"examples like x_train's, \(8, 12\) uint8, got \(5,\)"),
        ({"y_train": np.zeros(N_TRAIN)}, "y_train must be integers, got float64"),
        ({"y_test": np.zeros(3, int)}, r"y_test must have shape \(12,\), one label an example, got \(3,\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    arrays = dict(zip(["x_train", "y_train", "x_test", "y_test"], tiny_arrays(), strict=True))
    with pytest.raises(DatasetError, match=f"^bad: .*{message}"):
        Dataset.from_arrays("bad", **(arrays | change))


def test_the_fingerprint_sees_labels_not_their_integer_type():
    x_train, y_train, x_test, y_test = tiny_arrays()
    narrow = Dataset.from_arrays("tiny", x_train, y_train.astype(np.uint8), x_test, y_test.astype(np.uint8))
    assert narrow.fingerprint == Dataset.from_arrays("tiny", *tiny_arrays()).fingerprint


@pytest.mark.parametrize("which", range(4))
def test_the_fingerprint_changes_with_any_array(which):
    changed = [array.copy() for array in tiny_arrays()]
    changed[which].flat[0] = changed[which].flat[1]
    before, again, after = (
        Dataset.from_arrays("tiny", *arrays).fingerprint for arrays in (tiny_arrays(), tiny_arrays(), changed)
    )
    assert before == again != after
    assert len(before) == 16
    int(before, 16)


def test_arrays_are_read_only():
    data = Dataset.from_arrays("tiny", *tiny_arrays())
    with pytest.raises(ValueError, match="read-only"):
        data.x_train[0, 0] = 1


# --- split


def test_D2_seed_1_gives_the_published_rows():
    parts = split(60000, np.random.RandomState(1))
    assert parts.validation[:2].tolist() == [15281, 21435]
    assert (len(parts.train), len(parts.validation)) == (50000, 10000)


@pytest.mark.parametrize(
    ("n", "n_validation", "expected"), [(60000, None, 10000), (30, None, 5), (30, 7, 7), (6, None, 1), (4, 1, 1)]
)
def test_D2_parts_are_disjoint_and_complete(n, n_validation, expected):
    train, validation = split(n, np.random.default_rng(3), n_validation)
    assert len(validation) == expected
    assert train.dtype == validation.dtype == np.intp
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(n))


def test_D2_a_set_too_small_to_split_trains_and_validates_on_every_row():
    for n in range(1, 6):
        train, validation = split(n, np.random.default_rng(3))
        assert sorted(train) == sorted(validation) == list(range(n))


def test_D2_examples_and_labels_stay_paired(folder):
    data = load(str(folder))
    x_train, y_train, *_ = tiny_arrays()
    for rows in split(len(data.x_train), np.random.default_rng(5)):
        np.testing.assert_array_equal(data.raw(data.x_train[rows]), x_train[rows])
        np.testing.assert_array_equal(data.classes[data.y_train[rows]], y_train[rows])


@pytest.mark.parametrize("n_validation", [0, 30, -1])
def test_D2_an_empty_part_is_refused(n_validation):
    with pytest.raises(DatasetError, match=rf"n_validation must be in \[1, 29\] for 30 rows, got {n_validation}"):
        split(30, np.random.default_rng(3), n_validation)


# --- scaling


def scaled(x, how):
    return (x.astype(np.float64) - how.shift) * how.factor


def test_D3_none_and_unit(mnist):
    x = mnist.x_train[:1000]
    np.testing.assert_array_equal(scaled(x, scaling("none", x)), x)
    unit = scaled(x, scaling("unit", x))
    assert (unit.min(), unit.max()) == (0.0, 1.0)


def test_D3_zscore_of_the_training_part(mnist):
    train, _ = split(60000, np.random.RandomState(1))
    x = mnist.x_train[train]
    how = scaling("zscore", x, mnist.n_silent)
    full = scaled(mnist.widen(x[:25000]), how), scaled(mnist.widen(x[25000:]), how)
    mean = (full[0].mean() + full[1].mean()) / 2
    std = np.sqrt(((full[0] ** 2).mean() + (full[1] ** 2).mean()) / 2 - mean**2)
    assert abs(mean) < 1e-6
    assert abs(std - 1) < 1e-6
    assert -0.43 < full[0].min() < -0.41
    assert 2.80 < full[0].max() < 2.84


def test_D3_zscore_looks_at_the_given_part_only(mnist):
    half = mnist.x_train[:5000]
    assert scaling("zscore", half) != scaling("zscore", mnist.x_train[:10000])


def test_D3_zscore_of_floats():
    x = np.random.default_rng(5).normal(1e4, 0.5, (1500, 20))
    result = scaled(x, scaling("zscore", x))
    assert abs(result.mean()) < 1e-6
    assert abs(result.std() - 1) < 1e-6


@pytest.mark.parametrize("x", [np.full((700, 3), 9, np.uint8), np.full((1300, 7), 0.7), np.zeros((4, 3))])
def test_D3_zscore_of_a_constant_is_finite_and_zero(x):
    how = scaling("zscore", x)
    assert how.factor == 1.0
    np.testing.assert_allclose(scaled(x, how), 0, atol=1e-12)


def test_D3_only_a_shift_wakes_silent_features(mnist):
    x = mnist.x_train[:100]
    assert [scaling(name, x).keeps_zero for name in ("none", "unit", "zscore")] == [True, True, False]


def test_D3_wrong_scalings_are_refused():
    with pytest.raises(DatasetError, match="scaling: must be one of none, unit, zscore, got 'minmax'"):
        scaling("minmax", np.zeros((2, 2), np.uint8))


def test_D3_unit_divides_floats_by_the_largest_magnitude_of_the_training_part():
    x = np.array([[0.5, -2.0], [0.0, 1.0], [8.0, 0.0]])
    unit = scaling("unit", x, rows=np.array([0, 1]))
    assert (unit.shift, unit.factor) == (0.0, 0.5)
    assert scaling("unit", np.zeros((2, 2))).factor == 1.0


# --- cache


def is_mapped(array):
    return isinstance(array.base, np.memmap)


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in cache.ARRAYS) and (
        (one.name, one.shape, one.fingerprint) == (other.name, other.shape, other.fingerprint)
    )


def test_a_second_load_maps_what_the_first_prepared(folder, monkeypatch):
    fresh = Dataset.from_arrays("tiny", *tiny_arrays())
    assert same(load(str(folder)), fresh)
    monkeypatch.setattr(Dataset, "from_arrays", None)  # nothing may be built again
    second = load(str(folder))
    assert is_mapped(second.x_train)
    assert same(second, fresh)


def test_the_same_files_elsewhere_share_the_entry_but_not_the_name(folder, tmp_path, cache_folder):
    other = write_folder(tmp_path / "other", tiny_arrays())
    assert (load(str(folder)).name, load(str(other)).name) == ("tiny", "other")
    assert len(list(cache_folder.iterdir())) == 1


def test_other_files_under_the_same_name_are_not_mixed_up(folder):
    before = load(str(folder))
    write_folder(folder, tiny_arrays(first_label=3))
    after = load(str(folder))
    assert after.classes[0] == 3
    assert after.fingerprint != before.fingerprint


@pytest.mark.parametrize("name", ["x_train.npy", "y_test.npy", "about.json"])
@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:-7], lambda b: b[:40], None])
def test_a_damaged_entry_is_rebuilt(folder, cache_folder, name, damage):
    first = load(str(folder))
    (entry,) = cache_folder.iterdir()
    damaged = entry / name
    content = damaged.read_bytes()
    damaged.unlink()  # the first load has it mapped
    if damage:
        damaged.write_bytes(damage(content))
    again = load(str(folder))
    assert is_mapped(again.x_train)
    assert same(again, first)
    assert damaged.read_bytes() == content
    assert list(cache_folder.iterdir()) == [entry]


def test_a_cache_that_cannot_be_written_falls_back_to_memory(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SCRATCHMARK_CACHE", str(tmp_path / "file"))
    data = load(str(folder))
    assert not is_mapped(data.x_train)
    assert same(data, Dataset.from_arrays("tiny", *tiny_arrays()))


def test_a_write_that_fails_half_way_leaves_nothing(folder, cache_folder, monkeypatch):
    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.np, "save", full_disk)
    assert not is_mapped(load(str(folder)).x_train)
    assert list(cache_folder.iterdir()) == []


def test_losing_the_race_uses_the_winners_entry(folder, cache_folder, monkeypatch):
    write = cache._write

    def write_last(draft, dataset):
        monkeypatch.setattr(cache, "_write", write)
        load(str(folder))  # another process is done between our look and our write
        write(draft, dataset)

    monkeypatch.setattr(cache, "_write", write_last)
    assert is_mapped(load(str(folder)).x_train)
    assert len(list(cache_folder.iterdir())) == 1


RACER = """
import sys
from bench import datasets
print("ready", flush=True)
sys.stdin.readline()
data = datasets.load(sys.argv[1])
print(data.fingerprint, int(data.x_train.sum()), type(data.x_train.base).__name__)
"""


def child(code, *arguments):
    # The child shall import the very package that is tested here, installed or not.
    path = str(Path(datasets.__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_may_load_at_once(folder, cache_folder):
    racers = [child(RACER, str(folder)) for _ in range(2)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    fresh = Dataset.from_arrays("tiny", *tiny_arrays())
    assert said == [f"{fresh.fingerprint} {fresh.x_train.sum()} memmap"] * 2
    assert len(list(cache_folder.iterdir())) == 1


def test_the_cache_lies_where_the_variable_says_or_with_the_user(monkeypatch, tmp_path):
    assert cache.folder() == tmp_path / "cache" / "datasets"
    monkeypatch.setenv("SCRATCHMARK_CACHE", "")
    assert "scratchmark" in cache.folder().parts


def test_a_warm_load_imports_nothing_slow():
    load("mnist")
    probe = (
        "import sys; from bench import datasets; datasets.load('mnist');"
        "print([m for m in ('gzip', 'hashlib', 'difflib', 'platformdirs', 'urllib.request',"
        "'bench.datasets.idx', 'bench.datasets.synthetic', 'bench.datasets.published') if m in sys.modules])"
    )
    assert child(probe).communicate(timeout=60)[0].strip() == "[]"
