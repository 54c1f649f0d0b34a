"""Two whole races, some minutes each: `pytest tests/recipes/test_races.py`."""

from inspect import getsourcefile
from pathlib import Path
from time import monotonic

from bench import registry
from bench.race import Race
from bench.run import open_store
from bench.scaffold import new_plugin

MINUTES = 10


def verdict(folder: Path, challenger: str, *against: str) -> str:
    start = monotonic()
    race = Race(challenger, against, MINUTES)
    page = race.run(open_store(folder), folder, "scratchmark race", quiet=True)
    assert monotonic() - start < 60 * MINUTES
    return page.read_text()


def test_the_rule_that_new_writes_loses_to_tuned_adam(tmp_path):
    plugin, _ = new_plugin("my_first_rule", tmp_path)
    assert "**my_first_rule loses to adam.**" in verdict(tmp_path, str(plugin), "adam", "momentum")


def test_a_renamed_copy_of_adam_meets_no_winner(tmp_path):
    copy = tmp_path / "my_adam.py"
    copy.write_text(Path(getsourcefile(registry.optimizer("adam").kind) or "").read_text())
    assert "**my_adam against adam: no winner.**" in verdict(tmp_path, str(copy), "adam")
