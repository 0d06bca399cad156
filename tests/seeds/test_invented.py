"""Nobody in the seeds is real (domain §3.9)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.appeal import Appeal
from models.case import Assignment, Case, CaseParty
from models.department import Unit
from models.follow_up import FollowUp
from models.household import Household, HouseholdMember
from models.kinds import ID_NUMBER, MOBILE, TELEPHONE
from models.mediation import Committee
from models.neighbor import Chief
from models.residence import ResidentialArea
from models.session import MediationSession, SessionAttendee
from models.settlement import MediationAgreement
from models.whistle import Whistle
from models.worker import Worker


@pytest.fixture
def session(year):
    """The small place has every roster and the year of cases besides."""
    return year


NAMED = (
    (Household, "head_name"), (HouseholdMember, "name"), (Chief, "name"), (Worker, "name"),
    (ResidentialArea, "property_contact"), (CaseParty, "name"),
    (SessionAttendee, "name"), (Whistle, "contact_name"), (Appeal, "name"),
)  # fmt: skip
CALLED = (
    (Household, "mobile"),
    (HouseholdMember, "mobile"),
    (Chief, "mobile"),
    (Worker, "mobile"),
    (CaseParty, "mobile"),
    (Appeal, "mobile"),
)


def values(session, entity, name) -> list[str]:
    column = getattr(entity, name)
    return session.scalars(select(column).where(column.is_not(None))).all()


@pytest.mark.parametrize(("entity", "name"), NAMED)
def test_every_name_carries_the_mark_of_a_withheld_one(session, entity, name):
    found = values(session, entity, name)
    assert found and [v for v in found if "某" not in v] == []


@pytest.mark.parametrize(("entity", "name"), CALLED)
def test_mobile_numbers_are_well_formed_and_of_a_network_that_does_not_exist(session, entity, name):
    found = values(session, entity, name)
    assert found and [v for v in found if MOBILE.check(v) or not v.startswith("154")] == []


def test_two_households_never_share_a_mobile_number(session):
    found = values(session, Household, "mobile")
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("entity", "name"), [(Household, "head_id_number"), (CaseParty, "id_number")])
def test_identity_numbers_are_well_formed_and_of_people_born_before_1900(session, entity, name):
    found = values(session, entity, name)
    assert found and [v for v in found if ID_NUMBER.check(v) or int(v[6:10]) >= 1900] == []


@pytest.mark.parametrize(
    ("entity", "name"), [(ResidentialArea, "property_phone"), (Unit, "phone"), (Committee, "phone")]
)
def test_landlines_are_well_formed_and_cannot_be_dialled(session, entity, name):
    found = values(session, entity, name)
    assert found and [v for v in found if TELEPHONE.check(v) or not v.startswith("0731-0")] == []


def test_free_text_names_nobody(session):
    told = (
        (Case.subject, Case.summary, Case.result), (Assignment.demand, Assignment.feedback), (Appeal.words, Appeal.answer),
        (MediationSession.positions, MediationSession.record), (MediationAgreement.facts, MediationAgreement.disputed),
        (Whistle.place, Whistle.request), (FollowUp.words, FollowUp.measures),
    )  # fmt: skip
    lines = [line for columns in told for line in session.execute(select(*columns))]
    assert len(lines) > 500 and [line for line in lines if "某" in " ".join(w or "" for w in line)] == []
