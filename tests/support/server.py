"""The console served over a real socket, as in production."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

import lanes
import public_views


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app from a thread on a free port; gives the URL without a final slash."""
    server = lanes.server(app, 4, 2, public_views.PREFIXES, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, name="live-server", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(server.close)
        thread.join(timeout=10)
        server.task_dispatcher.shutdown()
