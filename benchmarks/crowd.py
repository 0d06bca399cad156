"""People at the residents' door, in a process of their own: raw sockets and ready-made bytes, so that they cost the server little of its processor."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from urllib.parse import urlencode
from uuid import uuid4

Answer = tuple[int, str, float]
"""Status (0 where the line broke), number of the receipt, seconds."""

_RECEIPT = re.compile(rb'<dd class="big">(\d+)</dd>')


def letters(tokens: Sequence[str], count: int, key: str = "") -> list[bytes]:
    """So many appeals as they go over the wire, told at one place after another; with a key always the same one."""
    return [
        _request("POST", f"/q/{tokens[number % len(tokens)]}/send", urlencode({"key": key or str(uuid4()), "words": "楼道灯不亮，请来看看"}))
        for number in range(count)
    ]


def scans(tokens: Sequence[str]) -> list[bytes]:
    """A look at the page of each of these codes."""
    return [_request("GET", f"/q/{token}", "") for token in tokens]


def _request(method: str, path: str, body: str) -> bytes:
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{form}\r\n{body}".encode()


def at_once(port: int, people: int, requests: Sequence[bytes], tries: int = 1) -> tuple[list[Answer], float]:
    """Answers in the order of the requests, and the seconds from the first to the last; like a phone, each comes again when the line breaks."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        return elsewhere.submit(_send, port, people, requests, tries).result()


def _send(port: int, people: int, requests: Sequence[bytes], tries: int) -> tuple[list[Answer], float]:
    with ThreadPoolExecutor(people) as crowd:
        began = time.perf_counter()
        answers = list(crowd.map(lambda request: _told(port, request, tries), requests))
        return answers, time.perf_counter() - began


def _told(port: int, request: bytes, tries: int) -> Answer:
    began = time.perf_counter()
    status, page = 0, b""
    for number in range(tries):
        status, page = _exchange(port, request)
        if status == 200 or number + 1 == tries:
            break
        time.sleep(1)
    found = _RECEIPT.search(page)
    return status, found.group(1).decode() if found else "", time.perf_counter() - began


def _exchange(port: int, request: bytes) -> tuple[int, bytes]:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            line.sendall(request)
            parts = []
            while part := line.recv(65536):
                parts.append(part)
    except OSError:
        return 0, b""
    page = b"".join(parts)
    return int(page[9:12] or 0), page
