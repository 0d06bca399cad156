"""What happens between people, told from templates: `data/stories.csv` with its details chosen.

Free text names nobody: parties are called 申请人, 物业公司 and so on, for names are masked on
screens and free text is not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from models.case_codes import IdentityMode, LegalRoute, OnsiteReason, PetitionPurpose
from models.codes import (
    CaseKind, CaseOutcome, MatterLevel, PartyKind, PartyRole, Secrecy, Tier, Urgency,
)  # fmt: skip

from .base import read
from .people import People, gender_of

TIERS = {
    MatterLevel.MICRO: Tier.NEIGHBORHOOD, MatterLevel.SMALL: Tier.SECTOR_GROUP,
    MatterLevel.BIG: Tier.COMMUNITY, MatterLevel.HARD: Tier.SUBDISTRICT,
}  # fmt: skip
_CHANNELS = {
    CaseKind.DISPUTE: ("window neighbor_chief station patrol phone hotline_12345 dept_transfer police_non_emergency", (30, 26, 14, 10, 8, 6, 3, 3)),
    CaseKind.PETITION: ("visit online phone letter transfer", (44, 22, 14, 10, 10)),
    CaseKind.APPEAL: ("qr neighbor_chief hotline_12345 phone", (52, 24, 14, 10)),
}  # fmt: skip
_APPLICANTS = {CaseKind.DISPUTE: "申请人", CaseKind.PETITION: "信访人", CaseKind.APPEAL: "反映人"}
_RESPONDENTS = {
    "neighbor": "被申请人", "family": "被申请人", "property": "物业公司", "shop": "经营者", "builder": "包工方",
    "hospital": "医疗机构", "committee": "征拆部门", "none": "",
}  # fmt: skip
_BODIES = {
    "property": (PartyKind.COMPANY, "某{}物业服务有限公司"), "shop": (PartyKind.SHOP, "某{}商行"),
    "builder": (PartyKind.COMPANY, "某{}建筑劳务有限公司"), "hospital": (PartyKind.ORGANISATION, "某{}医院"),
    "committee": (PartyKind.ORGANISATION, "某{}项目征拆工作组"),
}  # fmt: skip
_LIVELIHOOD = ("01.05", "10", "99.03", "14.04", "08.03")
_OTHER_ENDS = (
    (CaseOutcome.PARTLY, "主要争议已达成一致并履行，其余事项双方约定继续协商，有变化再申请调解。"),
    (CaseOutcome.EXPLAINED, "已逐项说明事实和政策依据，当事人表示理解，不再提出要求。"),
    (CaseOutcome.REDIRECTED, "双方差距较大，已书面告知并引导依法申请仲裁或向人民法院起诉，提供了法律援助联系方式。"),
    (CaseOutcome.TERMINATED, "一方明确表示不愿继续调解，依法终止，已告知可以通过诉讼等途径解决。"),
    (CaseOutcome.WITHDRAWN, "双方已自行和解，申请人撤回申请。"),
)  # fmt: skip


_ROUTES = {
    CaseKind.DISPUTE: LegalRoute.MEDIATION, CaseKind.PETITION: LegalRoute.PETITION, CaseKind.APPEAL: LegalRoute.SERVICE,
}  # fmt: skip
_CAUSES = (
    ("01", "family"), ("02", "neighbor"), ("03", "property"), ("04", "contract"), ("07", "property"), ("08", "policy"),
    ("10", "wage"), ("11", "wage"), ("14", "service"), ("17", "management"),
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """One matter with all its words, before anything has happened in the console."""

    facts: dict
    parties: list[dict]
    demand: str
    feedback: str
    outcome: CaseOutcome
    result: str
    route: LegalRoute
    root_cause: str

    @property
    def level(self) -> MatterLevel:
        return self.facts["level"]


@dataclass(frozen=True)
class Home:
    """A household as a story needs it, and somebody from next door."""

    household: dict
    neighbor: dict
    estate: str
    community: str
    is_urban: bool


class Teller:
    """Tells stories from a random source: the same source tells the same ones."""

    def __init__(self, rng: random.Random, people: People):
        self.rng, self.people = rng, people
        self.templates: dict[tuple[CaseKind, bool], list[dict]] = {}
        for row in read("stories"):
            key = CaseKind(row["kind"]), row["level"] == MatterLevel.HARD.value
            self.templates.setdefault(key, []).append(row)

    def tell(self, kind: CaseKind, home: Home, *, is_hard: bool = False, category: str = "") -> Story:
        """A matter of one kind that happened to this household; a hard one asks for a team."""
        places = ("", "urban" if home.is_urban else "rural")
        fitting = [t for t in self.templates[kind, is_hard] if t["setting"] in places]
        template = self.rng.choice([t for t in fitting if t["category"].startswith(category)])
        slots = self._slots(template, kind, home)
        told = {name: template[name].format(**slots) for name in ("subject", "summary", "feedback", "result")}
        outcome, result = self._end(kind, told["result"], is_hard)
        words, weights = _CHANNELS[kind]
        facts = {
            "kind": kind, "subject": told["subject"], "summary": told["summary"],
            "category": f"dispute_category:{template['category']}",
            "channel": f"channel:{self.rng.choices(words.split(), weights)[0]}",
            "level": MatterLevel(template["level"]),
            "urgency": Urgency.URGENT if template["category"].startswith("10") else Urgency.NORMAL,
            "secrecy": Secrecy.NORMAL, "is_livelihood": template["category"].startswith(_LIVELIHOOD),
            "amount": Decimal(slots["amount"]) if slots["amount"] else None,
            "people_count": slots["people"] if "{people}" in template["summary"] else 1 + (template["respondent"] != "none"),
            "area_id": home.household["neighborhood_id"], "household_id": home.household["id"],
            "place": home.community + home.household["address"],
        }  # fmt: skip
        demand = f"请{self.rng.choice(('两日内', '尽快', '三日内'))}到现场核实，{self.rng.choice(('组织双方协商', '听取各方意见', '会同属地做好工作'))}，限期反馈结果。"
        facts |= self._of_kind(kind)
        cause = next((c for prefix, c in _CAUSES if template["category"].startswith(prefix)), "other")
        return Story(
            facts, self._parties(template, home), demand, told["feedback"], outcome, result, _ROUTES[kind],
            f"root_cause:{cause}",
        )  # fmt: skip

    def _of_kind(self, kind: CaseKind) -> dict:
        """What a petition says of itself, and why a dispute was not settled on the spot."""
        if kind is CaseKind.PETITION:
            purpose = PetitionPurpose.CLAIM if self.rng.random() < 0.8 else PetitionPurpose.ADVICE
            return {"purpose": purpose, "identity": IdentityMode.NAMED}
        if kind is CaseKind.DISPUTE:
            return {"onsite_reason": self.rng.choice((OnsiteReason.APART, OnsiteReason.NEEDS_UNIT, OnsiteReason.NEEDS_FACTS))}
        return {}

    def _slots(self, template: dict, kind: CaseKind, home: Home) -> dict:
        pick = self.rng
        slots = {
            "applicant": _APPLICANTS[kind], "respondent": _RESPONDENTS[template["respondent"]],
            "place": home.household["address"], "place_short": home.estate, "estate": home.estate,
            "months": pick.randint(2, 11), "days": pick.randint(3, 25), "people": pick.randint(4, 48),
            "width": pick.randint(15, 90), "hour": pick.choice((21, 22)), "amount": "",
        }  # fmt: skip
        if template["amount"]:
            low, high = map(int, template["amount"].split("-"))
            slots["amount"] = pick.randint(low // 100, high // 100) * 100 or low
        for detail in filter(None, template["details"].split(";")):
            name, values = detail.split("=")
            slots[name] = pick.choice(values.split("|"))
        return slots

    def _end(self, kind: CaseKind, result: str, is_hard: bool) -> tuple[CaseOutcome, str]:
        if kind is CaseKind.DISPUTE and not is_hard and self.rng.random() < 0.12:
            return self.rng.choice(_OTHER_ENDS)
        if kind is CaseKind.PETITION and not is_hard and self.rng.random() < 0.2:
            return _OTHER_ENDS[1]
        return CaseOutcome.RESOLVED, result

    def _parties(self, template: dict, home: Home) -> list[dict]:
        parties = [self._household_party(home.household, PartyRole.APPLICANT, home)]
        side = template["respondent"]
        if side in _BODIES:
            kind, name = _BODIES[side]
            parties.append({
                "role": PartyRole.RESPONDENT, "kind": kind, "name": name.format(self.rng.choice("安和顺诚信达康祥瑞恒")),
                "mobile": self.people.mobile(),
            })  # fmt: skip
        elif side != "none":
            parties.append(self._household_party(home.neighbor, PartyRole.RESPONDENT, home))
        return parties

    def _household_party(self, household: dict, role: PartyRole, home: Home) -> dict:
        """The head of a household; an identity number only where a paper was drawn up."""
        name = household["head_name"]
        return {
            "role": role, "kind": PartyKind.PERSON, "name": name,
            "mobile": household["mobile"], "address": home.community + household["address"],
            "household_id": household["id"],
            "id_number": self.people.id_number(gender_of(name)) if self.rng.random() < 0.1 else None,
        }  # fmt: skip

    def occurred(self, received_on: date) -> date:
        """Some day before the matter was brought."""
        return received_on - timedelta(days=self.rng.choice((0, 0, 1, 2, 3, 5, 8, 15, 30)))
