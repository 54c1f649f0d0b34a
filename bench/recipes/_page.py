"""The page that shows what the recipes found: a part of it is written anew, what stands around it stays."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tabulate import tabulate

from bench.recipes import PREFIX, Finding, describe, names

BEGIN, END = "<!-- results: python -m bench.recipes -->", "<!-- end of results -->"
HEAD = ("what", "the source printed", "asked", "came out", "agrees")


def write_page(page: Path, results: Path) -> None:
    """Put what lies in `results` between the page's marks."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    found = "\n\n".join(section(name, results) for name in names())
    page.write_text(f"{before}{BEGIN}\n\n{found}\n\n{END}{after}", "utf-8")


def section(name: str, results: Path) -> str:
    """A recipe with its command and what it found the last time."""
    return "\n\n".join([f"### {name}", describe(name), f"    scratchmark run --plan {name}", *_found(name, results)])


def _found(name: str, results: Path) -> Iterator[str]:
    path = results / f"{name.removeprefix(PREFIX)}.json"
    if not path.exists():
        yield "Not run yet."
        return
    record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    cells = [_escaped(Finding(**finding).cells) for finding in record["findings"]]
    yield tabulate(cells, HEAD, tablefmt="github", disable_numparse=True)
    machine = record["machine"]
    yield f"{record['elapsed_s']:g} s on one core of {machine['processor']}, NumPy {machine['packages']['numpy']}."


def _escaped(cells: tuple[str, ...]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in cells]
