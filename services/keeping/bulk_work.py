"""The worker's side of one thing done to very many rows: piece by piece, and in the end done or taken back.

Every piece is a transaction that also keeps how far the work has come, so a killed worker goes on
where it was. A row that the rules refuse is left as it is and named. Work that is cancelled, or
fails, takes its pieces back before it ends.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Base, Described, uuid7
from models.audit import AuditEvent
from models.codes import AuditVerb

from . import audit, batches, bulk, bulk_jobs, recycle, records
from .bulk_deeds import DEEDS, SAME, Change, Deed, Delete, Take
from ..due_dates import local_day
from ..errors import Refused
from ..lists.walking import identity
from ..background.running import CUT_OFF
from ..background.work import Stopped, Work, work

MOST_LEFT = 200
_AWAY = "已被删除或修改，不再符合条件"
_PROBLEM = "处理时出错，已办的都已恢复原样。请重试一次；仍不行请把提交时间告诉系统管理员"
_log = logging.getLogger("console.jobs")


@work("bulk", is_repeatable=True)
def run(work: Work) -> None:
    """Do the deed to all rows of the query, or take it back."""
    if work.state:
        work.beat()  # whoever cancelled while no worker was there is heard now
    problem = CUT_OFF if work.is_last_try else None
    if not work.is_last_try and "back" not in work.state:
        try:
            return _go_on(work, _deed(work.params))
        except Stopped:
            pass
        except Refused as no:
            problem = no.sentence
        except Exception:
            _log.exception("job %s is taken back", work.job_id)
            problem = _PROBLEM
    _go_back(work, _deed(work.params), problem)


def _deed(params: Mapping[str, Any]) -> Deed:
    entity = next(m.class_ for m in Base.registry.mappers if m.class_.__name__ == params["entity"])
    return DEEDS[params["deed"]](entity, params["what"])


# ---- onwards ------------------------------------------------------------------------


def _go_on(work: Work, deed: Deed) -> None:
    deed.require(work.actor)
    state = work.state or {"at": None, "count": 0, "same": 0, "left_count": 0, "left": []}
    pieces = list(bulk.portions(_remaining(work, deed, state), deed.size)) or [[]]
    for number, some in enumerate(pieces, 1):
        if work.is_cancelled():
            raise Stopped
        with work.session() as session, audit.as_one(session, batch=work.job_id):
            state = _with(state, some, _write(session, work, deed, some))
            work.done += len(some)
            work.hold(session, state)
            if number == len(pieces):
                _end(session, work, deed, state)
        work.rest()


def _remaining(work: Work, deed: Deed, state: Mapping) -> list:
    """The rows still to be done; at the beginning exactly those that were shown."""
    key, today = identity(deed.entity), local_day(work.now())
    after = state["at"] and records.typed(key.property.columns[0], state["at"])
    with work.reading() as session:
        ids, _ = deed.fit(session, bulk_jobs.which(session, deed.entity, work.params["args"], work.actor, today, after))
    if not work.state and bulk_jobs.digest(ids) != work.params["digest"]:
        raise Refused("您看过预览之后，符合条件的记录已经变了，没有办理。请回到列表重新选择")
    return ids


def _write(session: Session, work: Work, deed: Deed, some: list) -> dict[str, str]:
    """Write one piece; rows that others have taken out of the query meanwhile are left."""
    key = identity(deed.entity)
    conditions = bulk_jobs.conditions(session, deed.entity, work.params["args"], work.actor, local_day(work.now()))
    here = session.scalars(select(key).where(key.in_(some), *conditions).order_by(key).with_for_update()).all() if some else []
    left = dict.fromkeys(map(str, set(some) - set(here)), _AWAY)
    return left | (deed.write(session, here, work.actor, work.now()) if here else {})


def _with(state: Mapping, some: list, left: dict[str, str]) -> dict[str, Any]:
    """How far the work has come after one more piece."""
    named = [[record_id, reason] for record_id, reason in left.items() if reason != SAME]
    return {
        "at": str(some[-1]) if some else state["at"], "count": state["count"] + len(some) - len(left),
        "same": state["same"] + len(left) - len(named), "left_count": state["left_count"] + len(named),
        "left": (state["left"] + named)[:MOST_LEFT],
    }  # fmt: skip


def _end(session: Session, work: Work, deed: Deed, state: Mapping) -> None:
    if state["count"]:
        audit.bulk(session, deed.entity, deed.title(session), state["count"], record_id=work.job_id, left=state["left"], step=deed.step())
    words = [f"已{deed.verb}{state['count']:,}条"]
    if state["same"]:
        words.append(f"{state['same']:,}条{SAME}")
    if state["left_count"]:
        first = "" if state["count"] else f"：{state['left'][0][1]}"
        words.append(f"{state['left_count']:,}条没有办理{first}")
    url = {"url": f"/admin/batch/?id={work.job_id}"} if state["count"] else {}
    work.finish(url | {"sentence": "，".join(words)}, session=session)


# ---- and back -----------------------------------------------------------------------


def _go_back(work: Work, deed: Deed, problem: str | None) -> None:
    """Take back what was written, the last first, and end as cancelled or failed."""
    state = work.state
    if not state.get("count") and "back" not in state:
        raise Refused(problem) if problem else Stopped
    if "back" not in state:
        state = state | {"back": uuid7(), "until": None, "returned": 0, "kept": [], "kept_count": 0, "problem": problem}
    while True:
        with work.session() as session:
            step, entity = batches.step_of(deed.step()), deed.entity
            some = batches.entries(session, work.job_id, entity.slug(), state["until"], deed.size)
            if some:
                with audit.as_one(session, AuditVerb.REVERT, batch=state["back"]):
                    reasons = batches.set_back(session, some, step, deed.title(session), work.actor, work.now())
                state = _returned(state, some, reasons)
                work.done = max(work.done - len(some), 0)
            else:
                state = state | {"told": _told(session, work, deed, state)}
            work.hold(session, state)
        if not some:
            break
        work.rest()
    raise Refused(state["problem"]) if state["problem"] else Stopped


def _returned(state: Mapping, some: list[AuditEvent], reasons: dict[str, str]) -> dict[str, Any]:
    kept = [[e.record_id, reasons[e.id]] for e in some if e.id in reasons]
    return state | {
        "until": some[-1].id, "returned": state["returned"] + len(some) - len(kept),
        "kept_count": state["kept_count"] + len(kept), "kept": (state["kept"] + kept)[:MOST_LEFT],
    }  # fmt: skip


def _told(session: Session, work: Work, deed: Deed, state: Mapping) -> dict[str, str]:
    """Both operations stand in the history: what was done, and that it was taken back."""
    title = f"{deed.title(session)}（没有办完）"
    audit.bulk(session, deed.entity, title, state["count"], record_id=work.job_id, left=state["left"], step=deed.step())
    with audit.as_one(session, batch=state["back"]):
        audit.bulk(session, deed.entity, f"撤销{title}", state["returned"], record_id=work.job_id, left=state["kept"])
    kept = f"，{state['kept_count']:,}条没有恢复" if state["kept_count"] else ""
    return {"url": f"/admin/batch/?id={state['back']}", "sentence": f"已办的{state['returned']:,}条恢复原样{kept}"}


# ---- undoing what was done long ago ---------------------------------------------------


def _size(session: Session, event: AuditEvent, entity: type[Described], step) -> int:
    """As many as are done in one transaction; bringing back is slower than deleting."""
    if step is not None:
        return Take.size
    return Delete.size // 2 if batches.is_deletion(session, event) else Change(entity, {}).size


@work("bulk_undo", is_repeatable=True)
def undo(work: Work) -> None:
    """Set all rows of a batch back, as far as nobody changed them since; cut short, it can be asked for again."""
    state = work.state or {"back": uuid7(), "until": None, "returned": 0, "kept": [], "kept_count": 0}
    while True:
        work.progress(work.done)
        with work.session() as session:
            event = batches.head(session, work.params["batch"], work.actor)
            batches.require_undoable(session, event, work.actor)
            step = batches.step_of(event.changes.get("step", [None, None])[1])
            entity, title = recycle.entity_of(event), event.record_label
            some = batches.entries(session, event.batch, event.entity, state["until"], _size(session, event, entity, step))
            if not some:
                with audit.as_one(session, batch=state["back"]):
                    audit.bulk(session, entity, f"撤销{title}", state["returned"], record_id=work.params["batch"], left=state["kept"])
                kept = f"；{state['kept_count']:,}条没有恢复" if state["kept_count"] else ""
                work.finish({"url": f"/admin/batch/?id={state['back']}", "sentence": f"已恢复{state['returned']:,}条{kept}"}, session=session)
                return
            with audit.as_one(session, AuditVerb.REVERT, batch=state["back"]):
                reasons = batches.set_back(session, some, step, title, work.actor, work.now())
            state = _returned(state, some, reasons)
            work.done += len(some)
            work.hold(session, state)
        work.rest()
