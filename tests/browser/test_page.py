"""The report's page in headless Chromium."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from test_report import EVIL, THROUGHPUT, done, everything, make_run, spec

from bench.report import write_report

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TEX = "$$x^2$$ \\(y\\) \\[z\\] @{name} $name"
CURVES, SEEDS, HEAT = "optimizers-curves", "optimizers-final-accuracy", "initializers-heat-map"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "throughput.json").write_text(json.dumps(THROUGHPUT))
    hostile = [("optimizers", TEX, done(spec("tex", seed), 0.95 + seed / 1000)) for seed in range(2)]
    hostile.append(("optimizers", "</script><img src=x onerror=alert(2)>", done(spec("img"), 0.9)))
    run = make_run(folder, [*everything(), *hostile], "<b>An invented run</b>")
    return write_report(run, folder).page


@pytest.fixture(scope="module")
def browser():
    path = shutil.which(os.environ["SCRATCHMARK_CHROMIUM"])
    assert path, "SCRATCHMARK_CHROMIUM must be the path or the name of a Chromium"
    with sync_playwright() as playwright:  # starts each browser with an empty profile of its own
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Visit:
    """A page that is open, with everything it said and asked for."""

    def __init__(self, page):
        self.page, self.said, self.asked, self.dialogs = page, [], [], []
        page.on("console", lambda message: self.said.append(message.text) if message.type != "info" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def open(self, path, fragment="", scripts=True):
        self.page.goto(path.as_uri() + fragment)
        if scripts:
            self.page.wait_for_selector("html[data-ready]", timeout=60_000)
        return self

    def chart(self, name, expression):
        """What an expression says of a chart's panels, after whatever is being drawn."""
        code = "async (name) => { const {chart} = document.querySelector(`[data-chart='${name}']`); "
        code += f"await chart.ready; const panels = chart.panels; return {expression}; }}"
        return self.page.evaluate(code, name)

    def axis(self, name, panel=0):
        """The titles of a panel's axes."""
        return self.chart(name, f"['below', 'left'].map((side) => panels[{panel}].figure[side][0].axis_label)")

    def choose(self, name, group, option):
        fieldset = self.page.locator(f"[data-chart='{name}'] fieldset", has_text=group)
        fieldset.get_by_text(option, exact=True).click()

    def visible_lines(self, name):
        return self.chart(name, "panels.map(({figure}) => figure.renderers.filter((r) => r.visible).length)")

    def rows(self, table=0):
        return self.page.locator("table").nth(table).locator("tbody tr:visible").all_inner_texts()


@pytest.fixture
def visit(browser, report):
    """Opens the page, and in the end sees that no script failed and nothing was asked for."""
    contexts = []

    def opened(fragment="", **options):
        context = browser.new_context(**{"viewport": DESKTOP} | options)
        contexts.append(context)
        scripts = options.get("java_script_enabled", True)
        visits.append(Visit(context.new_page()).open(report, fragment, scripts))
        return visits[-1]

    visits = []
    yield opened
    for one in visits:
        assert one.said == []
        assert {url.partition("#")[0] for url in one.asked} == {report.as_uri()}
        assert one.dialogs == []
    for context in contexts:
        context.close()


def until(answer, visit, seconds=10):
    """The first answer that says something; Playwright's own wait compiles text, which the page forbids."""
    for _ in range(10 * seconds):
        if found := answer():
            return found
        visit.page.wait_for_timeout(100)
    return answer()


def screenshot(visit, name):
    folder = Path(os.environ.get("SCRATCHMARK_SCREENSHOTS", "."))
    folder.mkdir(parents=True, exist_ok=True)
    visit.page.wait_for_timeout(300)
    visit.page.screenshot(path=folder / f"report-{name}.png", full_page=True)


def test_it_loads_with_no_error_and_no_request_but_its_own(visit):
    one = visit()
    names = one.page.eval_on_selector_all("[data-chart]", "all => all.map((each) => each.dataset.chart)")
    assert {CURVES, SEEDS, HEAT, "initializers-curves", "throughput"} == set(names)
    for name in names:
        assert one.chart(name, "panels.length") >= 1
        place = one.page.locator(f"[data-chart='{name}'] .panel").first
        assert place.bounding_box()["height"] > 100
    assert one.page.locator(".static.replaced:visible").count() == 0


def test_the_policy_stops_requests_and_foreign_scripts(browser, report):
    context = browser.new_context()
    one = Visit(context.new_page()).open(report)
    one.page.evaluate("document.body.insertAdjacentHTML('beforeend', `<img src='https://example.org/a.png'>`)")
    code = "{const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)}"
    one.page.evaluate(code)
    assert one.page.evaluate("fetch('https://example.org').then(() => 'let in', () => 'refused')") == "refused"
    assert one.page.evaluate("window.ran") is None
    assert len(one.said) >= 3
    context.close()


