"""One thread for everybody, before any of the libraries is loaded."""

import os
import sys
from collections.abc import Mapping, Sequence

from bench.guard import THREAD_VARIABLES

# The numeric libraries read these once, when they are loaded. XLA is told twice: not to share a product among
# threads, and to have a pool of one.
ENVIRONMENT = dict.fromkeys(THREAD_VARIABLES, "1") | {
    "NUMEXPR_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    "PYTHONHASHSEED": "0",
}

HOW = (
    "One thread: OMP, OpenBLAS, MKL and Accelerate by their environment variables, PyTorch by `set_num_threads(1)`, "
    "XLA by `--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1`; on Linux the process is also bound "
    "to one core, so that no library's helper thread finds a second one."
)


def ensure(arguments: Sequence[str], module: str, environment: Mapping[str, str] = os.environ) -> None:
    """Bind this process to one core, and start `python -m module` anew with the variables set unless they are."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if any(environment.get(name) != value for name, value in ENVIRONMENT.items()):
        command = [sys.executable, "-m", module, *arguments]
        os.execve(sys.executable, command, {**environment, **ENVIRONMENT})
