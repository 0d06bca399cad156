"""A small invented sub-district for tests: two communities with all that a case needs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from zlib import crc32

from sqlalchemy import Connection, inspect, select
from sqlalchemy.orm import Session

from models.area import Area
from models.case import Case, CaseParty
from models.case_codes import DeclineReason, NoticeChannel, OnsiteReason, PetitionPurpose
from models.codes import (
    AreaKind, CaseKind, CaseOutcome, ChiefKind, CommitteeKind, CommitteePost, Employment, Gender, PartyRole, Tier,
    UnitKind,
)  # fmt: skip
from models.department import Unit
from models.dictionary import DictItem
from models.household import Household
from models.mediation import Committee, Lawyer, Mediator
from models.neighbor import Chief
from models.term import Term
from models.codes import TermUnit
from models.user import Role, User
from models.worker import Staff


WORLD = "world"


@dataclass
class World:
    """The rows a test is likely to name."""

    root: Area
    east: Area
    west: Area
    east_neighborhood: Area
    west_neighborhood: Area
    east_household: Household
    west_household: Household
    justice: Unit
    east_unit: Unit
    leader: Staff
    clerk: Staff
    mediator: Mediator
    part_timer: Mediator
    lawyer: Lawyer
    second_lawyer: Lawyer


def _area(session: Session, kind: AreaKind, name: str, code: str, parent: Area | None) -> Area:
    full = name if parent is None or parent.kind is AreaKind.SUBDISTRICT else f"{parent.full_name}/{name}"
    area = Area(kind=kind, name=name, code=code, full_name=full, parent_id=parent and parent.id)
    session.add(area)
    session.flush()
    return area


def build_dictionary(session: Session) -> None:
    """The dictionary items and terms that cases need, as far as they are not there yet."""
    items = [
        ("dictionary", "dictionary", "字典目录", None), ("dictionary", "dispute_category", "纠纷类别", None),
        ("dictionary", "channel", "来源渠道", None), ("dictionary", "relation", "与户主关系", None),
        ("dictionary", "roster", "可加字段的名册", None), ("roster", "case", "案件", None), ("roster", "household", "住户", None),
        ("dispute_category", "02", "邻里", None), ("dispute_category", "02.01", "相邻用水排水", "dispute_category:02"),
        ("dispute_category", "10", "拖欠农民工工资", None), ("channel", "window", "综合治理窗口", None),
        ("channel", "qr", "诉求码", None), ("dictionary", "root_cause", "问题根源", None),
        ("root_cause", "facility", "设施老化", None), ("relation", "child", "子女", None),
        ("dictionary", "visit_duty", "走访事项", None), ("visit_duty", "talk", "走访交流", None),
        ("channel", "neighbor_chief", "邻长上报", None),
    ]  # fmt: skip
    there = set(session.connection().scalars(select(DictItem.__table__.c.id)))
    session.add_all(
        DictItem(id=f"{dictionary}:{code}", dictionary=f"dictionary:{dictionary}", code=code, name=name, parent_key=parent)
        for dictionary, code, name, parent in items if f"{dictionary}:{code}" not in there
    )
    session.flush()
    terms = [
        ("divert", "分流调解反馈", 5, TermUnit.WORKDAY), ("tj_mediate", "人民调解", 1, TermUnit.MONTH),
        ("xf_handle", "信访事项办结", 60, TermUnit.DAY), ("xf_notice_direct", "书面告知", 15, TermUnit.DAY),
        ("consult", "会商调解", 10, TermUnit.WORKDAY), ("joint", "联合调解", 30, TermUnit.DAY),
        ("whistle", "部门报到", 1, TermUnit.WORKDAY),
        ("whistle_handle", "报到后处置", 5, TermUnit.WORKDAY), ("urge_answer", "催办答复", 2, TermUnit.WORKDAY),
        ("supervision_reply", "督办回复", 3, TermUnit.WORKDAY), ("grid_yellow_accept", "黄牌（受理、报到环节）", 1, TermUnit.WORKDAY),
        ("grid_red_accept", "红牌（受理、报到环节）", 2, TermUnit.WORKDAY), ("grid_yellow_handle", "黄牌（办理环节）", 5, TermUnit.WORKDAY),
        ("grid_red_handle", "红牌（办理环节）", 10, TermUnit.WORKDAY),
        ("follow_up", "办结回访", 3, TermUnit.WORKDAY), ("tj_confirm_apply", "申请司法确认", 30, TermUnit.DAY),
    ]  # fmt: skip
    there = set(session.connection().scalars(select(Term.__table__.c.id)))
    session.add_all(
        Term(
            id=key, name=name, starts="受理", length=length, unit=unit, source="测试",
            extend_length={"xf_handle": 30, "consult": 10}.get(key, 0), is_statutory=key.startswith(("xf", "tj")),
        )
        for key, name, length, unit in terms if key not in there
    )
    session.flush()


def build_world(session: Session) -> World:
    """The small sub-district in a session bound to a system actor of 430181002: found where it stands, else built."""
    ready = session.connection().info.get(WORLD)
    if ready is not None:
        return World(**{name: session.get(entity, key) for name, (entity, key) in ready.items()})
    return _built(session)


def keep_world(connection: Connection, world: World) -> None:
    """Let `build_world` find these rows on this connection from now on."""
    rows = {f.name: getattr(world, f.name) for f in fields(world)}
    connection.info[WORLD] = {name: (type(row), inspect(row).identity) for name, row in rows.items()}


def _built(session: Session) -> World:
    build_dictionary(session)
    root = _area(session, AreaKind.SUBDISTRICT, "集里街道", "430181002", None)
    found = {}
    for side, name, number in (("east", "东里社区", "001"), ("west", "西里社区", "002")):
        community = _area(session, AreaKind.COMMUNITY, name, f"430181002{number}", root)
        sector = _area(session, AreaKind.SECTOR, "第1片", f"{community.code}.001", community)
        group = _area(session, AreaKind.GROUP, "第1组", f"{sector.code}.001", sector)
        near = _area(session, AreaKind.NEIGHBORHOOD, "第1邻", f"{group.code}.001", group)
        home = Household(
            household_no=f"H{number}", head_name="甲某某" if side == "east" else "乙某某", mobile="13800000001",
            neighborhood_id=near.id, address=f"{name}1号",
        )  # fmt: skip
        session.add(home)
        found |= {side: community, f"{side}_neighborhood": near, f"{side}_household": home}
    justice = Unit(name="司法所", kind=UnitKind.FUNCTIONAL)
    east_unit = Unit(name="东里社区居委会", kind=UnitKind.COMMUNITY, area_id=found["east"].id)
    committee = Committee(name="东里社区人民调解委员会", kind=CommitteeKind.COMMUNITY, area_id=found["east"].id)
    session.add_all([justice, east_unit, committee])
    session.flush()
    people = {
        "leader": Staff(name="丙领导", is_leader=True, post="副主任", mobile="13800000011"),
        "clerk": Staff(name="丁干部", unit_id=justice.id, mobile="13800000012"),
        "mediator": Mediator(
            name="戊调解", committee_id=committee.id, employment=Employment.DEDICATED, skills="邻里",
            committee_post=CommitteePost.DIRECTOR, gender=Gender.FEMALE, mobile="13800000013",
        ),
        "part_timer": Mediator(
            name="己兼职", committee_id=committee.id, employment=Employment.PART_TIME, mobile="13800000014"
        ),
        "lawyer": Lawyer(name="庚律师", firm="测试律师事务所", mobile="13800000015"),
        "second_lawyer": Lawyer(name="辛律师", firm="测试律师事务所", mobile="13800000016"),
    }  # fmt: skip
    session.add_all(people.values())
    session.flush()
    return World(root=root, justice=justice, east_unit=east_unit, **found, **people)


def build_chief(session: Session, area: Area, name: str = "壬邻长") -> Chief:
    chief = Chief(
        name=name, kind=ChiefKind(area.kind.value), area_id=area.id, mobile="13800000021", started_on=date(2025, 1, 1)
    )
    session.add(chief)
    session.flush()
    return chief


def case_facts(world: World, **changes) -> dict:
    """Facts that make a valid neighbours' dispute in the eastern community."""
    facts = {
        "subject": "楼上漏水引发的邻里纠纷", "kind": CaseKind.DISPUTE, "category": "dispute_category:02",
        "channel": "channel:window", "summary": "楼上卫生间漏水，楼下顶棚发霉，双方协商未成。",
        "area_id": world.east_neighborhood.id, "household_id": world.east_household.id,
        "received_on": date(2026, 3, 2), "onsite_reason": OnsiteReason.NEEDS_UNIT,
    }  # fmt: skip
    if changes.get("kind") is CaseKind.PETITION:
        facts["purpose"] = PetitionPurpose.ADVICE
    return facts | changes


