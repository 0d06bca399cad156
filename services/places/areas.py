"""The tree of areas: its shape, its counts, and moving households between neighbourhoods (R12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.area import Area
from models.codes import AreaKind
from models.division import Division
from models.household import Household
from models.neighbor import Chief
from models.residence import ResidentialArea

from .. import parameters
from ..keeping import audit, records
from ..access import Actor, Permission
from ..errors import Missing, Refused
from ..rosters import writing

BELOW = {
    AreaKind.SUBDISTRICT: (AreaKind.COMMUNITY, AreaKind.VILLAGE),
    AreaKind.COMMUNITY: (AreaKind.SECTOR,),
    AreaKind.VILLAGE: (AreaKind.SECTOR,),
    AreaKind.SECTOR: (AreaKind.GROUP,),
    AreaKind.GROUP: (AreaKind.NEIGHBORHOOD,),
    AreaKind.NEIGHBORHOOD: (),
}
_COUNTED = (AreaKind.SECTOR, AreaKind.GROUP, AreaKind.NEIGHBORHOOD)
MOST_MOVED = 200


@dataclass(frozen=True)
class Node:
    """One child on the tree page."""

    id: str
    name: str
    kind: str
    chief_name: str | None
    counts: dict[str, int]
    warning: str | None


@dataclass(frozen=True)
class Branch:
    """What the tree page shows of one node: the way to it, what lies below, and the sums."""

    path: list[Area]
    children: list[Node]
    totals: dict[str, int]
    divisions: list[str]


@dataclass(frozen=True)
class Load:
    """One neighbourhood with the number of its households."""

    id: str
    full_name: str
    household_count: int
    chief_name: str | None


@dataclass
class _Counts:
    areas: dict[AreaKind, int] = field(default_factory=dict)
    households: int = 0


@records.before_save(Area)
def _has_its_place(session: Session, area: Area, actor: Actor, now: datetime) -> None:
    """Kind follows the parent; code and full name are made here, and the branch follows a new name."""
    if area.kind is AreaKind.SUBDISTRICT:
        if area.id is None or area.parent_id is not None:
            raise Refused("街道是区域树的顶层，随行政区划建立，不能再新增", field="kind")
        return
    parent = session.get(Area, (actor.subdistrict_id, area.parent_id)) if area.parent_id else None
    if parent is None:
        raise Refused("请选择上级区域", field="parent")
    if area.kind not in BELOW[parent.kind]:
        allowed = "、".join(kind.label for kind in BELOW[parent.kind]) or "任何区域"
        words = f"{parent.kind.label}下面只能建{allowed}" if BELOW[parent.kind] else "邻下面不能再建区域"
        raise Refused(words, field="kind")
    if "/" in (area.name or ""):
        raise Refused("名称里不能有“/”，它用来分隔上下级", field="name")
    if area.code is None:
        area.code = _new_code(session, parent, area.name)
        area.division_code = area.code if parent.kind is AreaKind.SUBDISTRICT else None
    elif not area.code.startswith(f"{parent.code}") or area.code == parent.code:
        raise Refused("区域建好以后不能换上级。请在新上级下新建，再用“联户调整”把住户移过去", field="parent")
    _rename(session, area, parent)


def _new_code(session: Session, parent: Area, name: str) -> str:
    """A community carries its published division code; below it three digits a level."""
    if parent.kind is AreaKind.SUBDISTRICT:
        taken = select(Area.code).where(Area.parent_id == parent.id)
        codes = session.scalars(
            select(Division.code).where(
                Division.parent_code == parent.code, Division.name.startswith(name), Division.code.not_in(taken)
            ).limit(2)
        ).all()  # fmt: skip
        if len(codes) != 1:
            raise Refused("“行政区划”里没有这个村社区，请先在行政区划中登记12位代码，名称须一致", field="name")
        return codes[0]
    last = session.scalar(select(func.max(Area.code)).where(Area.parent_id == parent.id))
    number = int(last.rsplit(".", 1)[1]) + 1 if last else 1
    if number > 999:
        raise Refused(f"{parent.full_name}下面已有999个区域，请在别处新建", field="parent")
    return f"{parent.code}.{number:03d}"


def _rename(session: Session, area: Area, parent: Area) -> None:
    full = area.name if parent.kind is AreaKind.SUBDISTRICT else f"{parent.full_name}/{area.name}"
    same = session.scalar(select(Area.id).where(Area.parent_id == parent.id, Area.name == area.name).limit(1))
    if same not in (None, area.id):
        raise Refused(f"{parent.full_name}下面已有“{area.name}”，请换一个名称", field="name")
    before, area.full_name = area.full_name, full
    if before and before != full:
        changed = session.execute(
            update(Area).where(Area.code.startswith(f"{area.code}.", autoescape=True))
            .values(full_name=full + func.substr(Area.full_name, len(before) + 1))
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if changed.rowcount:
            audit.bulk(session, Area, f"{before}改名为{full}，下级全称随之修改", changed.rowcount)


def communities(session: Session) -> list[tuple[str, str]]:
    """(id, name) of the communities in sight, in the order of the tree."""
    wanted = select(Area.id, Area.name).where(Area.kind.in_((AreaKind.COMMUNITY, AreaKind.VILLAGE))).order_by(Area.code)
    return [(key, name) for key, name in session.execute(wanted)]


def grow(session: Session, rows: Sequence[dict], now: datetime) -> None:
    """Add many areas below communities in a few statements; rows have id, name, kind (stored) and parent_id, parents first.

    The caller has made sure that no sibling has the name; codes and full names are made here.
    """
    for kind in (AreaKind.SECTOR, AreaKind.GROUP, AreaKind.NEIGHBORHOOD):
        level = [row for row in rows if row["kind"] == kind.value]
        parents, last = _above(session, {row["parent_id"] for row in level})
        pending = []
        for row in level:
            parent = parents.get(row["parent_id"])
            if parent is None or kind not in BELOW[parent.kind]:
                raise Refused(f"“{row['name']}”的上级不对，{kind.label}不能建在这里")
            number = last[parent.id] = last.get(parent.id, 0) + 1
            if number > 999:
                raise Refused(f"{parent.full_name}下面已有999个区域，请在别处新建")
            named = {"code": f"{parent.code}.{number:03d}", "full_name": f"{parent.full_name}/{row['name']}"}
            pending.append(writing.begun(session, Area, {**row, **named}, now))
        writing.store(session, Area, pending, now)


def _above(session: Session, ids: set[str]) -> tuple[dict, dict[str, int]]:
    """The areas with these ids, and the last number given below each."""
    parents, last = {}, {}
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        for parent in session.execute(select(Area.id, Area.kind, Area.code, Area.full_name).where(Area.id.in_(some))):
            parents[parent.id] = parent
        for parent_id, code in session.execute(select(Area.parent_id, func.max(Area.code)).where(Area.parent_id.in_(some)).group_by(Area.parent_id)):
            last[parent_id] = int(code.rsplit(".", 1)[1])
    return parents, last


def top(session: Session, actor: Actor) -> Area:
    """Where this person's tree begins: the own branch, else the sub-district."""
    wanted = select(Area).order_by(Area.code).limit(1)
    if actor.is_scoped and actor.area_code:
        wanted = wanted.where(Area.code == actor.area_code)
    found = session.scalar(wanted)
    if found is None:
        raise Missing("还没有区域资料，请先导入或新增区域")
    return found


