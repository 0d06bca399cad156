"""Files kept under their hash: the same content once, the name never a path."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

TYPES = {
    ".pdf": ("application/pdf", (b"%PDF-",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    ".txt": ("text/plain", ()),
}


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
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(path)
    return digest


def where(folder: Path, digest: str) -> Path:
    """Where content with this hash lies."""
    return folder / digest[:2] / digest
