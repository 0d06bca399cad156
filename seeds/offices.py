"""Those who work for a sub-district: staff, committees and mediators, lawyers, rota, agreements."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from models import uuid7
from models.agreement import ResponsibilityAgreement, ResponsibilityGoal
from models.codes import (
    AgreementStatus, AreaKind, CommitteeKind, CommitteePost, Employment, Gender, UnitKind, WorkerKind,
)  # fmt: skip
from models.department import DutyDay, Unit
from models.division import Division
from models.mediation import Committee, Counsellor, Lawyer, Mediator
from models.worker import Staff
from services.keeping import audit

from .base import put
from .people import People

MODEL_COMMUNITIES = 15
MEDIATORS, STREET_MEDIATORS, LAWYERS = 108, 12, 6
DUTY_DAYS = 60
UNSIGNED = 4
_LEADER_POSTS = (
    "党工委书记", "党工委副书记、办事处主任", "人大工委主任", "党工委副书记、政法委员", "纪工委书记", "党工委委员、副主任",
    "党工委委员、武装部长", "副主任", "副主任",
)  # fmt: skip
_UNIT_POSTS = ("主任", "副主任", "信访联络员")
_COMMUNITY_POSTS = ("党总支书记", "综治专干", "民政专干")
_SKILLS = (
    "邻里",
    "婚姻家庭",
    "物业",
    "损害赔偿",
    "合同",
    "房屋宅基地",
    "山林土地",
    "征地拆迁",
    "拖欠农民工工资",
    "环境污染",
)
_GOALS = (
    ("初信初访一次性化解率达到90%以上", "已办结事项逐件回访，按季统计通报"),
    ("矛盾纠纷每月排查不少于两次并建立台账", "台账按月更新，已报平安法治办公室"),
    ("信访积案全部落实包案领导和化解方案", "积案均已明确包案人和时限"),
    ("每季度至少开展一次法治宣传进社区活动", "已开展现场宣讲，发放资料"),
    ("交办事项按期反馈率达到100%", "交办事项均在期限内反馈"),
    ("邻长每月走访联系户一遍", "走访记录已录入平台"),
    ("群众工作站工作日有人值守、来访有登记", "值守排班和登记簿齐全"),
)


@dataclass
class Offices:
    """Rows of those who handle matters, for the year of cases to choose from."""

    units: dict[str, str]
    community_units: dict[str, str]
    leaders: list[dict]
    staff: dict[str, list[dict]]
    mediators: dict[str, list[dict]]
    lawyers: list[dict]


def build_offices(
    session: Session, rng: random.Random, people: People, communities: list[dict], today: date
) -> Offices:
    """Write all who work for the sub-district; its units must be there."""
    own = session.execute(select(Unit.id, Unit.name, Unit.kind, Unit.area_id).order_by(Unit.name)).all()
    leaders, staff = _staff(people, own)
    committees, mediators = _committees(session, rng, people, communities, own, today)
    lawyers = _lawyers(rng, people, communities)
    put(session, Staff, leaders + [person for of_unit in staff.values() for person in of_unit])
    _name_contacts(session, people, staff)
    put(session, Committee, committees)
    put(session, Mediator, [person for on_committee in mediators.values() for person in on_committee])
    put(session, Lawyer, lawyers)
    put(session, Counsellor, [_counsellor(session, people)])
    put(session, DutyDay, _rota(rng, leaders, staff, own, today))
    agreements, goals = _agreements(rng, leaders, staff, own, today)
    put(session, ResponsibilityAgreement, agreements)
    put(session, ResponsibilityGoal, goals)
    code_of = {c["id"]: c["code"] for c in communities}
    return Offices(
        {unit.name: unit.id for unit in own},
        {code_of[unit.area_id]: unit.id for unit in own if unit.area_id},
        leaders, staff, mediators, lawyers,
    )  # fmt: skip


def _worker(
    people: People, kind: WorkerKind, unit_id: str | None, gender: Gender | None = None, **facts
) -> dict:
    person = people.person(gender)
    return {
        "id": uuid7(), "kind": kind, "name": person.name, "gender": person.gender, "mobile": person.mobile,
        "unit_id": unit_id, "skills": None, "is_active": True, **facts,
    }  # fmt: skip


def _staff(people: People, own) -> tuple[list[dict], dict[str, list[dict]]]:
    """The leaders, and three people of every unit that is the sub-district's own."""
    office = next(unit.id for unit in own if "党政" in unit.name)
    leaders = [_worker(people, WorkerKind.STAFF, office, post=post, is_leader=True) for post in _LEADER_POSTS]
    staff = {}
    for unit in own:
        if unit.kind is UnitKind.EXTERNAL:
            continue
        posts = _COMMUNITY_POSTS if unit.kind is UnitKind.COMMUNITY else _UNIT_POSTS
        staff[unit.id] = [
            _worker(people, WorkerKind.STAFF, unit.id, post=post, is_leader=False) for post in posts
        ]
    return leaders, staff


