"""Imports as the worker does them: reading and planning a file, writing it whole or not at all, taking it back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from formats import headings, marking, reading
from formats.headings import Headings
from formats.reading import Row, Sheet, Unreadable, Upload
from models.roster_import import RosterImport

from ..keeping import audit, undoing
from . import imports
from ..access import bind
from ..errors import Conflict, Refused
from ..labels import dictionary_names
from ..keeping.records import find
from .decisions import Decision, Held
from .errors import RowError
from .layouts import Layout
from .targets import batches
from ..background.work import Work, work

SHOWN = 50
MOST_PROBLEMS = 5000
_TRIAL = 200
_SAMPLES = 3
_DIGITS = re.compile(r"\d{3,}(?=\d{4})")
_WRITTEN = ("add", "change", "conflict")


def folder_of(work: Work) -> Path:
    """Where the worker finds the files that were handed in."""
    return work.kept.parent / "imports"


def _row(session: Session, work: Work) -> RosterImport:
    return find(session, RosterImport, work.params["import"])


class _Refused(Exception):
    """The rules refuse rows that the preview did not name."""

    def __init__(self, errors: list[RowError]):
        self.errors = errors


class _Differs(Exception):
    """The plan is no longer the one that was confirmed."""


# ---- reading and planning -----------------------------------------------------------


@work("import_read", is_repeatable=True)
def read(work: Work) -> None:
    """See what a file is and, once its columns are known, what it would do."""
    _plan(work, None)


def _plan(work: Work, notice: str | None, refused: Sequence[RowError] = ()) -> None:
    with work.reading() as session:
        kept = _row(session, work)
        session.expunge(kept)
    layout, found = imports.layout_of(kept.roster), {"notice": notice}
    try:
        with reading.opened(imports.path_of(folder_of(work), kept), kept.file_name) as upload:
            layout.check(upload.is_masked)
            with work.reading() as session:
                sheet, where, columns = _matched(session, layout, upload, kept)
                found |= {
                    "shape": _shape(session, layout, upload, sheet, where, columns), "sheet": sheet.name,
                    "heading_row": where.first, "heading_rows": where.last - where.first + 1,
                    "columns": {str(column): name for column, name in columns.items()},
                }  # fmt: skip
                if upload.exported_at and upload.exported_at < kept.uploaded_at:
                    kept.taken_at = found["taken_at"] = upload.exported_at
                needed, _ = layout.missing(session, list(columns.values()))
            if not needed:
                found |= _foreseen(work, layout, kept, upload, sheet, where, columns, refused)
    except (Unreadable, Refused) as no:
        found["notice"] = no.sentence[:200]
    with work.session() as session:
        kept = _row(session, work)
        for name, value in found.items():
            setattr(kept, name, value)
        session.flush()
        work.finish({"url": f"/admin/imports/?id={kept.id}", "sentence": found["notice"] or ""}, session=session)


def _matched(session, layout: Layout, upload: Upload, kept: RosterImport) -> tuple[Sheet, Headings, dict[int, str]]:
    """Sheet, headings and columns: as the person left them, else as they are recognised."""
    if kept.heading_row:
        sheet = upload.sheet(kept.sheet)
        where = headings.at(sheet.top, sheet.merged, kept.heading_row, kept.heading_rows or 1)
    else:
        sheet, where = upload.found(layout.known(session))
    if kept.columns is not None:
        return sheet, where, {int(column): name for column, name in kept.columns.items()}
    return sheet, where, layout.matched(session, where.labels, imports.remembered(session, kept))


def _shape(session, layout: Layout, upload: Upload, sheet: Sheet, where: Headings, columns: dict[int, str]) -> dict:
    """What the page about the columns shows: sheets, headings and a few harmless values of each."""
    below = [line for line in sheet.top[where.last :] if any(cell is not None for cell in line)]
    width = max([len(where.labels), *map(len, below)])
    labels = [*where.labels, *[""] * (width - len(where.labels))]
    samples = []
    for column in range(width):
        words = [str(line[column]) for line in below[:_SAMPLES] if column < len(line) and line[column] is not None]
        is_personal = column in columns and layout.is_personal(session, columns[column])
        samples.append([_covered(w, is_personal) for w in words])
    return {
        "sheets": [[s.name, s.height] for s in upload.sheets], "labels": labels, "samples": samples,
        "hidden_sheets": upload.hidden_sheets, "rows": max(sheet.height - where.last, 0),
    }  # fmt: skip


def _covered(words: str, is_personal: bool) -> str:
    words = _DIGITS.sub(lambda found: "*" * len(found[0]), words)
    return words[:1] + "*" * min(len(words) - 1, 6) if is_personal and "*" not in words else words


def _foreseen(work: Work, layout: Layout, kept: RosterImport, upload, sheet, where, columns, refused) -> dict[str, Any]:
    """The plan of a whole sheet, as the record keeps it."""
    count, fields, lines, later = Counter(), Counter(), [], []
    problems: list[RowError] = list(refused)
    wrong = {error.row_number for error in refused}
    with work.reading() as session, session.no_autoflush:
        words = dictionary_names(session)
        planner = _planner(session, layout, work, kept, upload, columns)
        for rows in _portions(work, upload, sheet, where, columns):
            decisions = planner.settle(rows)
            ready = [d for d in decisions if d.kind in _WRITTEN and (d.what or d.number not in wrong)]
            errors = [error for d in decisions for error in d.errors]
            if layout.writes_in_sets:
                errors += layout.foresee(session, planner, ready, work.actor, work.now())
            else:
                later += ready
            wrong |= {error.row_number for error in errors}
            problems += errors[: MOST_PROBLEMS - len(problems)]
            for decision in decisions:
                kind = decision.kind
                if kind != "error" and (decision.what or decision.number not in wrong):
                    count[kind] += 1
                    if kind in _WRITTEN and len(lines) < SHOWN:
                        lines.append(layout.line(session, planner, decision, words).plain())
                    if kind == "change":
                        fields.update(decision.values.keys())
        labels = planner.labels()
    for some in batches(later, _TRIAL):
        errors = _tried(work, layout, planner, some)
        wrong |= {error.row_number for error in errors}
        problems += errors[: MOST_PROBLEMS - len(problems)]
        for decision in some:
            if decision.number in wrong:
                count[decision.kind] -= 1
        work.progress(work.done)
    layout.require(work.actor, [*(["create"] if count["add"] else []), *(["edit"] if count["change"] or count["conflict"] else [])])
    problems.sort(key=lambda error: (error.row_number, -1 if error.column is None else error.column))
    return {
        "preview": {
            "lines": [line for line in lines if line["number"] not in wrong], "hidden_rows": upload.hidden_rows, "feet": upload.feet,
            "fields": [[labels.get(name, name), number] for name, number in fields.most_common()],
            "problems": [[e.row_number, e.column, e.address, e.column_label, e.value_masked, e.sentence] for e in problems],
        },
        "digest": planner.digest.hexdigest(), "error_count": len(wrong), "add_count": count["add"],
        "change_count": count["change"], "same_count": count["same"], "conflict_count": count["conflict"],
    }  # fmt: skip


def _planner(session: Session, layout: Layout, work: Work, kept: RosterImport, upload: Upload, columns: dict[int, str]):
    places = {name: column for column, name in columns.items()}
    return layout.planner(session, places, work.actor, work.now(), is_1904=upload.is_1904, since=kept.taken_at)


def _tried(work: Work, layout: Layout, planner, decisions: Sequence[Decision]) -> list[RowError]:
    """What the rules say to some rows, in a transaction that is rolled back at once."""
    with _trial(work) as session:
        return layout.foresee(session, planner, decisions, work.actor, work.now())


@contextmanager
def _trial(work: Work) -> Iterator[Session]:
    with work.sessions() as session:
        bind(session, work.actor, work.now())
        yield session
        session.rollback()


def _portions(work: Work, upload: Upload, sheet: Sheet, where: Headings, columns: Collection[int], of: int = 1) -> Iterator[list[Row]]:
    """The rows of a sheet, told as progress; `of`: how often the work goes through them."""
    total, last = max(sheet.height - where.last, 1), [Row(0, [])]
    for rows in upload.portions(sheet, where, max(columns, default=0) + 1):
        yield rows
        last = rows or last
        work.progress(min(max(last[-1].number - where.last, work.done), total), total * of)


# ---- writing ------------------------------------------------------------------------


@dataclass
class _Ready:
    """A whole sheet, planned again and ready to be written: the rows to write, and how many there are of each kind."""

    planner: Any
    held: Held
    count: Counter = field(default_factory=Counter)


@work("import_apply")
def apply(work: Work) -> None:
    """Plan again, then write in one transaction with the trail and the end of the job itself.

    Everything is read and decided before that transaction begins, for on SQLite it keeps everybody else from
    writing. What others change in between is found by the versions of the rows, the rules and the database.
    """
    with work.reading() as session:
        kept = _row(session, work)
        session.expunge(kept)
    layout = imports.layout_of(kept.roster)
    try:
        with work.reading() as session, session.no_autoflush:
            ready = _ready(session, work, layout, kept)
        with work.session() as session:
            _write(session, work, layout, kept, ready)
    except _Differs:
        _plan(work, "您看过预览之后，有的记录已被别人修改，还没有导入。请核对下面新的预览，再确认")
    except _Refused as no:
        _plan(work, "有的行按规则不能导入，整张表都没有导入。请看下面的原因", no.errors)
    except Conflict as no:
        _plan(work, no.sentence)
    except (Unreadable, Refused) as no:
        with work.session() as session:
            _row(session, work).notice = no.sentence[:200]
        raise Refused(no.sentence) from None


def _ready(session: Session, work: Work, layout: Layout, kept: RosterImport) -> _Ready:
    """The plan that was confirmed; raises `_Differs` when it would be another by now."""
    columns = {int(column): name for column, name in kept.columns.items()}
    at = kept.heading_row, kept.heading_rows or 1
    wanted = _WRITTEN if kept.takes_conflicts else _WRITTEN[:2]
    with reading.opened(imports.path_of(folder_of(work), kept), kept.file_name) as upload:
        upload.ask(kept.sheet, sum(at), max(columns) + 1)
        present = layout.present(session, sum((kept.change_count, kept.same_count, kept.conflict_count)))
        layout.check(upload.is_masked)
        sheet = upload.sheet(kept.sheet)
        where = headings.at(sheet.top, sheet.merged, *at)
        ready = _Ready(_planner(session, layout, work, kept, upload, columns), Held(work.folder / "ready"))
        ready.planner.present = present
        for rows in _portions(work, upload, sheet, where, columns, of=2):
            decisions = ready.planner.settle(rows)
            ready.held.add([d for d in decisions if d.kind in wanted])
            ready.count.update(d.kind for d in decisions)
    if ready.planner.digest.hexdigest() != kept.digest:
        raise _Differs
    return ready


def _write(session: Session, work: Work, layout: Layout, kept: RosterImport, ready: _Ready) -> None:
    count, now = ready.count, work.now()
    with audit.as_one(session) as batch:
        for decisions in ready.held.taken():
            errors = layout.write(session, ready.planner, decisions, work.actor, now)
            if errors and not kept.skips_errors:
                raise _Refused(errors)
            refused = {error.row_number for error in errors}
            count.subtract(d.kind for d in decisions if d.number in refused)
            count["error"] += len(refused)
            work.progress(work.done + len(decisions))
        changed = count["change"] + (count["conflict"] if kept.takes_conflicts else 0)
        audit.bulk(session, layout.entity, f"导入{layout.label}：{kept.file_name}", count["add"] + changed)
    table = RosterImport.__table__
    session.connection().execute(
        update(table).where(table.c.subdistrict_id == work.subdistrict_id, table.c.id == kept.id).values(
            applied_at=now, batch=batch, add_count=count["add"], change_count=changed, same_count=count["same"],
            conflict_count=0 if kept.takes_conflicts else count["conflict"], error_count=count["error"], notice=None,
            version=table.c.version + 1, updated_at=now,
        )
    )  # fmt: skip
    sentence = f"新增{count['add']:,}条，修改{count['change']:,}条，相同{count['same']:,}条"
    work.finish({"url": f"/admin/imports/?id={kept.id}", "sentence": sentence}, session=session)


# ---- the file with its errors marked ------------------------------------------------


@work("import_marked", is_repeatable=True)
def mark(work: Work) -> None:
    """Make the workbook with the wrong cells marked, for the person whose file it is."""
    with work.reading() as session:
        kept = _row(session, work)
        session.expunge(kept)
    marks = [(row, column or 0, sentence) for row, column, _at, _label, _value, sentence in (kept.preview or {}).get("problems", ())]
    target = work.folder / "marked.xlsx"
    try:
        marking.marked(imports.path_of(folder_of(work), kept), kept.file_name, target, kept.sheet or "", (kept.heading_row or 1) + (kept.heading_rows or 1) - 1, marks)
    except Unreadable as no:
        raise Refused(no.sentence) from None
    stem = kept.file_name.rsplit(".", 1)[0][:80]
    work.finish({"sentence": f"标出{len(marks):,}处"}, file=target, file_name=f"{stem}_标出错误.xlsx")


# ---- taking back --------------------------------------------------------------------


@work("import_undo")
def undo(work: Work) -> None:
    """Take a whole import back, in one transaction."""
    with work.session() as session:
        kept = _row(session, work)
        if kept.undone_at is not None:
            raise Refused("这次导入已经撤销过，不能再撤销")
        layout, now = imports.layout_of(kept.roster), work.now()
        import_id, batch, name = kept.id, kept.batch, kept.file_name
        with audit.as_one(session):
            done = undoing.undo(session, batch, work.actor, now, work.progress)
            audit.bulk(session, layout.entity, f"撤销导入{layout.label}：{name}", done.count)
        kept = find(session, RosterImport, import_id)
        kept.undone_at, kept.undone_count, kept.left = now, done.count, done.left or None
        session.flush()
        sentence = f"已撤销{done.count:,}条" + (f"；{done.left_count:,}条没有撤销，原因见导入记录" if done.left_count else "")
        work.finish({"url": f"/admin/imports/?id={import_id}", "sentence": sentence}, session=session)
