"""Which rows of the feature checklist are shown by which tests: writes docs/seeds.md from reports of test runs.

    pytest --junitxml=build/tests.xml
    tox -e recipes -- --junitxml=build/recipes.xml
    python tests/seeds_table.py build/tests.xml build/recipes.xml > docs/seeds.md

A test shows the rows whose ids its name begins with: `test_N8_R6_...` shows N8 and R6.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

ROWS = {
    "Data": {
        "D1": "IDX files are read, plain and gzipped; damaged ones are refused in one line",
        "D2": "the training file is shuffled and split by seed into disjoint parts",
        "D3": "scaling to none, unit or z-score by the numbers of the training part",
        "D4": "images flatten to rows and come back",
        "D5": "labels to one-hot and back, for any set of labels",
        "D6": "data sets by name with the model unchanged; an unknown name lists the choices",
        "D7": "a picture of samples with their labels from each part",
        "D8": "shift and rotation of training images, off by default, seeded",
        "D9": "every parameter is a matrix and its gradient has its shape",
    },
    "Network": {
        "N1": "sigmoid, tanh and ReLU with their derivatives, large arguments included",
        "N2": "softmax and its logarithm, unmoved by a shift",
        "N3": "cross-entropy, categorical and binary, on published cases",
        "N4": "the gradient of softmax and cross-entropy in one",
        "N5": "a linear layer forward and backward",
        "N6": "any number of layers, widths and activations; the cache holds what each computes",
        "N7": "prediction and accuracy",
        "N8": "gradient checking of every option, which names the layer of a planted fault",
        "N9": "inverted dropout, with its division on the way back",
        "N10": "L2 in the loss, on weights alone",
        "N11": "L1 in the loss, which leaves more weights near zero",
        "N12": "early stopping on loss or accuracy, with the best weights restored",
        "N13": "batch normalization, trained and evaluated",
        "N14": "zeros, scaled, He, Xavier and Glorot",
        "N15": "vanishing and exploding norms, layer by layer",
        "N16": "seconds by phase",
        "N17": "names and shapes of cache, parameters and settings",
        "N18": "a run that diverges says at which step and stops nothing else",
    },
    "Batches": {
        "B1": "batch, stochastic and mini-batch descent are one loop",
        "B2": "an epoch sees every example once, the short last batch included",
        "B3": "sampling with replacement and the shadowed variable, with their coverage",
        "B4": "one order of batches a seed, whatever the optimizer",
    },
    "Optimizers": {
        "O1": "the folder is the catalogue, and every method trains through the same core",
        "O2": "gradient descent, on the course's numbers",
        "O3": "momentum in the form with 1 - beta, on the course's numbers",
        "O4": "RMSprop with its epsilon",
        "O5": "Adam, on the course's numbers",
        "O6": "exponentially weighted averages and the correction of their bias",
        "O7": "schedules of the learning rate; one that grows is refused",
        "O8": "the contract of an optimizer's state",
        "O9": "a new optimizer is one new file",
        "O10": "optimizers of one seed start alike and see the same order, and the hashes are kept",
        "O11": "steps off the saddle x^2 - y^2",
        "O12": "stop, change, continue",
        "O13": "the two forms of momentum are one at two rates",
    },
    "Recipes": {
        "R1": "moons: costs of gradient descent, momentum and Adam to six digits",
        "R2": "moons: accuracies after 5,000 and 10,000 epochs",
        "R3": "moons with a falling learning rate",
        "R4": "circles: zeros, large weights and He's",
        "R5": "L2 and dropout lower the training accuracy and narrow the gap",
        "R6": "the course's gradient checks and planted mistakes",
        "R7": "the logic gates, learnt and on their plateaus",
        "R8": "Day 2: the shadowed variable and its cure",
        "R9": "Days 4, 5 and 7 from their seed: first steps and dev accuracies as printed",
        "R10": "Day 3: dev and test at 98 %",
        "R11": "Day 5: dev at 98 % in 10 epochs, with its seconds",
        "R12": "Day 7: test at 98.29 % within 0.3 points",
        "R13": "Day 6: 98.34 % on dev from a fresh start within 100 epochs",
        "R14": "why Day 7 had no improvement",
        "R15": "dropout's way back without its division",
        "R16": "claims of the sources, one factor at a time over seeds",
    },
    "Suite": {
        "S1": "one command trains, and leaves results and a report",
        "S2": "a plan is the product of its axes; a failing cell stops nothing",
        "S3": "the report has curves, accuracy and throughput of every run",
        "S4": "throughput by pytest-benchmark",
        "S5": "every result says what machine and versions made it",
        "S6": "mean, spread and intervals; no winner where they cannot be told apart",
        "S7": "time and steps to a target, or that it was missed",
        "S8": "tuning with the same budget for all, chosen on validation",
        "S9": "two results compared: planted changes are found, equal ones raise none",
        "S10": "the same seed gives the same metrics",
        "S11": "training, validation and test accuracy apart, with the gap",
        "S12": "a run that is cut short keeps its curve",
        "S13": "documented code is executed, formulas stand beside it",
        "S14": "tests under tox; network and optimizers need NumPy alone",
    },
}

HEAD = """# The feature checklist

Each row is something that the sources of this project did or promised, with the tests that show it here. A test shows
the rows whose ids its name begins with. This page is written from reports of test runs, see `tests/seeds_table.py`; a
row that no test of those runs has shown is open.
"""


class Outcome(NamedTuple):
    """What became of one test: passed, failed or skipped."""

    file: str
    test: str
    result: str


def outcomes(reports: Iterable[str]) -> Iterator[Outcome]:
    """Every test of these JUnit reports, variants of a parametrized one each."""
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            children = {child.tag for child in case}
            result = "failed" if children & {"failure", "error"} else "skipped" if "skipped" in children else "passed"
            yield Outcome(case.get("classname", "").rpartition(".")[2], case.get("name", ""), result)


def rows_of(test: str) -> list[str]:
    """The ids that a test's name begins with."""
    found = re.match(r"test_((?:[DNBORS]\d+_)+)", test)
    return found[1].rstrip("_").split("_") if found else []


def result(shown: list[Outcome]) -> str:
    """A row's result: it passes where a test of it has passed and none has failed."""
    results = [outcome.result for outcome in shown]
    if "failed" in results:
        return f"**failed** ({results.count('failed')} of {len(results)})"
    return f"passed ({results.count('passed')})" if "passed" in results else "**open**"


def tests(shown: list[Outcome]) -> str:
    """The tests of a row, without their variants, by file."""
    functions = {(outcome.file, outcome.test.partition("[")[0]) for outcome in shown}
    files = sorted({file for file, _ in functions})
    return ", ".join(f"{file} ({sum(file == f for f, _ in functions)})" for file in files)


def table(found: list[Outcome]) -> Iterator[str]:
    """The page, line by line."""
    shown = {
        row: [outcome for outcome in found if row in rows_of(outcome.test)] for rows in ROWS.values() for row in rows
    }
    n_open = sum(not result(tests_of_row).startswith("passed") for tests_of_row in shown.values())
    yield f"{HEAD}\n{len(shown)} rows, {n_open} of them open or failed."
    for room, rows in ROWS.items():
        yield f"\n## {room}\n\n| row | what | tests (functions) | result |\n|---|---|---|---|"
        for row, what in rows.items():
            yield f"| {row} | {what} | {tests(shown[row])} | {result(shown[row])} |"


if __name__ == "__main__":
    print("\n".join(table(list(outcomes(sys.argv[1:])))))
