"""What a chief fills in of a household where the roster has nothing; what is there stays for the office to change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models import describe
from models.household import Household, HouseholdMember

from ..keeping import records
from ..access import Permission
from ..errors import Refused
from ..labels import dictionary_choices
from .phone_sign_in import Present


def complete(
    session: Session, me: Present, household: Household, now: datetime, *, mobile: str = "", member_count: str = "",
    member: str = "", relation: str = "",
) -> None:  # fmt: skip
    """Fill in number, count of people and one member, each only where it is missing (members: one more)."""
    me.actor.require(Permission.COMPLETE)
    if not any(value.strip() for value in (mobile, member_count, member)):
        raise Refused("请至少填一项再保存", field="mobile")
    if mobile.strip():
        if household.mobile is not None:
            raise Refused("这户已经登记了电话；要更正，请告诉村社区", field="mobile")
        household.mobile = _kind_checked(Household, "mobile", mobile)
    if member_count.strip():
        if household.member_count is not None:
            raise Refused("这户已经登记了人口数；要更正，请告诉村社区", field="member_count")
        household.member_count = _count(member_count)
    records.save(session, household, me.actor, now)
    if member.strip():
        if relation and relation not in dict(dictionary_choices(session, "relation")):
            raise Refused("请选择与户主的关系", field="relation")
        name = _kind_checked(HouseholdMember, "name", member, "member")
        records.save(session, HouseholdMember(household_id=household.id, name=name, relation=relation or None), me.actor, now)


def _kind_checked(entity, name: str, value: str, field: str = "") -> str:
    kind = describe(entity)[name].kind
    value = kind.normalise(value)
    sentence = kind.check(value)
    if sentence:
        raise Refused(sentence, field=field or name)
    return value


def _count(value: str) -> int:
    most = int(describe(Household)["member_count"].field.high)
    if not value.strip().isdecimal() or int(value) > most:
        raise Refused(f"人口数请填0到{most}的整数", field="member_count")
    return int(value)