def steps(session: Session, below: str, actor: Actor, limit: int = 200) -> Sequence[Area]:
    """The areas right below one, by code, to walk the tree; below nothing: the top itself."""
    if not below:
        return [top(session, actor)]
    node = records.find(session, Area, below)
    return session.scalars(select(Area).where(Area.parent_id == node.id).order_by(Area.code).limit(limit)).all()


def branch(session: Session, node: Area, actor: Actor) -> Branch:
    """A node with its children and their sums, in five statements whatever the size."""
    children = session.scalars(select(Area).where(Area.parent_id == node.id).order_by(Area.code)).all()
    chiefs = dict(
        session.execute(
            select(Chief.area_id, Chief.name).join(Chief.area)
            .where(Chief.ended_on.is_(None), Area.parent_id == node.id)
        ).all()
    )  # fmt: skip
    counted = _counts(session, node, children)
    total = counted[node.code]
    return Branch(
        path=_path(session, node),
        children=[
            Node(c.id, c.name, c.kind.label, chiefs.get(c.id), _words(counted[c.code]),
                 load_warning(session, counted[c.code].households) if c.kind is AreaKind.NEIGHBORHOOD else None)
            for c in children
        ],
        totals=_words(total) | _estates(session, node),
        divisions=_divisions(session, node),
    )  # fmt: skip


