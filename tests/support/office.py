"""A small office for journeys: one community with households, a committee, lawyers and the accounts."""

from __future__ import annotations


from sqlalchemy.orm import Session

from models.household import Household
from models.user import Role, User
from seeds.base import expand, read
from services import access
from services.cases import case_flow
from services.due_dates import local_day
from tests.support.builders import World, build_world, case_facts, party

CLERK, OFFICE, HANDLER, LEDGER = "shujuyuan", "fazhiban", "tiaojie", "taizhang"


def build_office(session: Session) -> World:
    """The world of the builders with twelve more households, a waiting case, and four people who sign in."""
    world = build_world(session)
    for number in range(1, 13):
        session.add(
            Household(
                household_no=f"J{number:03d}", head_name="癸某某", mobile=f"154000000{number:02d}",
                neighborhood_id=world.east_neighborhood.id, address=f"东里社区{number}号",
            )
        )  # fmt: skip
    roles = {r["code"]: r for r in read("roles")}
    people = {
        CLERK: ("roster_clerk", {"is_scoped": False}), OFFICE: ("peace_law_director", {"is_scoped": False}),
        HANDLER: ("mediator", {"worker_id": world.mediator.id}), LEDGER: ("ledger_leader", {"is_scoped": False}),
    }  # fmt: skip
    for username, (code, facts) in people.items():
        role = Role(code=code, name=roles[code]["name"], permissions=expand(roles[code]["permissions"]))
        session.add(role)
        session.flush()
        session.add(
            User(username=username, name=f"{role.name}某", role_id=role.id, subdistrict_id="430181002",
                 password_hash="-", must_change_password=False, **facts)
        )  # fmt: skip
    now = session.info["now"]
    case_flow.register(
        session, access.system("430181002"), now, parties=[party()],
        **case_facts(world, received_on=local_day(now), occurred_on=None),
    )  # fmt: skip
    session.flush()
    return world
