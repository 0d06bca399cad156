"""Papers of a case: making, finding and counting them, and binding the whole dossier.

A paper holds full names and numbers: making and reading one needs `Permission.PAPER`, a case that the
person may see, and is written to the access log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from formats import files, papers as words
from models import Described, entities
from models.attachment import Attachment
from models.case import Case
from models.codes import AccessKind, CaseOutcome
from models.paper import Paper
from models.settlement import Confirmation
from models.supervision import Supervision
from models.urge import Urge
from models.whistle import Whistle

from ..keeping import attachments, audit
from . import dossiers, paper_templates
from ..access import Actor, Permission, permission_for
from ..errors import Conflict, Denied, Missing, Refused
from .paper_coordination import whistle_facts
from .paper_facts import Facts, facts_of
from .paper_kinds import DOSSIER, PAPERS, Item, PaperKind, dossier_of, papers_of

SCAN = "（签字扫描件）"
KEYS = frozenset(PAPERS)
_ABOUT_THE_DOSSIER = ("dossier_index", "dossier_statement")
MOST_BUNDLED = 300 * 1024 * 1024


# ---- making -------------------------------------------------------------------------


def make(session: Session, subject: Described, key: str, actor: Actor, now: datetime) -> Paper:
    """Generate a paper about a case, or about one order, team … of it, as a new version.

    Raises `Refused` when the paper does not belong to the matter or its template cannot be used.
    """
    actor.require(Permission.PAPER)
    case, kind = case_of(session, subject), paper_templates.kind_of(key)
    if case.kind not in kind.kinds:
        raise Refused(f"“{kind.name}”不用于{case.kind.label}")
    if not isinstance(subject, kind.subject | Case):
        raise Refused(f"“{kind.name}”不是关于{subject.__label__}的文书")
    if not may_read(actor, type(subject).slug()):
        raise Denied(f"您的角色不能查看{subject.__label__}，请由经办人生成“{kind.name}”")
    if kind.section == DOSSIER:
        dossiers.ensure(session, case, actor, now)
    context = context_of(session, case, subject, kind)
    template = paper_templates.current(session, key)
    content = _filled(template, context, kind)
    label = next((words_ for row, words_ in kind.subjects(session, case) if row.id == subject.id), "")
    number = 1 + (session.scalar(
        select(func.max(Paper.number)).where(Paper.case_id == case.id, Paper.paper == key, Paper.subject_id == subject.id)
    ) or 0)  # fmt: skip
    row = Paper(
        case_id=case.id, paper=key, name=kind.name, number=number, subject_entity=type(subject).slug(), subject_id=subject.id,
        subject_label=label or None, template_number=template.number, template_sha256=template.sha256,
        data_sha256=words.digest(context), file_name=_file_name(case, kind.name, label, f"第{number}版"), byte_count=len(content),
        sha256=files.keep(files.folder(), content), made_by_id=actor.user_id, made_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise Conflict(f"别人刚刚也生成了“{kind.name}”，请刷新后查看，需要时再生成") from None
    return row


def may_read(actor: Actor, slug: str) -> bool:
    """A paper shows what its subject says: whoever may not open the one does not get the other."""
    subject = next(entity for entity in entities() if entity.slug() == slug)
    return subject is Case or actor.is_system or actor.may(permission_for(subject, "view"))


def case_of(session: Session, subject: Described) -> Case:
    """The case a subject belongs to; `Missing` when the session's actor may not see it."""
    owner = subject.agreement if isinstance(subject, Confirmation) else subject
    case = subject if isinstance(subject, Case) else session.get(Case, (owner.subdistrict_id, owner.case_id))
    if case is None:
        raise Missing
    return case


def context_of(session: Session, case: Case, subject: Described, kind: PaperKind, facts: Facts | None = None) -> Facts:
    """All that the template of a paper may use; `facts` are those of the case, when known already."""
    context = {**(facts or facts_of(session, case)), **kind.build(session, case, subject)}
    return context | _contents(checks(session, case)) if kind.key in _ABOUT_THE_DOSSIER else context


