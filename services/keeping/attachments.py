"""Files of a record."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from formats import files
from models import Described
from models.attachment import Attachment

from .. import parameters
from ..access import Actor
from ..errors import Missing, Refused


def most_bytes(session: Session) -> int:
    """How large one file may be."""
    return parameters.value(session, "attachment_megabytes") * 1024 * 1024


def attach(
    session: Session, folder: Path, row: Described, file_name: str, content: bytes, purpose: str, actor: Actor
) -> Attachment:
    """Keep a file with a record; refuses what is empty, too large or not what its name says."""
    name = "".join(c for c in unicodedata.normalize("NFC", file_name) if c.isprintable()).replace("\\", "/")
    name = name.rsplit("/", 1)[-1].strip()[-120:]
    if not content:
        raise Refused("文件是空的，请重新选择", field="file")
    most = most_bytes(session)
    if len(content) > most:
        raise Refused(f"文件超过{most // 1024**2}兆，请压缩或拆分后再传", field="file")
    media_type = files.media_type(name, content[:16])
    if media_type is None:
        raise Refused("只收 PDF、JPG、PNG、Word（docx）、Excel（xlsx）和文本文件，且内容须与扩展名相符", field="file")
    kept = Attachment(
        entity=type(row).slug(), record_id=row.id, purpose=purpose.strip()[:200] or None, file_name=name,
        media_type=media_type, byte_count=len(content), sha256=files.keep(folder, content),
        added_by_id=actor.user_id,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    return kept


def of(session: Session, row: Described) -> Sequence[Attachment]:
    """The files of a record, newest first."""
    wanted = select(Attachment).where(Attachment.entity == type(row).slug(), Attachment.record_id == row.id)
    return session.scalars(wanted.order_by(Attachment.id.desc()).limit(50)).all()


def find(session: Session, row: Described, attachment_id: str) -> Attachment:
    """One file of this very record, else `Missing`: the record is the key to its files."""
    for kept in of(session, row):
        if kept.id == attachment_id:
            return kept
    raise Missing("没有找到这个文件")


def remove(session: Session, row: Described, attachment_id: str) -> str:
    """Take a file away from a record; returns its name. The content stays in the store for a term (`services.keeping.kept_files`)."""
    kept = find(session, row, attachment_id)
    session.delete(kept)
    session.flush()
    return kept.file_name
