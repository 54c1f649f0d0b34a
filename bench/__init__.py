"""Everything that runs, keeps, compares and shows: the benchmark around the network and its optimizers."""

__version__ = "0.1.0"

RULES = 1  # the version of the rules of comparison; results of different versions share no table


def __getattr__(name: str) -> object:
    """`bench.load` and `bench.Session` bring what no trial needs."""
    if name == "load":
        from bench.frames import load

        return load
    if name == "Session":
        from bench.session import Session

        return Session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
