"""What the public may read and do, as small results without a name of staff, a row or an internal word.

Whoever holds the number and the query code of an appeal reads and answers it; a wrong pair tells nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from formats import photos
from models import describe
from models.appeal import Appeal, AppealEvent
from models.area import Area
from models.case import Case
from models.codes import AppealStatus, AreaKind, CaseStatus, Satisfaction, Tier5, Urgency
from models.department import DutyDay
from models.division import Division
from models.reception import ReceptionPoint
from models.service_item import Hotline, ServiceItem

from . import appeal_flow, attachments, door_codes, limits, parameters, proof, reception
from .access import Actor
from .appeal_flow import APPEAL_FLOW, chief_of
from .errors import Missing, Refused, TooOften
from .flow import Flow
from .records import find as find_record
from .showing import text

MOST_PHOTOS, MOST_PHOTO_BYTES = 3, 10 * 1024 * 1024
HOUR, QUARTER, MINUTE = timedelta(hours=1), timedelta(minutes=15), timedelta(minutes=1)


@dataclass(frozen=True)
class Call:
    """A number somebody can call."""

    name: str
    phone: str
    hours: str
    purpose: str
    is_emergency: bool


@dataclass(frozen=True)
class Item:
    """One thing that can be ordered."""

    id: str
    name: str
    explained: str


@dataclass(frozen=True)
class Place:
    """Where the code hangs and who serves it, as far as that person agreed to be published."""

    token: str
    name: str
    path: str
    subdistrict: str
    served_by: str
    chief_name: str | None
    chief_phone: str | None
    station: Point | None


@dataclass(frozen=True)
class Point:
    """A place to come to in person."""

    name: str
    kind: str
    address: str
    phone: str
    hours: str


@dataclass(frozen=True)
class Hall:
    """What the screen in a hall shows: (number, window) of who is called, newest first; who waits."""

    name: str
    calls: Sequence[tuple[int, int | None]]
    waiting: int
    next_numbers: Sequence[int]


@dataclass(frozen=True)
class Receipt:
    """What the person keeps: the number and the code to read it with."""

    number: str
    code: str
    received: str
    first: str
    until: str
    is_new: bool


@dataclass(frozen=True)
class Tracked:
    """How an appeal stands, in plain words."""

    number: str
    words: str
    state: str
    explained: str
    who: str
    until: str
    answer: str
    events: Sequence[tuple[str, str]]
    verbs: frozenset[str]
    satisfaction: str


# ---- places -------------------------------------------------------------------------


def subdistrict_name(session: Session) -> str:
    return session.get(Division, session.info["actor"].subdistrict_id).name


def communities(session: Session) -> list[tuple[str, str]]:
    """(code, name) of the communities, for whoever has no code at hand."""
    wanted = select(Area.code, Area.name).where(Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE))).order_by(Area.code)
    return [(code, name) for code, name in session.execute(wanted)]


class UnknownCode(Missing):
    """Nothing hangs under this code; the door counts the scan in a transaction of its own."""

    def __init__(self):
        super().__init__("这个码已停用或者不完整。请扫门口的新码，或在下面选择您所在的村社区")


def count_unknown(session: Session, now: datetime, address: str) -> None:
    """Count one scan of an unknown code; raises `TooOften` where a network had its share of them.

    Known codes are served all the while, so nobody is kept out by a neighbour who guesses.
    """
    network = limits.network_of(address)
    limits.refuse(session, "unknown_code", network, parameters.value(session, "unknown_codes"), MINUTE, now)
    limits.count(session, "unknown_code", network, MINUTE, now)


def place(session: Session, token: str) -> Place:
    """The place of a code, or of a community by its twelve digits; raises `UnknownCode` for anything else."""
    code = door_codes.find(session, token)
    area = code.area if code else _community(session, token)
    if area is None:
        raise UnknownCode
    chief = chief_of(session, area.id) if area.kind is AreaKind.NEIGHBORHOOD else None
    shown = chief if chief is not None and chief.is_public else None
    return Place(
        token=token, name=code.place if code else area.name, path=" ".join(area.full_name.split("/")),
        subdistrict=subdistrict_name(session), served_by=chief.kind.label if chief else "村社区工作人员",
        chief_name=shown and shown.name, chief_phone=shown and shown.mobile, station=_station(session, area),
    )  # fmt: skip


def _community(session: Session, digits: str) -> Area | None:
    if not re.fullmatch(r"\d{12}", digits):
        return None
    return session.scalar(select(Area).where(Area.code == digits, Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE))))


def _station(session: Session, area: Area) -> Point | None:
    found = points(session, area.code.split(".")[0])
    return found[0] if found else None


def points(session: Session, community: str | None = None) -> list[Point]:
    """The published places to come to, of one community or all."""
    wanted = select(ReceptionPoint).where(ReceptionPoint.is_public.is_(True)).order_by(ReceptionPoint.kind, ReceptionPoint.name)
    if community:
        wanted = wanted.join(ReceptionPoint.area).where(Area.code == community)
    return [Point(p.name, p.kind.label, p.address, p.phone or "", p.hours) for p in session.scalars(wanted)]


def hall(session: Session, point_id: str, day: date) -> Hall:
    """The queue of a published reception point on a day, as numbers; raises `Missing`."""
    point = find_record(session, ReceptionPoint, point_id)
    if not point.is_public:
        raise Missing
    found = reception.queue(session, point, day)
    called = sorted(found.receiving, key=lambda visit: visit.called_at, reverse=True)
    waiting = [visit.queue_number for visit in found.waiting]
    return Hall(point.name, [(visit.queue_number, visit.window_number) for visit in called[:6]], len(waiting), waiting[:5])


def leader_today(session: Session, today: date) -> str:
    """The post of the leader who receives people today; a post, not a name."""
    day = session.scalar(select(DutyDay).where(DutyDay.duty_on == today))
    return (day.leader.post or "街道领导") if day else ""


def items(session: Session) -> list[Item]:
    wanted = select(ServiceItem).where(ServiceItem.is_active.is_(True)).order_by(ServiceItem.position, ServiceItem.name)
    return [Item(i.id, i.name, i.explained or "") for i in session.scalars(wanted)]


def calls(session: Session, emergency_only: bool = False) -> list[Call]:
    wanted = select(Hotline).where(Hotline.is_active.is_(True)).order_by(Hotline.position, Hotline.name)
    if emergency_only:
        wanted = wanted.where(Hotline.is_emergency.is_(True))
    return [Call(h.name, h.phone, h.hours or "", h.purpose or "", h.is_emergency) for h in session.scalars(wanted)]


# ---- telling ------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What somebody sends from the public page; everything but the words may be empty."""

    key: str
    words: str
    item_id: str = ""
    name: str = ""
    mobile: str = ""
    detail: str = ""
    photos: Sequence[tuple[str, bytes]] = ()
    proof: str = ""
    is_message_agreed: bool = False


