"""The child's end of a trial: a process that trains it and tells its parent, an event a line, what happens.

What a plugin prints goes to standard error. When the parent dies, standard input ends, and so does this process.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

from bench.spec import TrialSpec


def main() -> None:
    """Read the spec, run the trial, write its events."""
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


def _events(spec: TrialSpec) -> Iterator[dict[str, Any]]:
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
    """This process's own high-water mark; what Linux's getrusage gives counts the parent's at the time of the start."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 2**10
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


if __name__ == "__main__":
    main()
