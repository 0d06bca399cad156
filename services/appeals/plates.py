"""Plates: made one a neighbourhood, what each says today, printed by digest, posted, to be replaced."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from formats import plates as paper
from formats.plates import Face, Place
from models import uuid7
from models.area import Area
from models.codes import AreaKind, CodePlace, PointKind
from models.door_code import DoorCode
from models.household import Household
from models.neighbor import Chief
from models.plate import Plate
from models.reception import ReceptionPoint
from models.service_item import Hotline

from . import door_codes
from ..background import jobs
from ..access import Actor, Permission
from ..errors import Refused
from ..keeping.records import find
from ..background.work import Work, work

CHOICES = {"all": "全部", "due": "没有印过的和需更换的"}
_PORTION = 200


def plate_no(area: Area) -> str:
    """The number on a plate: community, sector, group and neighbourhood, three digits each."""
    return area.code[9:].replace(".", "-")


def make(session: Session, area: Area, now: datetime) -> int:
    """Make what plates are lacking at or below an area, each with a code of its own; returns how many."""
    inside = Area.code.startswith(area.code, autoescape=True)
    has_one = select(Plate.__table__.c.id).where(
        Plate.__table__.c.subdistrict_id == area.subdistrict_id, Plate.__table__.c.area_id == Area.id
    )
    lacking = session.scalars(select(Area).where(inside, Area.kind == AreaKind.NEIGHBORHOOD, ~has_one.exists())).all()
    known = _codes(session, [node.id for node in lacking])
    for node in lacking:
        code = known.get(node.id)
        if code is None:
            code = DoorCode(
                id=uuid7(), place=f"{node.full_name}公示牌", kind=CodePlace.PLATE, area_id=node.id, token=door_codes.new_token(),
                issued_at=now, is_active=True,
            )  # fmt: skip
            session.add(code)
        session.add(Plate(plate_no=plate_no(node), area_id=node.id, door_code_id=code.id, edition=0))
    session.flush()
    return len(lacking)


def _codes(session: Session, area_ids: Sequence[str]) -> dict[str, DoorCode]:
    found: dict[str, DoorCode] = {}
    for start in range(0, len(area_ids), _PORTION):
        some = select(DoorCode).where(
            DoorCode.area_id.in_(area_ids[start : start + _PORTION]), DoorCode.kind == CodePlace.PLATE, DoorCode.is_active.is_(True)
        )
        found |= {code.area_id: code for code in session.scalars(some)}
    return found


# ---- what they say ------------------------------------------------------------------


class Says:
    """What all plates of a sub-district have in common, read once; `of` gives some faces in three statements."""

    def __init__(self, session: Session, base: str):
        self.session, self.base = session, base.rstrip("/")
        self.subdistrict = session.scalar(select(Area.name).where(Area.kind == AreaKind.SUBDISTRICT)) or ""
        printed = select(Hotline).where(Hotline.is_active.is_(True), Hotline.is_printed.is_(True))
        self.calls = tuple(
            (h.name, h.phone, h.hours or "") for h in session.scalars(printed.order_by(Hotline.position, Hotline.name))
        )
        self.centre: Place | None = None
        self.stations: dict[str, Place] = {}
        public = select(ReceptionPoint, Area.code).join(ReceptionPoint.area).where(ReceptionPoint.is_public.is_(True))
        for point, code in session.execute(public.order_by(ReceptionPoint.name)):
            place = Place(point.name, point.address, point.hours, point.phone or "")
            if point.kind is PointKind.CENTRE:
                self.centre = self.centre or place
            elif point.kind is PointKind.STATION:
                self.stations.setdefault(code, place)

    def of(self, plates: Sequence[Plate]) -> list[Face]:
        """The faces of plates whose area and code are loaded."""
        ids = [plate.area_id for plate in plates]
        serving = select(Chief).where(Chief.area_id.in_(ids), Chief.ended_on.is_(None), Chief.is_public.is_(True))
        chiefs = {chief.area_id: chief for chief in self.session.scalars(serving)}
        counting = select(Household.neighborhood_id, func.count()).where(Household.neighborhood_id.in_(ids))
        counts = dict(self.session.execute(counting.group_by(Household.neighborhood_id)).all())
        return [self._face(plate, chiefs.get(plate.area_id), counts.get(plate.area_id, 0)) for plate in plates]

    def _face(self, plate: Plate, chief: Chief | None, count: int) -> Face:
        return Face(
            plate_no=plate.plate_no, place=plate.area.full_name.replace("/", " "), subdistrict=self.subdistrict,
            chief_name=chief.name if chief else "", chief_phone=chief.mobile if chief else "", household_count=count,
            station=self.stations.get(plate.area.code.split(".")[0]), centre=self.centre, calls=self.calls,
            address=f"{self.base}/q/{plate.door_code.token}", edition=plate.edition,
        )  # fmt: skip


def inside(session: Session, area: Area) -> Iterator[list[Plate]]:
    """The plates at or below an area in portions, in the order of their numbers, areas and codes loaded."""
    wanted = (
        select(Plate).join(Plate.area).where(Area.code.startswith(area.code, autoescape=True))
        .options(joinedload(Plate.area), joinedload(Plate.door_code)).order_by(Plate.plate_no)
    )  # fmt: skip
    last = ""
    while True:
        some = list(session.scalars(wanted.where(Plate.plate_no > last).limit(_PORTION)))
        if some:
            yield some
        if len(some) < _PORTION:
            return
        last = some[-1].plate_no


def is_outdated(plate: Plate, face: Face) -> bool:
    """A printed plate that says something else than what is true today."""
    return plate.printed_digest is not None and plate.printed_digest != face.digest


def printed(plate: Plate, digest: str, now: datetime) -> None:
    """Keep what has been printed; other words are a new edition that is not posted yet."""
    if plate.printed_digest != digest:
        plate.edition, plate.printed_digest, plate.posted_on = plate.edition + 1, digest, None
    plate.printed_at = now


def next_edition(plate: Plate, face: Face) -> Face:
    """The face as it is printed now: with the number that `printed` will give it."""
    return face if plate.printed_digest == face.digest else replace(face, edition=plate.edition + 1)


def face_of(session: Session, plate: Plate, base: str) -> Face:
    """What one plate says today."""
    return Says(session, base).of([plate])[0]


def print_one(session: Session, plate: Plate, actor: Actor, now: datetime, base: str) -> None:
    """Say that one plate goes to the printer as it is today."""
    actor.require(Permission.PLATE)
    printed(plate, face_of(session, plate, base).digest, now)
    session.flush()


def post(session: Session, plate: Plate, actor: Actor, today: date) -> None:
    """Say that the printed plate hangs."""
    actor.require(Permission.PLATE)
    if plate.printed_at is None:
        raise Refused("这块牌还没有印制，印好张贴后再登记")
    if plate.posted_on is not None:
        raise Refused("这一版已经登记张贴")
    plate.posted_on = today
    session.flush()


def post_all(session: Session, area: Area, actor: Actor, today: date) -> int:
    """Say so of all that are printed and not posted at or below an area."""
    actor.require(Permission.PLATE)
    waiting = (
        select(Plate).join(Plate.area).where(Area.code.startswith(area.code, autoescape=True))
        .where(Plate.printed_at.is_not(None), Plate.posted_on.is_(None))
    )  # fmt: skip
    rows = session.scalars(waiting).all()
    for plate in rows:
        plate.posted_on = today
    session.flush()
    return len(rows)


# ---- coverage -----------------------------------------------------------------------


@dataclass
class Coverage:
    """Of one community: neighbourhoods; of these printed and posted; of the printed ones those to replace."""

    area_id: str
    name: str
    code: str
    all: int = 0
    printed: int = 0
    posted: int = 0
    outdated: int = 0


def coverage(session: Session) -> list[Coverage]:
    """One line a community that the session's actor sees, in a few statements however many plates."""
    places = select(Area).where(Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE))).order_by(Area.code)
    lines = {area.code: Coverage(area.id, area.name, area.code) for area in session.scalars(places)}
    for code in session.scalars(select(Area.code).where(Area.kind == AreaKind.NEIGHBORHOOD)):
        if code.split(".")[0] in lines:
            lines[code.split(".")[0]].all += 1
    says = Says(session, "")
    made = select(Plate).options(joinedload(Plate.area), joinedload(Plate.door_code)).where(Plate.printed_at.is_not(None))
    rows = session.scalars(made).all()
    for start in range(0, len(rows), _PORTION):
        some = rows[start : start + _PORTION]
        for plate, face in zip(some, says.of(some), strict=True):
            line = lines.get(plate.area.code.split(".")[0])
            if line is not None:
                line.printed += 1
                line.posted += plate.posted_on is not None
                line.outdated += is_outdated(plate, face)
    return list(lines.values())


