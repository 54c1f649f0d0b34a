"""`python -m bench.peers`: race the product against its peers and write the tables."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from bench.peers import one_thread

BATCH_SIZES = "1,32,64,128,512,4096,full,full-in-place"
WIDE_BATCH_SIZES = "1,32,64,128,512,4096"  # at full a step takes seconds
COMPILED_BATCH_SIZES = ("64", "512")
QUICK: dict[str, Any] = {
    "sizes": "default",
    "optimizers": "sgd,adam",
    "batch_sizes": "1,64,128,512,full",
    "target_s": 0.2,
}
FULL: dict[str, Any] = {
    "sizes": "default,wide",
    "optimizers": "sgd,momentum,rmsprop,adam",
    "batch_sizes": None,
    "target_s": 0.25,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Fewer batch sizes and optimizers, and no torch.compile: under 5 minutes.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the tables here too.")
@click.option("--optimizers", help="Of sgd,momentum,rmsprop,adam.")
@click.option("--batch-sizes", help=f"Of any numbers, full and full-in-place; {BATCH_SIZES} unless given.")
@click.option("--sizes", help="Of default (128-64) and wide (784-1024-1024).")
@click.option("--contenders", help="These alone, by their names in the table.")
@click.option(
    "--repeats", type=click.IntRange(1), default=5, show_default=True, help="How often each contender runs in a race."
)
def main(quick: bool, out: Path | None, contenders: str | None, **given: Any) -> None:
    """Measure training steps of the product and of its peers side by side: one thread, same weights, same batches."""
    options = (QUICK if quick else FULL) | {name: value for name, value in given.items() if value is not None}
    lineup = _lineup(contenders, quick)
    try:
        races = list(_races(options["sizes"].split(","), lineup, options))
    except RuntimeError as error:
        raise click.ClickException(str(error)) from None
    text = _document(races, options)
    click.echo(text)
    if out:
        out.write_text(text, "utf-8")


def _races(networks: Sequence[str], lineup: Sequence[str], options: dict[str, Any]) -> Iterator[Any]:
    from bench.peers.race import IN_PLACE, Race, run
    from bench.peers.task import make_spec, make_task

    data = None  # the same training part for all
    for network, rule, size in _cases(networks, options):
        race = Race(network, rule, size)
        click.echo(f"{network} {rule} {size}", err=True)
        task = make_task(make_spec(network, rule, race.batch_size), data, in_place=size == IN_PLACE)
        data = task.data
        names = [name for name in lineup if name != "torch.compile" or size in COMPILED_BATCH_SIZES]
        run(race, task, names, options["repeats"], options["target_s"])
        yield race


def _cases(networks: Sequence[str], options: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for network in networks:
        sizes = options["batch_sizes"] or (WIDE_BATCH_SIZES if network == "wide" else BATCH_SIZES)
        for rule in options["optimizers"].split(","):
            for size in sizes.split(","):
                yield network, rule, size


def _lineup(contenders: str | None, quick: bool) -> list[str]:
    from bench.peers.contenders import LINEUP

    wanted = contenders.split(",") if contenders else [name for name in LINEUP if not quick or name != "torch.compile"]
    unknown = [name for name in wanted if name not in LINEUP]
    if unknown:
        raise click.UsageError(f"--contenders: must be of {', '.join(LINEUP)}, got {unknown[0]!r}")
    return wanted


def _document(races: Sequence[Any], options: dict[str, Any]) -> str:
    from bench import machine
    from bench.peers.table import document

    how_often = f"{options['repeats']} repeats of about {options['target_s']:g} s a contender."
    return document(races, machine.fingerprint(), how_often)


if __name__ == "__main__":
    one_thread.ensure(sys.argv[1:], "bench.peers")
    main(prog_name="python -m bench.peers")