def slip(session: Session, row: Whistle | Urge | Supervision, key: str) -> bytes:
    """The paper of what was sent to somebody by itself, for whoever reads it but makes no papers of its case; nothing is kept of it.

    Of the case it says number and subject, of a whistle not even these.
    """
    kind = paper_templates.kind_of(key)
    if isinstance(row, Whistle):
        context = {"case": {}, **whistle_facts(session, row)}
    else:
        case = case_of(session, row)
        context = {"case": {"no": case.case_no, "subject": case.subject, "status": case.status.label}, **kind.build(session, case, row)}
    content = _filled(paper_templates.current(session, key), context, kind)
    audit.accessed(session, AccessKind.EXPORT, entity=type(row), record_id=row.id, detail=kind.name, count=1)
    return content


def _filled(template: paper_templates.Template, context: Facts, kind: PaperKind) -> bytes:
    try:
        return template.fill(context)
    except words.BadTemplate as no:
        raise Refused(f"“{kind.name}”没有生成：{no.sentence}。可请管理员在“文书模板”里恢复随附模板") from None


def _file_name(case: Case, *parts: str) -> str:
    return "_".join([case.case_no, *(part for part in parts if part)]) + ".docx"


# ---- finding and reading ------------------------------------------------------------


def of(session: Session, case: Case) -> Sequence[Paper]:
    """All versions of all papers of a case, the newest first."""
    wanted = select(Paper).where(Paper.case_id == case.id).order_by(Paper.made_at.desc(), Paper.id.desc())
    return session.scalars(wanted.options(joinedload(Paper.made_by)).limit(500)).all()


def latest(session: Session, case: Case, count: int = 6) -> list[Paper]:
    """The last version of the papers that were made last, of those the reader may open."""
    found: dict[tuple[str, str], Paper] = {}
    for row in of(session, case):
        if may_read(session.info["actor"], row.subject_entity):
            found.setdefault((row.paper, row.subject_id), row)
    return list(found.values())[:count]


def read(session: Session, case: Case, paper_id: str, actor: Actor) -> tuple[Paper, bytes]:
    """One paper of this very case and its bytes; the reading is logged as one of clear text."""
    actor.require(Permission.PAPER)
    row = session.scalar(select(Paper).where(Paper.case_id == case.id, Paper.id == paper_id))
    if row is None or not may_read(actor, row.subject_entity):
        raise Missing("没有找到这份文书")
    content = _path(row).read_bytes()
    audit.accessed(
        session, AccessKind.REVEAL, entity=Case, record_id=case.id, detail=f"{row.name}第{row.number}版"[:200], reason="下载文书"
    )
    return row, content


def _path(row: Paper | Attachment) -> Path:
    path = files.where(files.folder(), row.sha256)
    if not path.exists():
        raise Missing(f"“{row.file_name}”不在存放目录里，请联系系统管理员从备份恢复，或重新生成")
    return path


# ---- what there is and what is missing ----------------------------------------------


@dataclass(frozen=True)
class Line:
    """One paper of a case about one subject: its versions, newest first, and whether the data has moved on."""

    kind: PaperKind
    subject: Described
    label: str
    versions: list[Paper] = field(default_factory=list)
    is_stale: bool = False


def lines(session: Session, case: Case) -> list[Line]:
    """Every paper that can be made for a case now, with what was made."""
    made: dict[tuple[str, str], list[Paper]] = {}
    for row in of(session, case):
        made.setdefault((row.paper, row.subject_id), []).append(row)
    facts, found = facts_of(session, case), []
    for kind in papers_of(session, case):
        if not may_read(session.info["actor"], kind.subject.slug()):
            continue
        about = list(kind.subjects(session, case))
        if (kind.key, case.id) in made and case not in [subject for subject, _ in about]:
            about.append((case, "空白"))  # made before there was a record to fill it from
        for subject, label in about:
            versions = made.get((kind.key, subject.id), [])
            is_stale = bool(versions) and words.digest(context_of(session, case, subject, kind, facts)) != versions[0].data_sha256
            found.append(Line(kind, subject, label, versions, is_stale))
    return found


def offered(session: Session, case: Case, key: str) -> list[Described]:
    """What a paper of this kind can be about, for this very case."""
    return [subject for subject, _ in paper_templates.kind_of(key).subjects(session, case)]


@dataclass(frozen=True)
class Check:
    """One row of the completeness check: a needed or possible part of the dossier, and what is there."""

    item: Item
    is_must: bool
    made: list[Paper]
    scans: list[Attachment]

    @property
    def is_missing(self) -> bool:
        return self.is_must and not self.item.is_bound and not self.made and not self.scans

    @property
    def lacks_signature(self) -> bool:
        """A paper is there, but not yet its signed scan."""
        signed = any(paper_templates.kind_of(key).is_signed for key in self.item.papers)
        return bool(self.made) and not self.scans and signed


