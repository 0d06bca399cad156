"""Telling appeals without an account: each checked, kept once under its key, with photos; answered by a receipt.

People who tell something at the same moment are written together (`receive`): a crowd costs a few statements and one
commit, not so many each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from formats import photos
from models import describe
from models.appeal import Appeal
from models.codes import Urgency
from models.door_code import DoorCode
from models.service_item import ServiceItem

from .. import kept, limits, parameters
from . import appeal_flow, door_codes, open_places, proof, tracking
from ..keeping import attachments
from ..access import Actor
from ..errors import Missing, Refused, TooOften
from ..keeping.records import find as find_record
from ..showing import said

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


@dataclass(frozen=True)
class Letter:
    """What one person sends, checked as far as that needs no look at the database."""

    token: str
    told: Told
    key: str
    facts: Mapping[str, Any]
    pictures: Sequence[bytes]
    address: str


class NeedsProof(TooOften):
    """So many tell something at the moment that the phone has to solve a riddle first."""


def asks_for_proof(session: Session, now: datetime) -> bool:
    """Whether the last minute brought more than the parameter says."""
    return limits.recent(session, "appeal_load", "all", MINUTE, now) >= parameters.value(session, "proof_above")


def letter(session: Session, token: str, told: Told, address: str, now: datetime) -> Letter:
    """Check what somebody sends; raises `Refused`. Photos are looked at only of whom the limits let in."""
    try:
        key = str(UUID(told.key))
    except ValueError:
        raise Refused("页面已过期，请返回重新填写") from None
    appeal_flow.check_words(told.words)
    facts = {
        "words": told.words.strip(), "place": told.detail.strip()[:200] or None, "channel": "channel:qr",
        "name": checked("name", told.name), "mobile": checked("mobile", told.mobile),
        "is_message_agreed": bool(told.is_message_agreed and told.mobile.strip()) or None,
    }  # fmt: skip
    pictures = []
    if told.photos and not is_kept(session, key):
        limits.refuse_any(session, _counted(session, token, address), now)
        pictures = cleaned(told.photos)
    return Letter(token, told, key, facts, pictures, address)


def receive(
    session: Session, letters: Sequence[Letter], folder: Path, actor: Actor, now: datetime, proof_key: bytes
) -> list[Receipt | Refused]:
    """Keep what people of one sub-district tell, each once per key; in their order a receipt, or why not.

    Limited per code, address and network, under load by proof of work. Raises only what concerns all of them.
    """
    kept.begin(session, session.connection().scalar(kept.MARK_OF_NOW))
    known = {a.idempotency_key: a for a in session.scalars(select(Appeal).where(Appeal.idempotency_key.in_({lt.key for lt in letters})))}
    desk = _Desk(session, [lt for lt in letters if lt.key not in known], now, proof_key)
    new: dict[str, Appeal] = {}
    answers: list[Appeal | Refused] = []
    for lt in letters:
        try:
            if lt.key not in known:
                known[lt.key] = new[lt.key] = desk.take(lt)
            answers.append(known[lt.key])
        except Refused as no:
            answers.append(no)
    if new:
        appeal_flow.enter_all(session, list(new.values()), actor, now)
        for lt in letters:
            if lt.key in new:
                keep_photos(session, folder, new[lt.key], lt.pictures, "反映人上传", actor)
        desk.tally.write()
    first = set(new)
    receipts = []
    for lt, answer in zip(letters, answers, strict=True):
        receipts.append(answer if isinstance(answer, Refused) else _receipt(answer, lt.key in first))
        first.discard(lt.key)
    return receipts


class _Desk:
    """Takes letters one by one; what that needs to know of all of them is read beforehand."""

    def __init__(self, session: Session, letters: Sequence[Letter], now: datetime, proof_key: bytes):
        self.session, self.now, self.proof_key = session, now, proof_key
        self.counted = {lt.key: _counted(session, lt.token, lt.address) for lt in letters}
        self.few = {lt.key: _few(session, lt.address) for lt in letters}
        self.tally = limits.Tally(session, {*chain(*self.counted.values()), *self.few.values()}, now)
        self.codes = door_codes.find_all(session, {lt.token for lt in letters})
        self.load = limits.recent(session, _ALL.purpose, _ALL.who, MINUTE, now)

    def take(self, lt: Letter) -> Appeal:
        """The appeal that a letter becomes, counted; raises `Refused`."""
        counted = self.counted[lt.key]
        self.tally.refuse(counted)
        code = self.codes.get(lt.token)
        facts = {**lt.facts, **self._place(lt.token, code), **_ordered(self.session, lt.told.item_id)}
        if self.load >= parameters.value(self.session, "proof_above") and not proof.is_good(self.session, self.proof_key, lt.told.proof, self.now):
            counted = [*counted, self._within_the_few(lt)]
        self.tally.add(counted)
        self.load += 1
        return appeal_flow.begin(lt.key, code, facts)

    def _place(self, token: str, code: DoorCode | None) -> dict:
        if code is not None:
            return {}
        area = open_places.community(self.session, token)
        if area is None:
            raise open_places.UnknownCode
        return {"area_id": area.id, "channel": "channel:online"}

    def _within_the_few(self, lt: Letter) -> limits.Counted:
        """A phone without script may still tell, only less often; returns what to count."""
        try:
            self.tally.refuse([self.few[lt.key]])
        except TooOften as no:
            minutes = max(1, no.seconds // 60)
            raise NeedsProof(f"现在提交的人很多，请再点一次“提交”；还不行的请约{minutes}分钟后再试，急事请直接打电话", no.seconds) from None
        return self.few[lt.key]


_ALL = limits.Counted("appeal_load", "all", MINUTE)


def _counted(session: Session, token: str, address: str) -> list[limits.Counted]:
    """What is counted of somebody who tells something at a place, with the limits of today."""
    value = partial(parameters.value, session)
    return [
        limits.Counted("appeal", limits.address_of(address), HOUR, value("public_per_address")),
        limits.Counted("appeal_code", token[:30], HOUR, value("public_per_code")),
        limits.Counted("appeal_network", limits.network_of(address), HOUR, value("public_per_network")), _ALL,
    ]


def _few(session: Session, address: str) -> limits.Counted:
    return limits.Counted("appeal_no_proof", limits.address_of(address), HOUR, parameters.value(session, "public_without_proof"))


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


def _ordered(session: Session, item_id: str) -> dict:
    """What was chosen from the catalogue, if it is still there, and how urgent that is."""
    item = None
    if item_id:
        with suppress(Missing):
            item = find_record(session, ServiceItem, item_id)
    return {"service_item_id": item and item.id, "urgency": item.urgency if item else Urgency.NORMAL}


def checked(name: str, value: str) -> str | None:
    """A personal datum as its kind wants it, or the kind's own sentence on what to correct."""
    kind = describe(Appeal)[name].kind
    value = kind.normalise(value)
    sentence = kind.check(value) if value else None
    if sentence:
        raise Refused(sentence, field=name)
    return value or None


def _receipt(appeal: Appeal, is_new: bool) -> Receipt:
    return Receipt(
        appeal.appeal_no, appeal.query_code, said(appeal.received_at), tracking.WHO[appeal.tier], said(appeal.due_on), is_new,
    )  # fmt: skip
