"""Interleaving: in every repeat each contender runs once, each time in another order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from bench.clock import seconds
from bench.peers.check import check, check_steps, mean_loss
from bench.peers.contenders import LIMIT, REFERENCE, Contender, contender
from bench.peers.contenders.contender import UnavailableError
from bench.peers.task import Task

PRODUCT = "product"

FULL = "full"  # the peers gather it shuffled in every step, like any other batch
IN_PLACE = "full-in-place"  # they take it as it lies


@dataclass(frozen=True)
class Figure:
    """A median and half the interquartile range, relative to it."""

    median: float
    spread: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """The figure of repeated measurements."""
        low, median, high = np.percentile(values, (25, 50, 75))
        return cls(float(median), float((high - low) / (2 * median)))


@dataclass
class Race:
    """Examples a second of each contender, a number a repeat; `absent` says why some did not run."""

    network: str
    rule: str
    size: str  # of the batches: a number, FULL or IN_PLACE
    rates: dict[str, list[float]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def batch_size(self) -> int | None:
        """The examples of a step, None for the full batch."""
        return None if self.size in (FULL, IN_PLACE) else int(self.size)

    def rate(self, name: str) -> Figure | None:
        """The examples a second of a contender."""
        return Figure.of(self.rates[name]) if name in self.rates else None

    def ratio(self, name: str) -> Figure | None:
        """The product's rate divided by the contender's, repeat by repeat."""
        if not {name, PRODUCT} <= self.rates.keys():
            return None
        return Figure.of([ours / theirs for ours, theirs in zip(self.rates[PRODUCT], self.rates[name], strict=True)])


def run(race: Race, task: Task, names: Sequence[str], repeats: int, target_s: float) -> None:
    """Fill `race` with the rates of the contenders of these names; each repeat of each takes about `target_s`."""
    runners = admit(race, task, names)
    n_steps = {name: calibrate(runner, target_s) for name, runner in runners.items()}
    race.rates |= {name: [] for name in runners}
    for repeat in range(repeats):
        for name in rotated(list(runners), repeat):
            race.rates[name].append(measure(runners[name], n_steps[name]))


def admit(race: Race, task: Task, names: Sequence[str]) -> dict[str, Contender]:
    """The contenders that can take part, each checked against the reference."""
    reference = mean_loss(started(REFERENCE, task).theta(), task)
    runners: dict[str, Contender] = {}
    for name in names:
        try:
            runner = started(name, task)
        except (UnavailableError, ImportError) as reason:
            race.absent[name] = str(reason)
            continue
        if name != LIMIT:
            check(name, runner, reference)
        runners[name] = runner
    return runners


def started(name: str, task: Task) -> Contender:
    """A contender that has taken the steps to be checked; what it compiles, it has compiled."""
    runner = contender(name)(task)
    runner.arrange(check_steps(task))
    runner.train(check_steps(task))
    return runner


def calibrate(runner: Contender, target_s: float) -> int:
    """How many steps take about `target_s`; of batches that are not full at most an epoch."""
    task = runner.task
    most = task.n_batches if task.batch_size < task.m else 10**6
    n_steps = 1
    while (taken := timed(runner, n_steps)[1]) < target_s / 4 and n_steps < most:
        n_steps = min(most, ceil(n_steps * min(32, target_s / taken / 2)))
    return max(1, min(most, round(n_steps * target_s / taken)))


def measure(runner: Contender, n_steps: int) -> float:
    """Examples a second over so many steps."""
    examples, taken = timed(runner, n_steps)
    return examples / taken


def timed(runner: Contender, n_steps: int) -> tuple[int, float]:
    """The examples of so many steps, and the seconds they took."""
    runner.arrange(n_steps)
    seen: list[int] = []
    taken = seconds(lambda: seen.append(runner.train(n_steps)))
    return seen[0], taken


def rotated(names: list[str], by: int) -> list[str]:
    """The same names, begun at another one."""
    by %= len(names)
    return names[by:] + names[:by]
