"""The documentation is true: its code runs, its links lead somewhere."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from specs import trial_spec

from bench.guard import run_in_child
from bench.registry import optimizer_in
from optimizers import check_optimizer

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "results").glob("*.md")])


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_S13_the_readme_s_plugin_passes_the_kit_and_trains(tmp_path):
    (code,) = blocks(ROOT / "README.md", "python")
    path = tmp_path / "heavy_ball.py"
    path.write_text(code)
    check_optimizer(optimizer_in(path).kind)
    record = run_in_child(trial_spec("heavy_ball", source=path), 60)
    assert (record.status, record.reason) == ("done", "")
    assert record.result["test_accuracy"] > 0.85


def test_the_default_plan_is_the_one_that_the_kept_search_has_written():
    tuned = ROOT / "results" / "reference" / "tuning" / "default.toml"
    assert (files("bench") / "plans" / "default.toml").read_text("utf-8") == tuned.read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_there(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


def test_the_readme_says_every_command_as_the_program_has_it():
    from bench.cli import main

    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"^    scratchmark ([a-z]+)", text, re.MULTILINE))
    assert named
    assert named <= main.commands.keys()


def test_S13_the_guide_s_code_runs_from_top_to_bottom():
    page = ROOT / "docs" / "guide.md"
    names = {"__name__": "guide"}
    for code in blocks(page, "python"):
        exec(compile(code, page.name, "exec"), names)