def _name_contacts(session: Session, people: People, staff: dict[str, list[dict]]) -> None:
    """The last of a unit's people is the one to call."""
    units = Unit.__table__
    found = [
        {"key": unit, "who": persons[-1]["name"], "number": people.landline()}
        for unit, persons in staff.items()
    ]
    session.connection().execute(
        update(units)
        .where(units.c.subdistrict_id == session.info["actor"].subdistrict_id, units.c.id == bindparam("key"))
        .values(contact_name=bindparam("who"), phone=bindparam("number")),
        found,
    )
    audit.bulk(session, Unit, f"初始化写入联络员和电话{len(found)}条", len(found))


# ---- mediation -----------------------------------------------------------------------


def _committees(session, rng, people: People, communities: list[dict], own, today: date):
    here = session.get(Division, session.info["actor"].subdistrict_id).name
    began = date(today.year - 1, 6, 18)
    rows, mediators = [], {}
    share = len(communities) / MODEL_COMMUNITIES
    total = max(round(MEDIATORS * share), STREET_MEDIATORS + 4 * len(communities))
    rest = divmod(total - STREET_MEDIATORS, len(communities))
    justice = next(unit.id for unit in own if unit.name.endswith("司法所"))
    unit_of = {unit.area_id: unit.id for unit in own if unit.area_id}
    seats = [(None, f"{here}人民调解委员会", CommitteeKind.SUBDISTRICT, STREET_MEDIATORS, justice)]
    for i, area in enumerate(communities):
        kind = CommitteeKind.VILLAGE if area["kind"] is AreaKind.VILLAGE else CommitteeKind.COMMUNITY
        name = f"{here}{area['name']}人民调解委员会"
        seats.append((area, name, kind, rest[0] + (i < rest[1]), unit_of[area["id"]]))
    for area, name, kind, count, unit in seats:
        committee = {
            "id": uuid7(), "name": name, "kind": kind, "area_id": (area or {"id": communities[0]["parent_id"]})["id"],
            "address": f"{area['name'] if area else here}人民调解室", "phone": people.landline(),
            "started_on": began, "ends_on": began.replace(year=began.year + 3), "is_active": True,
        }  # fmt: skip
        rows.append(committee)
        mediators[area["code"] if area else ""] = [
            _mediator(rng, people, committee, unit, nth, is_street=area is None) for nth in range(count)
        ]
    return rows, mediators


_POSTS = (
    CommitteePost.DIRECTOR,
    CommitteePost.DEPUTY,
    CommitteePost.MEMBER,
    CommitteePost.MEMBER,
    CommitteePost.MEMBER,
)


def _mediator(rng, people: People, committee: dict, unit: str, nth: int, *, is_street: bool) -> dict:
    """The first five are the committee (one director, a woman as deputy), the others appointed by it."""
    if is_street:
        employment = Employment.DEDICATED if nth < STREET_MEDIATORS // 2 else Employment.FULL_TIME
    else:
        employment = Employment.FULL_TIME if nth == 1 else Employment.PART_TIME
    return _worker(
        people, WorkerKind.MEDIATOR, unit, Gender.FEMALE if nth == 1 else None,
        committee_id=committee["id"], employment=employment,
        committee_post=_POSTS[nth] if nth < len(_POSTS) else CommitteePost.MEDIATOR,
        appointed_on=committee["started_on"], term_ends_on=committee["ends_on"],
    ) | {"skills": "、".join(rng.sample(_SKILLS, 2))}  # fmt: skip


