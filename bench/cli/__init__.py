"""The `scratchmark` command. Whatever a command needs it imports itself: `--help` answers at once."""

from typing import Any

import click

from bench import __version__
from bench.cli import checking, pictures, plugins, racing, results, running, sessions
from bench.errors import InputError


class WrongInput(click.ClickException):
    """An input that cannot be used: a clear line, and exit code 2."""

    exit_code = 2


class Commands(click.Group):
    """The commands; what their user can mend becomes a message, what is our mistake stays a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except InputError as error:
            raise WrongInput(str(error)) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="scratchmark")
def main() -> None:
    """Is your optimizer any good? Train one fixed NumPy network on real MNIST under each, and compare."""


for command in (
    running.run,
    running.report,
    racing.tune,
    racing.race,
    sessions.train,
    sessions.continue_,
    plugins.list_,
    plugins.show,
    plugins.new,
    checking.check,
    checking.gradcheck,
    results.compare,
    results.export,
    results.query,
    pictures.data,
    pictures.landscape,
    pictures.picture,
):
    main.add_command(command)