def checks(session: Session, case: Case, outcome: CaseOutcome | None = None) -> list[Check]:
    """The dossier of a case against what it should hold; `outcome` is the one it is about to end with."""
    made: dict[str, list[Paper]] = {}
    for row in of(session, case):
        made.setdefault(row.paper, []).append(row)
    attached = attachments.of(session, case)
    return [
        Check(
            item, item.is_must(case, outcome or case.outcome), [row for key in item.papers for row in made.get(key, [])],
            [a for a in attached if _serves(a, item)],
        )
        for item in dossier_of(case)
    ]  # fmt: skip


def _serves(attached: Attachment, item: Item) -> bool:
    """A file counts for the part of the dossier that its purpose names."""
    purpose = (attached.purpose or "").strip()
    names = [item.name, *(paper_templates.kind_of(key).name for key in item.papers)]
    return bool(purpose) and any(purpose.startswith(name) for name in names)


def missing(session: Session, case: Case, outcome: CaseOutcome | None = None) -> list[str]:
    """The names of must-have parts of the dossier that are neither made nor attached."""
    return [check.item.name for check in checks(session, case, outcome) if check.is_missing]


# ---- the whole dossier --------------------------------------------------------------


def bind(session: Session, case: Case, target: IO[bytes], actor: Actor, now: datetime) -> str:
    """Write the whole dossier as one ZIP in the order of its index; returns the file's name.

    Cover, index, statement and back are made anew from the present state. Logged as an export of clear text.
    """
    actor.require(Permission.PAPER)
    dossiers.ensure(session, case, actor, now)
    parts = list(_parts(session, case))
    size = sum(row.byte_count for _, row in parts if not isinstance(row, bytes))
    if size > MOST_BUNDLED:
        raise Refused(f"这份卷宗的附件超过{MOST_BUNDLED // 1024**2}兆，请在附件里逐个下载")
    numbered = [(f"{number:02d}_{name}", row if isinstance(row, bytes) else _path(row)) for number, (name, row) in enumerate(parts)]
    words.bundle(target, numbered)
    audit.accessed(
        session, AccessKind.EXPORT_CLEAR, entity=Case, record_id=case.id, detail="整卷下载", count=len(numbered), reason="下载文书"
    )
    return f"{case.case_no}_卷宗.zip"


def _parts(session: Session, case: Case) -> Iterator[tuple[str, bytes | Paper | Attachment]]:
    """The parts of a dossier by name: bound papers as bytes, the latest version of the others, scans, the rest."""
    found, facts, given = checks(session, case), facts_of(session, case), set()
    for check in found:
        if check.item.is_bound or check.item.papers[:1] == ("dossier_statement",):
            kind = paper_templates.kind_of(check.item.papers[0])
            context = context_of(session, case, case, kind, facts)
            yield f"{kind.name}.docx", _filled(paper_templates.current(session, kind.key), context, kind)
            continue
        latest: dict[tuple[str, str], Paper] = {}
        for row in check.made:
            latest.setdefault((row.paper, row.subject_id), row)
        for row in latest.values():
            yield f"{'_'.join(filter(None, (row.name, row.subject_label)))}.docx", row
        for row in check.scans:
            given.add(row.id)
            yield f"{row.purpose}{Path(row.file_name).suffix}".replace("/", "／"), row
    for row in attachments.of(session, case):
        if row.id not in given:
            yield f"附件_{row.file_name}", row


def _contents(found: list[Check]) -> Facts:
    """The rows of the index and the figures of the statement."""
    there = [check for check in found if (check.made or check.scans) and not check.item.is_bound]
    needed = [check for check in found if (check.is_must or check.made or check.scans) and not check.item.is_bound]
    names = [(name, check) for check in there for name in _names(check)]
    lacking = [check.item.name for check in found if check.is_missing]
    return {
        "rows": [
            {"number": str(number), "name": name, "page": " ", "note": "" if check.scans else "签字后归入"}
            for number, (name, check) in enumerate(names, 1)
        ] or [{}],
        "counts": {"all": str(len(needed)), "present": str(len(there)), "missing": "、".join(lacking) or "无"},
    }  # fmt: skip


def _names(check: Check) -> list[str]:
    """What the index calls a part: the papers that are there, else the part itself."""
    return list(dict.fromkeys(row.name for row in check.made)) or [check.item.name]

