"""What a result was made on and with."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import RULES, __version__

PACKAGES = ("numpy", "scipy", "matplotlib", "seaborn", "pandas")


def fingerprint() -> dict[str, Any]:
    """The processor, the BLAS and its threads, the versions and the commit, as plain data."""
    return {
        "scratchmark": __version__,
        "rules": RULES,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "blas": _blas(),
        "blas_threads_per_trial": 1,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": n_cores(),
        "memory_gb": _memory_gb(),
    }


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _blas() -> str:
    import numpy  # noqa: F401 - threadpoolctl tells of the libraries that are loaded
    from threadpoolctl import threadpool_info

    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return ", ".join(f"{blas['internal_api']} {blas['version']} ({blas.get('architecture', '?')})" for blas in found)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gb() -> float:
    import psutil

    return float(round(psutil.virtual_memory().total / 2**30, 1))


def _commit() -> str | None:
    """The commit of the checkout that this code runs from, None where it is no checkout."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return None
    said = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=root, capture_output=True, text=True)
    return said.stdout.strip() or None