def _counts(session: Session, node: Area, children: Sequence[Area]) -> dict[str, _Counts]:
    """Areas and households below a node and below each of its children, by code."""
    width = max((len(c.code) for c in children), default=len(node.code))
    found = {a.code: _Counts() for a in (node, *children)}
    inside = Area.code.startswith(node.code, autoescape=True)
    child = func.substr(Area.code, 1, width)
    kinds = session.execute(
        select(child, Area.kind, func.count()).where(inside, Area.code != node.code).group_by(child, Area.kind)
    )
    for code, kind, count in kinds:
        for counts in {code, node.code} & set(found):
            own = found[counts].areas
            if not (counts == code and kind is _kind_of(children, code)):
                own[kind] = own.get(kind, 0) + count
    homes = session.execute(
        select(child, func.count()).select_from(Household).join(Household.neighborhood).where(inside).group_by(child)
    )
    for code, count in homes:
        found[node.code].households += count
        if code in found and code != node.code:
            found[code].households += count
    return found


def _kind_of(children: Sequence[Area], code: str) -> AreaKind | None:
    return next((c.kind for c in children if c.code == code), None)


def _words(counts: _Counts) -> dict[str, int]:
    communities = sum(counts.areas.get(k, 0) for k in (AreaKind.COMMUNITY, AreaKind.VILLAGE))
    named = {"村社区": communities} if communities else {}
    named |= {kind.label: counts.areas[kind] for kind in _COUNTED if counts.areas.get(kind)}
    return named | {"住户": counts.households}


def _estates(session: Session, node: Area) -> dict[str, int]:
    if node.kind not in (AreaKind.SUBDISTRICT, AreaKind.COMMUNITY, AreaKind.VILLAGE):
        return {}
    count = session.scalar(
        select(func.count()).select_from(ResidentialArea).join(ResidentialArea.area)
        .where(Area.code.startswith(node.code, autoescape=True))
    )  # fmt: skip
    return {"小区": count or 0}


def _path(session: Session, node: Area) -> list[Area]:
    """The nodes from the top down to this one; a code begins with the codes of all above it."""
    root, *rest = node.code.split(".")
    codes = [root[:9], *(".".join([root, *rest[:i]]) for i in range(len(rest) + 1))]
    return list(session.scalars(select(Area).where(Area.code.in_(codes)).order_by(Area.code)))


def _divisions(session: Session, node: Area) -> list[str]:
    """The names of the province, city and county above, from the published divisions."""
    codes = [node.code[:2], node.code[:4], node.code[:6]]
    return list(session.scalars(select(Division.name).where(Division.code.in_(codes)).order_by(Division.code)))


def bounds(session: Session) -> tuple[int, int]:
    """The fewest and the most households of a neighbourhood (R12)."""
    return parameters.value(session, "households_fewest"), parameters.value(session, "households_most")


def load_kinds(session: Session) -> dict[str, str]:
    """The kinds of trouble a neighbourhood can be in, as {key: label}."""
    fewest, most = bounds(session)
    return {"over": f"超过{most}户", "under": f"不足{fewest}户", "headless": "没有邻长"}


def load_warning(session: Session, count: int) -> str | None:
    """What is wrong with the number of households of a neighbourhood (R12), or None."""
    fewest, most = bounds(session)
    if count > most:
        return f"{count}户，超过{most}户，建议拆分或调整"
    if count < fewest:
        return f"{count}户，不足{fewest}户，建议合并或调整"
    return None


def _loads(session: Session):
    fewest, most = bounds(session)
    per = (
        select(Household.neighborhood_id.label("area_id"), func.count().label("n"))
        .where(Household.neighborhood_id.is_not(None)).group_by(Household.neighborhood_id).subquery()
    )  # fmt: skip
    served = select(Chief.area_id, Chief.name).where(Chief.ended_on.is_(None)).subquery()
    count = func.coalesce(per.c.n, 0)
    statement = (
        select(Area.id, Area.full_name, count.label("household_count"), served.c.name)
        .outerjoin(per, per.c.area_id == Area.id).outerjoin(served, served.c.area_id == Area.id)
        .where(Area.kind == AreaKind.NEIGHBORHOOD)
    )  # fmt: skip
    return statement, {"over": count > most, "under": count < fewest, "headless": served.c.area_id.is_(None)}


