"""Clipping equals torch's, bit for bit but for the last rounding of the norm."""

import numpy as np
import pytest
import torch
from oracles.case import Problem

from optimizers._clipping import clip_by_norm, clip_by_value

GRADIENTS = Problem().gradients


def parameter(gradient):
    parameter = torch.nn.Parameter(torch.zeros(len(gradient), dtype=torch.float64))
    parameter.grad = torch.from_numpy(gradient.copy())
    return parameter


@pytest.mark.parametrize("max_norm", [1e-7, 0.1, 1.0, 1e6])
def test_clipping_by_norm_is_torchs(max_norm):
    for gradient in GRADIENTS:
        theirs, out = parameter(gradient), np.empty_like(gradient)
        norm = clip_by_norm(gradient, max_norm, out)
        their_norm = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
        np.testing.assert_allclose(norm, float(their_norm), rtol=1e-15)
        np.testing.assert_allclose(out, theirs.grad.numpy(), rtol=1e-15)


def test_clipping_by_norm_is_torchs_where_the_gradient_is_nan():
    gradient = np.array([1.0, np.nan])
    theirs, out = parameter(gradient), np.empty(2)
    clip_by_norm(gradient, 1.0, out)
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    np.testing.assert_array_equal(out, theirs.grad.numpy())


def test_clipping_by_norm_differs_on_purpose_where_the_gradient_is_infinite():
    """torch makes its finite components zero and the others NaN; ours are all NaN, so that nothing looks fine."""
    gradient = np.array([1.0, np.inf])
    theirs, out = parameter(gradient), np.empty(2)
    clip_by_norm(gradient, 1.0, out)
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    np.testing.assert_array_equal(theirs.grad.numpy(), [0, np.nan])
    np.testing.assert_array_equal(out, [np.nan, np.nan])


@pytest.mark.parametrize("limit", [0.01, 1.0, 1e6])
def test_clipping_by_value_is_torchs(limit):
    for gradient in [*GRADIENTS, np.array([np.inf, -np.inf, np.nan])]:
        theirs, out = parameter(gradient), np.empty_like(gradient)
        clip_by_value(gradient, limit, out)
        torch.nn.utils.clip_grad_value_(theirs, limit)
        np.testing.assert_array_equal(out, theirs.grad.numpy())
