"""A new optimizer by each of the three doors: our own folder, an installed package, a Python file."""

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from bench import registry
from bench.guard import child_environment
from bench.plugin import PluginError

RULE = '''
import numpy as np
from optimizers import Optimizer, Positive


class Sign(Optimizer):
    """Steps of one size.

    Source: Riedmiller and Braun 1993.
    """

    lr: Positive = 0.001

    def step(self, theta, gradient, state, lr):
        theta -= lr * np.sign(gradient)
'''

PLAN = """
name = "tiny"
throughput = false
dataset = "blobs"
scaling = "none"
network = { hidden = [8] }

[[experiment]]
name = "optimizers"
optimizers = ["adam"]
seeds = 3
epochs = 2
"""


def scratchmark(*arguments, cwd, path=()):
    environment = child_environment()
    environment["PYTHONPATH"] = ":".join([*map(str, path), environment["PYTHONPATH"]])
    command = [sys.executable, "-P", "-m", "bench", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tiny.toml").write_text(PLAN)
    (tmp_path / "sign_rule.py").write_text(RULE)
    return tmp_path


def wheel(folder: Path, name: str, points: str) -> Path:
    """A package of one module, as any build back end would leave it."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    files = {
        f"{name}.py": RULE,
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}-1.0.dist-info/entry_points.txt": f"[scratchmark.optimizers]\n{points}\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{name}-1.0.dist-info/RECORD"])
    with ZipFile(path, "w") as archive:
        for file, text in (files | {f"{name}-1.0.dist-info/RECORD": record}).items():
            archive.writestr(file, text)
    return path


def installed(folder, *points):
    """Where pip has put a package with these entry points."""
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target)]
    subprocess.run([*pip, str(wheel(folder, "third_party", "\n".join(points)))], check=True, capture_output=True)
    return target


def test_O9_one_new_file_and_nothing_edited_is_in_the_list_the_run_the_tables_and_the_figures(folder):
    run = ["run", "--plan", "tiny.toml", "--plugin", "sign_rule.py", "-o", "adam,sign_rule", "--json"]
    done = scratchmark(*run, cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["statuses"] == {"done": 6}
    assert {row["label"] for row in found["accuracy"]} == {"adam", "sign_rule"}
    report = (folder / found["report"]).parent
    assert "sign_rule" in (report / "report.md").read_text()
    assert any("sign_rule" in figure.read_text() for figure in report.glob("figures/*.svg"))
    listed = scratchmark("list", "optimizers", "--plugin", "sign_rule.py", cwd=folder).stdout
    assert "Steps of one size." in listed


def test_O9_an_edited_file_is_run_anew_and_an_unedited_one_is_not(folder):
    run = ["run", "--plan", "tiny.toml", "--plugin", "sign_rule.py", "-o", "adam,sign_rule"]
    scratchmark(*run, cwd=folder)
    assert "0 of 6 trials to do" in scratchmark(*run, cwd=folder).stderr
    (folder / "sign_rule.py").write_text(RULE + "# edited\n")
    assert "3 of 6 trials to do" in scratchmark(*run, cwd=folder).stderr


def test_O9_an_installed_package_s_entry_point_is_found_and_runs_in_its_own_process(folder):
    site = installed(folder, "sign = third_party:Sign")
    done = scratchmark("run", "--plan", "tiny.toml", "-o", "adam,sign", "--json", cwd=folder, path=[site])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["statuses"] == {"done": 6}


def test_O9_two_plugins_of_one_name_are_an_error_that_names_both_origins(folder):
    site = installed(folder, "adam = third_party:Sign")
    done = scratchmark("run", "--plan", "tiny.toml", cwd=folder, path=[site])
    assert done.returncode == 2
    assert "optimizer 'adam' must come from one place, got our own folder and package third_party" in done.stderr


def test_O9_a_plugin_that_cannot_be_imported_stays_in_the_list_with_its_reason_and_breaks_nothing(folder):
    (folder / "broken.py").write_text("import no_such_module\n")
    listed = scratchmark("list", "optimizers", "--plugin", "broken.py", cwd=folder)
    assert listed.returncode == 0
    assert "broken.py cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'" in listed.stdout
    fine = scratchmark("run", "--plan", "tiny.toml", "--plugin", "broken.py", cwd=folder)
    assert fine.returncode == 0
    asked = scratchmark("run", "--plan", "tiny.toml", "--plugin", "broken.py", "-o", "broken", cwd=folder)
    assert asked.returncode == 2
    assert "No module named 'no_such_module'" in asked.stderr


def test_O9_a_file_without_a_whole_optimizer_is_one_clear_line(tmp_path):
    path = tmp_path / "half.py"
    path.write_text("class Half:\n    def init(self, theta, layout):\n        return None\n")
    with pytest.raises(PluginError, match=r"half\.py must define one class with init and step, got none"):
        registry.optimizer_in(path)


def test_O9_a_plain_class_that_knows_nothing_of_us_is_a_plugin(tmp_path):
    path = tmp_path / "plain.py"
    path.write_text(
        "class Plain:\n"
        "    def __init__(self, lr=0.1):\n        self.lr = lr\n"
        "    def init(self, theta, layout):\n        return None\n"
        "    def step(self, theta, gradient, state, lr):\n        theta -= lr * gradient\n"
    )
    plugin = registry.optimizer_in(path)
    assert plugin.choice({"lr": 0.5}).settings == {"lr": 0.5}
    assert plugin.trait("batch_size") == 64
    with pytest.raises(PluginError, match="hyperparameter 'beta' is unknown"):
        plugin.make({"beta": 1})
