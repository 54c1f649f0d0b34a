"""Commands that draw."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bench.cli.options import add, plugin_option

FUNCTIONS = ("saddle", "ravine", "rosenbrock", "beale")


def picture_file(*suffixes: str) -> Callable[[Any], Any]:
    """`--output FILE`, whose ending must be one that can be drawn."""

    def check(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
        if file is not None and file.suffix not in suffixes:
            raise click.BadParameter(f"must end in {' or '.join(suffixes)}, got {str(file)!r}")
        return file

    kind = click.Path(dir_okay=False, path_type=Path)
    return click.option("--output", type=kind, callback=check, help="The picture; NAME.png here unless given.")


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


@click.command()
@click.option("--function", type=click.Choice([*FUNCTIONS, "all"]), default="all", show_default=True)
@click.option(
    "-o",
    "--optimizers",
    default="batch_gd,momentum,nesterov,rmsprop,adam",
    show_default=True,
    metavar="A,B",
    help="Whose paths to draw.",
)
@plugin_option
@click.option("--steps", type=click.IntRange(min=1), help="At most so many; each function's own unless given.")
@picture_file(".png", ".svg", ".gif")
@click.option("--animate", is_flag=True, help="Let the paths grow, as a GIF.")
def landscape(
    function: str, optimizers: str, plugins: tuple[Path, ...], steps: int | None, output: Path | None, animate: bool
) -> None:
    """Draw the paths of optimizers down functions of two variables.

    A saddle, a ravine, Rosenbrock's and Beale's.

    Each optimizer walks at its own best learning rate of 1, 2 and 5 in every decade from 0.0001 to 10; on the saddle,
    where the largest would always win, all walk at 0.01. The legend says who arrived, and after how many steps.
    """
    from bench.pictures import draw

    add(plugins)
    file = output or Path(f"landscape-{function}.{'gif' if animate else 'png'}")
    if animate != (file.suffix == ".gif"):
        raise click.BadParameter("an animation, and nothing else, ends in .gif", param_hint="--output")
    names = [name for name in optimizers.split(",") if name]
    chosen = list(FUNCTIONS) if function == "all" else [function]
    click.echo(draw.landscape(chosen, names, file, n_steps=steps, animate=animate))


@click.group()
def picture() -> None:
    """Draw what teaches: bias correction, schedules, signals."""


def _plain_picture(name: str, text: str) -> None:
    @picture.command(name, help=text)
    @picture_file(".png", ".svg")
    def command(output: Path | None) -> None:
        from bench.pictures import draw

        click.echo(draw.picture(name, output or Path(f"{name}.png")))


_plain_picture("bias-correction", "Adam's averages and first steps, uncorrected too.")
_plain_picture("schedules", "The learning rate over a run, under every schedule.")
_plain_picture("signals", "Norms of activations and gradients by layer.")
_plain_picture("symmetry", "What units learn that start at zero, or at random.")


@picture.command("confusion", short_help="Which digits a network takes for which.")
@click.option("-o", "--optimizer", default="adam", show_default=True, help="What to train with.")
@plugin_option
@click.option("--dataset", default="mnist", show_default=True, help="A data set of images.")
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@picture_file(".png", ".svg")
def confusion(
    optimizer: str, plugins: tuple[Path, ...], dataset: str, epochs: int, seed: int, output: Path | None
) -> None:
    """Train a network, then draw its confusion matrix on the test part and the mistakes it was surest of."""
    from bench.pictures import draw

    add(plugins)
    click.echo(draw.confusion(output or Path("confusion.png"), optimizer, dataset, epochs, seed))
