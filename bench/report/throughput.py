"""From pytest-benchmark's JSON to the throughput table."""

import json
from math import nan
from pathlib import Path
from typing import Any

from bench.report.table import Table, formatted, plain, significant

Row = dict[str, Any]


def throughput_rows(path: Path) -> list[Row]:
    """A row for each batch size and optimizer that was timed; none where the file is absent or cut short."""
    try:
        benchmarks = json.loads(path.read_text("utf-8"))["benchmarks"]
    except (OSError, ValueError, KeyError):
        return []
    medians = {_key(benchmark["extra_info"]): benchmark["stats"]["median"] for benchmark in benchmarks}
    steps = [benchmark["extra_info"] for benchmark in benchmarks if benchmark["extra_info"]["part"] == "step"]
    return [_row(info, medians) for info in sorted(steps, key=_batch_order)]


def _key(info: Row) -> tuple[Any, ...]:
    return info["part"], info.get("optimizer"), info.get("batch_size")


def _batch_order(info: Row) -> tuple[bool, int]:
    full = info["batch_size"] == "full"
    return full, 0 if full else info["batch_size"]


def _row(info: Row, medians: dict[tuple[Any, ...], float]) -> Row:
    step = medians[_key(info)]
    return {
        "batch_size": info["batch_size"],
        "label": info["optimizer"],
        "steps_per_s": 1 / step,
        "examples_per_s": info["examples"] / step,
        "step_us": 1e6 * step,
        "gradient_us": 1e6 * _part("gradient", info, medians),
        "update_us": 1e6 * _part("update", info, medians),
    }


def _part(part: str, info: Row, medians: dict[tuple[Any, ...], float]) -> float:
    """A part's seconds: the gradient is timed for each batch size, the update for each optimizer, or both for both."""
    optimizer, batch_size = info["optimizer"], info["batch_size"]
    keys = ((part, optimizer, batch_size), (part, None, batch_size), (part, optimizer, None))
    return next((medians[key] for key in keys if key in medians), nan)


def throughput(rows: list[Row]) -> Table:
    """Steps and examples a second, and where a step's time goes."""
    columns = [
        plain("batch_size", "batch size"),
        plain("label", "optimizer"),
        formatted("steps_per_s", "steps/s", significant),
        formatted("examples_per_s", "examples/s", significant),
        formatted("gradient_us", "forward + backward, µs", significant),
        formatted("update_us", "update, µs", significant),
    ]
    return Table.of("throughput", "Throughput: medians of what was timed alone, with one BLAS thread", rows, columns)
