"""One trial in one guarded process: both ends of the pipe, the parent's first.

The child gets its spec as a line on standard input and answers with an event a line. What a plugin prints goes to
standard error. If the parent dies, its end of the child's standard input closes and the child ends itself.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path
from threading import Thread, Timer
from typing import IO, Any

from bench.datasets import cache
from bench.record import Record
from bench.spec import TrialSpec

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

_living: set[subprocess.Popen[bytes]] = set()


def run_in_child(spec: TrialSpec, time_limit_s: float) -> Record:
    """Run a trial in a process of its own and return its record, whatever becomes of the process."""
    record = Record(spec)
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


def main() -> None:
    """The child's end: read the spec, run the trial, write its events."""
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)  # from here on, what a plugin prints is no event
        spec = TrialSpec.from_json(sys.stdin.readline())
        Thread(target=_end_with_parent, daemon=True).start()
        for message in _events(spec):
            print(json.dumps(message), file=out, flush=True)
    os._exit(0)  # nothing is left to do, and tearing down the interpreter takes as long as several steps


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def _events(spec: TrialSpec) -> Any:
    import numpy as np

    from bench.trial import Trial, event

    try:
        with np.errstate(all="ignore"):  # a diverging trial overflows; its loss tells
            yield from map(event, Trial(spec).run())
    except Exception as error:
        yield {"event": "end", "status": "failed", "reason": _where(error)}
    yield {"event": "memory", "peak_memory_mb": _peak_memory_mb()}


def _where(error: Exception) -> str:
    """The error in one line, with the file and line of the innermost frame."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno}, in {frame.name})"


def _peak_memory_mb() -> float:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


if __name__ == "__main__":
    main()
