"""What every installation begins with: divisions, code lists, terms, calendar, roles, departments."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from models import Described, uuid7
from models.area import Area
from models.codes import AreaKind, PaperSize, TermUnit, UnitKind, Urgency, WarningKind
from models.department import DispatchRule, Unit
from models.dictionary import DictItem
from models.division import Division
from models.ledger import Ledger
from models.service_item import Hotline, ServiceItem
from models.term import Term
from models.user import Role
from models.warning import WarningRule
from models.workday import Workday
from services import access, ledgers, roles
from services.keeping import audit, custom

DATA = Path(__file__).parent / "data"
Report = Callable[[str], object]
CHUNK = 5000


def read(name: str) -> list[dict[str, str]]:
    """The rows of `seeds/data/<name>.csv`."""
    with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def short_name(name: str) -> str:
    """集里街道 is 集里, 浏阳市 is 浏阳: how a place is called inside longer names and numbers."""
    for ending in ("街道", "镇", "乡", "市"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def load_base(session: Session, report: Report = print) -> None:
    """Add what is missing of the lists all need, and the departments of the session's sub-district.

    Rows that are there stay as people have edited them; a second run changes nothing. Roles that nobody has altered
    follow this version.
    """
    found = {
        "区划": _add(session, Division, _divisions(), "code"),
        **load_lists(session),
        "部门": _add_departments(session),
        "点单项目": _add_where_none(session, ServiceItem, _service_items),
        "便民电话": _add_where_none(session, Hotline, _hotlines),
        "预警规则": _add_warning_rules(session),
        "台账设计": _add_where_none(session, Ledger, _ledgers),
    }
    _add_root(session)
    shipped = {row["code"]: row["permissions"] for row in _roles()}
    followed = roles.follow(session, shipped, session.info["actor"], session.info["now"])
    if followed:
        report(f"没有改动过的角色已随新版更新权限：{'、'.join(followed)}")
    added = "、".join(f"{label}{count}条" for label, count in found.items() if count)
    report(f"基础资料已备齐：新增{added}" if added else "基础资料已备齐，没有需要新增的")


def load_lists(session: Session) -> dict[str, int]:
    """Add what is missing of the lists that are the same everywhere; returns how many of each."""
    return {
        "字典项": _add(session, DictItem, _dict_items(), "id"),
        "时限": _add(session, Term, _terms(), "id"),
        "节假日": _add(session, Workday, _workdays(), "day"),
        "角色": _add(session, Role, _roles(), "code"),
    }


def put(session: Session, entity: type[Described], rows: list[dict]) -> None:
    """Insert rows of one class in bulk, with one entry in the audit trail.

    The bulk path bypasses the listener that fills in sub-district and times, so it is done here.
    """
    if not rows:
        return
    if "subdistrict_id" in entity.__table__.c:
        now = session.info["now"]
        common = {
            "subdistrict_id": session.info["actor"].subdistrict_id,
            "created_at": now, "updated_at": now, "version": 1,
        }  # fmt: skip
        for row in rows:
            row.update(common)
    connection = session.connection()
    for start in range(0, len(rows), CHUNK):
        connection.execute(insert(entity.__table__), rows[start : start + CHUNK])
    audit.bulk(session, entity, f"初始化写入{entity.__label__}{len(rows)}条", len(rows))


def _add(session: Session, entity: type[Described], rows: Iterable[dict], key: str) -> int:
    have = _column(session, entity.__table__, key)
    missing = [row for row in rows if row[key] not in have]
    put(session, entity, missing)
    return len(missing)


def _column(session: Session, table: Table, name: str) -> set:
    return set(session.connection().scalars(select(table.c[name])))


def _divisions() -> list[dict]:
    rows = read("divisions_above") + read("divisions")
    for row in rows:
        row["parent_code"] = row["parent_code"] or None
        row["short_name"] = short_name(row["name"]) if len(row["code"]) in (6, 9) else None
    return rows


def _dict_items() -> list[dict]:
    return [
        {
            "id": f"{row['dictionary']}:{row['code']}", "dictionary": f"dictionary:{row['dictionary']}", "code": row["code"],
            "name": row["name"], "sort": int(row["sort"]), "note": row["note"] or None,
            "parent_key": f"{row['dictionary']}:{row['parent']}" if row["parent"] else None,
        }
        for row in (*read("dict_items"), *_extensible(), *_ledger_sources())
    ]  # fmt: skip


def _extensible() -> list[dict]:
    """The rosters that an office may add fields to, as items of the dictionary `roster`."""
    return [
        {"dictionary": "roster", "code": e.slug(), "name": e.__label__, "sort": 10 * place, "note": "", "parent": ""}
        for place, e in enumerate(custom.extensible(), start=1)
    ]


def _ledger_sources() -> list[dict]:
    """What ledgers can be made of, as items of the dictionary `ledger_source`."""
    return [
        {"dictionary": "ledger_source", "code": code, "name": name, "sort": 10 * place, "note": "", "parent": ""}
        for place, (code, name) in enumerate(ledgers.choices().items(), start=1)
    ]


def _ledgers() -> list[dict]:
    """The office's own layouts."""
    columns: dict[str, list[dict]] = {}
    for row in read("ledger_columns"):
        column = {"key": row["key"], "heading": row["heading"], "band": row["band"], "width": int(row["width"])}
        columns.setdefault(row["ledger"], []).append(column | {"is_total": row["is_total"] == "yes"})
    return [
        row | {
            **{name: row[name] == "yes" for name in ("is_by_place", "is_portrait", "is_new_page", "is_monthly")},
            "source": f"ledger_source:{row['source']}", "position": int(row["position"]), "paper": PaperSize(row["paper"]),
            "is_active": True, "columns": columns.get(row["name"], []),
            **{name: row[name] or None for name in ("dated_by", "group_by", "note", "signature")},
        }
        for row in read("ledgers")
    ]  # fmt: skip


