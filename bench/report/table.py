"""A table: its numbers as data and its cells as shown, in Markdown, CSV and LaTeX."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from tabulate import tabulate

LEFT = {
    *("optimizer", "initializer", "experiment", "status", "reason", "rule", "schedule", "settings", "what", "value"),
    *("verdict", "against the best", "runtime"),
}

Cell = Callable[[Any], str]


@dataclass(frozen=True)
class Column:
    """A column as shown: its heading, and the text of its cell, from a row of the data."""

    heading: str
    cell: Cell


@dataclass(frozen=True)
class Table:
    """`data` has full precision and goes into the CSV, `shown` has strings and honest digits."""

    name: str
    caption: str
    data: pd.DataFrame
    shown: pd.DataFrame

    @classmethod
    def of(
        cls,
        name: str,
        caption: str,
        rows: Sequence[dict[str, Any]],
        columns: Sequence[Column],
        keys: Sequence[str] | None = None,
    ) -> "Table":
        """The table whose cells are made from `rows`; its data are `keys` of them, all unless given."""
        cells = [[one_line(column.cell(row)) for column in columns] for row in rows]
        shown = pd.DataFrame(cells, columns=[one_line(column.heading) for column in columns])
        return cls(name, caption, pd.DataFrame(rows, columns=keys), shown)

    @property
    def headings(self) -> list[str]:
        """The headings as shown."""
        return list(self.shown.columns)

    @property
    def rows(self) -> list[list[str]]:
        """The cells as shown."""
        return [list(row) for row in self.shown.itertuples(index=False)]

    @property
    def alignment(self) -> list[str]:
        """`left` or `right` for each column."""
        return ["left" if heading in LEFT else "right" for heading in self.headings]

    def markdown(self) -> str:
        """The table as GitHub's Markdown."""
        return self._tabulate("github", escape_markdown)

    def latex(self) -> str:
        """The table as LaTeX with booktabs; tabulate escapes the cells."""
        lines = self._tabulate("latex_booktabs", str).splitlines()
        return "\n".join(_for_latex(line) for line in lines)

    def text(self) -> str:
        """The table for a terminal."""
        return self._tabulate("simple", str)

    def only(self, *headings: str) -> "Table":
        """The same with fewer columns shown."""
        return replace(self, shown=self.shown[[heading for heading in self.headings if heading in headings]])

    def write(self, folder: Path) -> None:
        """Write NAME.md, NAME.csv and NAME.tex."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.md").write_text(self.markdown() + "\n", "utf-8")
        (folder / f"{self.name}.tex").write_text(self.latex() + "\n", "utf-8")
        self.data.to_csv(folder / f"{self.name}.csv", index=False, lineterminator="\n")

    def _tabulate(self, style: str, escape: Callable[[str], str]) -> str:
        cells = [[escape(cell) for cell in row] for row in self.rows]
        headings = [escape(heading) for heading in self.headings]
        alignment = self.alignment if cells else None
        return str(tabulate(cells, headings, tablefmt=style, disable_numparse=True, colalign=alignment))


def _for_latex(line: str) -> str:
    """A line with what tabulate leaves: a minus sign, and what would be an option of the line break before it."""
    return re.sub(r"^(\s*)([\[*])", r"\1{\2}", line.replace("−", r"\ensuremath{-}"))


def plain(key: str, heading: str | None = None) -> Column:
    """A column that shows a value as it is."""
    return Column(heading or key, lambda row: text(row[key]))


def formatted(key: str, heading: str, form: Callable[[float], str]) -> Column:
    """A column that shows a number by `form`, and a dash where there is none."""
    return Column(heading, lambda row: "–" if missing(row[key]) else form(row[key]))


def text(value: Any) -> str:
    """A value as a reader takes it: settings spelled out, numbers short, nothing as a dash."""
    if isinstance(value, dict):
        return ", ".join(f"{key}={text(x)}" for key, x in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(text, value)) or "–"
    if missing(value):
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def missing(value: Any) -> bool:
    """Whether a cell has nothing to show."""
    return value is None or value == "" or value != value


def percent(share: float, half_width: float = float("nan")) -> str:
    """`97.62 ± 0.11 %`: two significant digits of what is uncertain, never more than two decimals."""
    if missing(share):
        return "–"
    if missing(half_width):
        return f"{100 * share:.2f} %"
    decimals = 2 if half_width < 0.00995 else 1 if half_width < 0.0995 else 0
    return f"{100 * share:.{decimals}f} ± {100 * half_width:.{decimals}f} %"


def significant(value: float) -> str:
    """Three significant digits, thousands apart, and no exponent."""
    if value == 0:
        return "0"
    rounded = f"{value:.2e}"
    decimals = max(0, 2 - int(rounded.partition("e")[2]))
    return f"{float(rounded):,.{decimals}f}"


grouped = partial("{:,.0f}".format)
"""A whole number with its thousands apart."""


def one_line(cell: str) -> str:
    """The text without line breaks or other white space that would break a row."""
    return " ".join(cell.split())


def escape_markdown(cell: str) -> str:
    """The text such that Markdown, in a table too, shows it as it is."""
    cell = re.sub(r"([\\`*\[\]|~$])", r"\\\1", cell).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", cell)
