"""What the journeys share: the office's real lists and calendar, its people, a clock, and how a story is told."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case, CaseEvent, CaseParty
from models.clock import Clock
from models.codes import CodePlace, UnitKind
from models.department import DispatchRule, Unit
from models.door_code import DoorCode
from models.todo import Todo
from models.user import Role, User
from seeds.base import load_lists, read
from services import access, nightly
from services.appeals import door_codes
from services.showing import LOCAL
from tests.support.builders import World, build_chief, build_world
from tests.support.visitor import Page, Visitor

CHIEF, COMMUNITY, OTHER_COMMUNITY, WINDOW = "linzhang", "cunshequ", "lincun", "chuangkou"
DIRECTOR, LEADER, MEDIATOR, LAWYER = "zhuren", "lingdao", "tiaojie", "lvshi"
LABOUR, ENFORCEMENT, BUILDING, DEMOLITION = "renshe", "zhifa", "chengjian", "zhengchai"
OUTSIDE, LEDGER = "zhongcai", "taizhang"

_SIZE_OF_A_SCAN = b"%PDF-1.4 scan"


@dataclass
class Office:
    """The small sub-district with the units that the stories need."""

    world: World
    units: dict[str, Unit] = field(default_factory=dict)


def build_place(session: Session) -> Office:
    """The world of the builders with the lists, terms and holidays of the seeds, and an account for everybody."""
    load_lists(session)
    world = build_world(session)
    place = Office(world)
    names = {
        LABOUR: ("人社服务中心", UnitKind.FUNCTIONAL), ENFORCEMENT: ("综合行政执法队", UnitKind.FUNCTIONAL),
        BUILDING: ("城市建设和物业管理办公室", UnitKind.FUNCTIONAL), DEMOLITION: ("征地拆迁工作部", UnitKind.FUNCTIONAL),
        OUTSIDE: ("劳动人事争议仲裁院", UnitKind.EXTERNAL),
    }  # fmt: skip
    place.units = {key: Unit(name=name, kind=kind) for key, (name, kind) in names.items()}
    session.add_all(place.units.values())
    session.flush()
    session.add_all([
        DispatchRule(category="dispute_category:10", lead_unit_id=place.units[LABOUR].id, basis="《保障农民工工资支付条例》"),
        DispatchRule(category="dispute_category:08", lead_unit_id=place.units[DEMOLITION].id, basis="《土地管理法》"),
        DispatchRule(category="dispute_category:02.05", lead_unit_id=place.units[ENFORCEMENT].id, basis="《噪声污染防治法》"),
    ])  # fmt: skip
    build_chief(session, world.east_neighborhood)
    _people(session, place)
    return place


def _people(session: Session, place: Office) -> None:
    world, units = place.world, place.units
    people = {
        CHIEF: ("neighbor_chief", {"area_id": world.east_neighborhood.id}),
        COMMUNITY: ("community_staff", {"area_id": world.east.id, "unit_id": world.east_unit.id}),
        OTHER_COMMUNITY: ("community_staff", {"area_id": world.west.id}),
        WINDOW: ("window_clerk", {}), DIRECTOR: ("peace_law_director", {}), LEDGER: ("ledger_leader", {}),
        LEADER: ("case_leader", {"worker_id": world.leader.id}), MEDIATOR: ("mediator", {"worker_id": world.mediator.id}),
        LAWYER: ("lawyer", {"worker_id": world.lawyer.id}), OUTSIDE: ("external_unit", {"unit_id": units[OUTSIDE].id}),
        **{key: ("department_liaison", {"unit_id": units[key].id}) for key in (LABOUR, ENFORCEMENT, BUILDING, DEMOLITION)},
    }  # fmt: skip
    given = {row["code"]: row for row in read("roles")}
    roles = {role.code: role for role in session.scalars(select(Role))}
    for username, (code, facts) in people.items():
        session.add(User(
            username=username, name=f"{roles[code].name}{username[0]}某", role_id=roles[code].id, subdistrict_id="430181002",
            is_scoped=given[code]["is_scoped"] == "yes", password_hash="-", must_change_password=False, **facts,
        ))  # fmt: skip
    session.flush()


class Journey:
    """One matter told in order: the clock moves, people sign in anew each time, pages are all they know."""

    def __init__(self, app, office: Callable, sign_in: Callable, set_clock: Callable[[datetime], None]):
        self.app, self._office, self._sign_in, self._set = app, office, sign_in, set_clock
        self.now: datetime | None = None
        self.here: dict[str, Visitor] = {}
        self.case_id = ""

    # ---- time and people ----

    def at(self, moment: str) -> None:
        """It is this moment in China; whoever does something now signs in first."""
        self.now = datetime.fromisoformat(moment).replace(tzinfo=LOCAL)
        self._set(self.now)
        self.here = {}

    def who(self, username: str) -> Visitor:
        if username not in self.here:
            self.here[username] = Visitor(self._sign_in(self.app.test_client(), username))
        return self.here[username]

    @contextmanager
    def stored(self) -> Iterator[Session]:
        """What the database says, past all screens."""
        with self._office() as session:
            yield access.bind(session, access.system("430181002"), self.now)

    # ---- doing ----

    def fill(self, username: str, address: str, label: str, **answers: Any) -> Page:
        """Open a page, fill in the form with this button and send it; it must be taken."""
        visitor = self.who(username)
        if address:
            visitor.open(address)
        page = visitor.send(label, **answers)
        assert page.status == 200, (label, refusals(page))
        return page

    def refused(self, username: str, address: str, label: str, **answers: Any) -> str:
        """The same, but it must be refused; gives the words of the page."""
        visitor = self.who(username)
        visitor.open(address)
        page = visitor.send(label, **answers)
        assert page.status in (409, 422), f"{label} was taken"
        return page.text

    def step(self, username: str, label: str, record: str = "", **answers: Any) -> Page:
        """Take a step as the page of the record (the case, if none is named) offers it."""
        visitor, address = self.who(username), record or self.page
        shown = visitor.page  # often the page that the step before led back to
        if shown is None or not shown.address.endswith(address) or label not in [words for words, _ in shown.links]:
            visitor.open(address)
        visitor.follow(label)
        page = visitor.send(label, **answers)
        assert page.status == 200 and "办理成功" in page.text, (label, refusals(page))
        return page

    def follow(self, username: str, *labels: str, record: str = "") -> Page:
        """Go from the page of a record by its links."""
        page = self.who(username).open(record or self.page)
        for label in labels:
            page = self.who(username).follow(label)
        return page

    def paper(self, username: str, *keys: str) -> None:
        """Generate papers of the case about the case itself."""
        visitor = self.who(username)
        for key in keys:
            page = visitor.open(f"/admin/case/papers/?id={self.case_id}")
            form = next(f for f in page.forms if f.fields.get("paper") == [key])
            answer = visitor.client.post(form.action, data=form.fields, follow_redirects=True)
            assert "已生成" in answer.text, (key, refusals(Page(answer.text, form.action, answer.status_code)))

    def scan(self, username: str, item: str) -> None:
        """File a signed scan under its part of the dossier."""
        self.fill(username, f"/admin/case/papers/?id={self.case_id}", "归入卷宗", item=item, file=(io.BytesIO(_SIZE_OF_A_SCAN), "扫描件.pdf"))

    def night(self) -> None:
        """What the program does by itself in the night before this moment."""
        done = dict(nightly.run_all(self._office_sessions, lambda: self.now, "430181002"))
        assert all(done.values()), done

    @contextmanager
    def _office_sessions(self):
        with self._office() as session:
            yield session

    def register(self, subject: str, *parties: dict, area: str, **facts: Any) -> None:
        """The window writes a matter down with its parties; the story is about it from now on."""
        rows = {f"case_party-{number}-{name}": value for number, row in enumerate(parties) for name, value in row.items()}
        given = {"kind": "dispute", "channel": "channel:window", "summary": subject, "area": area} | facts
        page = self.fill(WINDOW, "/admin/case/new/", "保存", subject=subject, **given, **rows)
        self.case_id = re.search(r"/admin/case/details/\?id=([0-9a-f-]{36})", page.address)[1]

    # ---- seeing ----

    @property
    def page(self) -> str:
        return f"/admin/case/details/?id={self.case_id}"

    def opens(self, username: str, address: str = "") -> bool:
        """Whether somebody may open the page of the case (or another)."""
        return self.who(username).client.get(address or self.page).status_code == 200

    def may_open(self, *usernames: str) -> list[str]:
        """Those of them who may open the page of the case."""
        return [name for name in usernames if self.opens(name)]

    def timeline(self) -> list[tuple[str, str]]:
        """(day, what) of everything that happened to the case."""
        with self.stored() as session:
            events = session.scalars(select(CaseEvent).where(CaseEvent.case_id == self.case_id).order_by(CaseEvent.number))
            return [(f"{e.happened_at.astimezone(LOCAL):%m-%d}", e.label) for e in events]

    def clocks(self) -> dict[str, tuple[str, str]]:
        """{name: (last day, state)} of the periods of the case; of two of one name the later."""
        with self.stored() as session:
            found = session.scalars(select(Clock).where(Clock.case_id == self.case_id).order_by(Clock.due_on, Clock.id))
            return {c.name: (f"{c.due_on}", c.state.label) for c in found}

    def case(self) -> Case:
        with self.stored() as session:
            return session.scalar(select(Case).where(Case.id == self.case_id))

    def parties(self) -> list[CaseParty]:
        with self.stored() as session:
            return session.scalars(select(CaseParty).where(CaseParty.case_id == self.case_id).order_by(CaseParty.id)).all()

    def waiting(self, username: str) -> str:
        """What the first page of somebody says."""
        return self.who(username).open("/admin/").text

    def one(self, entity: type, *conditions) -> Any:
        """The newest row of an entity that fits."""
        with self.stored() as session:
            return session.scalars(select(entity).where(*conditions).order_by(entity.id.desc())).first()

    def in_tray(self, *kinds: str) -> list[tuple[str, str]]:
        """(title, last day) of what waits in in-trays now, of these kinds."""
        with self.stored() as session:
            rows = session.scalars(select(Todo).where(Todo.settled_at.is_(None), Todo.kind.in_(kinds)).order_by(Todo.put_at))
            return [(row.title, f"{row.due_on}") for row in rows]


def details(row) -> str:
    """The address of a record's page."""
    return f"/admin/{type(row).slug().replace('_', '-')}/details/?id={row.id}"


def refusals(page: Page) -> list[str]:
    """What a page says is wrong, for the message of a failed test."""
    found = re.findall(r'class="[^"]*(?:error|alert)[^"]*"[^>]*>(.*?)</(?:p|div|ul|section)', page.html, re.S)
    return [re.sub(r"<[^>]+>|\s+", " ", words).strip() for words in found] or [page.text[:600]]


def code_at_the_door(session: Session, world: World) -> str:
    """The code at an entrance of the eastern neighbourhood; gives its token."""
    code = DoorCode(
        place="东里花园3栋入口", kind=CodePlace.ENTRANCE, area_id=world.east_neighborhood.id, token=door_codes.new_token(),
        issued_at=session.info["now"], is_active=True,
    )  # fmt: skip
    session.add(code)
    session.flush()
    return code.token


def telling(moment: datetime) -> SimpleNamespace:
    """Stands in for `datetime` where the console reads its one clock."""
    return SimpleNamespace(now=lambda tz: moment.astimezone(tz))
