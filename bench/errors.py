"""What a user can mend."""


class InputError(ValueError):
    """An input that cannot be used; the message says who, what, allowed, got. The command line shows it as it is."""