class NeedsProof(TooOften):
    """So many tell something at the moment that the phone has to solve a riddle first."""


def asks_for_proof(session: Session, now: datetime) -> bool:
    """Whether the last minute brought more than the parameter says."""
    return limits.recent(session, "appeal_load", "all", MINUTE, now) >= parameters.value(session, "proof_above")


def receive(
    session: Session, token: str, told: Told, folder: Path, actor: Actor, now: datetime, address: str, proof_key: bytes
) -> Receipt:
    """Keep what somebody tells at a place, once per key; limited per code, address and network, under load by proof of work."""
    try:
        key = str(UUID(told.key))
    except ValueError:
        raise Refused("页面已过期，请返回重新填写") from None
    known = session.scalar(select(Appeal).where(Appeal.idempotency_key == key))
    if known is not None:
        return _receipt(session, known, False)
    value, caller = partial(parameters.value, session), limits.address_of(address)
    counted = [
        limits.Counted("appeal", caller, HOUR, value("public_per_address")), limits.Counted("appeal_code", token, HOUR, value("public_per_code")),
        limits.Counted("appeal_network", limits.network_of(address), HOUR, value("public_per_network")), limits.Counted("appeal_load", "all", MINUTE),
    ]  # fmt: skip
    limits.refuse_any(session, counted, now)
    if asks_for_proof(session, now) and not proof.is_good(session, proof_key, told.proof, now):
        counted.append(_within_the_few(session, caller, now))
    pictures = cleaned(told.photos)
    facts = _facts(session, told)
    code = door_codes.find(session, token)
    if code is None:
        area = _community(session, token)
        if area is None:
            raise UnknownCode
        facts |= {"area_id": area.id, "channel": "channel:online"}
    appeal, is_new = appeal_flow.submit(session, actor, now, key=key, code=code, **facts)
    keep_photos(session, folder, appeal, pictures, "反映人上传", actor)
    limits.count_all(session, counted, now)
    return _receipt(session, appeal, is_new)


