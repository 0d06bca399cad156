"""Files kept under their hash: the same content once, the name never a path."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

_folder: Path | None = None


def use_folder(path: Path) -> None:
    """Say once, at start, where kept files lie."""
    global _folder
    _folder = path


def folder() -> Path:
    """Where kept files lie."""
    if _folder is None:
        raise RuntimeError("no folder for files was given; call formats.files.use_folder first")
    return _folder


TYPES = {
    ".pdf": ("application/pdf", (b"%PDF-",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    ".txt": ("text/plain", ()),
}

# What a page may show, and as what; everything else is only downloaded.
SHOWN_AS = {"image/jpeg": "image", "image/png": "image", "application/pdf": "pdf", "text/plain": "text"}
MOST_SHOWN = 50 * 1024


def media_type(file_name: str, head: bytes) -> str | None:
    """The type of a file whose name and first bytes agree, else None."""
    known = TYPES.get(Path(file_name).suffix.lower())
    if known is None:
        return None
    kind, marks = known
    if marks and not head.startswith(marks):
        return None
    return kind


def keep(folder: Path, content: bytes) -> str:
    """Write content under its SHA-256 (hex) and return the hash; writing twice is harmless."""
    digest = hashlib.sha256(content).hexdigest()
    path = where(folder, digest)
    if path.exists():
        os.utime(path)  # whoever tidies up sees that it has just come again
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(path)
    return digest


def where(folder: Path, digest: str) -> Path:
    """Where content with this hash lies."""
    return folder / digest[:2] / digest


def kept_before(folder: Path, moment: float) -> Iterator[str]:
    """The hashes of files that were last kept before a moment (seconds since 1970)."""
    for path in folder.glob("[0-9a-f][0-9a-f]/*"):
        if len(path.name) == 64 and path.stat().st_mtime < moment:
            yield path.name


def drop(folder: Path, digest: str, moment: float) -> bool:
    """Delete a file unless it was kept again since a moment; whether it is gone."""
    path = where(folder, digest)
    if not path.exists() or path.stat().st_mtime >= moment:
        return False
    path.unlink(missing_ok=True)
    return True


def beginning(content: bytes) -> str:
    """The first 50 kB of a text file: UTF-8, or GB 18030 as Windows in China writes it."""
    start = content[:MOST_SHOWN]
    try:
        return start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_cut = len(content) > MOST_SHOWN and error.start >= len(start) - 3
        return start.decode("utf-8-sig" if is_cut else "gb18030", errors="ignore" if is_cut else "replace")
