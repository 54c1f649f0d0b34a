"""From pytest-benchmark's JSON to the throughput table."""

import json
from collections.abc import Iterable
from math import nan
from pathlib import Path
from statistics import median
from typing import Any

from bench.report.table import Column, Table, formatted, missing, plain, significant

Row = dict[str, Any]
Times = dict[tuple[Any, ...], float]

CONDITIONS = ("load", "mhz_min", "mhz_max", "steal_percent")
STEADY = 0.1
UNSTEADY = (
    "A row is unsteady where the middle half of the rounds of the step or of one of its parts spreads over more than "
    "10 % of their median: something else ran on the machine, or its clock changed. Differences of that size mean "
    "nothing there; time it again."
)
FOREIGN = (
    "A row with another runtime than NumPy updates in a foreign framework: its update includes the way there "
    "and back, and says nothing of what that framework does at home."
)


def throughput_rows(path: Path) -> list[Row]:
    """A row for each batch size and optimizer that was timed; none where the file is absent or cut short."""
    try:
        benchmarks = json.loads(path.read_text("utf-8"))["benchmarks"]
    except (OSError, ValueError, KeyError):
        return []
    medians = {_key(benchmark["extra_info"]): benchmark["stats"]["median"] for benchmark in benchmarks}
    spreads = {_key(benchmark["extra_info"]): _spread(benchmark["stats"]) for benchmark in benchmarks}
    steps = [benchmark["extra_info"] for benchmark in benchmarks if benchmark["extra_info"]["part"] == "step"]
    return [_row(info, medians, spreads) for info in sorted(steps, key=_batch_order)]


def _spread(stats: Row) -> float:
    """The middle half of the rounds, as a share of their median."""
    return float(stats.get("iqr", nan) / stats["median"])


def _key(info: Row) -> tuple[Any, ...]:
    return info["part"], info.get("optimizer"), info.get("batch_size")


def _batch_order(info: Row) -> tuple[bool, int]:
    full = info["batch_size"] == "full"
    return full, 0 if full else info["batch_size"]


def _row(info: Row, medians: Times, spreads: Times) -> Row:
    step = medians[_key(info)]
    return {
        "batch_size": info["batch_size"],
        "label": info["optimizer"],
        "steps_per_s": 1 / step,
        "examples_per_s": info["examples"] / step,
        "step_us": 1e6 * step,
        "gradient_us": 1e6 * _part("gradient", info, medians),
        "update_us": 1e6 * _part("update", info, medians),
        "runtime": info.get("runtime"),
        "spread": _widest(_part(part, info, spreads) for part in ("step", "gradient", "update")),
        **{name: info.get(name) for name in CONDITIONS},
    }


def _widest(spreads: Iterable[float]) -> float:
    return max((spread for spread in spreads if not missing(spread)), default=nan)


def _part(part: str, info: Row, medians: Times) -> float:
    """A part's median or spread: the gradient's is a batch size's, the update's an optimizer's, or both are both's."""
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
        formatted("spread", "spread", _steadiness),
        *([Column("runtime", lambda row: row["runtime"] or "NumPy")] if _foreign(rows) else []),
    ]
    return Table.of("throughput", "Throughput: medians of what was timed alone, with one BLAS thread", rows, columns)


def _steadiness(spread: float) -> str:
    return f"{100 * spread:.1f} %" + (", unsteady" if spread > STEADY else "")


def notes(rows: list[Row]) -> list[str]:
    """What is to be known of these rows: how sure they are, what the machine did, and that not all ran in NumPy."""
    unsteady = sum(row["spread"] > STEADY for row in rows)
    found = f"{unsteady} of {len(rows)} rows are unsteady." if unsteady else "No row is unsteady."
    measured = any(not missing(row["spread"]) for row in rows)
    return [
        *([f"{UNSTEADY} {found}"] if measured else []),
        *_conditions(rows),
        *([FOREIGN] if _foreign(rows) else []),
    ]


def _conditions(rows: list[Row]) -> list[str]:
    """A note of the load, the clock and the steal, as far as they were recorded."""
    load, slowest, fastest, steal = (_recorded(name, rows) for name in CONDITIONS)
    said = [
        *([f"load average {median(load):.1f}, at most {max(load):.1f} (the timing itself makes 1)"] if load else []),
        *([f"processor at {min(slowest):,.0f} to {max(fastest):,.0f} MHz"] if slowest else []),
        *([f"the hypervisor took at most {max(steal):.1f} % of the processors' time for others"] if steal else []),
    ]
    return [f"While the steps were timed: {'; '.join(said)}."] if said else []


def _recorded(name: str, rows: list[Row]) -> list[float]:
    return [row[name] for row in rows if not missing(row[name])]


def _foreign(rows: list[Row]) -> bool:
    return any(row["runtime"] for row in rows)
