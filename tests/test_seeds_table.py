"""The page of the feature checklist, from reports of test runs."""

import pytest
import seeds_table

CASES = {
    "passed": "",
    "failed": "<failure>no</failure>",
    "skipped": "<skipped/>",
}


@pytest.fixture
def report(tmp_path):
    """A JUnit report of tests, by name, with what became of each."""

    def write(outcomes):
        cases = "".join(f'<testcase classname="tests.test_x" name="{n}">{CASES[r]}</testcase>' for n, r in outcomes)
        path = tmp_path / "tests.xml"
        path.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
        return path

    return write


def line(row, path):
    return next(x for x in "\n".join(seeds_table.table(list(seeds_table.outcomes([path])))).splitlines() if row in x)


def test_a_test_shows_every_row_that_its_name_begins_with(report):
    path = report([("test_N8_R6_gradients[a]", "passed"), ("test_N8_R6_gradients[b]", "passed"), ("test_x", "passed")])
    for row in ("| N8 |", "| R6 |"):
        assert line(row, path).endswith("| test_x (1) | passed (2) |")


@pytest.mark.parametrize(
    ("results", "shown"),
    [
        (["passed", "failed"], "**failed** (1 of 2)"),
        (["passed", "skipped"], "passed (1)"),
        (["skipped"], "**open**"),
        ([], "**open**"),
    ],
)
def test_a_row_passes_where_a_test_has_passed_and_none_has_failed(report, results, shown):
    path = report([(f"test_O5_adam[{i}]", result) for i, result in enumerate(results)])
    assert line("| O5 |", path).endswith(f"| {shown} |")


def test_what_no_test_shows_is_counted(report):
    n = sum(len(rows) for rows in seeds_table.ROWS.values())
    assert line("open or failed", report([("test_O5_adam", "passed")])).startswith(f"{n} rows, {n - 1} of them open")
