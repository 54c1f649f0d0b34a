"""Gradient clipping."""

import numpy as np
import pytest

from optimizers._clipping import clip_by_norm, clip_by_value

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def clipped_by_norm(gradient, max_norm):
    gradient.flags.writeable = False
    out = np.full_like(gradient, np.nan)
    norm = clip_by_norm(gradient, max_norm, out)
    return out, norm


@DTYPES
def test_a_long_gradient_keeps_its_direction_and_gets_the_length(dtype):
    out, norm = clipped_by_norm(np.array([3, -4, 0], dtype), 0.5)
    assert norm == 5
    assert out.dtype == dtype
    np.testing.assert_allclose(out, [0.3, -0.4, 0], rtol=3e-7, atol=0)


@DTYPES
def test_a_short_gradient_stays_as_it_is_bit_for_bit(dtype):
    gradient = np.array([0.3, -0.4], dtype)
    np.testing.assert_array_equal(clipped_by_norm(gradient, 0.6)[0], gradient)


def test_the_small_number_in_the_denominator_is_torchs():
    out, _ = clipped_by_norm(np.array([1e-6]), 1e-6)
    assert out[0] == pytest.approx(0.5e-6, rel=1e-12)


@DTYPES
def test_a_zero_gradient_stays_zero(dtype):
    out, norm = clipped_by_norm(np.zeros(3, dtype), 1.0)
    assert norm == 0
    assert not out.any()


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e15, 1e25, 1e30])
def test_squares_beyond_single_precision_do_no_harm(size):
    out, norm = clipped_by_norm(np.array([3, -4], np.float32) * np.float32(size), 1.0)
    assert norm == pytest.approx(5 * size, rel=1e-6)
    np.testing.assert_allclose(out, np.array([3, -4]) * min(size, 1 / 5), rtol=1e-6)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_gradient_that_is_not_finite_is_not_made_to_look_fine(bad):
    out, norm = clipped_by_norm(np.array([1.0, bad, 2.0]), 1.0)
    assert not np.isfinite(norm)
    assert np.isnan(out).all()


@DTYPES
def test_values_are_cut_one_by_one(dtype):
    gradient = np.array([-3, -1, 0, 0.5, 1e30, np.inf, np.nan], dtype)
    gradient.flags.writeable = False
    out = np.empty_like(gradient)
    clip_by_value(gradient, 1.0, out)
    np.testing.assert_array_equal(out, np.array([-1, -1, 0, 0.5, 1, 1, np.nan], dtype))
    assert out.dtype == dtype
