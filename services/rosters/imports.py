"""Imports as a person sees them: a file is handed in, matched, looked at, confirmed, undone, forgotten.

The reading, planning and writing itself is done by the worker (`services.rosters.importing`).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from formats import files
from formats.headings import plain
from formats.package import MOST_BYTES
from models import Described, entities, uuid7
from models.codes import AccessKind
from models.roster_import import RosterImport

from .. import parameters
from ..background import jobs
from ..keeping import audit
from ..access import Actor, Permission
from ..errors import Conflict, Missing, Refused
from ..keeping.records import find as find_record
from .layouts import Layout, RosterLayout

SHOWN = 50
_REMEMBERED = 10
_PIECE = 1 << 20

LAYOUTS: dict[str, Layout] = {}
"""Sheets that fill several rosters, by code."""


def layout_of(code: str) -> Layout:
    """How a kind of sheet is read: one of several rosters, or a roster by its slug; else `Missing`."""
    if code in LAYOUTS:
        return LAYOUTS[code]
    for entity in entities():
        if entity.slug() == code:
            return RosterLayout(entity)
    raise Missing("没有这张名册")


# ---- handing in ---------------------------------------------------------------------


def keep(folder: Path, pieces: Iterable[bytes]) -> tuple[str, int]:
    """Write a file piece by piece under its SHA-256; returns the hash and the size. Raises `Refused` when too large."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part, digest, size = folder / f"{uuid7()}.part", hashlib.sha256(), 0
    try:
        with part.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > MOST_BYTES:
                    raise Refused(f"文件超过{MOST_BYTES // 1024**2}MB，请删去不需要的工作表和图片，或分成几个文件上传", field="file")
                digest.update(piece)
                file.write(piece)
        if not size:
            raise Refused("这个文件是空的，请确认填好并保存后再上传", field="file")
        path = files.where(folder, digest.hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return digest.hexdigest(), size


def receive(
    session: Session, layout: Layout, file_name: str, sha256: str, size: int, actor: Actor, now: datetime
) -> RosterImport:
    """Note a file that was handed in, and ask the worker to read it."""
    layout.require(actor, ["import"])
    name = "".join(c for c in unicodedata.normalize("NFC", file_name) if c.isprintable()).replace("\\", "/")
    kept = RosterImport(
        roster=layout.code, roster_label=layout.label, file_name=name.rsplit("/", 1)[-1].strip()[-120:] or "未命名",
        sha256=sha256, byte_count=size, user_id=actor.user_id, uploaded_at=now, taken_at=now,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    _ask(session, kept, "import_read", f"读取{layout.label}：{kept.file_name}", actor, now)
    return kept


def _ask(session: Session, kept: RosterImport, kind: str, title: str, actor: Actor, now: datetime) -> None:
    job = jobs.enqueue(session, actor, now, kind, title, {"import": kept.id}, queue=f"import:{kept.roster}")
    kept.job_id, kept.notice = job.id, None
    session.flush()


# ---- finding ------------------------------------------------------------------------


def find(session: Session, import_id: str, actor: Actor) -> RosterImport:
    """An import that is one's own, or anybody's with permission; else `Missing`."""
    kept = find_record(session, RosterImport, import_id)
    if not is_own(kept, actor) and not actor.may(Permission.IMPORTS):
        raise Missing("没有找到这次导入")
    return kept


def own(session: Session, import_id: str, actor: Actor) -> RosterImport:
    """One's own import: only that person goes on with it."""
    kept = find(session, import_id, actor)
    if not is_own(kept, actor):
        raise Refused("这是别人的导入，只有导入的人能继续办理")
    return kept


def is_own(kept: RosterImport, actor: Actor) -> bool:
    return actor.user_id is not None and kept.user_id == actor.user_id


def listed(session: Session, actor: Actor, everyone: bool = False, roster: str | None = None) -> Sequence[RosterImport]:
    """The newest imports: one's own, or with permission those of all."""
    wanted = select(RosterImport).order_by(RosterImport.uploaded_at.desc(), RosterImport.id.desc()).limit(SHOWN)
    if everyone:
        actor.require(Permission.IMPORTS)
    else:
        wanted = wanted.where(RosterImport.user_id == actor.user_id)
    if roster:
        wanted = wanted.where(RosterImport.roster == roster)
    return session.scalars(wanted).all()


def remembered(session: Session, kept: RosterImport) -> dict[str, str]:
    """{plain heading: attribute or ""} as this person has matched this roster before, the latest first."""
    wanted = (
        select(RosterImport.shape, RosterImport.sheet, RosterImport.columns)
        .where(
            RosterImport.user_id == kept.user_id, RosterImport.roster == kept.roster, RosterImport.id != kept.id,
            RosterImport.columns.is_not(None), RosterImport.preview.is_not(None),
        ).order_by(RosterImport.uploaded_at.desc()).limit(_REMEMBERED)
    )  # fmt: skip
    found: dict[str, str] = {}
    for shape, _sheet, columns in session.execute(wanted):
        labels = [plain(label) for label in (shape or {}).get("labels", ())]
        for column, label in enumerate(labels):
            if label and labels.count(label) == 1:
                found.setdefault(label, columns.get(str(column), ""))
    return found


def path_of(folder: Path, kept: RosterImport) -> Path:
    """Where the file lies; raises `Missing` once it has been removed."""
    path = files.where(folder, kept.sha256)
    if kept.removed_at is not None or not path.exists():
        raise Missing("原文件已过保留期限并已删除，请重新上传")
    return path


def fetched(session: Session, kept: RosterImport, what: str) -> None:
    """Note in the access log that a kept file, full of personal data, was downloaded."""
    audit.accessed(
        session, AccessKind.EXPORT_CLEAR, entity=layout_of(kept.roster).entity, record_id=kept.id,
        detail=f"下载导入的{what}：{kept.file_name}"[:200],
    )  # fmt: skip


# ---- matching and confirming --------------------------------------------------------


def _is_open(kept: RosterImport) -> None:
    if kept.applied_at is not None:
        raise Refused("这张表已经导入，不能再改")


def match(
    session: Session, kept: RosterImport, sheet: str, heading_row: int | None, heading_rows: int | None,
    columns: Mapping[int, str], actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Take the person's word for sheet, heading row and columns, and ask for the plan."""
    _is_open(kept)
    layout = layout_of(kept.roster)
    known = {option.name for option in layout.options(session)}
    names = [name for name in columns.values() if name]
    if set(names) - known:
        raise Refused("有的列选了名册里没有的内容，请重新选择")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        label = next(o.label for o in layout.options(session) if o.name == twice)
        raise Refused(f"有两列都对应“{label}”，请只留一列，另一列选“不导入”")
    is_elsewhere = (sheet, heading_row, heading_rows) != (kept.sheet, kept.heading_row, kept.heading_rows)
    kept.sheet, kept.heading_row, kept.heading_rows = sheet, heading_row, heading_rows
    kept.columns = None if is_elsewhere else {str(column): name for column, name in columns.items() if name}
    if not is_elsewhere:
        needed, _ = layout.missing(session, names)
        if needed:
            raise Refused(f"还缺少：{'、'.join(needed)}。没有它认不出每一行是谁，请选好对应的列")
    kept.preview = kept.digest = None
    _ask(session, kept, "import_read", f"核对{kept.roster_label}：{kept.file_name}", actor, now)


def confirm(
    session: Session, kept: RosterImport, digest: str, sha256: str, takes_conflicts: bool, skips_errors: bool,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Ask the worker to write what the person has just seen; raises `Conflict` when that is no longer the plan."""
    _is_open(kept)
    if kept.digest is None or (digest, sha256) != (kept.digest, kept.sha256):
        raise Conflict("您看的预览已经不是最新的，请核对下面的预览，再确认导入")
    if kept.error_count and not skips_errors:
        raise Refused(f"还有{kept.error_count:,}行有误。请改好后重新上传，或勾选“有误的行先不导入”")
    count = (kept.add_count or 0) + (kept.change_count or 0) + ((kept.conflict_count or 0) if takes_conflicts else 0)
    if not count:
        raise Refused("这张表里没有要新增或修改的内容，不用导入")
    kept.takes_conflicts, kept.skips_errors = takes_conflicts, skips_errors
    _ask(session, kept, "import_apply", f"导入{kept.roster_label}：{kept.file_name}", actor, now)


def ask_undo(session: Session, kept: RosterImport, actor: Actor, now: datetime) -> None:
    """Ask the worker to take back a whole import."""
    if kept.applied_at is None or kept.undone_at is not None:
        raise Refused("这次导入还没有完成，或已经撤销过，不能撤销")
    layout_of(kept.roster).require(actor, ["import"])
    _ask(session, kept, "import_undo", f"撤销导入{kept.roster_label}：{kept.file_name}", actor, now)


def ask_marked(session: Session, kept: RosterImport, actor: Actor, now: datetime) -> jobs.Job:
    """Ask the worker for the workbook with the wrong cells marked; it comes as the file of the job."""
    if not (kept.preview or {}).get("problems"):
        raise Refused("这张表没有发现错误，不用下载")
    return jobs.enqueue(session, actor, now, "import_marked", f"标出错误：{kept.file_name}", {"import": kept.id})


# ---- forgetting ---------------------------------------------------------------------


def forget_old(session: Session, folder: Path, now: datetime) -> int:
    """Remove the files whose retention is over, unless a newer import has the same; returns how many."""
    days = parameters.value(session, "import_days")
    limit, gone = now - timedelta(days=days), 0
    over = select(RosterImport).where(RosterImport.removed_at.is_(None), RosterImport.uploaded_at < limit)
    for kept in session.scalars(over.limit(500)).all():
        kept.removed_at, kept.preview = now, None
        session.flush()
        others = select(RosterImport.id).where(RosterImport.sha256 == kept.sha256, RosterImport.removed_at.is_(None))
        if session.scalar(others.limit(1)) is None:
            files.where(folder, kept.sha256).unlink(missing_ok=True)
            gone += 1
    return gone


def entity_of(kept: RosterImport) -> type[Described]:
    return layout_of(kept.roster).entity
