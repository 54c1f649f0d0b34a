"""The one error of this package."""


class DatasetError(ValueError):
    """Data that cannot be used: one line that says which file, what was expected and what was found."""
