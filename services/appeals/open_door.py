"""Telling an appeal without an account: checked, kept once under its key, with photos; answered by a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from formats import photos
from models import describe
from models.appeal import Appeal
from models.codes import Urgency
from models.service_item import ServiceItem

from .. import limits, parameters
from . import appeal_flow, door_codes, open_places, proof, tracking
from ..keeping import attachments
from ..access import Actor
from ..errors import Missing, Refused, TooOften
from ..keeping.records import find as find_record
from ..showing import text

MOST_PHOTOS, MOST_PHOTO_BYTES = 3, 10 * 1024 * 1024
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


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
        area = open_places.community(session, token)
        if area is None:
            raise open_places.UnknownCode
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
        appeal.appeal_no, appeal.query_code, text(appeal.received_at), tracking.WHO[appeal.tier], text(appeal.due_on), is_new,
    )  # fmt: skip
