"""Exports of any list: as filtered, scoped and masked on the screen, at once or as a job, each one logged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy.orm import Session

from formats import csvs, sheets
from models import Described, entities
from models.codes import AccessKind, RequestStatus
from models.division import Division
from models.export_request import ExportRequest
from models.fields import Description
from models.job import Job

from . import audit, custom, inbox, jobs, parameters
from .access import Actor, Permission, permission_for
from .due_dates import local_day
from .errors import Missing, Refused
from .labels import dictionary_choices, dictionary_names
from .listing import Listing
from .queries import Query, listable, parse
from .showing import LOCAL
from .work import Work, work

AT_ONCE = 20_000
ASKING = "approve"
_TELLS_EVERY = 1000

Tell = Callable[[int], None]


@dataclass(frozen=True)
class Export:
    """What is to be exported. `args` are the list's URL arguments, `scope` says them in words."""

    entity: str
    args: Mapping[str, list[str]]
    columns: tuple[str, ...]
    is_clear: bool = False
    is_csv: bool = False
    reason: str = ""
    scope: str = "全部"

    @property
    def cls(self) -> type[Described]:
        found = next((entity for entity in entities() if entity.slug() == self.entity), None)
        if found is None:
            raise Missing("没有这种记录")
        return found

    def file_name(self, at: datetime) -> str:
        return f"{self.cls.__label__}_{at.astimezone(LOCAL):%Y%m%d_%H%M}.{'csv' if self.is_csv else 'xlsx'}"


def kept(export: Export) -> dict[str, Any]:
    """An export as JSON keeps it; `restored` gives it back."""
    return asdict(export) | {"columns": list(export.columns)}


def restored(stored: Mapping[str, Any]) -> Export:
    return Export(**{**stored, "columns": tuple(stored["columns"])})


# ---- what is asked ------------------------------------------------------------------


def check(session: Session, export: Export, actor: Actor) -> list[Description]:
    """The chosen columns in their order; refuses what this person may not export."""
    actor.require(permission_for(export.cls, "export"))
    offered = {d.name: d for d in listable(custom.described(session, export.cls))}
    chosen = [offered[name] for name in export.columns if name in offered]
    if not chosen:
        raise Refused("请至少选择一列再导出")
    if export.is_clear:
        actor.require(Permission.EXPORT_CLEAR)
        if len(export.reason) < 2:
            raise Refused("明文导出请写明事由，例如“上报浏阳市委政法委”", field="reason")
    return chosen


def query_of(session: Session, export: Export, actor: Actor, now: datetime) -> Query:
    return parse(session, export.cls, export.args, actor, local_day(now))


def most_without_leave(session: Session, export: Export) -> int:
    """How many rows may be exported without a second person's leave."""
    return parameters.value(session, "export_clear_rows" if export.is_clear else "export_rows")


def count(session: Session, export: Export, actor: Actor, now: datetime) -> int:
    return Listing(session, export.cls, actor).count(query_of(session, export, actor, now), cap=10**9)


# ---- writing ------------------------------------------------------------------------


def write(session: Session, export: Export, actor: Actor, now: datetime, file: IO[bytes], tell: Tell = lambda done: None) -> int:
    """Write the file and return its number of rows; memory stays the same however many there are."""
    chosen = check(session, export, actor)
    lines = Listing(session, export.cls, actor).every_line(
        query_of(session, export, actor, now), [d.name for d in chosen], dictionary_names(session), is_clear=export.is_clear
    )
    columns, rows = [column_of(session, d) for d in chosen], _told(lines, tell)
    if export.is_csv:
        return csvs.write(file, columns, rows)
    place = session.get(Division, actor.subdistrict_id)
    return sheets.write(
        file, title=export.cls.__label__, columns=columns, rows=rows, note=_note(export, actor, now),
        is_masked=not export.is_clear and any(d.is_personal for d in chosen), unit=place.name if place else "",
    )  # fmt: skip


def column_of(session: Session, d: Description) -> sheets.SheetColumn:
    """The column of a sheet, with the words of its dictionary."""
    return sheets.column_of(d, [name.strip() for _, name in dictionary_choices(session, d.field.dictionary)] if d.field.dictionary else ())


def _told(lines: Iterable[tuple], tell: Tell) -> Iterator[tuple]:
    for number, line in enumerate(lines):
        if number % _TELLS_EVERY == 0:
            tell(number)
        yield line


def _note(export: Export, actor: Actor, now: datetime) -> str:
    kind = f"明文导出，事由：{export.reason}；" if export.is_clear else ""
    return f"{actor.name} {now.astimezone(LOCAL):%Y-%m-%d %H:%M} 导出；{kind}范围：{export.scope}"


def log(session: Session, export: Export, row_count: int, digest: str) -> None:
    """Record an export with its filter, number of rows and the hash of its file."""
    audit.accessed(
        session, AccessKind.EXPORT_CLEAR if export.is_clear else AccessKind.EXPORT, entity=export.cls,
        detail=export.scope[:200], count=row_count, reason=export.reason[:200] or None, file_hash=digest,
    )  # fmt: skip


# ---- many rows ----------------------------------------------------------------------


def begin(session: Session, export: Export, actor: Actor, now: datetime, row_count: int, request_id: str | None = None) -> Job:
    """Have the file made by the worker."""
    params = {"export": kept(export), "request": request_id}
    return jobs.enqueue(session, actor, now, "export", f"导出{export.cls.__label__} {row_count:,} 条", params, total=row_count)


@work("export", is_repeatable=True)
def _run(work: Work) -> None:
    export, path = restored(work.params["export"]), work.folder / "export"
    with work.reading() as session:
        _check_leave(session, work, export)
        with path.open("wb+") as file:
            row_count = write(session, export, work.actor, work.now(), file, work.progress)
    work.progress(row_count, row_count)
    with work.session() as session:
        log(session, export, row_count, digest_of(path))
        work.finish({"sentence": f"共 {row_count:,} 条"}, file=path, file_name=export.file_name(work.now()), session=session)


def _check_leave(session: Session, work: Work, export: Export) -> None:
    """Rows may have been added since the count; more than allowed need the leave all the same."""
    most = most_without_leave(session, export)
    query = query_of(session, export, work.actor, work.now())
    if Listing(session, export.cls, work.actor).count(query, cap=most) <= most:
        return
    asked = session.get(ExportRequest, (work.subdistrict_id, work.params["request"])) if work.params["request"] else None
    if asked is None or asked.status is not RequestStatus.APPROVED or restored(asked.wanted) != export:
        raise Refused(f"超过{most:,}条，须由另一人同意后才能导出。请重新提交并写明事由")


def digest_of(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


# ---- a second person's leave --------------------------------------------------------


def ask(session: Session, export: Export, actor: Actor, now: datetime, row_count: int) -> ExportRequest:
    """Ask for leave; it lies in the in-tray of everybody who may give it."""
    chosen = check(session, export, actor)
    if len(export.reason) < 2:
        raise Refused("请写明事由，审批的人要看", field="reason")
    request = ExportRequest(
        title=f"{export.cls.__label__} {row_count:,} 条", row_count=row_count, is_clear=export.is_clear, reason=export.reason,
        range_words=export.scope, column_words="、".join(d.label for d in chosen), entity=export.entity, wanted=kept(export),
        requested_by_id=actor.user_id, requested_at=now,
    )  # fmt: skip
    session.add(request)
    session.flush()
    inbox.put(session, request, ASKING, f"审批导出：{request.title}（{actor.name}）", Permission.EXPORT_APPROVE, now)
    return request
