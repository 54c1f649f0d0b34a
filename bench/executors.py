"""Where trials run: as many children at once as this machine has cores, or wherever a given executor puts them."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed

from bench.guard import kill_children, run_in_child
from bench.machine import n_cores
from bench.record import Record
from bench.spec import TrialSpec


def local_executor() -> Executor:
    """One thread a core; each minds one child at a time."""
    return ThreadPoolExecutor(n_cores(), thread_name_prefix="minder")


def run_all(specs: Iterable[TrialSpec], executor: Executor, time_limit_s: float) -> Iterator[Record]:
    """The records of the trials as they end. An interrupt, or leaving early, ends the children that still run."""
    futures = [executor.submit(run_in_child, spec, time_limit_s) for spec in specs]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        kill_children()
