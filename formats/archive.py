"""A zip archive written as it comes, on a file that can be sought: memory and disk hold nothing twice."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO

try:
    from zlib_ng import zlib_ng as _fast
except ImportError:  # the standard library does the same, more slowly
    _fast = None

MOST_BYTES = 2**31 - 1  # of one part, before it is deflated; readers of all kinds take it without zip64
_LEVEL, _FAST_LEVEL = 6, 2
_LOCAL, _CENTRAL, _END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
_VERSION, _DEFLATED, _UTF8 = 20, 8, 0x800
_TIME, _DAY = 0, (1980 - 1980) << 9 | 1 << 5 | 1  # 1 January 1980, so that equal content is an equal file


class Archive:
    """`with Archive(file) as archive: archive.add(name, pieces)`."""

    def __init__(self, file: IO[bytes], is_fast: bool = True):
        self.file = file
        self._deflate = _fast if is_fast and _fast else zlib
        self._level = _FAST_LEVEL if self._deflate is _fast else _LEVEL
        self._parts: list[tuple[bytes, int, int, int, int]] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write one part. Its sizes are put into its header afterwards, as if they had been known."""
        raw, start = name.encode(), self.file.tell()
        self.file.write(self._local(raw, 0, 0, 0))
        engine = self._deflate.compressobj(self._level, zlib.DEFLATED, -15)
        check, size, packed = 0, 0, 0
        ahead: Future | None = None
        for piece in pieces:
            if ahead is not None:
                packed += ahead.result()
            check, size = self._deflate.crc32(piece, check), size + len(piece)
            ahead = self._helper.submit(self._pack, engine, piece)
        packed += (ahead.result() if ahead is not None else 0) + self.file.write(engine.flush())
        if max(size, packed, self.file.tell()) > 0xFFFF_FFFF:
            raise ValueError("an archive of more than 4 GiB needs zip64")
        end = self.file.tell()
        self.file.seek(start)
        self.file.write(self._local(raw, check, packed, size))
        self.file.seek(end)
        self._parts.append((raw, check, packed, size, start))

    def _pack(self, engine, piece: bytes) -> int:
        return self.file.write(engine.compress(piece))

    def __enter__(self) -> Archive:
        # Deflating lets go of the interpreter, so the next rows are read meanwhile.
        self._helper = ThreadPoolExecutor(1, "deflate")
        return self

    def __exit__(self, kind, *_others) -> None:
        self._helper.shutdown()
        if kind is not None:
            return
        begin = self.file.tell()
        for raw, check, packed, size, start in self._parts:
            self.file.write(struct.pack(
                _CENTRAL, b"PK\x01\x02", _VERSION, _VERSION, _UTF8, _DEFLATED, _TIME, _DAY, check, packed, size,
                len(raw), 0, 0, 0, 0, 0, start,
            ) + raw)  # fmt: skip
        end, count = self.file.tell(), len(self._parts)
        self.file.write(struct.pack(_END, b"PK\x05\x06", 0, 0, count, count, end - begin, begin, 0))

    @staticmethod
    def _local(raw: bytes, check: int, packed: int, size: int) -> bytes:
        head = struct.pack(_LOCAL, b"PK\x03\x04", _VERSION, _UTF8, _DEFLATED, _TIME, _DAY, check, packed, size, len(raw), 0)
        return head + raw
