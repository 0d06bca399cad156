"""One sub-district at real size: its real communities, invented people.

集里街道 has 15 communities and villages, 114 sectors, 444 groups, 3,618 neighbourhoods, 169
residential areas, 16 mediation committees and 108 mediators; any other gets its share by the
number of its communities. Rows are written in bulk, in the order that foreign keys ask for.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import uuid7
from models.area import Area
from models.codes import AreaKind, ChiefKind, Gender, HouseholdUse, SelectionMethod, UnitKind
from models.counter import Counter
from models.department import Unit
from models.division import Division
from models.household import Household, HouseholdMember
from models.neighbor import Chief
from models.residence import Building, ResidentialArea

from .base import put
from .offices import MODEL_COMMUNITIES, Offices, build_offices
from .people import People, Person, gender_of

SECTORS, GROUPS, NEIGHBORHOODS, ESTATES = 114, 444, 3618, 169
NEWCOMERS = 40  # households moved in lately that no neighbourhood has yet
_SIZES = (5, 8, 10, 11, 12, 13, 14, 15)  # households of a neighbourhood (R12), 12.9 on average
_SIZE_WEIGHTS = (1, 1, 5, 9, 19, 26, 23, 16)
_ESTATE_FIRST = "松竹桂枫柏梅兰荷菊槐樟桐柳橘茶云月星溪泉"
_ESTATE_SECOND = "鹤涛影岭苑溪湾堤岚屏坪谷塘阁台"
_COMPANIES = "安和顺诚信达康祥瑞恒"


@dataclass
class Place:
    """One residential area with what is needed to fill it with households."""

    row: dict
    is_urban: bool
    buildings: list[dict] = field(default_factory=list)
    floors: int = 0


@dataclass
class Street:
    """The rows that a year of cases refers to, by roster."""

    code: str
    communities: list[dict]
    neighborhoods: list[dict]
    households: list[dict]
    estates: dict[str, Place]
    offices: Offices
    people: People


def build_street(session: Session, today: date, seed: int = 1) -> Street:
    """Fill the session's sub-district, which has its departments and the root of the tree only."""
    code = session.info["actor"].subdistrict_id
    rng = random.Random(f"street {code} {seed}")
    people = People(rng, offset=int(code[-3:]) * 400_000)
    root = session.scalar(select(Area.id).where(Area.code == code))
    tree = _tree(session, rng, code, root)
    places = _places(rng, people, tree)
    households = _households(rng, people, tree[AreaKind.NEIGHBORHOOD], places)
    chiefs = _chiefs(rng, people, tree, households, today)
    members = _members(rng, people, households, today)

    for kind in (AreaKind.COMMUNITY, AreaKind.SECTOR, AreaKind.GROUP, AreaKind.NEIGHBORHOOD):
        put(session, Area, tree[kind])
    estates = [place for of_community in places.values() for place in of_community]
    put(session, ResidentialArea, [place.row for place in estates])
    put(session, Building, [building for place in estates for building in place.buildings])
    put(session, Household, households)
    put(session, Counter, [{"id": uuid7(), "purpose": "household", "year": 0, "value": len(households)}])
    put(session, HouseholdMember, members)
    put(session, Chief, chiefs)
    communities = tree[AreaKind.COMMUNITY]
    put(session, Unit, _community_units(communities))
    offices = build_offices(session, rng, people, communities, today)
    return Street(
        code, communities, tree[AreaKind.NEIGHBORHOOD], households,
        {place.row["id"]: place for place in estates}, offices, people,
    )  # fmt: skip


def apportion(total: int, weights: list[float]) -> list[int]:
    """Whole parts of a total in proportion to the weights, each at least 1."""
    spare = total - len(weights)
    exact = [spare * weight / sum(weights) for weight in weights]
    parts = [int(part) for part in exact]
    by_rest = sorted(range(len(weights)), key=lambda i: parts[i] - exact[i])
    for i in by_rest[: spare - sum(parts)]:
        parts[i] += 1
    return [part + 1 for part in parts]