def closing(**changes) -> dict:
    """Complete answers to the step that closes a case."""
    return {
        "outcome": CaseOutcome.RESOLVED, "result": "楼上修好防水，双方签字", "root_cause": "root_cause:facility",
        "tier": Tier.COMMUNITY, "is_informed": True, "informed_how": NoticeChannel.FACE,
    } | changes  # fmt: skip


def declining(**changes) -> dict:
    """Complete answers to the step that does not take a case up."""
    return {
        "decline_reason": DeclineReason.LEGAL_ROUTE, "reason": "不属受理范围，请向人民法院起诉",
        "informed_how": NoticeChannel.FACE,
    } | changes  # fmt: skip


def party(name: str = "甲某某", role: PartyRole = PartyRole.APPLICANT, mobile: str | None = "13800000001") -> dict:
    return {"name": name, "role": role, "mobile": mobile}


def called(username: str) -> str:
    """The name of a built user: no Latin letters, which a page would have to explain."""
    return f"用户{crc32(username.encode()) % 10_000:04d}"


def build_user(session: Session, username: str, permissions: list[str], **facts) -> User:
    role = Role(code=f"role_{username}", name=f"{called(username)}的角色", permissions=permissions)
    session.add(role)
    session.flush()
    user = User(
        username=username, name=called(username), role_id=role.id, subdistrict_id="430181002",
        password_hash="-", must_change_password=False, **facts,
    )  # fmt: skip
    session.add(user)
    session.flush()
    return user


def raw_case(session: Session, world: World, **changes) -> Case:
    """A registered case written past the flow, for tests of the tables themselves."""
    number = changes.pop("case_no", "测〔2026〕00001号")
    case = Case(case_no=number, registered_at=session.info["now"], **case_facts(world, **changes))
    session.add(case)
    session.flush()
    return case


def raw_party(session: Session, case: Case, **facts) -> CaseParty:
    row = CaseParty(case_id=case.id, **(party() | facts))
    session.add(row)
    session.flush()
    return row
