"""The wide roster of the three chiefs: one row a household with its whole branch, from the community to the door.

One sheet builds or changes areas, chiefs with their terms, residential areas and households. What a
row says of its branch is taken once; a row that contradicts an earlier one is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, type_coerce
from sqlalchemy.orm import Session

from formats.headings import plain
from formats.reading import Row
from formats.sheets import SheetColumn
from models import describe
from models.area import Area
from models.codes import AreaKind
from models.household import Household
from models.neighbor import Chief
from models.residence import ResidentialArea

from ..places import areas, chiefs
from . import imports
from ..access import Actor
from ..due_dates import local_day
from ..errors import Denied
from . import writing
from .cells import opened, reader_of, stored_type
from .decisions import Decision
from .errors import RowError, harmless
from .homes import HomePlanner
from .layouts import Option
from .preview import Line, line_of
from .template import columns_of
from ..showing import masked, text

LEVELS = (("sector", AreaKind.SECTOR, "片"), ("group", AreaKind.GROUP, "组"), ("neighborhood", AreaKind.NEIGHBORHOOD, "邻"))
_PLACE_WORDS = {
    "community": ("村社区", "社区", "村", "村（社区）", "社区（村）", "所属社区", "所属村社区"),
    "estate": ("小区", "小区名称", "自然村", "小区（自然村）", "所属小区"),
    "sector": ("片", "片名", "片区", "所属片"), "group": ("组", "组名", "小组", "居民小组", "所属组"),
    "neighborhood": ("邻", "邻名", "所属邻", "联户", "邻里"),
}  # fmt: skip
_LABELS = {"community": "村社区", "estate": "小区", "sector": "片", "group": "组", "neighborhood": "邻"}
_NUMBERS = ("电话", "联系电话", "手机", "手机号", "手机号码", "联系方式", "电话号码")
_NEEDED = ("community", "sector", "group", "neighborhood", "head_name", "address")
_OWN = ("neighborhood", "residential_area", "building")


def _person(level: str) -> tuple[str, str]:
    return f"{level}_chief", f"{level}_mobile"


def _chief_labels() -> dict[str, str]:
    found = {}
    for level, _kind, word in LEVELS:
        name, number = _person(level)
        found |= {name: f"{word}长", number: f"{word}长电话"}
    return found


class ThreeChiefs:
    """How the wide sheet is matched, planned and written."""

    code, label, entity, writes_in_sets = "three_chiefs", "三长制花名册", Household, True

    def options(self, session: Session) -> list[Option]:
        labels = {**_LABELS, **_chief_labels(), **{d.name: d.label for d in self._home(session)}}
        order = ["community", "estate", *(n for level, _, _ in LEVELS for n in (level, *_person(level)))]
        return [Option(name, labels[name], name in _NEEDED) for name in [*order, *(n for n in labels if n not in order)]]

    @staticmethod
    def _home(session: Session) -> list:
        from .columns import choices

        return [d for name, d in choices(session, Household).items() if name not in _OWN]

    def _words(self, session: Session) -> dict[str, str]:
        words: dict[str, str] = {}
        for name, all_words in _PLACE_WORDS.items():
            words |= {plain(word): name for word in all_words}
        for level, _kind, word in LEVELS:
            name, number = _person(level)
            words |= {plain(f"{word}长{tail}"): name for tail in ("", "姓名")}
            words |= {plain(f"{word}长{tail}"): number for tail in _NUMBERS}
        for d in self._home(session):
            for word in (d.label, *d.field.aliases):
                words.setdefault(plain(word), d.name)
        return {word: name for word, name in words.items() if word not in map(plain, _NUMBERS)}

    def known(self, session: Session) -> set[str]:
        return {*self._words(session), *map(plain, _NUMBERS)}

    def matched(self, session: Session, labels: Sequence[str], remembered: Mapping[str, str]) -> dict[int, str]:
        """By words; a bare “电话” belongs to the person named before it."""
        words, found = self._words(session), {}
        names = {option.name for option in self.options(session)}
        numbers, owner = set(map(plain, _NUMBERS)), "mobile"
        for column, label in enumerate(labels):
            heading = plain(label)
            tails = [heading, *(plain(part) for part in reversed(label.split()))]
            name = remembered.get(heading) or next((words[tail] for tail in tails if tail in words), "")
            if not name and heading in numbers:
                name = owner
            if name.endswith("_chief"):
                owner = name.replace("_chief", "_mobile")
            elif name in ("head_name", "address"):
                owner = "mobile"
            if name in names and name not in found.values():
                found[column] = name
        return found

    def missing(self, session: Session, names: Sequence[str]) -> tuple[list[str], list[str]]:
        labels = {option.name: option.label for option in self.options(session)}
        return [labels[name] for name in _NEEDED if name not in names], []

    def is_personal(self, session: Session, name: str) -> bool:
        d = describe(Household).get(name)
        return name.endswith(("_chief", "_mobile")) or bool(d and d.is_personal)

    def present(self, session: Session, met: int) -> None:
        return None

    def planner(self, session: Session, places: Mapping[str, int], actor: Actor, now: datetime, **how) -> BranchPlanner:
        return BranchPlanner(session, places, actor, now, **how)

    def line(self, session: Session, planner: BranchPlanner, decision: Decision, words: Mapping[str, str]) -> Line:
        return planner.line(decision, words)

    def check(self, is_masked: bool) -> None:
        imports.RosterLayout(Household).check(is_masked)

    def require(self, actor: Actor, actions: Sequence[str]) -> None:
        imports.RosterLayout(Household).require(actor, actions)

    def foresee(self, session, planner, decisions, actor, now) -> list[RowError]:
        homes = [d for d in decisions if not d.what]
        return writing.foresee(session, Household, homes, actor, now) if homes else []

    def write(self, session, planner: BranchPlanner, decisions, actor, now) -> list[RowError]:
        return planner.write(session, decisions, actor, now)

    def template(self, session: Session, actor: Actor) -> list[SheetColumn]:
        home = {column.name: column for column in columns_of(session, Household, actor=actor)}
        found = []
        for option in self.options(session):
            column = home.get(option.name)
            if column is None:
                kind = "text"
                words = {"community": "已有的村社区名称"}.get(option.name, "没有的会新建" if option.name in _LABELS else "在任的；换了人会自动办理换人" if option.name.endswith("_chief") else "")
                column = SheetColumn(option.label, 14, kind, words, option.is_needed, (), "", option.name)
            found.append(column)
        return found


class BranchPlanner:
    """Plans the branches of the rows, and their households through `HomePlanner`."""

    def __init__(self, session: Session, places: Mapping[str, int], actor: Actor, now: datetime, **how):
        self.session, self.actor, self.now = session, actor, now
        self.places = {name: place for name, place in places.items() if name in _LABELS or name.endswith(("_chief", "_mobile"))}
        self.homes = HomePlanner(session, {n: p for n, p in places.items() if n not in self.places}, actor, **how)
        self.since = how.get("since")
        chief = describe(Chief)
        self.readers = {name: reader_of(session, describe(Area)["name"]) for name in _LABELS}
        for level, _kind, _word in LEVELS:
            name, number = _person(level)
            self.readers |= {name: reader_of(session, chief["name"]), number: reader_of(session, chief["mobile"])}
        self.labels_of = {**_LABELS, **_chief_labels()}
        self.communities = {
            plain(name): (key, name) for key, name in session.execute(
                select(Area.id, Area.name).where(type_coerce(Area.kind, stored_type(Area.__table__.c.kind)).in_(["community", "village"]))
            )
        }  # fmt: skip
        self.children: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = self.homes.names
        self.posts: dict[str, dict] = {}
        self.said: dict[str, tuple[int, str, str | None]] = {}
        self.estates: dict[tuple[str, str], str] = {}
        self.loaded: set[str] = set()
        self._hash = hashlib.sha256(repr(sorted(places.items())).encode())

    @property
    def digest(self):
        whole = self._hash.copy()
        whole.update(self.homes.digest.digest())
        return whole

    def labels(self) -> dict[str, str]:
        chief = {d.key: d.label for d in describe(Chief).values()}
        return chief | self.homes.labels()

    # -- planning

    def settle(self, rows: Sequence[Row]) -> list[Decision]:
        """The decisions about areas, residential areas and chiefs, then those about households."""
        found: list[Decision] = []
        branches = [self._branch(row, found) for row in rows]
        for decision in found:
            self._hash.update(repr((decision.what, decision.kind, decision.record_id, list(decision.values.items()))).encode())
        return found + self.homes.settle_with(rows, branches)

    def _branch(self, row: Row, found: list[Decision]) -> tuple[dict[str, Any], list[RowError]]:
        """What a row says of the household's place, and what is wrong with the branch it names."""
        cells, errors = self._cells(row)
        if errors:
            return {}, errors
        community = self.communities.get(plain(cells["community"]))
        if community is None:
            return {}, [self._error(row, "community", "没有这个村社区，请核对名称；新的村社区先在“区域”里新增")]
        self._load(*community)
        at = community[0]
        for level, kind, word in LEVELS:
            below = self.children.setdefault(at, {})
            name, known_as = cells[level], plain(cells[level])
            if known_as not in below:
                if not self.actor.may("area:create"):
                    return {}, [self._error(row, level, f"没有这个{word}，您的角色不能新增区域")]
                key = below[known_as] = self._new(at, name)
                self.names[key] = f"{self.names[at]}/{name}"
                found.append(self._decision(row, "area", {"id": key, "name": name, "kind": kind.value, "parent_id": at}))
            at = below[known_as]
            errors += self._post(row, level, word, at, cells, found)
        estate = self._estate(row, community[0], cells.get("estate"), found, errors)
        return {"neighborhood": at, "residential_area": estate, "estate": estate and self.names[estate]}, errors

    def _cells(self, row: Row) -> tuple[dict[str, Any], list[RowError]]:
        cells, errors = {}, []
        for name, place in self.places.items():
            cell = row.values[place]
            if cell is not None:
                try:
                    value = self.readers[name](cell)
                    if name in _LABELS and "/" in (value or ""):
                        raise ValueError("名称里不能有“/”，它用来分隔上下级")
                    if value is not None:
                        cells[name] = value
                except ValueError as no:
                    errors.append(self._error(row, name, str(no)))
        wanted = {error.column for error in errors}
        errors += [
            self._error(row, name, f"请填写{_LABELS[name]}") for name in ("community", *(level for level, _, _ in LEVELS))
            if name not in cells and self.places[name] not in wanted
        ]  # fmt: skip
        return cells, errors

    def _load(self, community: str, name: str) -> None:
        """The tree below a community, its residential areas and the chiefs in office."""
        if community in self.loaded:
            return
        self.loaded.add(community)
        self.names[community] = name
        code = self.session.scalar(select(Area.code).where(Area.id == community))
        below = Area.code.startswith(f"{code}.", autoescape=True)
        for key, parent, own, full in self.session.execute(select(Area.id, Area.parent_id, Area.name, Area.full_name).where(below)):
            self.children.setdefault(parent, {})[plain(own)] = key
            self.names[key] = full
        columns = [type_coerce(getattr(Chief, c.name), stored_type(c)).label(c.name) for c in Chief.__table__.c]
        inside = Chief.area_id.in_(select(Area.id).where(below))
        for chief in self.session.execute(select(*columns).where(Chief.ended_on.is_(None), inside)).mappings():
            self.posts[chief["area_id"]] = {**chief, "_id": chief["id"]}
        for key, own in self.session.execute(select(ResidentialArea.id, ResidentialArea.name).where(ResidentialArea.area_id == community)):
            self.estates[community, plain(own)] = key
            self.names[key] = own

    def _new(self, parent: str, name: str) -> str:
        """The id of a row this sheet will add: the same whenever the same sheet is planned."""
        bits = int.from_bytes(hashlib.sha256(f"{self.actor.subdistrict_id} {parent} {name} {self.since}".encode()).digest()[:10], "big")
        at = int((self.since or self.now).timestamp() * 1000)
        return str(UUID(int=at << 80 | 7 << 76 | (bits >> 62 & 0xFFF) << 64 | 2 << 62 | bits & (1 << 62) - 1))

    def _decision(self, row: Row, what: str, values: dict, known: dict | None = None) -> Decision:
        is_late = bool(known and self.since and known["updated_at"] > self.since)
        decision = Decision(row.number, values, known, [], is_late)
        decision.what = what
        return decision

    def _post(self, row: Row, level: str, word: str, area: str, cells: dict, found: list[Decision]) -> list[RowError]:
        """What a row says of the chief of an area."""
        names = _person(level)
        name, number = (cells.get(n) for n in names)
        if name is None:
            return [self._error(row, names[1], f"请填写{word}长姓名")] if number and names[0] in self.places else []
        first = self.said.get(area)
        if first is not None:
            if (name, number or first[2]) != (first[1], first[2] or number):
                return [self._error(row, names[0], f"{self.names[area]}的{word}长与第{first[0]}行写的不一样，请改成一致")]
            return []
        self.said[area] = row.number, name, number
        known = self.posts.get(area)
        if known is None:
            if number is None:
                return [self._error(row, names[1], f"请填写{word}长电话")]
            values = {"id": self._new(area, f"chief {name}"), "name": name, "mobile": number, "area_id": area, "started_on": local_day(self.now)}
            found.append(self._decision(row, "chief", values))
            return []
        values = {key: value for key, value in (("name", name), ("mobile", number)) if value is not None and value != known[key]}
        if values:
            found.append(self._decision(row, "successor" if len(values) == 2 else "chief", values, known))
        return []

    def _estate(self, row: Row, community: str, name: str | None, found: list, errors: list) -> str | None:
        if name is None:
            return None
        place = community, plain(name)
        if place not in self.estates:
            if not self.actor.may("residential_area:create"):
                errors.append(self._error(row, "estate", "没有这个小区，您的角色不能新增小区"))
                return None
            key = self.estates[place] = self._new(community, f"estate {name}")
            self.names[key] = name
            found.append(self._decision(row, "estate", {"id": key, "name": name, "area_id": community}))
        return self.estates[place]

    def _error(self, row: Row, name: str, sentence: str) -> RowError:
        place = self.places.get(name)
        cell = row.values[place] if place is not None else None
        d = describe(Chief)["mobile" if name.endswith("_mobile") else "name"] if name not in _LABELS else describe(Area)["name"]
        return RowError(row.number, self.labels_of[name], harmless(d, cell, self.actor), sentence, place)

    # -- showing

    def line(self, decision: Decision, words: Mapping[str, str]) -> Line:
        if not decision.what:
            return line_of(self.homes, decision, words)
        known, values = decision.known or {}, decision.values
        if decision.what in ("area", "estate"):
            label = "小区" if decision.what == "estate" else AreaKind(values["kind"]).label
            return Line(decision.number, decision.kind, f"{label} {self.names[values['id']]}", [])
        chief = describe(Chief)
        shown = {n: lambda v, d=chief[n]: text(masked(d, opened(d, v), self.actor)) for n in ("name", "mobile")}
        fields = [[chief[n].label, shown[n](known.get(n)), shown[n](values[n])] for n in ("name", "mobile") if n in values]
        area = self.names[known.get("area_id") or values["area_id"]]
        return Line(decision.number, decision.kind, f"{'换人：' if decision.what == 'successor' else ''}{area}的{LEVELS[area.count('/') - 1][2]}长", fields)

    # -- writing

    def write(self, session: Session, decisions: Sequence[Decision], actor: Actor, now: datetime) -> list[RowError]:
        """Areas from above to below, residential areas, chiefs, then the households."""
        by = {what: [d for d in decisions if d.what == what] for what in ("area", "estate", "chief", "successor", "")}
        if any(by[what] for what in ("chief", "successor")) and not (actor.may("chief:create") and actor.may("chief:edit")):
            raise Denied("这张表里有新的三长，您的角色不能登记三长；如工作需要，请联系安全管理员开通")
        areas.grow(session, [d.values for d in by["area"]], now)
        errors = writing.write(session, ResidentialArea, by["estate"], actor, now) if by["estate"] else []
        new = [d for d in by["chief"] if d.known is None]
        chiefs.appoint(session, [d.values for d in new], now)
        errors += writing.write(session, Chief, [d for d in by["chief"] if d.known], actor, now)
        for decision in by["successor"]:
            old = session.get(Chief, (actor.subdistrict_id, decision.record_id))
            chief = describe(Chief)
            given = {n: opened(chief[n], decision.values[n]) for n in ("name", "mobile")}
            chiefs.replace(session, old, Chief(**given, started_on=local_day(now)), actor, now)
        session.flush()
        return errors + writing.write(session, Household, by[""], actor, now)


imports.LAYOUTS[ThreeChiefs.code] = ThreeChiefs()
