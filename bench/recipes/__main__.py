"""Write what the recipes found into their page: `python -m bench.recipes`."""

from pathlib import Path

import click

from bench.recipes._page import write_page


@click.command()
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=Path("results/reference/recipes"))
@click.option("--page", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=Path("docs/recipes.md"))
def main(results: Path, page: Path) -> None:
    """Write what lies in RESULTS into PAGE, between its marks."""
    write_page(page, results)
    click.echo(f"Wrote {page}.")


main()
