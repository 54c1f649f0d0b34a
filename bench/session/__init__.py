"""Train, stop, change a setting, go on: one training run in the hands of a person."""

from bench.session.session import Session

__all__ = ["Session"]
