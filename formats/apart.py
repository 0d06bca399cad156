"""Tables written by a process of its own, `python -m formats.apart`, while this one reads their rows: two cores work.

The writing process knows neither tables nor pages and stays small. What it is handed comes from the console alone, so it may
be pickled; an end that is not said, as when the console is killed, leaves no finished file. How the writing process ends
says what was the matter: the number of the system's error, or the signal that ended it.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any

from . import child
from .splice import Portion

_END: Portion = []
_PIPE = 1024**2  # bytes: some portions, so that neither process waits for the other's pace
_TURN = 0.0002  # seconds; with the 5 ms of Python a portion would be made before the thread that deflates the last one has begun


def write(writer: Callable[..., int], file: IO[bytes], portions: Iterable[Portion], **facts: Any) -> int:
    """What `writer(file, portions=portions, **facts)` does, done apart; a file in memory cannot be handed over and is written here."""
    try:
        file.fileno()
    except io.UnsupportedOperation:
        return writer(file, portions=portions, **facts)
    count = 0
    with child.running("formats.apart", stdout=file, stderr=None, pipesize=_PIPE) as begun:
        pipe = begun.process.stdin
        with suppress(BrokenPipeError):  # it has ended already; its code says why
            pickle.dump((writer, facts), pipe)
            for portion in portions:
                pickle.dump(portion, pipe)
                count += len(portion[0])
            pickle.dump(_END, pipe)
            pipe.close()
        code = begun.process.wait()
    if code < 0:
        raise ChildProcessError(f"the writing process was ended by signal {-code}")
    if code:
        raise OSError(code, os.strerror(code))
    return count


def _main() -> None:
    sys.setswitchinterval(_TURN)
    taken = iter(lambda: pickle.load(sys.stdin.buffer), _END)
    writer, facts = next(taken)
    try:
        with open(sys.stdout.fileno(), "wb", closefd=False) as file:
            writer(file, portions=taken, **facts)
    except OSError as error:
        traceback.print_exc()
        sys.exit(error.errno or 1)


if __name__ == "__main__":
    _main()
