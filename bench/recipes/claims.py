"""DeepScratch's claims, one factor at a time: mini-batches regularize, L2 helps little, dropout helps."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from bench import datasets, registry
from bench.recipes._finding import Finding, shown
from bench.spec import TrialSpec
from bench.statistics.intervals import paired_difference
from bench.trial import Point, Trial

TAKES = "six minutes"

SEEDS = range(5)
N_EPOCHS = 15
BASE: dict[str, Any] = {"batch_size": 128, "epochs": N_EPOCHS}
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "batch 1024, as many steps": {"batch_size": 1024, "epochs": 8 * N_EPOCHS},
    "L2 of 5": {"l2": 5.0},
    "dropout 0.2": {"dropout": 0.2},
    "dropout 0.5": {"dropout": 0.5},
}


@dataclass(frozen=True)
class Outcome:
    """The accuracies on training examples and on the dev set in the end."""

    train: float
    validation: float


def findings(folder: Path) -> Iterator[Finding]:
    """For each variant its mean, spread and gap over the seeds, and its difference from the base, seed by seed."""
    base = [outcome("base", seed) for seed in SEEDS]
    for variant in VARIANTS:
        found = base if variant == "base" else [outcome(variant, seed) for seed in SEEDS]
        yield from summary(variant, found)
        if variant != "base":
            yield difference(variant, found, base)


def summary(variant: str, found: list[Outcome]) -> Iterator[Finding]:
    """Mean and standard deviation of the dev accuracy, and the mean gap to the training accuracy."""
    accuracies = [one.validation for one in found]
    gap = mean(one.train - one.validation for one in found)
    yield shown(f"{variant}: dev accuracy, n = {len(found)}", "", f"{mean(accuracies):.4f}, sd {stdev(accuracies):.4f}")
    yield shown(f"{variant}: training less dev accuracy", "", round(gap, 4))


def difference(variant: str, found: list[Outcome], base: list[Outcome]) -> Finding:
    """What the variant changes, with an interval of 95 %, and whether that can be told from nothing."""
    gain = paired_difference([one.validation for one in found], [one.validation for one in base])
    word = "cannot be told from 0" if gain.covers(0) else "better" if gain.mean > 0 else "worse"
    return shown(f"{variant}: dev accuracy against base", "", f"{gain.mean:+.4f} +- {gain.half_width:.4f}: {word}")


def outcome(variant: str, seed: int) -> Outcome:
    """Train a variant with a seed; trials of one seed start alike and have the same split."""
    *_, last = (message for message in Trial(spec(variant, seed)).run() if isinstance(message, Point))
    return Outcome(last.train_accuracy, last.validation_accuracy)


def spec(variant: str, seed: int) -> TrialSpec:
    """The trial of a variant with a seed: 784-128-64-10, standardised pixels, He's weights, plain descent at 0.1."""
    rule = registry.optimizer("minibatch_gd")
    return TrialSpec(
        dataset="mnist",
        data=datasets.load("mnist").fingerprint,
        scaling="zscore",
        hidden=(128, 64),
        activation="relu",
        initializer=registry.initializer("he").choice({}),
        optimizer=rule.choice({"lr": 0.1}),
        schedule=registry.schedule("constant").choice({}),
        evaluations_per_epoch=1,
        seed=seed,
        **(BASE | VARIANTS[variant]),
    )
