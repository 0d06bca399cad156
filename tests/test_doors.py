"""Staff and residents come to one port; residents are passed on to a process of their own."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import closing, suppress

import pytest

import doors
from config import Config
from tests.support.server import running


def says(words: bytes):
    """An application that answers always the same."""

    def app(_environ, start):
        start("200 OK", [("Content-Length", str(len(words)))])
        return [words]

    return app


@pytest.fixture
def config(tmp_path):
    return Config(instance=tmp_path, port=0, threads=2)


@pytest.fixture
def pair():
    outlet, inlet = socket.socketpair()
    with outlet, inlet:
        yield outlet, inlet


@pytest.fixture
def port(config, pair):
    server = doors.server(says(b"staff"), config)
    doors.pass_on(server, pair[0])
    with running(server):
        yield int(server.effective_port)


@pytest.fixture
def residents(config, pair):
    with running(doors.inlet_server(says(b"residents"), config, pair[1])):
        yield


def ask(port: int, path: str, method: str = "GET", body: bytes | None = None) -> bytes:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        line.request(method, path, body)
        return line.getresponse().read()


def test_a_resident_is_served_by_the_residents_process(port, residents):
    assert ask(port, "/q/abc") == b"residents"


def test_staff_are_served_where_they_came(port, residents):
    assert ask(port, "/admin/case/") == b"staff"


def test_what_a_resident_sends_is_passed_on_whole(port, residents):
    assert ask(port, "/q/abc/send", "POST", b"x" * 300_000) == b"residents"


def test_residents_who_come_while_their_process_starts_wait_for_it(port, config, pair):
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask(port, "/q/abc")))
    asking.start()
    asking.join(0.2)
    assert answers == []
    with running(doors.inlet_server(says(b"residents"), config, pair[1])):
        asking.join(10)
    assert answers == [b"residents"]


def test_residents_are_served_by_the_staffs_process_when_nobody_takes_them(port, pair):
    pair[1].close()
    assert ask(port, "/q/abc") == b"staff"


def test_a_resident_for_whom_there_is_no_room_is_turned_away_and_staff_are_served(port, pair):
    with suppress(BlockingIOError):
        while True:
            pair[0].send(b"." * 1000)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask(port, "/q/abc")
    assert ask(port, "/admin/") == b"staff"


def test_one_who_stays_silent_holds_up_nobody_and_is_let_go(port, residents, monkeypatch):
    monkeypatch.setattr(doors, "PATIENCE", 0.1)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as silent:
        assert ask(port, "/admin/") == b"staff"
        assert silent.recv(1) == b""


def test_the_residents_process_ends_with_the_other(config, pair):
    server = doors.inlet_server(says(b"residents"), config, pair[1])
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    pair[0].close()
    thread.join(10)
    assert not thread.is_alive()
