"""How far a run has come: a live bar with the time left, or plain lines where the output is no terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench.record import Record
from bench.run import Listener


@contextmanager
def shown(run: str, n_missing: int, n_trials: int, *, quiet: bool = False) -> Iterator[Listener]:
    """Tell on standard error what is to do, and each trial as it ends."""
    console = Console(stderr=True, quiet=quiet, highlight=False)
    console.print(f"Run {run}: {n_missing} of {n_trials} trials to do", soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("trials", total=n_missing, visible=console.is_terminal)
        ended = 0

        def listen(record: Record) -> None:
            nonlocal ended
            ended += 1
            bar.advance(task)
            if not console.is_terminal or record.status != "done":
                console.print(f"[{ended}/{n_missing}] {_line(record)}", markup=False, soft_wrap=True)

        yield listen


def _line(record: Record) -> str:
    spec = record.spec
    name = f"{spec.optimizer.name}, {spec.initializer.name}, seed {spec.seed}"
    if record.status == "done":
        return f"{name}: validation accuracy {record.points[-1]['validation_accuracy']:.2%}"
    return f"{name}: {record.status}, {record.reason}"
