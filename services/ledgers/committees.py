"""“人民调解案件统计”: a row for each committee with all columns of the statistics of justice offices.

Counted are disputes closed in the period. A case belongs to the committee of its agreement, else of
its mediator, else of the place. What was inspected and prevented is added up from the committees' own
entries; of a committee without any in the period those columns stay blank.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models.area import Area
from models.case import Case, CaseParty
from models.codes import (
    OVER_STATES, CaseKind, CaseOutcome, CommitteeKind, Employment, MatterLevel, PartyRole,
)  # fmt: skip
from models.inspection import Inspection
from models.mediation import Committee, Mediator
from models.mediation_codes import AgreementForm, AgreementState, ConfirmationState
from models.settlement import AgreementItem, Confirmation, MediationAgreement

from ..access import Actor
from ..lists.filters import branch
from ..labels import dictionary_choices
from ..showing import LOCAL
from .sources import BY_HAND, SERIAL, Ask, Offer, made

_SECTION = "人民调解案件统计"
_APPLIED = {"window", "visit", "letter", "phone", "online", "qr", "station", "fax", "neighbor_chief", "media"}
_ENTRUSTED = {
    "entrust_court": {"entrust_court"}, "entrust_procuratorate": {"entrust_procuratorate"},
    "entrust_police": {"entrust_police", "police_non_emergency"}, "entrust_petition": {"entrust_petition", "transfer"},
    "entrust_other": {"entrust_other", "dept_transfer", "hotline_12345"},
}  # fmt: skip
_SETTLED = (CaseOutcome.RESOLVED, CaseOutcome.PARTLY)
_SIDES = (PartyRole.APPLICANT, PartyRole.RESPONDENT, PartyRole.THIRD)
_ENTERED = {
    "patrols": Inspection.inspection_count, "prevented": Inspection.prevented_count, "crimes": Inspection.crime_count,
    "crime_people": Inspection.crime_people, "visits": Inspection.petition_count, "visit_people": Inspection.petition_people,
}  # fmt: skip


def _number(key: str, label: str, band: str = "", kind: str = "integer") -> Offer:
    return Offer(key, label, _SECTION, 13 if kind == "money" else 5, kind, band, is_total=True)


@made("committee_figures", "人民调解案件统计（每个调委会一行）")
class CommitteeFigures:
    """See `sources.Source`."""

    entity, has_area = Case, True

    def __init__(self, session: Session, actor: Actor, now: datetime):
        self.session, self.actor, self.now = session, actor, now

    def offers(self) -> dict[str, Offer]:
        found = [
            Offer("committee", "人民调解委员会", _SECTION, 30), Offer("kind", "类别", _SECTION, 10),
            _number("mediators", "合计", "调解员"), _number("full_time", "专职", "调解员"), _number("part_time", "兼职", "调解员"),
            _number("cases", "案件总数"), _number("parties", "涉及当事人数"), _number("settled", "调解成功数"),
            _number("hard", "疑难复杂案件数"), _number("amount", "协议涉及金额（元）", kind="money"),
            _number("initiative", "主动调解", "案件来源"), _number("applied", "依申请调解", "案件来源"),
            _number("entrust_court", "法院", "接受委托移送调解"), _number("entrust_procuratorate", "检察院", "接受委托移送调解"),
            _number("entrust_police", "公安机关", "接受委托移送调解"), _number("entrust_petition", "信访部门", "接受委托移送调解"),
            _number("entrust_other", "其他部门", "接受委托移送调解"),
            *(_number(f"category:{key}", name, "纠纷类别") for key, name in self._categories()),
            _number("oral", "口头", "协议形式"), _number("written", "书面", "协议形式"),
            _number("performed", "履行案件数"), _number("confirmed", "司法确认"), _number("patrols", "排查次数", "预防排查"),
            _number("discovered", "排查发现纠纷", "预防排查"), _number("prevented", "预防纠纷", "预防排查"),
            _number("crimes", "防止转化刑事案件（件）", "防止激化"), _number("crime_people", "防止转化刑事案件（人）", "防止激化"),
            _number("visits", "防止群体性上访（件）", "防止激化"), _number("visit_people", "防止群体性上访（人）", "防止激化"),
        ]  # fmt: skip
        return {**{offer.key: offer for offer in found}, **BY_HAND}

    def _categories(self) -> list[tuple[str, str]]:
        """The first level of the categories of disputes."""
        return [(key, name) for key, name in dictionary_choices(self.session, "dispute_category") if "." not in key]

    def usual(self) -> list[str]:
        return [SERIAL, *(key for key in self.offers() if key not in BY_HAND)]

    def dated(self) -> dict[str, str]:
        return {"closed_at": "办结时间"}

    # ---- counting ---------------------------------------------------------------------

    def _committees(self, ask: Ask) -> list[tuple[Committee, str]]:
        wanted = select(Committee, Area.code).outerjoin(Committee.area).where(Committee.is_active.is_(True)).order_by(Area.code, Committee.name)
        if ask.area_id:
            wanted = wanted.where(Committee.area_id.in_(branch(ask.area_id, self.actor)))
        return [(committee, code or "") for committee, code in self.session.execute(wanted)]

    def count(self, ask: Ask, cap: int) -> int:
        return min(len(self._committees(ask)), cap + 1)

    def lines(self, ask: Ask, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        committees = self._committees(ask)
        sums: dict[str, Counter] = {committee.id: Counter() for committee, _ in committees}
        self._count_people(sums)
        self._count_cases(ask, committees, sums)
        self._add_entered(ask, sums)
        kinds = {offer.key: offer.kind for offer in self.offers().values()}
        counted = {key for key, kind in kinds.items() if kind not in (SERIAL, "blank")} - _ENTERED.keys()
        for committee, _ in committees:
            named = {"committee": committee.name, "kind": committee.kind.label}
            figures = {**dict.fromkeys(counted, 0), "amount": Decimal(0), **sums[committee.id], **named}
            yield tuple(map(figures.get, keys))

    def _count_people(self, sums: dict[str, Counter]) -> None:
        counted = select(Mediator.committee_id, Mediator.employment, func.count()).where(Mediator.is_active.is_(True))
        for committee, employment, count in self.session.execute(counted.group_by(Mediator.committee_id, Mediator.employment)):
            if committee in sums:
                sums[committee]["mediators"] += count
                sums[committee]["part_time" if employment is Employment.PART_TIME else "full_time"] += count

    def _add_entered(self, ask: Ask, sums: dict[str, Counter]) -> None:
        """What committees entered themselves; nothing entered is blank, not zero."""
        wanted = select(Inspection.committee_id, *map(func.sum, _ENTERED.values())).group_by(Inspection.committee_id)
        if ask.since:
            wanted = wanted.where(Inspection.inspected_on >= ask.since)
        if ask.until:
            wanted = wanted.where(Inspection.inspected_on <= ask.until)
        entered = {committee: figures for committee, *figures in self.session.execute(wanted)}
        for committee, figures in sums.items():
            figures.update(dict(zip(_ENTERED, entered.get(committee, ()), strict=False)))

    def _count_cases(self, ask: Ask, committees: list[tuple[Committee, str]], sums: dict[str, Counter]) -> None:
        cases = self._cases(ask)
        agreements = self._agreements(cases)
        parties = self._by_case(select(CaseParty.case_id, func.count()).where(CaseParty.role.in_(_SIDES)).group_by(CaseParty.case_id), CaseParty.case_id, cases)
        places = self._places(committees)
        for case in self._rows(cases):
            agreement = agreements.get(case.id)
            committee = (agreement and agreement.committee) or case.committee or self._at(places, case.code)
            if committee in sums:
                _add(sums[committee], case, agreement, parties.get(case.id, 0))

    def _cases(self, ask: Ask):
        """The disputes closed in the period, as a statement of ids."""
        wanted = select(Case.id).where(Case.kind == CaseKind.DISPUTE, Case.status.in_(OVER_STATES))
        if ask.since:
            wanted = wanted.where(Case.closed_at >= datetime.combine(ask.since, time(), LOCAL))
        if ask.until:
            wanted = wanted.where(Case.closed_at < datetime.combine(ask.until + timedelta(days=1), time(), LOCAL))
        return wanted

    def _rows(self, cases):
        columns = (Case.id, Case.channel, Case.category, Case.level, Case.outcome, Case.is_key_issue, Area.code, Mediator.committee_id.label("committee"))
        return self.session.execute(
            select(*columns).join(Case.area).outerjoin(
                Mediator, and_(Mediator.id == Case.handler_id, Mediator.subdistrict_id == Case.subdistrict_id)
            ).where(Case.id.in_(cases))
        )  # fmt: skip

    def _by_case(self, statement, column, cases) -> dict:
        return dict(self.session.execute(statement.where(column.in_(cases))).all())

    def _agreements(self, cases) -> dict[str, Any]:
        """The live agreement of each case: committee, form, state, amount, whether a court confirmed it."""
        a = MediationAgreement
        amounts = select(AgreementItem.agreement_id, func.sum(AgreementItem.amount).label("amount")).group_by(AgreementItem.agreement_id).subquery()
        confirmed = select(Confirmation.agreement_id).where(Confirmation.status == ConfirmationState.CONFIRMED)
        rows = self.session.execute(
            select(a.case_id, a.committee_id.label("committee"), a.form, a.status, amounts.c.amount, a.id.in_(confirmed).label("is_confirmed"))
            .outerjoin(amounts, amounts.c.agreement_id == a.id)
            .where(a.case_id.in_(cases), a.status.not_in((AgreementState.DRAFT, AgreementState.VOID))).order_by(a.drafted_on)
        )  # fmt: skip
        return {row.case_id: row for row in rows}

    @staticmethod
    def _places(committees: list[tuple[Committee, str]]) -> list[tuple[str, str]]:
        """(code, id) of the committees of places, the narrowest place first; those of trades have none."""
        local = (CommitteeKind.VILLAGE, CommitteeKind.COMMUNITY, CommitteeKind.SUBDISTRICT)
        return sorted(((code, c.id) for c, code in committees if code and c.kind in local), key=lambda pair: -len(pair[0]))

    @staticmethod
    def _at(places: list[tuple[str, str]], code: str) -> str | None:
        return next((committee for place, committee in places if code.startswith(place)), None)


def _add(figures: Counter, case, agreement, parties: int) -> None:
    """One case with its agreement."""
    channel = case.channel.partition(":")[2]
    found = {
        "cases": 1, "parties": parties, "settled": case.outcome in _SETTLED, "hard": case.level is MatterLevel.HARD or case.is_key_issue,
        "initiative": channel == "patrol", "discovered": channel == "patrol", "applied": channel in _APPLIED,
        **{key: channel in channels for key, channels in _ENTRUSTED.items()},
        f"category:{case.category.partition('.')[0]}": 1,
    }  # fmt: skip
    if agreement is not None:
        found |= {
            "oral": agreement.form is AgreementForm.ORAL, "written": agreement.form is AgreementForm.WRITTEN,
            "amount": agreement.amount or Decimal(0), "performed": agreement.status is AgreementState.PERFORMED,
            "confirmed": bool(agreement.is_confirmed),
        }  # fmt: skip
    for key, value in found.items():
        figures[key] += value
