"""Where the microseconds of a training step go."""

import pytest
from click.testing import CliRunner

from bench.peers import anatomy
from bench.throughput.workbench import Workbench


def test_every_call_of_a_step_is_there_in_its_order():
    names = [what for what, _ in anatomy.calls(Workbench(), "adam", 8)]
    layers = ["layer 1", "layer 1: ReLU", "layer 2", "layer 2: ReLU", "layer 3"]
    assert names[2:7] == [f"{layer}, forward" for layer in layers]
    assert names[8:13] == [f"{layer}, backward" for layer in layers[::-1]]
    assert names[13:] == ["update, adam", anatomy.WHOLE]


def test_the_calls_and_what_lies_between_them_make_up_the_whole():
    found = anatomy.times({"a": lambda: sum(range(100)), "b": lambda: None, anatomy.WHOLE: lambda: sum(range(10_000))})
    assert list(found) == ["a", "b", anatomy.REST, anatomy.WHOLE]
    assert found["a"] > found["b"] > 0
    assert found["a"] + found["b"] + found[anatomy.REST] == pytest.approx(found[anatomy.WHOLE])
    assert found[anatomy.REST] > 0


def test_the_table_has_a_column_for_each_batch_size(monkeypatch):
    monkeypatch.setattr(anatomy, "TARGET_S", 1e-4)
    said = CliRunner().invoke(anatomy.main, ["--batch-sizes", "1,16"])
    assert said.exit_code == 0, said.output
    head, _, *rows = said.output.splitlines()
    assert [cell.strip() for cell in head.split("|")[1:-1]] == ["microseconds", "batch 1", "batch 16"]
    assert rows[-1].startswith(f"| {anatomy.WHOLE}")
