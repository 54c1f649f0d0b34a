"""The one error of this package."""

from bench.errors import InputError


class DatasetError(InputError):
    """Data that cannot be used: one line that says which file, what was expected and what was found."""
