"""From a run to its report: tables, figures, and the page that shows them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.store import Run


@dataclass(frozen=True)
class Report:
    """A report that is written: its page, what the terminal says of it, and the accuracies as data."""

    page: Path
    summary: str
    accuracy: list[dict[str, Any]]


def write_report(run: Run, folder: Path) -> Report:
    """Write report.html, report.md, tables/ and figures/ into `folder`, and return what to say of them.

    `throughput.json` is read from `folder` where it is there.
    """
    from bench.report import page, sections
    from bench.report.experiment import experiments

    compared = experiments(run)
    written = sections.draw(run, compared, folder)
    path = page.write(run, written, folder)
    return Report(path, sections.summary(run, compared, path), sections.accuracy(compared))