def test_curves_switch_between_epochs_evaluations_and_seconds(visit):
    one = visit()
    end, scale = "panels[0].figure.x_range.end", "panels[0].figure.x_scale.type"
    ends = {"Epochs": one.chart(CURVES, end)}
    assert one.axis(CURVES)[0] == "Epochs"
    for option, title in (("Gradient evaluations", "Gradient evaluations"), ("Seconds", "Seconds of training")):
        one.choose(CURVES, "Against", option)
        assert (one.axis(CURVES)[0], one.chart(CURVES, scale)) == (title, "LogScale")
        ends[option] = one.chart(CURVES, end)
    assert len(set(ends.values())) == 3
    one.choose(CURVES, "Against", "Epochs")
    assert one.chart(CURVES, end) == ends["Epochs"]
    assert one.chart(CURVES, scale) == "LinearScale"


def test_curves_switch_between_loss_and_accuracy(visit):
    one = visit()
    assert [one.axis(CURVES, i)[1] for i in (0, 1)] == ["Cross-entropy, nats", "Accuracy, the error on a log scale"]
    one.choose(CURVES, "Show", "Accuracy")
    assert one.chart(CURVES, "panels.length") == 1
    one.choose(CURVES, "Show", "Loss")
    assert one.axis(CURVES)[1] == "Cross-entropy, nats"


def test_curves_switch_between_log_and_linear(visit):
    one = visit()
    assert one.chart(CURVES, "panels.map(({figure}) => figure.y_scale.type)") == ["LogScale"] * 2
    one.choose(CURVES, "Vertical", "Linear")
    assert one.chart(CURVES, "panels.map(({figure}) => figure.y_scale.type)") == ["LinearScale"] * 2
    assert one.chart(CURVES, "panels[0].figure.y_range.start") == 0
    one.choose(CURVES, "Horizontal", "Log")
    assert one.chart(CURVES, "panels[0].figure.x_scale.type") == "LogScale"
    one.choose(SEEDS, "Scale", "Linear")
    assert one.chart(SEEDS, "panels[0].figure.x_scale.type") == "LinearScale"


def test_initializers_have_small_multiples_on_the_same_axes(visit):
    one = visit()
    assert one.chart("initializers-curves", "panels.map(({figure}) => figure.title.text)") == ["zeros", "he"]
    assert one.chart("initializers-curves", "panels[0].figure.y_range === panels[1].figure.y_range")


def test_a_chip_hides_its_optimizer_everywhere(visit):
    one = visit()
    lines, rows, ticks = one.visible_lines(CURVES), one.rows(), "panels[0].figure.left[0].ticker.ticks.length"
    n_dots, n_heat, n_bars = (one.chart(name, ticks) for name in (SEEDS, HEAT, "throughput"))
    adam = one.page.get_by_role("checkbox", name="adam", exact=True)
    adam.click()
    assert one.visible_lines(CURVES) == [n - 4 for n in lines]
    assert [row for row in rows if row not in one.rows()] == [row for row in rows if "adam" in row]
    assert [one.chart(name, ticks) for name in (SEEDS, HEAT, "throughput")] == [n_dots - 1, n_heat - 1, n_bars - 1]
    assert one.page.locator("tr:visible td.name", has_text=re.compile("^adam$")).count() == 0
    assert "of 8 shown" in one.page.locator("#shown").inner_text()
    adam.click()
    assert one.visible_lines(CURVES) == lines
    assert one.rows() == rows


def test_none_and_all(visit):
    one = visit()
    one.page.get_by_role("button", name="None", exact=True).click()
    assert set(one.visible_lines(CURVES)) == {0}
    assert one.rows() == []
    assert "None of the optimizers" in one.page.locator(f"[data-chart='{SEEDS}']").inner_text()
    one.page.get_by_role("button", name="All", exact=True).click()
    assert min(one.visible_lines(CURVES)) > 0


def column(rows, i):
    return [row.split("\t")[i].strip() for row in rows]


def test_a_table_sorts_by_click(visit):
    one = visit()
    original = one.rows()
    heading = one.page.get_by_role("columnheader", name="test accuracy").first
    heading.get_by_role("button").click()
    scores = [float(text.split()[0]) for text in column(one.rows(), 2)]
    assert scores == sorted(scores)
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").click()
    scores = [float(text.split()[0]) for text in column(one.rows(), 2)]
    assert scores == sorted(scores, reverse=True)
    heading.get_by_role("button").click()
    assert one.rows() == original
    one.page.get_by_role("columnheader", name="optimizer").first.get_by_role("button").click()
    names = [name for name in column(one.rows(), 1) if name.isidentifier()]
    assert names == sorted(names)
    assert heading.get_attribute("aria-sort") == "none"


