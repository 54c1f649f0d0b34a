"""What several commands share: their options, and how they print data."""

import json
from pathlib import Path
from typing import Any

import click

results_option = click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("results"),
    show_default=True,
    help="The folder of the results database and the reports.",
)
plugin_option = click.option(
    "--plugin",
    "plugins",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A Python file with an optimizer, known by the file's name; may be given several times.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")


def add(plugins: tuple[Path, ...]) -> None:
    """Make the optimizers in these files known."""
    from bench import registry

    for path in plugins:
        registry.add_file(path)


def echo_json(value: Any) -> None:
    """Print data."""
    click.echo(json.dumps(value, indent=2, default=str))
