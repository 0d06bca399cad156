"""Work that comes together is done together: whoever finds nobody at it does it for all who wait meanwhile.

Nobody waits for a crowd to gather. While one portion is written the next one comes up by itself, so a single person is
served at once and a crowd at the price of a few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Any

from turns import aside


class _Slip:
    """What one thread wants done, and what came of it."""

    def __init__(self, item: Any):
        self.item, self.answer, self.leads, self.is_called = item, None, False, Event()


class Together:
    """`do` gets the items of all who wait, at most so many, and answers in their order; an exception goes to whom it is the answer."""

    def __init__(self, do: Callable[[Sequence[Any]], Sequence[Any]], most: int = 20):
        self._do, self._most = do, most
        self._waiting: deque[_Slip] = deque()
        self._is_led, self._lock = False, Lock()

    def ask(self, item: Any) -> Any:
        """The answer to one item; raises it where it is an exception."""
        slip = _Slip(item)
        with self._lock:
            self._waiting.append(slip)
            slip.leads, self._is_led = not self._is_led, True
        if not slip.leads:
            with aside():
                slip.is_called.wait()
        if slip.leads:
            self._lead()
        if isinstance(slip.answer, BaseException):
            raise slip.answer
        return slip.answer

    def _lead(self) -> None:
        """Do the portion that begins with one's own, then hand the lead to the first who still waits."""
        with self._lock:
            portion = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]
        try:
            answers = self._do([slip.item for slip in portion])
        except BaseException as error:
            answers = [error] * len(portion)
        for slip, answer in zip(portion, answers, strict=True):
            slip.answer = answer
        with self._lock:
            self._is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].is_called.set()
        for slip in portion:
            slip.is_called.set()
