"""The races as Markdown."""

from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bench.peers.contenders import LINEUP
from bench.peers.floors import floors
from bench.peers.one_thread import HOW
from bench.peers.race import FULL, IN_PLACE, PRODUCT, Figure, Race
from bench.peers.task import NETWORKS

PACKAGES = ("numpy", "torch", "jax", "jaxlib", "optax", "scikit-learn")
TITLES = {"sgd": "SGD", "momentum": "Momentum", "rmsprop": "RMSprop", "adam": "Adam"}


def document(races: Sequence[Race], fingerprint: dict[str, Any], how_often: str) -> str:
    """Everything: what it was measured on, two tables for each network and rule, and the floors."""
    parts = [*_preamble(fingerprint, how_often)]
    for network, rule in dict.fromkeys((race.network, race.rule) for race in races):
        parts += _section([race for race in races if (race.network, race.rule) == (network, rule)])
    return "\n\n".join([*parts, *_floors(races)]) + "\n"


def _preamble(fingerprint: dict[str, Any], how_often: str) -> Iterator[str]:
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    yield (
        f"Measured on {fingerprint['processor']}, one core of it, {fingerprint['system']}, Python "
        f"{fingerprint['python']}; BLAS {fingerprint['blas']}; {versions}; commit {fingerprint['commit']}."
    )
    yield HOW
    yield (
        f"{how_often} Every figure is a median, ± half the interquartile range in per cent of it; ratios are formed "
        "repeat by repeat. GEMMs are the matrix products of a step alone, over all 784 pixels, the limit. "
        f"At `{FULL}` the peers gather the shuffled examples in every step, as at any other batch size, and at "
        f"`{IN_PLACE}` they do not; the product gathers its full batch once a trial in both."
    )


def _section(races: Sequence[Race]) -> Iterator[str]:
    names = [name for name in LINEUP if any(name in race.rates for race in races)]
    sizes = "-".join(map(str, (784, *NETWORKS[races[0].network], 10)))
    yield f"### {TITLES[races[0].rule]}, {sizes}"
    yield "Thousand examples a second:"
    yield _table(["batch", *names], [[race.size, *(_rate(race.rate(name)) for name in names)] for race in races])
    others = [name for name in names if name != PRODUCT]
    if PRODUCT in names and others:
        yield "Product divided by contender:"
        rows = [[race.size, *(_ratio(race.ratio(name)) for name in others)] for race in races]
        yield _table(["batch", *others], rows)
    absent = dict.fromkeys(f"- {name}: {reason}." for race in races for name, reason in race.absent.items())
    if absent:
        yield "\n".join(absent)


def _floors(races: Sequence[Race]) -> Iterator[str]:
    rows = [
        [
            f"{TITLES[f.rule]}, {f.size}",
            f.contender,
            f"{f.least:.2f}",
            _ratio(f.measured),
            _met(f.is_met),
        ]
        for f in floors(races)
    ]
    if rows:
        yield "### Floors"
        yield _table(["step", "contender", "floor", "product / contender", ""], rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, [":--"] + ["--:"] * (len(headings) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rate(figure: Figure | None) -> str:
    return "–" if figure is None else f"{figure.median / 1000:.3g} ±{100 * figure.spread:.0f} %"


def _ratio(figure: Figure | None) -> str:
    return "–" if figure is None else f"{figure.median:.2f} ±{100 * figure.spread:.0f} %"


def _met(is_met: bool) -> str:
    return "met" if is_met else "**missed**"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