def _lawyers(rng: random.Random, people: People, communities: list[dict]) -> list[dict]:
    count = max(4, round(LAWYERS * len(communities) / MODEL_COMMUNITIES))
    return [
        _worker(
            people, WorkerKind.LAWYER, None, firm=f"湖南某{'正衡法信诚'[n % 5]}律师事务所", licence_no=f"示例{n + 1:04d}"
        ) | {"skills": "、".join(rng.sample(_SKILLS, 2))}
        for n in range(count)
    ]  # fmt: skip


def _counsellor(session: Session, people: People) -> dict:
    """集里街道 has a studio of its own (S071); elsewhere the place lends its name."""
    here = session.get(Division, session.info["actor"].subdistrict_id)
    studio = "道吾山融冰心理咨询工作室" if here.short_name == "集里" else f"{here.short_name}心理咨询工作室"
    return _worker(people, WorkerKind.COUNSELLOR, None, studio=studio, certificate_no="示例0001")


# ---- responsibility ------------------------------------------------------------------


def _rota(rng: random.Random, leaders, staff, own, today: date) -> list[dict]:
    """Leaders take turns, half of the days behind us and half ahead."""
    offices = [p for unit in own if unit.kind is UnitKind.OFFICE for p in staff[unit.id]]
    first = today - timedelta(days=DUTY_DAYS // 2)
    return [
        {
            "id": uuid7(), "duty_on": first + timedelta(days=n), "leader_id": leaders[n % len(leaders)]["id"],
            "deputy_id": rng.choice(offices)["id"], "note": None,
        }
        for n in range(DUTY_DAYS)
    ]  # fmt: skip


def _agreements(rng: random.Random, leaders, staff, own, today: date) -> tuple[list[dict], list[dict]]:
    """One agreement of this year with each own unit; a few are not signed yet."""
    inside = [unit for unit in own if unit.kind is not UnitKind.EXTERNAL]
    unsigned = {unit.id for unit in rng.sample(inside, min(UNSIGNED, len(inside)))}
    agreements, goals = [], []
    for unit in inside:
        head, *others = staff[unit.id]
        signed_on = date(today.year, 1, 5) + timedelta(days=rng.randrange(80))
        is_signed = unit.id not in unsigned and signed_on <= today
        agreement = {
            "id": uuid7(), "year": today.year, "unit_id": unit.id, "title": f"{today.year}年度信访工作责任书",
            "party_a_id": leaders[1]["id"], "party_b_id": head["id"] if is_signed else None,
            "due_on": date(today.year, 3, 31), "signed_on": signed_on if is_signed else None,
            "status": AgreementStatus.SIGNED if is_signed else AgreementStatus.DRAFT, "note": None,
        }  # fmt: skip
        agreements.append(agreement)
        for content, evidence in rng.sample(_GOALS, rng.choice((2, 3))):
            goals.append(_goal(rng, agreement, rng.choice([head, *others]), content, evidence, today))
    return agreements, goals


def _goal(rng: random.Random, agreement: dict, owner: dict, content: str, evidence: str, today: date) -> dict:
    passed = (today.timetuple().tm_yday * 100) // 366
    progress = min(100, max(0, passed + rng.randint(-25, 15)) // 10 * 10) if agreement["signed_on"] else 0
    return {
        "id": uuid7(), "agreement_id": agreement["id"], "content": content, "owner_id": owner["id"],
        "due_on": rng.choice((date(today.year, 6, 30), date(today.year, 11, 30), date(today.year, 12, 31))),
        "progress": progress, "evidence": evidence if progress else None,
    }  # fmt: skip
