"""Commands about plugins: list them, show one, begin one."""

from pathlib import Path

import click

from bench.cli.options import add, echo_json, json_option, plugin_option

KINDS = ("optimizers", "initializers", "schedules", "datasets", "plans")


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@plugin_option
@json_option
def list_(kind: str | None, plugins: tuple[Path, ...], as_json: bool) -> None:
    """List optimizers, initializers, schedules, datasets and plans."""
    from tabulate import tabulate

    from bench.catalogue import listing

    add(plugins)
    found = {name: listing(name) for name in ([kind] if kind else KINDS)}
    if as_json:
        echo_json(found)
        return
    for name, rows in found.items():
        click.secho(name, bold=True)
        click.echo(tabulate(rows, headers="keys" if name == "optimizers" else (), tablefmt="plain") + "\n")


@click.command()
@click.argument("name")
@plugin_option
@json_option
def show(name: str, plugins: tuple[Path, ...], as_json: bool) -> None:
    """Show a plugin: its rule, its source and its hyperparameters.

    Each hyperparameter with its default and its domain.
    """
    from tabulate import tabulate

    from bench.catalogue import describe_plugin

    add(plugins)
    found = describe_plugin(name)
    if as_json:
        echo_json(found)
        return
    click.secho(f"{name} ({found['kind']})", bold=True)
    click.echo(f"\n{found['text']}\n")
    if "batch_size" in found:
        click.echo(
            f"Trains with batch size {found['batch_size']} and schedule {found['schedule']} unless told otherwise.\n"
        )
    click.echo(tabulate(found["hyperparameters"], headers="keys", disable_numparse=True))


@click.command()
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="here",
    help="Where to write the two files.",
)
def new(name: str, folder: Path) -> None:
    """Write NAME.py, an optimizer that already runs, and its test.

    The test is test_NAME.py, beside it.
    """
    from bench.scaffold import new_plugin

    plugin, test = new_plugin(name, folder)
    click.echo(f"Wrote {plugin} and {test}. Change the rule where the numbers stand, then:\n")
    click.echo(f"  scratchmark check {plugin}")
    click.echo(f"  scratchmark run --plan smoke --plugin {plugin} -o adam,{name}")