def loads(session: Session, show: str, limit: int = 200) -> tuple[list[Load], dict[str, int]]:
    """Neighbourhoods of one kind of trouble, worst first, and how many there are of each kind."""
    statement, conditions = _loads(session)
    order = {"over": statement.selected_columns.household_count.desc()}.get(
        show, statement.selected_columns.household_count
    )
    rows = session.execute(statement.where(conditions[show]).order_by(order, Area.code).limit(limit))
    return [Load(*row) for row in rows], load_counts(session)


def load_counts(session: Session) -> dict[str, int]:
    """How many neighbourhoods are in each kind of trouble."""
    statement, conditions = _loads(session)
    return {
        key: session.scalar(select(func.count()).select_from(statement.where(condition).subquery()))
        for key, condition in conditions.items()
    }


def household_count(session: Session, area_id: str) -> int:
    """How many households a neighbourhood has."""
    wanted = select(func.count()).select_from(Household).where(Household.neighborhood_id == area_id)
    return session.scalar(wanted) or 0


def reassign(session: Session, ids: Sequence[str], target: Area, actor: Actor, now: datetime) -> list[str]:
    """Move households to another neighbourhood; returns warnings about too many or too few (R12)."""
    actor.require(Permission.RESTRUCTURE)
    if target.kind is not AreaKind.NEIGHBORHOOD:
        raise Refused("住户只能调整到“邻”，请重新选择", field="target")
    rows = _households(session, ids)
    sources = {row.neighborhood_id for row in rows} - {None}
    if sources == {target.id}:
        raise Refused("所选住户已经在这个邻里，请选择另一个邻", field="target")
    for row in rows:
        row.neighborhood_id = target.id
        records.save(session, row, actor, now)
    return _warnings(session, {target.id} | sources)


def _households(session: Session, ids: Sequence[str]) -> list[Household]:
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise Refused("请先勾选要调整的住户")
    if len(wanted) > MOST_MOVED:
        raise Refused(f"一次最多调整{MOST_MOVED}户，请分批办理")
    rows = list(session.scalars(select(Household).where(Household.id.in_(wanted)).order_by(Household.id)))
    if len(rows) != len(wanted):
        raise Missing("所选住户中有的已被删除或不在您的负责范围内，请刷新后重新勾选")
    return rows


def foresee(session: Session, ids: Sequence[str], target: Area) -> list[str]:
    """What would be wrong (R12) if these households moved to a neighbourhood; nothing is changed."""
    rows = _households(session, ids)
    leaving: dict[str, int] = {}
    for row in rows:
        if row.neighborhood_id and row.neighborhood_id != target.id:
            leaving[row.neighborhood_id] = leaving.get(row.neighborhood_id, 0) + 1
    change = {area_id: -count for area_id, count in leaving.items()}
    change[target.id] = sum(row.neighborhood_id != target.id for row in rows)
    found = []
    for area in session.scalars(select(Area).where(Area.id.in_(change)).order_by(Area.code)):
        warning = load_warning(session, household_count(session, area.id) + change[area.id])
        if warning:
            found.append(f"调整后{area.full_name}为{warning}")
    return found


def _warnings(session: Session, area_ids: set[str]) -> list[str]:
    found = []
    for area in session.scalars(select(Area).where(Area.id.in_(area_ids)).order_by(Area.code)):
        warning = load_warning(session, household_count(session, area.id))
        if warning:
            found.append(f"{area.full_name}现有{warning}")
    return found


def split(
    session: Session, node: Area, ids: Sequence[str], name: str, actor: Actor, now: datetime
) -> tuple[Area, list[str]]:
    """Make a new neighbourhood beside `node` and move households there; it still needs a chief."""
    actor.require(Permission.RESTRUCTURE)
    rows = _households(session, ids)
    if any(row.neighborhood_id != node.id for row in rows):
        raise Refused("拆分只能移走本邻的住户，请刷新后重新勾选")
    if len(rows) == household_count(session, node.id):
        raise Refused("不能把全部住户都移走；只是改名请修改区域名称")
    area = Area(kind=AreaKind.NEIGHBORHOOD, name=name, parent_id=node.parent_id)
    records.save(session, area, actor, now)
    warnings = reassign(session, ids, area, actor, now)
    return area, [*warnings, f"{area.full_name}还没有邻长，请到“三长”新增"]