# ---- many at once -------------------------------------------------------------------


def ask(session: Session, actor: Actor, now: datetime, area_id: str, size: str, which: str, base: str):
    """Ask for the print files of all plates at or below an area, in the background."""
    actor.require(Permission.PLATE)
    area = find(session, Area, area_id)
    if size not in paper.SIZES:
        raise Refused("请选择印制的大小", field="size")
    if which not in CHOICES:
        raise Refused("请选择印哪些", field="which")
    params = {"area": area.id, "size": size, "which": which, "base": base}
    return jobs.enqueue(session, actor, now, "plates", f"印制公示牌：{area.name}", params, queue="plates")


@work("plates", is_repeatable=True)
def print_many(work: Work) -> None:
    """One HTML file a community in a ZIP beside the style sheet; what was printed is kept in the transaction of the end."""
    area_id, size, which, base = (work.params[name] for name in ("area", "size", "which", "base"))
    communities = _prepare(work, area_id)
    digests: dict[str, str] = {}
    target = work.folder / "plates.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
        out.write(paper.STYLES, "plates.css")
        for community_id in communities:
            with work.reading() as session:
                _write(work, session, out, find(session, Area, community_id), size, which, base, digests)
    if not digests:
        raise Refused("没有需要印的：都已印过，内容也没有变化")
    with work.session() as session:
        _keep(session, digests, work.now())
        work.finish({"sentence": f"共{len(digests)}块，解压后用浏览器打开打印"}, file=target, file_name="联户公示牌.zip", session=session)


