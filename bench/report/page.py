"""From the content to report.html, one file that needs no other, and to report.md."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bench import __version__
from bench.report import explore
from bench.report.figures import GRID, INK, MUTED, PALE, PAPER, Figure, Look
from bench.report.sections import Content
from bench.report.table import escape_markdown, one_line
from bench.store import Run

HERE = Path(__file__).parent
ROOM = 700_000
"""What the static figures may take of a page that stays under 3 MB."""

COLOURS = {INK: "currentColor", MUTED: "var(--muted)", PALE: "var(--pale)", GRID: "var(--grid)", PAPER: "var(--paper)"}


def write(run: Run, content: Content, folder: Path) -> Path:
    """Write the page in both its forms and every table beside it; returns report.html."""
    for section in content.sections:
        for table in (*section.tables, *section.folded):
            table.write(folder / "tables")
    values = {"run": run, "facts": facts(run), "content": content, "version": __version__}
    scripts = explore.scripts()
    page_values = {
        "looks": looks(content.styles),
        "trials": set(run.trials["trial"]),
        "style": Markup((explore.ASSETS / "page.css").read_text("utf-8")),
        "data": explore.as_json(content.charts, content.styles),
        "scripts": scripts,
        "policy": explore.policy(scripts),
    }
    (folder / "report.md").write_text(_markdown().get_template("template.md").render(values), "utf-8")
    page = folder / "report.html"
    page.write_text(_html(folder / "figures").get_template("template.html").render(values | page_values), "utf-8")
    return page


def facts(run: Run) -> str:
    """The run in one line."""
    counts = ", ".join(f"{n} {status}" for status, n in run.trials["status"].value_counts().items())
    return f"Plan {run.plan}; {len(run.trials)} trials: {counts}; started {run.started[:10]}."


def looks(styles: dict[str, Look]) -> dict[str, dict[str, Any]]:
    """By name as shown: a label's place in the page's list, its colour and its dashes."""
    return {
        one_line(label): {"place": i, "colour": look.colour, "dash": " ".join(map(str, explore.dashes(look))) or "none"}
        for i, (label, look) in enumerate(styles.items())
    }


def _html(figures: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["inline"] = Inline(figures)
    environment.filters["keep"] = lambda text: text.replace(" %", "\N{NO-BREAK SPACE}%")
    environment.filters["anchor"] = lambda title: re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return environment


def _markdown() -> Environment:
    """No autoescape: HTML's rules are not Markdown's, the template escapes by the filter `md`."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["md"] = lambda text: re.sub(r"^([#>+-])", r"\\\1", escape_markdown(one_line(text)))
    return environment


class Inline:
    """Figures as parts of one page, while there is room: the charts are worth more than their static twins."""

    def __init__(self, folder: Path, room: int = ROOM) -> None:
        self.folder, self.room, self.n = folder, room, 0

    def __call__(self, figure: Figure) -> Markup:
        """The figure's SVG, or where it lies when the page is full."""
        svg = inline(figure, self.folder, f"f{self.n}")
        if len(svg) > self.room:
            return Markup("<p>The page has no room for this figure: it is figures/{}.svg.</p>").format(figure.name)
        self.room, self.n = self.room - len(svg), self.n + 1
        return svg


def inline(figure: Figure, folder: Path, prefix: str) -> Markup:
    """A figure's SVG as part of a page: in the page's colours, its ids its own, and no word of another address."""
    svg = (folder / f"{figure.name}.svg").read_text("utf-8")
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r' (xmlns(:xlink)?|width|height|version)="[^"]*"', "", svg, count=5)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r' [dxy]="[^"]*"', lambda place: re.sub(r"(\.\d\d)\d+", r"\1", place[0]), svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    svg = re.sub("|".join(COLOURS), lambda match: COLOURS[match[0]], svg)
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{escape(figure.caption)}"', 1))
