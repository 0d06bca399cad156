"""A process of its own with limits, in which uploaded files are opened: a hostile one only ends that.

A file of 5 kB can make a spreadsheet parser ask for hundreds of gigabytes and abort, which no
`except` catches. Lines of JSON go in and come out, nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .package import DAMAGED, TOO_BIG, Unreadable

MEMORY = 3 * 1024**3  # of address space; what is really held stays below 2 GB
CPU_SECONDS = 180
WAIT_SECONDS = 120

_ROOT = Path(__file__).resolve().parents[1]


class Fault(str):
    """What a cell holds instead of a value: an error like #N/A, or a formula without a result."""

    __slots__ = ()


class Child:
    """One running child; `ask` writes a line, `answer` waits for the next one."""

    def __init__(self, process: subprocess.Popen):
        self.process = process

    def ask(self, message: dict) -> None:
        try:
            self.process.stdin.write(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Unreadable(DAMAGED) from None

    def answer(self) -> Any:
        """The next message; raises `Unreadable` when the child refuses, dies or takes too long."""
        is_late = threading.Event()

        def end() -> None:
            is_late.set()
            self.process.kill()

        timer = threading.Timer(WAIT_SECONDS, end)
        timer.start()
        try:
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            raise Unreadable(TOO_BIG if is_late.is_set() else DAMAGED)
        message = json.loads(line, object_hook=_untagged)
        if isinstance(message, dict) and "sentence" in message:
            raise Unreadable(message["sentence"])
        return message


@contextmanager
def running(module: str, *arguments: str, **streams: Any) -> Iterator[Child]:
    """A child that runs `module`, ended at the latest when the block ends; `streams` as `subprocess.Popen` takes them."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL} | streams
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=_ROOT, env=kept, **streams)
    try:
        yield Child(process)
    finally:
        process.kill()
        process.wait()
        for stream in filter(None, (process.stdout, process.stdin)):
            with suppress(OSError):
                stream.close()


def _untagged(tagged: dict) -> Any:
    if len(tagged) == 1:
        (kind, text), = tagged.items()
        if kind == "d":
            return date.fromisoformat(text)
        if kind == "t":
            return datetime.fromisoformat(text)
        if kind == "f":
            return Fault(text)
    return tagged


# ---- inside the child ---------------------------------------------------------------


def limit() -> None:
    """Give this process the limits of a child."""
    try:
        import resource
    except ImportError:  # Windows knows no such limits; the time-out remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def tell(message: Any) -> None:
    """Send one line to the parent."""
    line = json.dumps(message, ensure_ascii=False, default=_tagged).encode("utf-8", "replace")
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _tagged(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return str(value)
