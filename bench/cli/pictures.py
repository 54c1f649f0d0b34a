"""Commands that draw."""

from pathlib import Path

import click


@click.group()
def data() -> None:
    """Look at data sets."""


@data.command("show")
@click.argument("name")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The picture; NAME.png unless given.")
@click.option("--seed", default=1, show_default=True, help="Which samples, and which of them validate.")
def data_show(name: str, output: Path | None, seed: int) -> None:
    """Draw samples of a data set with their labels, for training, validation and test part.

    NAME is a name that `scratchmark list datasets` has, a folder of four IDX files, or an .npz file. A made set takes
    settings, as in "moons?n=500&noise=0.1".
    """
    from bench import datasets

    found = datasets.load(name)
    from bench.datasets import figures  # matplotlib takes its time, and a wrong name shall not wait for it

    click.echo(figures.show(found, output or Path(f"{Path(found.name).name.partition('?')[0]}.png"), seed))
