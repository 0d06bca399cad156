"""Two doors to one house: residents are served by a process of their own, so that a crowd of them never slows the staff.

Staff and residents come to one port. The staff's server looks at the first words of each connection, without taking them,
and passes a resident's connection on, as it is, over a pair of sockets; from then on the two processes have nothing to do
with each other. Both have the whole console, so a connection that changes its mind is served where it is. Where nobody takes
residents over, or the system cannot pass connections on (Windows), the staff's server serves them too.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import click
from flask import Flask, current_app
from waitress import create_server
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, TcpWSGIServer
from waitress.wasyncore import dispatcher

import public_views
from admin_views import request_log
from admin_views.guard import MOST_SENT
from config import Config
from processes import calm, kept
from turns import Turns

NICE = 5
"""How far residents' work stands back where processors are scarce."""

PATIENCE = 60
"""Seconds that a connection may say nothing at all."""

_FIRST_WORDS = 64  # bytes; method and the head of the path
_INLET = "PUBLIC_INLET"
_can_pass_on = hasattr(socket, "send_fds")
_log = logging.getLogger("console.doors")


class _Newcomer(dispatcher):
    """A connection that has not said yet what it wants."""

    def __init__(self, server: BaseWSGIServer, conn: socket.socket, addr, adj: Adjustments, map: dict, *, outlet: socket.socket):
        super().__init__(conn, map=map)
        self.server, self.caller, self.adj, self.outlet = server, addr, adj, outlet
        self.leaves_at = time.monotonic() + PATIENCE

    def readable(self) -> bool:
        if time.monotonic() > self.leaves_at:
            self.close()
            return False
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        try:
            said = self.socket.recv(_FIRST_WORDS, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self.close()
        elif not (_is_resident(said) and self._pass_on()):
            self.del_channel()
            HTTPChannel(self.server, self.socket, self.caller, self.adj, map=self._map)

    def _pass_on(self) -> bool:
        try:
            socket.send_fds(self.outlet, [b"."], [self.socket.fileno()])
        except BlockingIOError:
            pass  # hundreds wait there already: this one has to come again, the staff are not slowed for it
        except OSError:  # nobody is there to take it
            return False
        self.close()
        return True

    def handle_error(self) -> None:
        _log.exception("a connection could not be placed")
        self.close()


def _is_resident(said: bytes) -> bool:
    path = said.partition(b" ")[2]
    return path.startswith(tuple(prefix.encode() for prefix in public_views.PREFIXES))


class _Inlet(TcpWSGIServer):
    """A server whose connections are not made to it but passed on to it."""

    def getsockname(self) -> tuple[str, str]:
        return self.adj.host, str(self.adj.port)

    def accept_connections(self) -> None:
        self.accepting = True

    def accept(self):
        try:
            said, lines = socket.recv_fds(self.socket, 1, 1)[:2]
        except BlockingIOError:
            return None
        if not said:
            raise SystemExit  # the other process is gone
        conn = socket.socket(fileno=lines[0])
        try:
            return conn, conn.getpeername()
        except OSError:  # hung up meanwhile
            conn.close()
            return None


def server(app: Flask, config: Config):
    """A Waitress server that holds the port; `run` begins to answer. Leaves with a sentence where the port cannot be had."""
    try:
        return create_server(app, map={}, threads=config.threads, **_options(config))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = f"PORT={config.port + 1} make run"
            raise SystemExit(f"端口 {config.port} 已被占用；请停掉占用它的程序，或换一个端口：{other}") from None
        raise SystemExit(f"不能在 {config.host}:{config.port} 上提供服务：{error.strerror}") from None


@contextmanager
def residents_beside(found) -> Iterator[None]:
    """Keep a process that serves the residents who come to this server, as long as the block lasts."""
    if not _can_pass_on:
        yield
        return
    outlet, inlet = socket.socketpair()
    pass_on(found, outlet)
    with outlet, inlet, kept("residents", environment={_INLET: str(inlet.fileno())}, pass_fds=(inlet.fileno(),)):
        yield


def pass_on(found, outlet: socket.socket) -> None:
    """From now on this server passes residents' connections on to whoever reads the other end of the outlet."""
    outlet.setblocking(False)
    ways = found.map if hasattr(found, "map") else found._map  # several sockets or one
    for part in list(ways.values()):
        if isinstance(part, BaseWSGIServer):
            part.channel_class = partial(_Newcomer, outlet=outlet)


def inlet_server(app: Flask, config: Config, inlet: socket.socket):
    """A Waitress server for the connections that are passed on through this socket."""
    # A line in the log for each request that waits would be a flood of its own.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    options = _options(config)
    return _Inlet(
        app, {}, True, inlet, Turns(config.public_threads), Adjustments(**options), (inlet.family, inlet.type, inlet.proto, ""), False
    )


@click.command("residents")
def residents_command() -> None:
    """接着处理居民的页面，由 python app.py 自动启动；不单独使用。"""
    os.umask(0o077)
    os.nice(NICE)
    config = current_app.config["CONSOLE"]
    app = current_app._get_current_object()
    request_log.write_to(app, config.instance / "log" / "residents.log")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # let requests in hand end
    found = inlet_server(app, config, socket.socket(fileno=int(os.environ[_INLET])))
    calm()
    found.run()


def _options(config: Config) -> dict:
    # Waitress speaks no TLS: HTTPS=1 means that a proxy stands before it and tells the caller's address.
    proxy = {
        "url_scheme": "https", "trusted_proxy": "*", "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}, "clear_untrusted_proxy_headers": True,
    } if config.is_https else {}  # fmt: skip
    return {"host": config.host, "port": config.port, "ident": None, "max_request_body_size": MOST_SENT + 1024 * 1024, **proxy}