def _within_the_few(session: Session, address: str, now: datetime) -> limits.Counted:
    """A phone without script may still tell, only less often; returns what to count."""
    few = limits.Counted("appeal_no_proof", address, HOUR, parameters.value(session, "public_without_proof"))
    try:
        limits.refuse_any(session, [few], now)
    except TooOften as no:
        minutes = max(1, no.seconds // 60)
        raise NeedsProof(f"现在提交的人很多，请再点一次“提交”；还不行的请约{minutes}分钟后再试，急事请直接打电话", no.seconds) from None
    return few


def is_kept(session: Session, key: str) -> bool:
    """Whether an appeal with this key is there by now."""
    try:
        return session.scalar(select(Appeal.id).where(Appeal.idempotency_key == str(UUID(key)))) is not None
    except ValueError:
        return False


def cleaned(sent: Sequence[tuple[str, bytes]]) -> list[bytes]:
    """Photos as they may be kept, without the place where they were taken; raises `Refused` on the field `photos`."""
    pictures = [_picture(content) for _, content in sent[: MOST_PHOTOS + 1]]
    if len(pictures) > MOST_PHOTOS:
        raise Refused(f"照片最多{MOST_PHOTOS}张，请去掉几张", field="photos")
    return pictures


def keep_photos(session: Session, folder: Path, appeal: Appeal, pictures: Sequence[bytes], purpose: str, actor: Actor) -> None:
    """Attach cleaned photos to an appeal."""
    for number, picture in enumerate(pictures, 1):
        attachments.attach(session, folder, appeal, f"照片{number}.jpg", picture, purpose, actor)


def _picture(content: bytes) -> bytes:
    if len(content) > MOST_PHOTO_BYTES:
        raise Refused("有一张照片超过10兆，请换一张小些的", field="photos")
    try:
        return photos.cleaned(content)
    except photos.NotAPhoto as no:
        raise Refused(no.sentence, field="photos") from None


def _facts(session: Session, told: Told) -> dict:
    item = None
    if told.item_id:
        try:
            item = find_record(session, ServiceItem, told.item_id)
        except Missing:
            item = None
    return {
        "words": told.words.strip(), "place": told.detail.strip()[:200] or None, "channel": "channel:qr",
        "name": checked("name", told.name), "mobile": checked("mobile", told.mobile),
        "is_message_agreed": bool(told.is_message_agreed and told.mobile.strip()) or None,
        "service_item_id": item and item.id, "urgency": item.urgency if item else Urgency.NORMAL,
    }  # fmt: skip


def checked(name: str, value: str) -> str | None:
    """A personal datum as its kind wants it, or the kind's own sentence on what to correct."""
    kind = describe(Appeal)[name].kind
    value = kind.normalise(value)
    sentence = kind.check(value) if value else None
    if sentence:
        raise Refused(sentence, field=name)
    return value or None


def _receipt(session: Session, appeal: Appeal, is_new: bool) -> Receipt:
    return Receipt(
        appeal.appeal_no, appeal.query_code, text(appeal.received_at), _WHO[appeal.tier], text(appeal.due_on), is_new,
    )  # fmt: skip


_WHO = {
    Tier5.NEIGHBORHOOD: "邻长", Tier5.GROUP: "组长", Tier5.SECTOR: "片长", Tier5.COMMUNITY: "村（社区）",
    Tier5.SUBDISTRICT: "街道办事处",
}  # fmt: skip


# ---- reading and answering -----------------------------------------------------------


_STATES = {
    AppealStatus.WAITING: ("已收到", "正在安排人联系处理"),
    AppealStatus.TAKEN: ("办理中", "已经有人在办"),
    AppealStatus.ANSWERED: ("已答复", "请看答复。解决了请点“已解决”，没有解决请点“没有解决”，会转到上一级继续办"),
    AppealStatus.SOLVED: ("已解决", "您已确认解决"),
    AppealStatus.CLOSED: ("已归档", "已经答复，没有再收到您的意见"),
    AppealStatus.REDIRECTED: ("已告知途径", "这件事有专门的办理途径，请看说明"),
    AppealStatus.DUPLICATE: ("合并办理", "与已收到的另一件是同一件事，一起办理"),
    AppealStatus.WITHDRAWN: ("已撤回", "您已撤回"),
}  # fmt: skip
_CASE_STATES = {
    CaseStatus.REGISTERED: ("已登记", "正在审查是否受理"), CaseStatus.ACCEPTED: ("已受理", "正在安排承办单位"),
    CaseStatus.ASSIGNED: ("办理中", "承办单位正在办理"), CaseStatus.FED_BACK: ("办理中", "承办单位已反馈，正在核实"),
    CaseStatus.CLOSED: ("已办结", "办理已经结束，结果已经或者将会告诉您"), CaseStatus.ARCHIVED: ("已办结", "办理已经结束"),
    CaseStatus.DECLINED: ("不属受理范围", "请看告知的办理途径"), CaseStatus.MERGED: ("合并办理", "与另一件相同的事一起办理"),
    CaseStatus.SUSPENDED: ("暂时中止", "中止的原因消失后会继续办理"),
}  # fmt: skip
_VERBS = ("confirm", "unsolved", "add", "withdraw", "rate")


def _find(session: Session, number: str, code: str, now: datetime, address: str) -> Appeal:
    """The appeal of a right pair; a wrong one is counted per number and per address and tells nothing."""
    number, code = (re.sub(r"\D", "", value)[:20] for value in (number, code))
    limits.refuse(session, "guess", address, 30, QUARTER, now)
    limits.refuse(session, "guess_number", number, 10, QUARTER, now)
    appeal = session.scalar(select(Appeal).where(Appeal.appeal_no == number)) if number else None
    # Compared even where there is none, so that both answers take the same time.
    if not hmac.compare_digest(code, appeal.query_code if appeal else "x" * 8) or appeal is None:
        raise WrongPair(number)
    return appeal


class WrongPair(Refused):
    """Number and code do not belong together; the door counts the try in a transaction of its own."""

    def __init__(self, number: str):
        super().__init__("受理编号和查询码对不上，请照回执上的数字再填一次。忘记了可以到村社区群众工作站查询")
        self.number = number


def count_guess(session: Session, number: str, now: datetime, address: str) -> None:
    """Count one wrong pair."""
    limits.count(session, "guess", address, QUARTER, now)
    limits.count(session, "guess_number", number, QUARTER, now)


def track(session: Session, number: str, code: str, now: datetime, address: str) -> Tracked:
    """How an appeal stands; raises `WrongPair`."""
    return _tracked(session, _find(session, number, code, now, address), now)


def act(
    session: Session, number: str, code: str, verb: str, actor: Actor, now: datetime, address: str, **answers
) -> Tracked:
    """Confirm, say that it is not solved, add, withdraw or rate; raises `Refused` with a sentence."""
    appeal = _find(session, number, code, now, address)
    if verb not in _VERBS:
        raise Refused("没有这项操作")
    known = {ask.name for ask in APPEAL_FLOW.by_verb[verb].asks}
    given = {name: value for name, value in answers.items() if name in known}
    APPEAL_FLOW.take(session, verb, appeal, actor, now, **given)
    return _tracked(session, appeal, now)


def _tracked(session: Session, appeal: Appeal, now: datetime) -> Tracked:
    case = session.get(Case, (appeal.subdistrict_id, appeal.case_id)) if appeal.case_id else None
    state, explained = _CASE_STATES[case.status] if case else _STATES[appeal.status]
    due_on = case.due_on if case else appeal.due_on
    is_open = appeal.status in (AppealStatus.WAITING, AppealStatus.TAKEN) or (case is not None and case.closed_at is None)
    events = session.execute(
        select(AppealEvent.happened_at, AppealEvent.told)
        .where(AppealEvent.appeal_id == appeal.id, AppealEvent.told.is_not(None)).order_by(AppealEvent.number)
    )  # fmt: skip
    return Tracked(
        number=appeal.appeal_no, words=appeal.words, state=state, explained=explained,
        who="街道办事处" if case else _WHO[appeal.tier], until=text(due_on) if is_open and due_on else "",
        answer=appeal.answer or "", events=[(text(at), told) for at, told in events],
        verbs=frozenset(_verbs(APPEAL_FLOW, appeal)), satisfaction=text(appeal.satisfaction),
    )  # fmt: skip


def _verbs(flow: Flow, appeal: Appeal) -> list[str]:
    return [
        verb for verb in _VERBS
        if appeal.status in flow.by_verb[verb].sources and not (verb == "rate" and appeal.satisfaction)
    ]


def satisfaction_of(value: str) -> Satisfaction | None:
    return next((s for s in Satisfaction if s.value == value), None)
