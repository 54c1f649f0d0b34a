"""What the tests share."""

from pathlib import Path

import pytest

PLAN = """
name = "tiny"
throughput = false

[[experiment]]
name = "optimizers"
optimizers = ["minibatch_gd", "adam"]
seeds = 2
epochs = 1
"""


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A plan of four short trials on real MNIST."""
    path = tmp_path / "tiny.toml"
    path.write_text(PLAN)
    return path
