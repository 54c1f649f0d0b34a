"""Ctrl-C, and a notebook's stop button, as a wish that training grants between two steps."""

import signal
from threading import current_thread, main_thread
from types import FrameType
from typing import Any


class Interrupts:
    """While the block runs, the first interrupt only sets `pressed`; a second one is a KeyboardInterrupt at once.

    Outside the main thread, where Python delivers no interrupts, it does nothing.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._before: Any = None

    def __enter__(self) -> "Interrupts":
        if current_thread() is main_thread():
            self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _press(self, number: int, frame: FrameType | None) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True
