"""Every method takes the steps that somebody else's implementation of it was recorded to take."""

import json
from pathlib import Path

import numpy as np
import pytest
from oracles.case import RECORDED_STEPS, Case, trajectory
from oracles.cases import CASES

RECORDED = json.loads((Path(__file__).parent / "oracles" / "trajectories.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_method_takes_the_recorded_steps(case: Case) -> None:
    recorded = RECORDED[case.name]
    assert recorded["spec"] == case.spec, "the case has changed since its oracle was recorded: run oracles/record.py"
    ours = trajectory(case)[np.array(RECORDED_STEPS) - 1]
    np.testing.assert_allclose(ours, recorded["theta"], rtol=0, atol=case.tolerance)


def test_every_recorded_trajectory_has_its_case_and_names_are_unique() -> None:
    assert sorted(RECORDED) == sorted(case.name for case in CASES)