# ---- the tree ------------------------------------------------------------------------


def _tree(session: Session, rng: random.Random, code: str, root: str) -> dict[AreaKind, list[dict]]:
    divisions = session.execute(
        select(Division.code, Division.name).where(Division.parent_code == code).order_by(Division.code)
    ).all()
    communities = [
        _area(AreaKind.VILLAGE if name.endswith("村") else AreaKind.COMMUNITY, name, number, root, name)
        | {"division_code": number}
        for number, name in divisions
    ]
    share = len(communities) / MODEL_COMMUNITIES
    weights = [rng.uniform(0.8, 1.2) * (1.5 if c["kind"] is AreaKind.COMMUNITY else 1) for c in communities]
    sectors = _below(communities, AreaKind.SECTOR, "片", apportion(round(SECTORS * share), weights))
    groups = _below(sectors, AreaKind.GROUP, "组", _evenly(rng, round(GROUPS * share), len(sectors)))
    nears = _below(
        groups, AreaKind.NEIGHBORHOOD, "邻", _evenly(rng, round(NEIGHBORHOODS * share), len(groups))
    )
    return {
        AreaKind.COMMUNITY: communities, AreaKind.SECTOR: sectors, AreaKind.GROUP: groups,
        AreaKind.NEIGHBORHOOD: nears,
    }  # fmt: skip


def _evenly(rng: random.Random, total: int, count: int) -> list[int]:
    return apportion(total, [rng.uniform(0.8, 1.2) for _ in range(count)])


def _area(kind: AreaKind, name: str, code: str, parent: str, full_name: str) -> dict:
    return {
        "id": uuid7(), "kind": kind, "name": name, "code": code, "parent_id": parent, "full_name": full_name,
        "division_code": None, "extent": None,
    }  # fmt: skip


def _below(parents: list[dict], kind: AreaKind, word: str, counts: list[int]) -> list[dict]:
    rows = []
    for parent, count in zip(parents, counts, strict=True):
        for n in range(1, count + 1):
            name, code = f"第{n}{word}", f"{parent['code']}.{n:03d}"
            rows.append(_area(kind, name, code, parent["id"], f"{parent['full_name']}/{name}"))
    return rows


def community_code(area: dict) -> str:
    """The 12-digit code of the community an area lies in."""
    return area["code"][:12]


# ---- where people live ---------------------------------------------------------------


def _places(rng: random.Random, people: People, tree) -> dict[str, list[Place]]:
    """Residential areas by community; villages are mostly hamlets (屋场) without buildings."""
    nears = tree[AreaKind.NEIGHBORHOOD]
    communities = tree[AreaKind.COMMUNITY]
    sizes = {c["code"]: 0 for c in communities}
    for near in nears:
        sizes[community_code(near)] += 1
    share = len(communities) / MODEL_COMMUNITIES
    counts = apportion(round(ESTATES * share), [sizes[c["code"]] for c in communities])
    names = [a + b for a in _ESTATE_FIRST for b in _ESTATE_SECOND]
    rng.shuffle(names)
    found = {}
    for community, count in zip(communities, counts, strict=True):
        found[community["code"]] = [_place(rng, people, community, names) for _ in range(count)]
    return found


def _place(rng: random.Random, people: People, community: dict, names: list[str]) -> Place:
    is_urban = community["kind"] is AreaKind.COMMUNITY or rng.random() < 0.25
    name = names.pop()
    if community["kind"] is AreaKind.VILLAGE:
        name += "安置小区" if is_urban else "屋场"
    else:
        name += rng.choice(("小区", "小区", "花园", "家园", "公寓"))
    row = {
        "id": uuid7(), "name": name, "area_id": community["id"], "address": f"{community['name']}{name}",
        "property_company": f"某{rng.choice(_COMPANIES)}物业服务有限公司" if is_urban else None,
        "property_contact": people.name(Gender.MALE) if is_urban else None,
        "property_phone": people.landline() if is_urban else None, "building_count": 0,
    }  # fmt: skip
    return Place(row, is_urban, floors=rng.choice((6, 6, 7, 11, 18)) if is_urban else 0)


