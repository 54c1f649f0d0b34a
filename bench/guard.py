"""The parent's end of a trial: start its process, listen, and end it when its time is up.

The child gets its spec as a line on standard input and answers with an event a line. If this process dies, its end of
the child's standard input closes, and the child ends itself.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path
from threading import Timer
from typing import IO

from bench.clock import Stopwatch
from bench.datasets import cache
from bench.record import Record
from bench.spec import TrialSpec

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

_living: set[subprocess.Popen[bytes]] = set()


def run_in_child(spec: TrialSpec, time_limit_s: float) -> Record:
    """Run a trial in a process of its own and return its record, whatever becomes of the process."""
    record, watch = Record(spec), Stopwatch()
    with tempfile.TemporaryFile() as errors, _child(errors) as process:
        _living.add(process)
        guard = Timer(time_limit_s, _end, (process, record, time_limit_s))
        guard.start()
        try:
            _converse(process, record)
            process.wait()
        finally:
            guard.cancel()
            _living.discard(process)
        if not record.status:
            record.end("crashed", _cause(process.returncode, errors))
    record.result["wall_s"] = watch.elapsed_s
    return record


def kill_children() -> None:
    """End every child that is running; their trials are recorded nowhere."""
    for process in list(_living):
        process.kill()


def child_environment() -> dict[str, str]:
    """This process's environment with one BLAS thread, and our packages before whatever the current folder holds."""
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    own = {"PYTHONPATH": path, "PYTHONHASHSEED": "0", "SCRATCHMARK_CACHE": str(cache.folder().parent)}
    return os.environ | dict.fromkeys(THREAD_VARIABLES, "1") | own


def _child(errors: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "bench.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=child_environment(),
        start_new_session=True,  # Ctrl-C is for the parent, which then ends its children
    )


def _converse(process: subprocess.Popen[bytes], record: Record) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(record.spec.to_json().encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        return  # it died before it could listen
    for line in process.stdout:
        record.add(json.loads(line))


def _end(process: subprocess.Popen[bytes], record: Record, time_limit_s: float) -> None:
    record.end("timeout", f"no end within {time_limit_s:g} s")
    process.kill()


def _cause(code: int, errors: IO[bytes]) -> str:
    errors.seek(0)
    said = deque((line for line in errors.read().decode(errors="replace").splitlines() if line.strip()), maxlen=1)
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"the process ended with {how}" + "".join(f": {line.strip()}" for line in said)
