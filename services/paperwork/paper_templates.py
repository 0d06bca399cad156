"""Templates of papers: the shipped ones, and the versions an office has put in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from formats import files, papers
from formats.paper_checks import check_package
from formats.papers import BadTemplate
from models.paper import PaperTemplate

from . import paper_samples
from ..access import Actor, Permission
from ..errors import Missing, Refused
from .paper_kinds import PAPERS, PaperKind

SHIPPED = Path(__file__).resolve().parents[2] / "seeds" / "data" / "papers"


@dataclass(frozen=True)
class Template:
    """A template ready to be filled in; number 0 is the shipped one."""

    content: bytes
    number: int
    sha256: str

    def fill(self, context: papers.Context) -> bytes:
        """Our own templates run here; what people uploaded runs in a child process."""
        return (papers.fill if self.number == 0 else papers.fill_apart)(self.content, context)


def shipped(key: str) -> Template:
    content = _read(key)
    return Template(content, 0, sha256(content).hexdigest())


@cache
def _read(key: str) -> bytes:
    return (SHIPPED / f"{key}.docx").read_bytes()


def kind_of(key: str) -> PaperKind:
    if key not in PAPERS:
        raise Missing("没有这种文书，请从列表中选择")
    return PAPERS[key]


def current(session: Session, key: str) -> Template:
    """The template in use: the office's own, else the shipped one."""
    own = session.scalar(select(PaperTemplate).where(PaperTemplate.paper == key, PaperTemplate.is_active.is_(True)))
    return shipped(key) if own is None else of(session, own)


def of(session: Session, row: PaperTemplate) -> Template:
    path = files.where(files.folder(), row.sha256)
    if not path.exists():
        raise Refused(f"“{row.name}”第{row.number}版模板的文件不在存放目录里，请联系系统管理员从备份恢复，或恢复随附模板")
    return Template(path.read_bytes(), row.number, row.sha256)


def version(session: Session, key: str, number: int) -> Template:
    """One version of a template; number 0 is the shipped one."""
    return of(session, find(session, key, number)) if number else shipped(key)


def versions(session: Session, key: str | None = None) -> Sequence[PaperTemplate]:
    """The office's own versions, newest first: of one paper, or of all."""
    wanted = select(PaperTemplate).order_by(PaperTemplate.paper, PaperTemplate.number.desc())
    return session.scalars(wanted.where(PaperTemplate.paper == key).limit(50) if key else wanted.where(PaperTemplate.is_active.is_(True))).all()


def find(session: Session, key: str, number: int) -> PaperTemplate:
    row = session.scalar(select(PaperTemplate).where(PaperTemplate.paper == key, PaperTemplate.number == number))
    if row is None:
        raise Missing("没有找到这一版模板")
    return row


def upload(session: Session, key: str, file_name: str, content: bytes, note: str, actor: Actor, now: datetime) -> PaperTemplate:
    """Put an office's own version into use; refused unless it renders in the sandbox with invented data."""
    actor.require(Permission.PAPER_TEMPLATE)
    kind = kind_of(key)
    try:
        check_package(content)
        for sample in paper_samples.of(kind):
            papers.fill_apart(content, sample, is_strict=True)
    except BadTemplate as no:
        raise Refused(no.sentence, field="file") from None
    last = session.scalar(select(func.max(PaperTemplate.number)).where(PaperTemplate.paper == key)) or 0
    restore(session, key, actor)
    name = Path(file_name.replace("\\", "/")).name.strip()[-120:] or f"{kind.name}.docx"
    row = PaperTemplate(
        paper=key, name=kind.name, number=last + 1, file_name=name, byte_count=len(content),
        sha256=files.keep(files.folder(), content), note=note.strip()[:200] or None, added_by_id=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def restore(session: Session, key: str, actor: Actor) -> None:
    """Use the shipped template again; the office's own versions stay."""
    actor.require(Permission.PAPER_TEMPLATE)
    for row in session.scalars(select(PaperTemplate).where(PaperTemplate.paper == key, PaperTemplate.is_active.is_(True))):
        row.is_active = False
    session.flush()  # the index on active versions allows one at a time


def activate(session: Session, key: str, number: int, actor: Actor) -> PaperTemplate:
    """Use an earlier version again."""
    row = find(session, key, number)
    restore(session, key, actor)
    row.is_active = True
    session.flush()
    return row
