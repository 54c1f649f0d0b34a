"""Rounds in turn: a busy second or a slower clock meets all benchmarks of a group, not the one that runs just then."""

from collections import deque
from timeit import timeit

from pytest_benchmark.fixture import BenchmarkFixture

from bench.throughput.conditions import Conditions
from bench.throughput.workbench import Call


class Group:
    """Benchmarks to be compared, timed in `rounds` rounds of `calls` calls each."""

    def __init__(self, name: str, calls: int, rounds: int) -> None:
        self.name, self.calls, self.rounds = name, calls, rounds
        self.rows: deque[tuple[BenchmarkFixture, Call]] = deque()
        self.conditions = Conditions()

    def join(self, benchmark: BenchmarkFixture, call: Call) -> None:
        """Time the first round, after one that does not count unless a call takes long."""
        benchmark.pedantic(call, rounds=1, iterations=self.calls, warmup_rounds=int(self.rounds > 3))
        if benchmark.enabled:
            self.rows.append((benchmark, call))

    def finish(self) -> None:
        """Time the other rounds, each begun by the next benchmark, and note what the machine did meanwhile."""
        for _ in range(1, self.rounds):
            self.rows.rotate(-1)
            self.conditions.sample()
            for row in self.rows:
                self._time(*row)
        summary = self.conditions.summary()
        for benchmark, _ in self.rows:
            benchmark.extra_info |= summary

    def _time(self, benchmark: BenchmarkFixture, call: Call) -> None:
        warm = call if self.calls > 1 else "pass"  # one call brings back what the others drove from the cache
        stats = benchmark.stats
        stats.update(timeit(call, setup=warm, timer=stats.options["timer"], number=self.calls))


class Rounds:
    """One group after the other: the first benchmark of the next one ends the last, and frees what it held."""

    def __init__(self) -> None:
        self.group: Group | None = None

    def time(self, benchmark: BenchmarkFixture, call: Call, calls: int, rounds: int) -> None:
        """Time the first round of a benchmark, the others in turn with its group, before `finish` returns."""
        if self.group is None or self.group.name != benchmark.group:
            self.finish()
            self.group = Group(benchmark.group, calls, rounds)
        self.group.join(benchmark, call)

    def finish(self) -> None:
        """End the last group."""
        if self.group:
            self.group.finish()
