"""The recipes that take minutes, most of them on real MNIST: `tox -e recipes`.

What they find, and the logs of the long ones, go into the folder that SCRATCHMARK_RECIPES names; there an interrupted
one goes on from its last epoch.
"""

import os
from pathlib import Path

import pytest

from bench import recipes


@pytest.fixture
def agrees(tmp_path, capsys):
    """Whether every number of a recipe agrees; all of them are printed as they come."""
    folder = Path(os.environ.get("SCRATCHMARK_RECIPES") or tmp_path)

    def run(name):
        with capsys.disabled():
            print()
            return recipes.run(recipes.PREFIX + name, folder)

    return run


def test_R1_R2_moons(agrees):
    assert agrees("moons")


def test_R3_lr_decay(agrees):
    assert agrees("lr_decay")


def test_R4_circles(agrees):
    assert agrees("circles")


@pytest.mark.parametrize("name", ["regularization", "gradient_checking", "gates", "no_improvement"])
def test_short(agrees, name):
    assert agrees(name)


def test_R15_dropout_backward(agrees):
    assert agrees("dropout_backward")


def test_R8_day2(agrees):
    assert agrees("day2")


def test_R9_day4(agrees):
    assert agrees("day4")


def test_R10_day3(agrees):
    assert agrees("day3")


def test_R11_day5(agrees):
    assert agrees("day5")


def test_R12_day7(agrees):
    assert agrees("day7")


def test_R16_claims(agrees):
    assert agrees("claims")


def test_R13_day6(agrees):
    assert agrees("day6")
