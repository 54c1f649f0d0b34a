"""How fast a training step is, and where its time goes: a pytest-benchmark suite, and `measure`, which runs it.

By hand, in a checkout, to compare two commits with one BLAS thread on a machine that does nothing else:

    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 VECLIB_MAXIMUM_THREADS=1
    python -m pytest bench/throughput --benchmark-save=before        # at the one commit
    python -m pytest bench/throughput --benchmark-save=after         # at the other
    pytest-benchmark compare --columns=median,iqr --sort=name

`--optimizers adam,sgd` times these alone.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.guard import child_environment

FOLDER = Path(__file__).parent
TAIL_LINES = 20


class ThroughputError(RuntimeError):
    """The suite failed; the message ends with the last lines of what it said."""


def measure(json_path: Path, optimizers: Sequence[str]) -> None:
    """Time the steps of these optimizers, by name or by the path of a file, and write pytest-benchmark's JSON.

    The file is whole or not there.

    Each benchmark's `stats` are seconds a call; its `extra_info` says what was called (see `test_speed`).

    Raises:
        ThroughputError: an optimizer is unknown, or the suite failed.
    """
    json_path = json_path.resolve()
    draft = json_path.with_name(f"{json_path.name}.draft")
    with TemporaryDirectory() as elsewhere:  # what lies in the user's folder is neither read nor added to
        done = subprocess.run(
            _command(draft, optimizers),
            cwd=elsewhere,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    if done.returncode:
        draft.unlink(missing_ok=True)
        raise ThroughputError(_complaint(done.returncode, done.stdout.decode(errors="replace")))
    draft.replace(json_path)


def _command(json_path: Path, optimizers: Sequence[str]) -> list[str]:
    pytest = [sys.executable, "-P", "-m", "pytest", "-p", "pytest_benchmark.plugin", "-q", "--tb=short"]
    suite = [str(FOLDER), "-c", str(FOLDER / "pytest.ini"), f"--rootdir={FOLDER}", f"--confcutdir={FOLDER}"]
    # A foreign optimizer may be a module of the current folder, which the suite does not run in.
    modules = [f"--modules={Path.cwd()}"] if any(":" in name and "." in name for name in optimizers) else []
    return [*pytest, *suite, *modules, f"--optimizers={','.join(optimizers)}", f"--benchmark-json={json_path}"]


def _environment() -> Mapping[str, str]:
    """One BLAS thread, and a pytest without the options and plugins that the user may have for other tests."""
    own = {name: value for name, value in child_environment().items() if not name.startswith("PYTEST_")}
    return own | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONIOENCODING": "utf-8", "TERM": "dumb", "COLUMNS": "120"}


def _complaint(code: int, said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return "\n".join([f"throughput: the suite ended with exit code {code}:", *lines[-TAIL_LINES:]])