def _terms() -> list[dict]:
    return [
        row | {
            "length": int(row["length"]), "unit": TermUnit(row["unit"]),
            "extend_length": int(row["extend_length"]), "is_statutory": row["is_statutory"] == "yes",
        }
        for row in read("terms")
    ]  # fmt: skip


def _workdays() -> list[dict]:
    return [
        row | {"day": date.fromisoformat(row["day"]), "is_workday": row["is_workday"] == "yes"}
        for row in read("workdays")
    ]


def _roles() -> list[dict]:
    return [
        {"id": uuid7(), "code": row["code"], "name": row["name"], "note": row["note"],
         "permissions": (given := expand(row["permissions"])), "shipped": given}
        for row in read("roles")
    ]  # fmt: skip


def expand(patterns: str) -> list[str]:
    """The permissions named by patterns like `household:* *:view -user:*`, taken in order."""
    known = [name for group in access.permission_labels().values() for name in group]
    chosen: set[str] = set()
    for pattern in patterns.split():
        named = {name for name in known if fnmatchcase(name, pattern.removeprefix("-"))}
        if not named:
            raise ValueError(f"roles.csv: no permission is called {pattern}")
        chosen = chosen - named if pattern.startswith("-") else chosen | named
    return [name for name in known if name in chosen]


def _add_where_none(session: Session, entity: type[Described], rows: Callable[[], list[dict]]) -> int:
    """Fill a list of the sub-district's own; only while it is empty, for people edit it."""
    if session.scalar(select(func.count()).select_from(entity)):
        return 0
    found = [{"id": uuid7(), **row} for row in rows()]
    put(session, entity, found)
    return len(found)


def _service_items() -> list[dict]:
    return [
        row | {"category": f"dispute_category:{row['category']}", "urgency": Urgency(row["urgency"]),
               "position": int(row["position"]), "is_active": True}
        for row in read("service_items")
    ]  # fmt: skip


def _hotlines() -> list[dict]:
    return [
        row | {"is_emergency": row["is_emergency"] == "yes", "is_printed": row["is_printed"] == "yes",
               "position": int(row["position"]), "is_active": True}
        for row in read("hotlines")
    ]  # fmt: skip


def _add_departments(session: Session) -> int:
    """Departments and what each leads in; only where there are none, for people rename them."""
    if session.scalar(select(func.count()).select_from(Unit)):
        return 0
    here = session.get(Division, session.info["actor"].subdistrict_id)
    county = session.get(Division, here.parent_code)
    names = {"here": here.short_name, "county": county.short_name}
    units = [
        {
            "id": uuid7(), "name": row["name"].format(**names), "kind": UnitKind(row["kind"]),
            "duty": row["duty"], "office_hours": row["office_hours"] or None,
        }
        for row in read("units")
    ]  # fmt: skip
    ids = {unit["name"]: unit["id"] for unit in units}
    rules = [
        {
            "id": uuid7(), "category": f"dispute_category:{row['category']}", "basis": row["basis"],
            "lead_unit_id": ids[row["lead_unit"].format(**names)],
            "assisting_unit_id": ids[row["assisting_unit"].format(**names)],
        }
        for row in read("dispatch_rules")
    ]  # fmt: skip
    put(session, Unit, units)
    put(session, DispatchRule, rules)
    return len(units)


def _add_warning_rules(session: Session) -> int:
    """The first rules of early warning; only where there are none, for people change them."""
    if session.scalar(select(func.count()).select_from(WarningRule)):
        return 0
    rules = [
        {
            "id": uuid7(), "name": row["name"], "kind": WarningKind(row["kind"]), "note": row["note"], "is_active": True,
            "category": f"dispute_category:{row['category']}" if row["category"] else None,
            "place": AreaKind(row["place"]) if row["place"] else None, "least": int(row["least"]), "days": int(row["days"]),
        }
        for row in read("warning_rules")
    ]  # fmt: skip
    put(session, WarningRule, rules)
    return len(rules)


def _add_root(session: Session) -> None:
    """The top of the tree: the one area that nobody can add on a screen."""
    code = session.info["actor"].subdistrict_id
    if session.scalar(select(func.count()).select_from(Area).where(Area.code == code)):
        return
    name = session.get(Division, code).name
    root = {"id": uuid7(), "kind": AreaKind.SUBDISTRICT, "name": name, "full_name": name, "code": code}
    put(session, Area, [root | {"division_code": code}])
