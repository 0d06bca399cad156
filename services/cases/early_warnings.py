"""Early warnings: what the rules of the office find today, each with how it was counted and its rows.

Everything is computed by query from indexes; nothing is stored, so nothing goes stale. A hit names a
matter or a place, never a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.area import Area
from models.case import Case, CaseEvent, CaseParty
from models.codes import OPEN_STATES, AreaKind, WarningKind
from models.household import Household
from models.warning import WarningRule

from ..due_dates import local_day
from ..labels import dictionary_names
from ..showing import LOCAL

MOST = 50
MOST_GROUPS = 5000
# How many characters of an area's code name its branch at each level of the tree.
_LENGTH = {
    AreaKind.SUBDISTRICT: 9, AreaKind.COMMUNITY: 12, AreaKind.VILLAGE: 12, AreaKind.SECTOR: 16, AreaKind.GROUP: 20,
    AreaKind.NEIGHBORHOOD: 24,
}  # fmt: skip

_MATTER = (Case.id, Case.case_no, Case.subject)


@dataclass(frozen=True)
class Hit:
    """What one rule found: a matter (`case_id`) or a place, how many, how it was counted, and its rows.

    `query` are arguments of the list of cases; of a single matter there are none.
    """

    rule: WarningRule
    what: str
    count: int
    how: str
    query: dict[str, str]
    case_id: str | None = None


def rules(session: Session) -> Sequence[WarningRule]:
    return session.scalars(select(WarningRule).where(WarningRule.is_active.is_(True)).order_by(WarningRule.name)).all()


def hits(session: Session, rule: WarningRule, now: datetime, case: Case | None = None) -> list[Hit]:
    """At most `MOST` hits of a rule, the most first; with `case` only those this matter belongs to."""
    found = _KINDS[rule.kind](session, rule, local_day(now), case)
    return sorted(found, key=lambda hit: -hit.count)[:MOST]


def of_case(session: Session, case: Case, now: datetime) -> list[Hit]:
    """What the active rules say of one matter and its place."""
    meant = [rule for rule in rules(session) if not rule.category or f"{case.category}.".startswith(f"{rule.category}.")]
    return [hit for rule in meant for hit in hits(session, rule, now, case)]


def _since(rule: WarningRule, today: date) -> date:
    return today - timedelta(days=rule.days - 1)


def _wanted(rule: WarningRule) -> list:
    """The condition of a rule on the category: the item itself and those below it."""
    if not rule.category:
        return []
    return [or_(Case.category == rule.category, Case.category.startswith(f"{rule.category}.", autoescape=True))]


def _top(category: str) -> str:
    return category.rsplit(".", 1)[0]


def _cluster(session: Session, rule: WarningRule, today: date, case: Case | None) -> Iterable[Hit]:
    """Matters of one kind in one place: counted over the window by place and category."""
    length, since = _LENGTH[rule.place], _since(rule, today)
    branch = func.substr(Area.code, 1, length)
    statement = (
        select(branch, Case.category, func.count()).select_from(Case).join(Area, Case.area_id == Area.id)
        .where(Case.received_on >= since, func.length(Area.code) >= length, *_wanted(rule))
        .group_by(branch, Case.category).limit(MOST_GROUPS)
    )  # fmt: skip
    if case is not None:
        if len(case.area.code) < length:
            return
        own = _top(case.category)
        statement = statement.where(
            Case.area_id.in_(select(Area.id).where(Area.code.startswith(case.area.code[:length], autoescape=True))),
            or_(Case.category == own, Case.category.startswith(f"{own}.", autoescape=True)),
        )
    counts: Counter = Counter()
    for code, category, count in session.execute(statement):
        counts[code, _top(category)] += count
    most = [(key, count) for key, count in counts.most_common(MOST) if count >= rule.least]
    places = {a.code: a for a in session.scalars(select(Area).where(Area.code.in_({code for (code, _), _ in most})))} if most else {}
    words = dictionary_names(session)
    for (code, category), count in most:
        place = places.get(code)
        if place is None:
            continue
        yield Hit(
            rule, f"{place.full_name}：{words.get(category, '')}", count,
            f"{since:%Y-%m-%d}至{today:%Y-%m-%d}（{rule.days}天）收到的“{words.get(category, '')}”类事项{count}件，达到{rule.least}件",
            {"area": place.id, "category": category, "received_on__from": f"{since}", "received_on__to": f"{today}"},
        )  # fmt: skip


def _crowd(session: Session, rule: WarningRule, today: date, case: Case | None) -> Iterable[Hit]:
    """Open matters that many people are part of: the number entered, or the parties registered."""
    parties = (
        select(CaseParty.case_id, func.count().label("count")).group_by(CaseParty.case_id).having(func.count() >= rule.least)
    )
    if case is not None:
        parties = parties.where(CaseParty.case_id == case.id)
    else:
        parties = parties.where(CaseParty.case_id.in_(select(Case.id).where(Case.status.in_(OPEN_STATES))))
    many = parties.subquery()
    statement = (
        select(*_MATTER, Case.people_count, many.c.count).outerjoin(many, many.c.case_id == Case.id)
        .where(Case.status.in_(OPEN_STATES), or_(Case.people_count >= rule.least, many.c.count.is_not(None)), *_wanted(rule))
        .order_by(Case.registered_at.desc()).limit(MOST)
    )  # fmt: skip
    if case is not None:
        statement = statement.where(Case.id == case.id)
    for *matter, entered, registered in session.execute(statement):
        count = max(entered or 0, registered or 0)
        source = "登记的当事人" if (registered or 0) >= (entered or 0) else "填报的涉及人数"
        yield _of_matter(rule, matter, count, f"{source}{count}人，达到{rule.least}人")


def _idle(session: Session, rule: WarningRule, today: date, case: Case | None) -> Iterable[Hit]:
    """Open matters without anything written to their course for so many days."""
    since = datetime.combine(today - timedelta(days=rule.days), time.max, LOCAL)
    last = (
        select(func.max(CaseEvent.happened_at)).where(CaseEvent.case_id == Case.id).correlate(Case).scalar_subquery()
    )
    later = select(CaseEvent.id).where(CaseEvent.case_id == Case.id, CaseEvent.happened_at > since).correlate(Case).exists()
    statement = (
        select(*_MATTER, func.coalesce(last, Case.registered_at)).where(Case.status.in_(OPEN_STATES), Case.registered_at <= since, ~later, *_wanted(rule))
        .order_by(Case.registered_at).limit(MOST)
    )  # fmt: skip
    if case is not None:
        statement = statement.where(Case.id == case.id)
    for *matter, at in session.execute(statement):
        days = (today - local_day(at)).days
        if days >= rule.days:
            yield _of_matter(rule, matter, days, f"最近一次办理是{local_day(at):%Y-%m-%d}，已{days}天没有新进展，达到{rule.days}天")


def _return(session: Session, rule: WarningRule, today: date, case: Case | None) -> Iterable[Hit]:
    """The same kind of matter from the same household again and again."""
    since = _since(rule, today)
    statement = (
        select(Case.household_id, Case.category, func.count())
        .where(Case.received_on >= since, Case.household_id.is_not(None), *_wanted(rule))
        .group_by(Case.household_id, Case.category).limit(MOST_GROUPS)
    )  # fmt: skip
    if case is not None:
        if case.household_id is None:
            return
        own = _top(case.category)
        statement = statement.where(
            Case.household_id == case.household_id,
            or_(Case.category == own, Case.category.startswith(f"{own}.", autoescape=True)),
        )
    counts: Counter = Counter()
    for household, category, count in session.execute(statement):
        counts[household, _top(category)] += count
    most = [(key, count) for key, count in counts.most_common(MOST) if count >= rule.least]
    wanted = {household for (household, _), _ in most}
    homes = dict(session.execute(select(Household.id, Household.address).where(Household.id.in_(wanted))).all()) if wanted else {}
    words = dictionary_names(session)
    for (household, category), count in most:
        if household in homes:
            yield Hit(
                rule, f"{homes[household]}：{words.get(category, '')}", count,
                f"{since:%Y-%m-%d}至{today:%Y-%m-%d}（{rule.days}天）同一住户“{words.get(category, '')}”类事项第{count}次反映，达到{rule.least}次",
                {"household": household, "category": category, "received_on__from": f"{since}", "received_on__to": f"{today}"},
            )  # fmt: skip


def _of_matter(rule: WarningRule, matter: Sequence[str], count: int, how: str) -> Hit:
    key, number, subject = matter
    return Hit(rule, f"{number} {subject}", count, how, {}, key)


_KINDS: dict[WarningKind, Callable[..., Iterable[Hit]]] = {
    WarningKind.CLUSTER: _cluster, WarningKind.CROWD: _crowd, WarningKind.IDLE: _idle, WarningKind.RETURN: _return,
}  # fmt: skip
