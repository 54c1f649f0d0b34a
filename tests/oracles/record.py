"""Store what every oracle does, so that the methods can be checked against them where they are not installed.

In the environment of `tox -e oracles`, from the root: `PYTHONPATH=.:tests python -m oracles.record`.
"""

import json
from importlib.metadata import version
from pathlib import Path

from oracles.case import RECORDED_STEPS
from oracles.cases import CASES

STORE = Path(__file__).parent / "trajectories.json"


def record() -> None:
    """Run every oracle and write the parameters after some of the steps, a line a case."""
    lines = []
    for case in CASES:
        path = case.oracle.run(case.problem)
        entry = {
            "spec": case.spec,
            "oracle": f"{case.oracle.package} {version(case.oracle.package)}: {case.oracle.call}",
            "theta": [path[step - 1].tolist() for step in RECORDED_STEPS],
        }
        lines.append(f"{json.dumps(case.name)}: {json.dumps(entry, separators=(',', ':'))}")
    STORE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    record()
