"""Processes beside the server's own, and what a process that runs for long needs."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from config import ROOT

_log = logging.getLogger("console.processes")


def calm() -> None:
    """Look for circles of garbage seldom, and never among what is there already.

    Every look stops all threads of the process: among the modules and models alone for some 200 ms. Pages and work on many
    rows make millions of objects and hardly any circle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@contextmanager
def kept(command: str, environment: Mapping[str, str] = {}, pass_fds: Sequence[int] = ()) -> Iterator[None]:
    """Keep a command of the console running in a process of its own as long as the block lasts; a dead one is started again."""
    is_over, hand = threading.Event(), {}

    def keep() -> None:
        while not is_over.is_set():
            began = time.monotonic()
            hand["process"] = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", command], cwd=ROOT, env={**os.environ, **environment}, pass_fds=pass_fds
            )
            hand["process"].wait()
            if not is_over.wait(1 if time.monotonic() - began > 30 else 5):
                _log.warning("%s ended with code %s and is started again", command, hand["process"].returncode)

    thread = threading.Thread(target=keep, name=f"{command}-keeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        process = hand.get("process")
        if process is not None and process.poll() is None:
            process.terminate()
        thread.join(timeout=10)