def test_what_is_no_number_sorts_last_in_either_order(visit):
    one = visit()
    table = one.page.locator("#time-to-target-optimizers table")
    button = table.get_by_role("columnheader", name="epochs").get_by_role("button")
    for _ in range(2):
        button.click()
        texts = [row.split("\t")[3].strip() for row in table.locator("tbody tr").all_inner_texts()]
        missed = texts.index("not reached")
        assert missed > 0
        assert set(texts[missed:]) == {"not reached"}


def test_everything_can_be_done_by_keyboard(visit):
    one = visit()
    keyboard, focus = one.page.keyboard, "document.activeElement"
    one.page.get_by_role("checkbox", name="sgd", exact=True).focus()
    keyboard.press("Space")
    assert one.page.locator("tr:visible td.name", has_text=re.compile("^sgd$")).count() == 0
    one.page.locator("th button").first.focus()
    keyboard.press("Enter")
    assert one.page.locator("th").first.get_attribute("aria-sort") == "ascending"
    one.page.locator(f"[data-chart='{CURVES}'] input[type=radio]:checked").first.focus()
    keyboard.press("ArrowRight")
    assert one.axis(CURVES)[0] == "Gradient evaluations"
    one.page.locator(f"[data-chart='{CURVES}'] .panel").first.focus()
    assert "zoom" in one.page.evaluate(f"{focus}.getAttribute('aria-label')")
    ends = "[panels[0].figure.x_range.start, panels[0].figure.x_range.end]"
    before = one.chart(CURVES, ends)
    keyboard.press("+")
    inside = one.chart(CURVES, ends)
    assert before[0] < inside[0] < inside[1] < before[1]
    keyboard.press("ArrowRight")
    assert one.chart(CURVES, ends)[1] > inside[1]
    keyboard.press("0")
    assert one.chart(CURVES, ends) == before


def test_tab_reaches_every_control_and_shows_where_it_is(visit):
    one = visit()
    one.page.evaluate("document.querySelector('#legend summary').focus()")
    seen = set()
    for _ in range(40):
        one.page.keyboard.press("Tab")
        code = "(() => {const e = document.activeElement, box = e.type === 'radio' ? e.nextElementSibling : e;"
        code += "const s = getComputedStyle(box); return [e.tagName + (e.type ?? ''), s.outlineStyle]})()"
        name, outline = one.page.evaluate(code)
        if name in ("INPUTcheckbox", "INPUTradio", "BUTTONbutton", "A"):
            seen.add(name)
            assert outline != "none"
    assert seen >= {"INPUTcheckbox", "BUTTONbutton"}
    unnamed = "all => all.filter((e) => !(e.labels?.length || e.textContent || e.ariaLabel)).length"
    assert one.page.eval_on_selector_all("main input, main button, #legend input, #legend button", unnamed) == 0


def test_dragging_zooms_and_a_chip_keeps_the_zoom(visit):
    one = visit()
    panel = one.page.locator(f"[data-chart='{CURVES}'] .panel").first
    panel.scroll_into_view_if_needed()
    box = panel.bounding_box()
    mouse = one.page.mouse
    mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.3)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6, steps=8)
    mouse.up()
    assert until(lambda: one.chart(CURVES, "panels[0].zoomed()"), one)
    ends = "[panels[0].figure.x_range.start, panels[0].figure.x_range.end]"
    zoomed = one.chart(CURVES, ends)
    one.page.get_by_role("checkbox", name="momentum", exact=True).click()
    assert one.chart(CURVES, ends) == zoomed


TOOLTIP = """() => {
  const found = [];
  const walk = (node) => {
    if (node.classList?.contains("bk-tooltip-content")) found.push(node.textContent);
    for (const child of node.children ?? []) walk(child);
    if (node.shadowRoot) for (const child of node.shadowRoot.children) walk(child);
  };
  walk(document.body);
  return found.join("\\n");
}"""


def hover(one, label, there=None):
    """Points at, or taps, the mean of a label in the chart of final accuracies, and returns what the page then says."""
    place = one.page.locator(f"[data-chart='{SEEDS}'] .panel").first
    place.evaluate("(element) => element.scrollIntoView({block: 'center', behavior: 'instant'})")
    code = f"""(() => {{
        const i = chart.data.rows.findIndex((row) => chart.labels[row.label].name === {json.dumps(label)});
        const {{frame}} = chart.views.roots[0];
        return [frame.x_scale.compute(Math.max(1 - chart.data.rows[i].mean, 1e-4)), frame.y_scale.compute(i)];
    }})()"""
    x, y = one.chart(SEEDS, code)
    box = place.bounding_box()
    (there or one.page.mouse.move)(box["x"] + x, box["y"] + y)
    return until(lambda: one.page.evaluate(TOOLTIP), one)