def _next_door(place: Place, number: int) -> dict:
    """Where the household with this number in a residential area lives; adds buildings as needed."""
    name = place.row["name"]
    if not place.is_urban:
        return {"building_id": None, "unit_no": None, "floor_no": None, "room_no": None,
                "address": f"{name}{number + 1}号"}  # fmt: skip
    index, rest = divmod(number, place.floors * 4)
    if index == len(place.buildings):
        place.buildings.append({
            "id": uuid7(), "residential_area_id": place.row["id"], "name": f"{index + 1}栋",
            "floor_count": place.floors, "unit_count": 2, "is_elevator": place.floors > 7, "note": None,
        })  # fmt: skip
        place.row["building_count"] = index + 1
    building = place.buildings[index]
    unit, rest = divmod(rest, place.floors * 2)
    floor, door = divmod(rest, 2)
    room = f"{floor + 1}{door + 1:02d}"
    return {
        "building_id": building["id"], "unit_no": f"{unit + 1}单元", "floor_no": floor + 1, "room_no": room,
        "address": f"{name}{building['name']}{unit + 1}单元{room}室",
    }  # fmt: skip


def _households(
    rng: random.Random, people: People, nears: list[dict], places: dict[str, list[Place]]
) -> list[dict]:
    """Neighbourhood after neighbourhood, filling the residential areas of its community in order."""
    rows: list[dict] = []
    taken: dict[str, int] = {}
    for community, inside in _by_community(nears).items():
        here = places[community]
        for i, near in enumerate(inside):
            place = here[i * len(here) // len(inside)]
            for _ in range(rng.choices(_SIZES, _SIZE_WEIGHTS)[0]):
                rows.append(_household(rng, people, near["id"], place, taken, len(rows) + 1))
    urban = [place for of_community in places.values() for place in of_community if place.is_urban]
    for _ in range(NEWCOMERS):
        rows.append(_household(rng, people, None, rng.choice(urban), taken, len(rows) + 1))
        rows[-1]["note"] = "新入住，待归邻"
    return rows


def _by_community(nears: list[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for near in nears:
        found.setdefault(community_code(near), []).append(near)
    return found


def _household(
    rng: random.Random, people: People, near: str | None, place: Place, taken: dict[str, int], number: int
) -> dict:
    head = people.person(Gender.MALE if rng.random() < 0.7 else Gender.FEMALE)
    home = place.row["id"]
    nth = taken.get(home, 0)
    taken[home] = nth + 1
    use = rng.choices((HouseholdUse.OWNER, HouseholdUse.RENTED, HouseholdUse.VACANT), (80, 14, 6))[0]
    is_vacant = use is HouseholdUse.VACANT
    return {
        "id": uuid7(), "household_no": f"H{number:07d}", "head_name": head.name,
        "mobile": head.mobile if rng.random() < 0.94 else None,
        "head_id_number": people.id_number(head.gender) if rng.random() < 0.002 else None,
        "neighborhood_id": near, "residential_area_id": home, **_next_door(place, nth), "use": use,
        "member_count": 0 if is_vacant else rng.choices((1, 2, 3, 4, 5, 6), (10, 24, 30, 20, 12, 4))[0],
        "note": None,
    }  # fmt: skip


# ---- who lives there and who serves --------------------------------------------------


def _members(rng: random.Random, people: People, households: list[dict], today: date) -> list[dict]:
    """Members of about a third of the households, those that have been visited."""
    rows = []
    for household in households:
        if household["member_count"] < 2 or rng.random() > 0.35:
            continue
        born = today.year - rng.randint(30, 68)
        relations = ["spouse", "child", "child", "parent", "parent"][: household["member_count"] - 1]
        used = {household["head_name"]}
        for relation in relations:
            member = _member(rng, people, household, relation, born)
            if member["name"] not in used:
                used.add(member["name"])
                rows.append(member)
    return rows


def _member(rng: random.Random, people: People, household: dict, relation: str, born: int) -> dict:
    gender, surname = rng.choice((Gender.FEMALE, Gender.MALE)), household["head_name"][0]
    if relation == "spouse":
        is_wife = gender_of(household["head_name"]) is Gender.MALE
        gender, surname = Gender.FEMALE if is_wife else Gender.MALE, None
    low, high = {"spouse": (-4, 4), "child": (23, 30), "parent": (-29, -22)}[relation]
    return {
        "id": uuid7(), "household_id": household["id"], "name": people.name(gender, surname),
        "relation": f"relation:{relation}", "gender": gender, "birth_year": born + rng.randint(low, high),
        "mobile": people.mobile() if relation == "spouse" and rng.random() < 0.4 else None,
    }  # fmt: skip


_FORMER = 36


def _chiefs(rng: random.Random, people: People, tree, households: list[dict], today: date) -> list[dict]:
    """One chief in office for every sector, group and neighbourhood; some who served before.

    A neighbour chief is one of the households served: the first with a telephone.
    """
    neighbors: dict[str, Person] = {}
    for row in households:
        if row["mobile"] and row["neighborhood_id"] not in neighbors:
            head = row["head_name"]
            neighbors[row["neighborhood_id"]] = Person(head, gender_of(head), row["mobile"])
    began = date(today.year - 1, 3, 15)
    rows = []
    for kind in (AreaKind.SECTOR, AreaKind.GROUP, AreaKind.NEIGHBORHOOD):
        for area in tree[kind]:
            person = neighbors.get(area["id"]) or people.person()
            started = began + timedelta(days=rng.randrange(20))
            rows.append(_chief(rng, area["id"], ChiefKind(kind.value), person, started))
    former = []
    for row in rng.sample(rows, min(_FORMER, len(rows))):
        row["started_on"] = today - timedelta(days=rng.randint(20, 200))
        earlier = _chief(rng, row["area_id"], row["kind"], people.person(), date(today.year - 3, 3, 15))
        former.append(earlier | {
            "ended_on": row["started_on"], "replaced_by_id": row["id"],
            "note": rng.choice(("因外出务工卸任", "因搬迁卸任", "因年龄原因卸任", "因工作变动卸任")),
        })  # fmt: skip
    return rows + former  # those who follow must be there before the rows that point to them


def _chief(rng: random.Random, area_id: str, kind: ChiefKind, person: Person, started: date) -> dict:
    by_election = kind is ChiefKind.NEIGHBORHOOD and rng.random() < 0.85
    return {
        "id": uuid7(), "name": person.name, "kind": kind, "area_id": area_id, "mobile": person.mobile,
        "gender": person.gender, "is_representative": rng.random() < 0.8,
        "is_party_member": rng.random() < 0.35,
        "method": SelectionMethod.ELECTED if by_election else SelectionMethod.APPOINTED,
        "started_on": started, "ended_on": None, "replaced_by_id": None, "is_public": rng.random() < 0.9,
        "note": None,
    }  # fmt: skip


def _community_units(communities: list[dict]) -> list[dict]:
    return [
        {
            "id": uuid7(),
            "name": c["name"] + ("村民委员会" if c["kind"] is AreaKind.VILLAGE else "居民委员会"),
            "kind": UnitKind.COMMUNITY, "area_id": c["id"],
            "duty": "属地责任：办好群众工作站，走访排查，矛盾纠纷就地调处，配合部门办理信访事项",
            "office_hours": "工作日8:30—12:00，14:30—17:30", "is_active": True,
        }
        for c in communities
    ]  # fmt: skip
