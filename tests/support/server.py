"""A server run over a real socket, as in production."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask import Flask
from waitress import create_server


@contextmanager
def running(server) -> Iterator[None]:
    """Let a Waitress server answer from a thread."""
    thread = threading.Thread(target=server.run, name="live-server", daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(OSError):  # the other thread, just awake, has closed everything before it was called
            server.trigger.pull_trigger(server.close)
        thread.join(timeout=10)
        server.task_dispatcher.shutdown()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app from a thread on a free port; gives the URL without a final slash."""
    server = create_server(app, host="127.0.0.1", port=0)
    with running(server):
        yield f"http://127.0.0.1:{server.effective_port}"
