"""Looking at samples, moving them about, and the shapes of what is trained on them."""

import matplotlib.image
import numpy as np
import pytest

from bench.datasets import Dataset, figures, load
from network import Network, initialize
from network.initializers import He


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


# --- pictures


def test_D7_a_picture_shows_images_with_their_labels_for_each_split():
    data = load("mnist")
    figure = figures._grids(data, figures._parts(data, 1), 1)
    assert [ax.get_title() for ax in figure.axes] == ["train (50,000)", "validation (10,000)", "test (10,000)"]
    for ax in figure.axes:
        assert len(ax.images) == 20
        assert [text.get_text() for text in ax.texts] == [str(i) for i in range(10)] * 2
    shown = np.asarray(figure.axes[2].images[3].get_array())
    same = (data.raw(data.x_test) == shown).all(axis=(1, 2))
    assert data.y_test[same].tolist() == [3]


@pytest.mark.parametrize("name", ["mnist", "gates-xor"])
def test_D7_show_writes_a_png(name, tmp_path):
    path = figures.show(load(name), tmp_path / "new" / "samples.png")
    pixels = matplotlib.image.imread(path)
    assert min(pixels.shape[:2]) > 400
    assert len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 50


def test_D7_a_scatter_shows_every_point_of_each_split():
    data = load("moons")
    figure = figures._scatter(data, figures._parts(data, 1))
    counts = [sum(len(dots.get_offsets()) for dots in ax.collections) for ax in figure.axes]
    assert counts == [250, 50, 100]
    assert [ax.get_title() for ax in figure.axes] == ["train (250)", "validation (50)", "test (100)"]


def test_D7_the_seed_chooses_the_samples():
    data = load("mnist")

    def drawn(seed):
        rng = np.random.default_rng(seed)
        return figures._drawn(data.y_test, 10, 20, rng)

    assert drawn(1) == drawn(1) != drawn(2)
    assert len(set(drawn(1))) == 20


@pytest.mark.parametrize("shape", [(30,), (3, 4, 5), (6, 6, 3)])
def test_D7_other_examples_become_strips_and_a_rare_class_leaves_cells_empty(shape, tmp_path):
    x = np.random.default_rng(0).random((20, *shape))
    y = np.r_[np.zeros(19, int), 7]
    data = Dataset.from_arrays("own", x, y, x[:1], y[:1])
    assert figures.show(data, tmp_path / "samples.png").stat().st_size > 0
    assert figures._drawn(y // 7, 2, 4, np.random.default_rng(0))[3] is None


def test_D7_published_labels_stand_for_numbers():
    x = np.random.default_rng(0).random((26, 4, 4))
    letters = Dataset.from_arrays("emnist-letters", x, np.arange(1, 27), x, np.arange(1, 27))
    assert figures._labels(letters)[:3] == ["A", "B", "C"]
    fewer = Dataset.from_arrays("emnist-letters", x[:3], np.array([1, 2, 9]), x[:3], np.array([1, 2, 9]))
    assert figures._labels(fewer) == ["1", "2", "9"]


# --- shapes


@pytest.mark.parametrize("sizes", [(2, 5, 2), (2, 3, 5, 3), (784, 30, 20, 10)])
def test_D9_there_are_no_rank_1_arrays_and_each_gradient_has_its_parameters_shape(sizes):
    net = Network(sizes, "relu")
    theta = initialize(He(), net.layout, np.random.default_rng(0)).astype(np.float64)
    gradient = np.empty_like(theta)
    rng = np.random.default_rng(1)
    net.loss_and_gradient(theta, rng.random((7, sizes[0])), rng.integers(0, sizes[-1], 7), gradient)
    values, slopes = dict(net.layout.views(theta)), dict(net.layout.views(gradient))
    assert len(values) == 2 * (len(sizes) - 1)
    for parameter, value in values.items():
        assert value.ndim == 2
        assert slopes[parameter].shape == value.shape
    assert net.logits(theta, rng.random((7, sizes[0]))).shape == (7, sizes[-1])
    passes = [found for held in vars(net).values() if isinstance(held, dict) for found in held.values()]
    arrays = [array for kept in passes for layer in kept.layers for array in (layer.x, layer.z, layer.delta)]
    assert len(arrays) >= 3 * (len(sizes) - 1)
    assert all(array.ndim == 2 and len(array) == 7 for array in arrays)
