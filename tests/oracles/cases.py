"""All cases: the rows of every table `cases_*.py` beside this file."""

from importlib import import_module
from pathlib import Path

from oracles.case import Case

CASES: list[Case] = [
    case
    for path in sorted(Path(__file__).parent.glob("cases_*.py"))
    for case in import_module(f"oracles.{path.stem}").CASES
]