def test_pointing_shows_the_numbers(visit):
    assert "mean of 3" in hover(visit(), "momentum")


def test_a_tap_shows_the_numbers(visit):
    one = visit(viewport=PHONE, is_mobile=True, has_touch=True)
    assert "mean of 3" in hover(one, "momentum", one.page.touchscreen.tap)


@pytest.mark.parametrize("label", [EVIL, TEX, "</script><img src=x onerror=alert(2)>"])
def test_a_hostile_label_is_shown_and_not_run(visit, label):
    one = visit()
    assert label in one.page.locator("#legend").inner_text()
    assert label in column(one.rows(), 1)
    text = hover(one, label)
    assert label in text
    one.choose(CURVES, "Show", "Loss")
    one.chart(CURVES, "1")
    assert one.page.locator("img[src='x']").count() == 0


def test_every_trial_links_to_its_settings(visit):
    one = visit()
    targets = one.page.eval_on_selector_all("td a", "all => all.map((a) => a.getAttribute('href'))")
    assert len(set(targets)) > 25
    one.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    one.page.locator("td a").last.click()
    shown = one.page.locator(f"[id='{one.page.url.partition('#')[2]}']")
    assert json.loads(shown.inner_text())["dataset"] == "mnist"
    again = visit("#" + targets[0].removeprefix("#"))
    assert again.page.locator(f"[id='{targets[0][1:]}']").is_visible()


def test_a_link_that_is_followed_opens_the_fold(visit):
    one = visit()
    one.page.locator("#failures td a").first.click()
    target = one.page.locator(f"[id='{one.page.url.partition('#')[2]}']")
    target.wait_for(state="visible", timeout=5000)


def test_static_figures_open_on_demand(visit):
    one = visit()
    button = one.page.get_by_role("button", name="The same as static figures").first
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    assert one.page.locator(".static svg:visible").count() >= 1


def test_without_scripts_the_static_figures_are_there(visit):
    one = visit(java_script_enabled=False)
    assert one.page.locator(".static svg:visible").count() == 7
    assert one.page.locator("#legend, [data-chart]").locator("visible=true").count() == 0
    assert "static figures" in one.page.locator("noscript").inner_text()


def luminance(rgb):
    return sum(int(part) for part in re.findall(r"\d+", rgb)[:3]) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(visit, scheme):
    one = visit(color_scheme=scheme)
    colours = "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
    ink, paper = one.page.evaluate(colours)
    assert (luminance(ink) < luminance(paper)) == (scheme == "light")
    in_chart = one.chart(CURVES, "panels[0].figure.below[0].major_label_text_color")
    assert in_chart == one.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    screenshot(one, f"desktop-{scheme}")


def test_charts_follow_when_the_scheme_changes(visit):
    one = visit(color_scheme="light")
    ink = "panels[0].figure.below[0].major_label_text_color"
    before = one.chart(CURVES, ink)
    one.page.emulate_media(color_scheme="dark")
    one.page.wait_for_timeout(200)
    assert one.chart(CURVES, ink) != before


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_needs_no_horizontal_scroll(visit, width):
    one = visit(viewport=PHONE | {"width": width}, is_mobile=True, has_touch=True)
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    assert one.page.evaluate("innerWidth") == width
    assert one.chart(CURVES, "panels[0].figure.toolbar.active_drag") is None
    screenshot(one, f"phone-{width}")


def test_reduced_motion_is_respected(visit):
    code = "getComputedStyle(document.documentElement).scrollBehavior"
    assert visit(reduced_motion="reduce").page.evaluate(code) == "auto"
    assert visit(reduced_motion="no-preference").page.evaluate(code) == "smooth"


def test_on_paper_the_static_figures_are_printed(visit):
    one = visit()
    one.page.emulate_media(media="print")
    assert one.page.locator(".static svg:visible").count() == 7
    assert one.page.locator("[data-chart]:visible").count() == 0


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex")
def test_the_latex_tables_compile(report, tmp_path):
    tables = sorted((report.parent / "tables").glob("*.tex"))
    body = "\n\n".join(rf"\resizebox{{\textwidth}}{{!}}{{\input{{{path.as_posix()}}}}}" for path in tables)
    preamble = r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}"
    (tmp_path / "all.tex").write_text(f"{preamble}\n{body}\n\\end{{document}}\n", "utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout[-2000:]
    assert len(tables) >= 10
