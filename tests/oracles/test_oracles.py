"""Every method takes the same steps as somebody else's implementation of it, in double precision."""

import numpy as np
import pytest
from oracles.case import Case, trajectory
from oracles.cases import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_method_takes_the_oracles_steps(case: Case) -> None:
    theirs = case.oracle.run(case.problem)
    np.testing.assert_allclose(trajectory(case), theirs, rtol=0, atol=case.tolerance)
