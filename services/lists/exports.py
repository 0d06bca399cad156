"""Exports of any list: as filtered, scoped and masked on the screen, at once or as a job, each one logged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, ClassVar, TypeVar

from sqlalchemy.orm import Session

from formats import apart, csvs, sheets
from models import Described, entities
from models.codes import AccessKind, RequestStatus
from models.division import Division
from models.export_request import ExportRequest
from models.fields import Description
from models.job import Job

from .. import inbox, parameters
from ..background import jobs
from ..keeping import audit, custom
from ..access import Actor, Permission, permission_for
from ..due_dates import local_day
from ..errors import Missing, Refused
from ..labels import choices_of, dictionary_names
from .listing import Listing
from .queries import listable, parse
from ..showing import LOCAL
from ..background.work import Work, work

AT_ONCE = 20_000
_TELLS_EVERY = 1000

Tell = Callable[[int], None]
Line = TypeVar("Line")


@dataclass(frozen=True)
class Export:
    """What is to be exported: rows of a list. `args` are the list's URL arguments, `scope` says them in words.

    Another kind of export (a ledger) is a subclass in `KINDS`, which says for itself what it asks and writes.
    """

    KIND: ClassVar[str] = "list"
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

    @property
    def label(self) -> str:
        return self.cls.__label__

    def file_name(self, at: datetime) -> str:
        return f"{self.label}_{at.astimezone(LOCAL):%Y%m%d_%H%M}.{'csv' if self.is_csv else 'xlsx'}"

    def labels(self, session: Session, actor: Actor) -> list[str]:
        """The headings of its columns; refuses what this person may not export."""
        return [d.label for d in self._chosen(session, actor)]

    def count(self, session: Session, actor: Actor, now: datetime, cap: int = 10**9) -> int:
        """How many rows there are, to one past `cap` at most."""
        query = parse(session, self.cls, self.args, actor, local_day(now))
        return Listing(session, self.cls, actor).count(query, cap=cap)

    def write(self, session: Session, actor: Actor, now: datetime, file: IO[bytes], tell: Tell) -> int:
        chosen = self._chosen(session, actor)
        query = parse(session, self.cls, self.args, actor, local_day(now))
        shown = Listing(session, self.cls, actor).every_portion(
            query, [d.name for d in chosen], dictionary_names(session), is_clear=self.is_clear
        )
        columns, portions = [column_of(session, d) for d in chosen], _told(shown, tell)
        if self.is_csv:
            return apart.write(csvs.write, file, portions, columns=columns)
        return apart.write(
            sheets.write, file, portions, title=self.label, columns=columns, note=note(self, actor, now), unit=unit_of(session, actor),
            is_masked=not self.is_clear and any(d.is_personal for d in chosen), taken_at=now,
        )  # fmt: skip

    def _chosen(self, session: Session, actor: Actor) -> list[Description]:
        """The chosen columns in their order."""
        check_clear(self, actor)
        offered = {d.name: d for d in listable(custom.described(session, self.cls))}
        chosen = [offered[name] for name in self.columns if name in offered]
        if not chosen:
            raise Refused("请至少选择一列再导出")
        return chosen


KINDS: dict[str, type[Export]] = {Export.KIND: Export}


def kept(export: Export) -> dict[str, Any]:
    """An export as JSON keeps it; `restored` gives it back."""
    return asdict(export) | {"columns": list(export.columns), "kind": export.KIND}


def restored(stored: Mapping[str, Any]) -> Export:
    given = {name: value for name, value in stored.items() if name != "kind"}
    return KINDS[stored.get("kind", Export.KIND)](**{**given, "columns": tuple(stored["columns"])})


# ---- what is asked and written ------------------------------------------------------


def check_clear(export: Export, actor: Actor) -> None:
    """Refuse who may not export these rows, or not in clear."""
    actor.require(permission_for(export.cls, "export"))
    if export.is_clear:
        actor.require(Permission.EXPORT_CLEAR)
        if len(export.reason) < 2:
            raise Refused("明文导出请写明事由，例如“上报浏阳市委政法委”", field="reason")


def most_without_leave(session: Session, export: Export) -> int:
    """How many rows may be exported without a second person's leave."""
    return parameters.value(session, "export_clear_rows" if export.is_clear else "export_rows")


def write(session: Session, export: Export, actor: Actor, now: datetime, file: IO[bytes], tell: Tell = lambda done: None) -> int:
    """Write the file and return its number of rows; of a list memory stays the same however many there are."""
    return export.write(session, actor, now, file, tell)


def unit_of(session: Session, actor: Actor) -> str:
    """The name of the actor's sub-district."""
    place = session.get(Division, actor.subdistrict_id)
    return place.name if place else ""


def column_of(session: Session, d: Description) -> sheets.SheetColumn:
    """The column of a sheet, with the words of its dictionary."""
    return sheets.column_of(d, [name.strip() for _, name in choices_of(session, d)] if d.field.dictionary else ())


def told(lines: Iterable[Line], tell: Tell) -> Iterator[Line]:
    for number, line in enumerate(lines):
        if number % _TELLS_EVERY == 0:
            tell(number)
        yield line


def _told(portions: Iterable[tuple[list, list]], tell: Tell) -> Iterator[list]:
    """The same of what is shown, some hundred rows at a time."""
    done = 0
    for shown, _ in portions:
        tell(done)
        yield shown
        done += len(shown[0])


def note(export: Export, actor: Actor, now: datetime) -> str:
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
    return jobs.enqueue(session, actor, now, "export", f"导出{export.label} {row_count:,} 条", params, total=row_count)


@work("export", is_repeatable=True)
def _run(work: Work) -> None:
    export, path = restored(work.params["export"]), work.folder / "export"
    with work.reading(is_once=True) as session:
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
    if export.count(session, work.actor, work.now(), cap=most) <= most:
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
    headings = export.labels(session, actor)
    if len(export.reason) < 2:
        raise Refused("请写明事由，审批的人要看", field="reason")
    request = ExportRequest(
        title=f"{export.label} {row_count:,} 条"[:200], row_count=row_count, is_clear=export.is_clear, reason=export.reason,
        range_words=export.scope, column_words="、".join(headings), entity=export.entity, wanted=kept(export),
        requested_by_id=actor.user_id, requested_at=now,
    )  # fmt: skip
    session.add(request)
    session.flush()
    inbox.put(session, request, inbox.ASKED, f"审批导出：{request.title}（{actor.name}）", Permission.EXPORT_APPROVE, now)
    return request
