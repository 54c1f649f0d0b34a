"""The batches of a session: one may stop between two of them, note the place, and go on from it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bench.batches import SAMPLINGS, Batches, Examples


class Interrupted(Exception):  # noqa: N818 - no error: somebody pressed stop
    """Training was told to stop, and stands between two steps."""


@dataclass(frozen=True)
class Bookmark:
    """A place in the batches.

    `before` is the Generator's state before the order of the present epoch was drawn, `taken` how many batches of
    the epoch are gone; `is_first` says whether it is the first epoch of these batches.
    """

    before: dict[str, Any]
    taken: int = 0
    is_first: bool = True


class Feed:
    """An iterator over `batches`, without end; `augment` is what becomes of a batch's inputs.

    `is_stopped` is asked before each batch, and ends training by Interrupted.
    """

    def __init__(self, batches: Batches, before: dict[str, Any], augment: Any = None) -> None:
        self.batches, self.augment = batches, augment
        self.is_stopped: Callable[[], bool] = lambda: False
        self.taken, self._batches = 0, iter(batches)
        self.go_to(Bookmark(before))

    def __iter__(self) -> "Feed":
        return self

    def __next__(self) -> Examples:
        if self.is_stopped():
            raise Interrupted
        if self.taken == self.batches.steps_per_epoch:
            self.before, self.taken, self.is_first = self.batches.rng.bit_generator.state, 0, False
        x, y, n_blank = next(self._batches)
        self.taken += 1
        return (self.augment(x), y, None) if self.augment else (x, y, n_blank)

    @property
    def bookmark(self) -> Bookmark:
        """Where the next batch lies."""
        return Bookmark(self.before, self.taken, self.is_first)

    def go_to(self, place: Bookmark) -> None:
        """Continue from a bookmark: draw its epoch's order again, and leave out the batches that are gone."""
        batches = self.batches
        batches.rng.bit_generator.state = place.before
        if place.is_first or not self._is_one_batch:
            order = SAMPLINGS[batches.sampling]
            batches.first_order = order(batches.indices, batches.batch_size, batches.rng, place.is_first)
        self.before, self.taken, self.is_first = place.before, place.taken, place.is_first
        self._batches = islice(iter(batches), place.taken, None)

    @property
    def _is_one_batch(self) -> bool:
        """Whether each epoch is the same full batch, for which no order is drawn but the first."""
        return self.batches.sampling == "shuffle" and self.batches.batch_size == len(self.batches.indices)