def _prepare(work: Work, area_id: str) -> list[str]:
    """Make what is lacking and count; returns the areas that get a file each."""
    with work.session() as session:
        area = find(session, Area, area_id)
        below = select(Area.id).where(Area.code.startswith(area.code, autoescape=True), Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE)))
        parts = session.scalars(below.order_by(Area.code)).all() or [area.id]
    for part in parts:
        with work.session() as session:
            make(session, find(session, Area, part), work.now())
    with work.reading() as session:
        whole = find(session, Area, area_id)
        total = session.scalar(
            select(func.count()).select_from(Plate).join(Plate.area).where(Area.code.startswith(whole.code, autoescape=True))
        )
    work.progress(0, total)
    return list(parts)


def _write(work: Work, session: Session, out: zipfile.ZipFile, area: Area, size: str, which: str, base: str, digests: dict) -> None:
    says = Says(session, base)

    def faces() -> Iterator[Face]:
        for some in inside(session, area):
            for plate, face in zip(some, says.of(some), strict=True):
                if which == "all" or plate.printed_digest != face.digest:
                    digests[plate.id] = face.digest
                    yield next_edition(plate, face)
                work.progress(work.done + 1)
            session.expunge_all()

    waiting = faces()
    first = next(waiting, None)
    if first is None:
        return
    name = area.full_name.replace("/", " ")

    def all_faces() -> Iterator[Face]:
        yield first
        yield from waiting

    with out.open(f"{name}.html", "w") as file:
        for piece in paper.document(f"{name}联户公示牌", all_faces(), size):
            file.write(piece.encode())


def _keep(session: Session, digests: dict[str, str], now: datetime) -> None:
    ids = list(digests)
    for start in range(0, len(ids), _PORTION):
        for plate in session.scalars(select(Plate).where(Plate.id.in_(ids[start : start + _PORTION]))).all():
            printed(plate, digests[plate.id], now)
        session.flush()
        session.expunge_all()
