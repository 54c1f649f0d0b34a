"""Who may import whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bench
import network
import optimizers

ROOMS = {package.__name__: Path(str(package.__file__)).parent for package in (network, optimizers, bench)}

ALLOWED = {"network": {"numpy", "network"}, "optimizers": {"numpy", "network", "optimizers"}}


def imports(path: Path) -> set[str]:
    """The modules that a file imports, late imports included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("room", ALLOWED)
def test_S14_network_and_optimizers_import_numpy_and_the_standard_library_alone(room: str) -> None:
    foreign = {
        f"{path.name}: {name}"
        for path in ROOMS[room].rglob("*.py")
        for name in imports(path)
        if (top := name.partition(".")[0]) not in ALLOWED[room] and top not in sys.stdlib_module_names
    }
    assert not foreign


def test_optimizers_know_the_network_by_its_layout_alone() -> None:
    known = {name for path in ROOMS["optimizers"].rglob("*.py") for name in imports(path) if name.startswith("network")}
    assert all(name.startswith("network.layout") for name in known)


def test_the_report_never_imports_the_training_loop() -> None:
    for path in (ROOMS["bench"] / "report").rglob("*.py"):
        assert not {
            name for name in imports(path) if name.startswith(("bench.trial", "bench.child", "bench.guard", "network"))
        }


def test_only_figures_import_matplotlib_and_seaborn() -> None:
    """A file or a package of that name."""
    drawing = {
        path
        for path in ROOMS["bench"].rglob("*.py")
        if {name.partition(".")[0] for name in imports(path)} & {"matplotlib", "seaborn"}
    }
    assert drawing
    assert all("figures" in (path.stem, path.parent.name) for path in drawing)


def test_only_the_clock_reads_the_time() -> None:
    reading = {path.stem for path in ROOMS["bench"].rglob("*.py") if imports(path) & {"time", "time.perf_counter"}}
    assert reading == {"clock"}


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, bench.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "scipy", "pandas", "matplotlib", "sqlalchemy", "pydantic", "rich"} & set(loaded)
