"""What is done once a night, in order. A new duty is one line of `NIGHTLY`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.codes import JobStatus
from models.job import Job
from models.user import User

from . import limits, monthly, sign_in
from .keeping import kept_files
from .appeals import appeal_sweep, reception
from .background import jobs, outbox, upkeep
from .cases import sweep
from .mediation import confirmations
from .phone import phone_sign_in
from .rosters import imports
from .access import bind, system
from .errors import Refused
from .showing import LOCAL
from .background.work import Clock, Sessions, Work, work

BEGINS = time(1, 30)
_NAMES = UUID("0d7c9a53-52c2-5b0e-8c0e-6a2d1b1f9d41")
_log = logging.getLogger("console.nightly")


@dataclass(frozen=True)
class Duty:
    """One thing due at night: `run(session, now)` for one sub-district; doing it twice changes nothing."""

    name: str
    label: str
    run: Callable[[Session, datetime], object]


NIGHTLY: list[Duty] = [
    Duty("sign_ins", "清理过期的登录记录", sign_in.forget_old),
    Duty("phones", "注销久未使用和卸任三长的登录设备", phone_sign_in.tidy),
    Duty("appeals", "无人接单的诉求上交一级，超期的提醒，答复到期的归档", appeal_sweep.run),
    Duty("confirmations", "提醒申请司法确认，登记逾期", confirmations.remind),
    Duty("limits", "清理过期的访问计数", limits.forget_old),
    Duty("messages", "放弃多日没有发出的外发消息，清理旧消息", outbox.tidy),
    Duty("queues", "清理过去的排队计数", reception.forget_queues),
    Duty("sweep", "到期提醒、催办、亮牌和升级", sweep.run),
    Duty("monthly", "备好上月的台账和月报", monthly.prepare_last),
    Duty("files", "清理删除已久、没有记录用到的附件文件", kept_files.tidy),
    Duty("jobs", "清理三个月前的后台任务", jobs.forget_old),
    Duty("statistics", "更新数据库的统计", upkeep.analyse),
]


def sub_districts(session: Session) -> Sequence[str]:
    """All that have accounts."""
    users = User.__table__.c
    return session.connection().scalars(select(users.subdistrict_id).distinct().order_by(users.subdistrict_id)).all()


def plan(sessions: Sessions, clock: Clock) -> int:
    """Ask for the night's work of today where it has not been asked for; returns of how many sub-districts.

    The job's id is made from the day, so the database lets one of many workers ask for it.
    """
    now = clock()
    day = now.astimezone(LOCAL)
    if day.time() < BEGINS:
        return 0
    count = 0
    with sessions() as session:
        places = sub_districts(bind(session, system(""), now))
        asked = _asked(session, [_id(place, day) for place in places])
    for place in places:
        if _id(place, day) not in asked:
            count += _ask(sessions, now, place, day)
    return count


def _id(subdistrict: str, day: datetime) -> str:
    return str(uuid5(_NAMES, f"{subdistrict} {day:%Y-%m-%d}"))


def _asked(session: Session, ids: Sequence[str]) -> set[str]:
    table = Job.__table__.c
    return set(session.connection().scalars(select(table.id).where(table.id.in_(ids))))


def _ask(sessions: Sessions, now: datetime, subdistrict: str, day: datetime) -> int:
    with sessions() as session:
        bind(session, system(subdistrict), now)
        session.add(Job(
            id=_id(subdistrict, day), kind="nightly", title=f"夜间例行工作 {day:%Y-%m-%d}", params={},
            queue="nightly", requested_at=now, status=JobStatus.QUEUED, total_count=len(NIGHTLY),
        ))  # fmt: skip
        try:
            session.commit()
        except IntegrityError:
            return 0  # another worker was faster
    return 1


def chase(sessions: Sessions, clock: Clock) -> int:
    """What cannot wait for the night, every minute: units that have not come in time; returns how many."""
    with sessions() as session:
        places = sub_districts(bind(session, system(""), clock()))
    count = 0
    for place in places:
        with sessions() as session:
            bind(session, system(place), clock())
            count += sweep.late_whistles(session, clock())
            session.commit()
    return count


def forget_files(sessions: Sessions, clock: Clock, folder: Path) -> int:
    """Remove the files of imports whose retention is over, in every sub-district; returns how many."""
    with sessions() as session:
        places = sub_districts(bind(session, system(""), clock()))
    count = 0
    for place in places:
        with sessions() as session:
            bind(session, system(place), clock())
            count += imports.forget_old(session, folder / "imports", clock())
            session.commit()
    return count


@work("nightly", is_repeatable=True)
def _run(work: Work) -> None:
    outcomes = []
    for number, outcome in enumerate(run_all(work.sessions, work.now, work.subdistrict_id), 1):
        outcomes.append(outcome)
        work.progress(number, len(NIGHTLY))
    failed = [label for label, is_done in outcomes if not is_done]
    if failed:
        raise Refused(f"有{len(failed)}项没有做完：{'、'.join(failed)}。其余已做完，明晚会再做；原因见系统日志")
    work.finish({"done": [label for label, _ in outcomes]})


def run_all(sessions: Sessions, clock: Clock, subdistrict: str) -> Iterator[tuple[str, bool]]:
    """Do every duty in a transaction of its own; one that fails does not hold up the others."""
    for duty in NIGHTLY:
        with sessions() as session:
            now = clock()
            bind(session, system(subdistrict), now)
            try:
                duty.run(session, now)
                session.commit()
                yield duty.label, True
            except Exception:
                session.rollback()
                _log.exception("nightly duty %s failed", duty.name)
                yield duty.label, False
