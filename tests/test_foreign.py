"""Other frameworks' optimizers, as far as they go without any framework; the rest is in tests/oracles."""

from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner

from bench import foreign, registry
from bench.cli import main
from bench.foreign.adapter import DEFAULT_LR, Foreign, adapted
from bench.foreign.module import content, defined, source_file
from bench.plugin import Plugin, PluginError

MISSING = 'must be installed: pip install "scratchmark[{}]"'


class Sketch(Foreign):
    """A framework without a framework: settings are accepted unless `momentum` is negative."""

    runtime: ClassVar[str] = "sketch 1.0"

    def rehearse(self):
        if self.arguments.get("momentum", 0) < 0:
            raise RuntimeError("momentum must\n  not be negative")


def plugin(factory):
    return Plugin("sketch:rule", adapted(Sketch, "sketch:rule", factory, "sketch 1.0 abc"), "sketch")


def rule(lr=0.1, momentum=0.0, betas=(0.9, 0.99), *, names=["a"], table={}, call=len, bound=float("inf"), step=3):  # noqa: B006
    """A rule."""


@pytest.mark.parametrize("name", ["torch:Adagrad", "torch:my_module.MyOptimizer", "optax:lion"])
def test_without_the_framework_one_line_says_what_to_install(name, monkeypatch):
    monkeypatch.setattr(foreign, "find_spec", lambda package: None)
    framework = name.partition(":")[0]
    with pytest.raises(PluginError) as caught:
        registry.optimizer(name)
    assert str(caught.value) == f"{framework}: {MISSING.format(framework)}"
    ran = CliRunner().invoke(main, ["run", "--plan", "smoke", "-o", f"adam,{name}"])
    assert ran.exit_code == 2
    assert MISSING.format(framework) in ran.output
    assert "Traceback" not in ran.output


def test_an_unknown_framework_lists_those_that_there_are():
    with pytest.raises(PluginError, match=r"framework 'tensorflow' is unknown: there are torch, optax"):
        registry.optimizer("tensorflow:Adam")


def test_hyperparameters_are_the_signatures_as_far_as_a_record_can_hold_them():
    assert plugin(rule).defaults == {"lr": 0.1, "momentum": 0.0, "betas": (0.9, 0.99), "names": ("a",)}


def test_a_factory_without_default_rate_gets_one_and_one_without_rate_is_refused():
    assert plugin(lambda lr: None).make({}).lr == DEFAULT_LR
    with pytest.raises(PluginError, match=r"sketch:rule: must take lr, got eta"):
        plugin(lambda eta: None)


def test_what_the_framework_refuses_is_one_line():
    with pytest.raises(
        PluginError, match=r"^sketch:rule: cannot be made with lr=0.1, momentum=-1.0: momentum must not"
    ):
        plugin(rule).make({"momentum": -1})
    with pytest.raises(PluginError, match=r"sketch:rule: lr must be in \(0, inf\), got -1"):
        plugin(rule).make({"lr": -1})
    with pytest.raises(PluginError, match=r"hyperparameter 'momentun' is unknown: did you mean momentum"):
        plugin(rule).make({"momentun": 0.5})


def test_only_what_differs_from_the_default_is_passed_on_and_1_is_1_point_0():
    found = plugin(rule)
    spec = found.make({"momentum": 1, "betas": [0.9, 0.99]})
    assert spec.arguments == {"momentum": 1.0}
    assert spec == found.make({"momentum": 1.0})
    choice = found.choice({"momentum": 1})
    assert choice.settings["momentum"] == 1.0
    assert (choice.version, choice.source) == ("sketch 1.0 abc", "sketch")


def test_a_module_is_found_in_the_folder_and_a_missing_or_broken_one_is_a_line(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path / "nothing"))  # restores sys.path afterwards
    file = tmp_path / "foreign_rules.py"
    file.write_text("def my_rule(lr=0.1): ...\n")
    (tmp_path / "foreign_broken.py").write_text("1 / 0\n")
    found = defined("optax:foreign_rules.my_rule", "foreign_rules.my_rule", tmp_path)
    assert source_file(found) == file.resolve()
    assert len(content(source_file(found))) == 12
    for path, complaint in {
        "foreign_rules.my_role": "name 'my_role' is unknown: did you mean my_rule",
        "foreign_missing.my_rule": "foreign_missing must be a module, installed or in",
        "foreign_broken.my_rule": "foreign_broken cannot be imported: ZeroDivisionError",
    }.items():
        with pytest.raises(PluginError, match=complaint):
            defined(f"optax:{path}", path, tmp_path)


def test_an_installed_module_is_not_hidden_by_a_file_of_the_folder(tmp_path):
    (tmp_path / "json.py").write_text("raise RuntimeError\n")
    assert Path(source_file(defined("torch:json.JSONDecoder", "json.JSONDecoder", tmp_path))).name == "decoder.py"
