"""Who may open what: the whole matrix of roles and routes, written by hand, on both databases.

v view · c create · e edit · d delete · x export · i import; y yes; - nothing.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import entities
from models.codes import AgreementStatus
from models.user import Role, User
from services.access import ACTIONS, Permission
from tests.support.residents import PHONE, PUBLIC
from tests.support.builders import build_chief, build_world, raw_case

ROLES = (
    "roster_clerk community_staff window_clerk peace_law_director duty_leader case_leader mediator lawyer "
    "department_liaison neighbor_chief ledger_leader system_admin security_admin audit_admin "
    "urging_agent supervision_clerk external_unit"
).split()
# fmt: off
ENTITIES = """
                          clerk   communi window  peace   duty    c_lead  mediat  lawyer  dept    chief   ledger  system  securi  audit   urging  superv  extern
unit                      ve      v       v       v       v       v       v       v       v       -       vx      v       v       -       v       v       -
staff                     vcedxi  v       v       v       v       v       v       v       v       -       vx      -       -       -       v       v       -
dispatch_rule             -       v       v       vcedxi  v       -       -       -       v       -       vx      v       -       -       -       v       -
duty_day                  v       v       v       vcedxi  v       -       -       -       v       -       vx      -       -       -       -       v       -
responsibility_agreement  -       v       -       vcedxi  v       v       -       -       v       -       vx      -       -       -       -       -       -
responsibility_goal       -       ve      -       vcedxi  ve      v       -       -       ve      -       vx      -       -       -       -       -       -
lawyer                    vcedxi  -       -       vcedxi  v       v       v       -       -       -       vx      -       -       -       -       -       -
counsellor                vcedxi  -       -       vcedxi  v       v       -       -       -       -       vx      -       -       -       -       -       -
appeal                    -       vc      vcx     vcex    v       -       -       -       -       vc      vx      -       -       -       -       -       -
door_code                 vcedxi  v       v       v       v       -       -       -       -       -       vx      -       -       -       -       -       -
plate                     vx      v       v       vx      v       -       -       -       -       -       vx      -       -       -       -       -       -
service_item              v       v       v       vcedxi  v       -       -       -       -       v       vx      -       -       -       -       -       -
reception_point           vcedxi  v       v       vcedxi  v       -       -       -       -       -       vx      -       -       -       -       -       -
reception_visit           -       vce     vcex    vcex    ve      -       -       -       -       -       vx      -       -       -       -       -       -
hotline                   vcedxi  v       v       vcedxi  v       -       -       -       -       v       vx      -       -       -       -       -       -
case                      -       vce     vce     vcex    v       v       v       v       v       vc      vx      -       -       -       v       v       -
warning_rule              -       v       v       vcedxi  v       v       -       -       -       -       vx      -       -       -       -       v       -
objection                 -       v       -       vx      v       -       -       -       v       -       vx      -       -       -       -       v       -
mediation_session         -       vce     -       vce     v       vce     vce     v       -       -       vx      -       -       -       -       -       -
hearing                   -       vce     -       vce     v       v       -       -       vce     -       vx      -       -       -       -       -       -
mediation_agreement       -       vce     v       vcex    v       vce     vce     v       v       -       vx      -       -       -       -       -       -
confirmation              -       vce     -       vce     v       vce     vce     v       -       -       vx      -       -       -       -       -       -
follow_up                 -       v       ve      vex     v       v       v       -       v       -       vx      -       -       -       -       -       -
team                      -       v       -       vx      vx      v       v       v       v       -       vx      -       -       -       -       v       -
whistle                   -       v       v       vcx     vc      v       v       -       v       -       vx      -       -       -       -       vx      v
urge                      -       v       v       vcx     vc      v       v       -       v       -       vx      -       -       -       vcx     vx      -
supervision               -       v       v       vcx     vc      v       v       -       v       -       vx      -       -       -       v       vcx     -
instruction               -       v       v       vcx     vc      v       v       -       v       -       vx      -       -       -       -       vcx     -
recusal                   -       vc      -       vcex    vc      vc      vc      vc      vc      -       vx      -       -       -       -       v       -
monthly_report            -       v       -       vex     vx      -       -       -       -       -       vex     -       -       -       -       v       -
committee                 vcedxi  v       v       vcedxi  v       v       v       -       v       -       vx      -       -       -       v       v       -
mediator                  vcedxi  ve      v       vcedxi  v       v       v       v       v       -       vx      -       -       -       v       v       -
inspection                vcedxi  vce     -       vcedxi  -       -       -       -       -       -       vx      -       -       -       -       -       -
area                      vcedxi  v       v       v       v       v       v       v       v       v       vx      -       v       -       v       v       -
residential_area          vcedxi  vcexi   v       v       v       v       -       -       -       -       vx      -       -       -       -       -       -
building                  vcedxi  vcexi   v       v       v       v       -       -       -       -       vx      -       -       -       -       -       -
household                 vcedxi  vcexi   v       v       v       v       v       -       -       v       vx      -       -       -       -       -       -
household_member          vcedxi  vcedxi  -       v       v       v       -       -       -       v       vx      -       -       -       -       -       -
chief                     vcedxi  vcexi   v       v       v       v       -       -       -       v       vx      -       -       -       -       -       -
visit_log                 vcedxi  vcexi   v       vx      v       -       -       -       -       vc      vx      -       -       -       -       -       -
zero_report               vx      vx      -       vx      v       -       -       -       -       v       vx      -       -       -       -       -       -
device                    v       v       -       v       -       -       -       -       -       -       -       -       -       -       -       -       -
user                      -       -       -       -       -       -       -       -       -       -       -       -       vced    v       -       -       -
role                      -       -       -       -       -       -       -       -       -       -       -       -       vced    v       -       -       -
export_request            -       -       -       v       -       -       -       -       -       -       vx      -       -       -       -       -       -
audit_event               -       -       -       -       -       -       -       -       -       -       -       -       -       vx      -       -       -
access_event              -       -       -       -       -       -       -       -       -       -       -       -       -       vx      -       -       -
message                   -       -       -       -       -       -       -       -       -       -       vx      v       -       -       -       -       -
custom_field              -       -       -       -       -       -       -       -       -       -       vx      vcedxi  -       -       -       -       -
ledger                    v       v       -       vcedxi  -       -       -       -       -       -       vcex    -       -       -       -       v       -
dict_item                 -       -       -       -       -       -       -       -       -       -       vx      vcedxi  -       -       -       -       -
term                      -       -       -       -       -       -       -       -       -       -       vx      vcedxi  -       -       -       -       -
workday                   -       -       -       -       -       -       -       -       -       -       vx      vcedxi  -       -       -       -       -
division                  -       -       -       -       -       -       -       -       -       -       vx      vcedxi  -       -       -       -       -
"""
PAGES = """
                          clerk   communi window  peace   duty    c_lead  mediat  lawyer  dept    chief   ledger  system  securi  audit   urging  superv  extern
/admin/                   y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y
/password                 y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y
/admin/help/              y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y
/admin/search/?query=xx    y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y
/admin/dispatch-desk/     -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
/admin/tray-plan/         -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
/admin/warnings/          -       y       y       y       y       y       -       -       -       -       y       -       -       -       -       y       -
/admin/late-steps/        -       y       y       y       y       y       y       -       y       -       y       -       -       -       y       y       -
/admin/whistle-figures/   -       y       y       y       y       y       y       -       y       -       y       -       -       -       -       y       y
/admin/ledgers/           y       y       -       y       -       -       -       -       -       -       y       -       -       -       -       y       -
/admin/team-desk/?case=   -       -       -       y       y       y       -       -       -       -       -       -       -       -       -       -       -
/admin/area-tree/         y       y       y       y       y       y       -       -       -       y       y       -       -       -       -       y       -
/admin/area-loads/        y       y       -       -       -       -       -       -       -       -       -       -       -       -       -       -       -
/admin/parameters/        -       -       -       -       -       -       -       -       -       -       -       y       -       y       -       -       -
/admin/paper-templates/   -       -       -       y       -       -       -       -       -       -       -       y       -       -       -       -       -
/admin/case/papers/?id=   -       y       y       y       y       y       y       -       -       -       y       -       -       -       -       -       -
/admin/recycle/           y       y       y       y       y       y       y       -       -       -       -       y       y       -       -       -       -
/admin/chief-days/        y       y       -       y       y       -       -       -       -       y       y       -       -       -       -       -       -
/admin/appeal-figures/    -       y       y       y       y       -       -       -       -       y       y       -       -       -       -       -       -
/admin/chief/phone-codes/  y       y       -       y       -       -       -       -       -       -       -       -       -       -       -       -       -
/admin/reception-desk/    -       y       y       y       y       -       -       -       -       -       -       -       -       -       -       -       -
/admin/plate-coverage/    y       y       -       y       -       -       -       -       -       -       -       -       -       -       -       -       -
/admin/jobs/              y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y       y
/admin/jobs/?all=1        -       -       -       -       -       -       -       -       -       -       -       y       -       -       -       -       -
/admin/imports/           y       y       -       y       -       -       -       -       -       -       -       y       -       -       -       -       -
/admin/imports/wide/three_chiefs/  y  y   -       -       -       -       -       -       -       -       -       -       -       -       -       -       -
/admin/imports/?all=1     -       -       -       -       -       -       -       -       -       -       -       y       -       -       -       -       -
/admin/batch/             y       y       y       y       y       y       y       -       y       -       y       y       y       -       -       -       -
"""
STEPS = """
                          clerk   communi window  peace   duty    c_lead  mediat  lawyer  dept    chief   ledger  system  securi  audit   urging  superv  extern
accept                    -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
decline                   -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
assign                    -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
assist                    -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
give_back                 -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
feed_back                 -       y       -       y       y       y       y       -       y       -       -       -       -       -       -       -       -
join                      -       -       -       y       y       y       -       -       -       -       -       -       -       -       -       -       -
close                     -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
merge                     -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
suspend                   -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
resume                    -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
archive                   -       -       -       y       -       -       -       -       -       -       -       -       -       -       -       -       -
reopen                    -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
refer                     -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
transfer                  -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
send_back                 -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
consult                   -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
go_back                   -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
decide_extension          -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
opinion                   -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
terminate                 -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
withdraw                  -       -       -       y       y       -       -       -       -       -       -       -       -       -       -       -       -
settle                    -       y       y       y       y       -       -       -       -       -       -       -       -       -       -       -       -
hand_over                 -       y       -       y       y       y       y       -       y       -       -       -       -       -       -       -       -
recall                    -       y       -       y       y       y       y       -       y       -       -       -       -       -       -       -       -
consent                   -       y       -       y       y       y       y       -       y       -       -       -       -       -       -       -       -
progress                  -       y       -       y       y       y       y       -       y       -       -       -       -       -       -       -       -
ask_extension             -       y       -       y       y       y       y       -       y       -       -       -       -       -       -       -       -
skip_stage                -       -       -       -       y       -       -       -       -       -       -       -       -       -       -       -       -
notify                    -       y       y       y       -       -       -       -       -       y       -       -       -       -       -       -       -
split                     -       y       y       y       -       -       -       -       -       y       -       -       -       -       -       -       -
relate                    -       y       y       y       -       -       -       -       -       y       -       -       -       -       -       -       -
"""
# fmt: on
LETTERS = dict(zip("vcedxi", ("index_view", "create_view", "edit_view", "delete_view", "export_view", "import_view"), strict=True))
PATHS = {"v": "", "c": "new/", "e": "edit/?id=", "d": "delete/?id=", "x": "export/", "i": "import/"}
ISSUED = {"whistle", "urge", "supervision", "instruction"}  # what was sent is moved by steps, never changed
WRITTEN_BY_SERVICES = {"plate", "message", "device", "zero_report", "team", "export_request", "objection", "audit_event", "access_event"}


def table(text: str) -> dict[str, dict[str, str]]:
    """{row: {role: cell}} of one of the tables above."""
    lines = [line.split() for line in text.strip().splitlines()[1:]]
    return {name: dict(zip(ROLES, cells, strict=True)) for name, *cells in lines}


@pytest.fixture
def ids(office) -> dict[str, str]:
    """A sub-district with all roles, a user of each (unscoped, to see permissions alone), and row ids."""
    from datetime import date

    from models.agreement import ResponsibilityAgreement
    from models.mediation import Committee
    from seeds.base import expand, read

    with office() as session:
        world = build_world(session)
        given = [Role(code=r["code"], name=r["name"], permissions=expand(r["permissions"])) for r in read("roles")]
        session.add_all(given)
        session.flush()
        roles = {r.code: r for r in given}
        for code in ROLES:
            session.add(
                User(username=code, name=code, role_id=roles[code].id, subdistrict_id="430181002", is_scoped=False,
                     password_hash="-", must_change_password=False)
            )  # fmt: skip
        agreement = ResponsibilityAgreement(
            year=2026, unit_id=world.justice.id, party_a_id=world.leader.id, due_on=date(2026, 3, 31),
            title="责任书", status=AgreementStatus.DRAFT,
        )  # fmt: skip
        session.add(agreement)
        session.flush()
        return {
            "case": raw_case(session, world).id, "household": world.east_household.id, "area": world.east_neighborhood.id,
            "chief": build_chief(session, world.east_neighborhood).id, "unit": world.justice.id,
            "mediator": world.part_timer.id, "lawyer": world.second_lawyer.id, "staff": world.clerk.id,
            "committee": session.scalar(select(Committee.id)), "responsibility_agreement": agreement.id,
            "dict_item": "channel:qr", "term": "divert", "division": "430181002002", "role": roles["lawyer"].id,
            "user": session.scalar(select(User.id).where(User.username == "lawyer")),
        }  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_matrix_says_and_nothing_else(ids, client, sign_in, role):
    sign_in(client, role)
    wrong = []
    for slug, cells in table(ENTITIES).items():
        for letter, path in PATHS.items():
            if path.endswith("id=") and slug not in ids:
                continue
            is_closed = (letter not in "vx" and slug in WRITTEN_BY_SERVICES) or (letter in "edi" and slug in ISSUED)
            is_closed |= slug == "monthly_report" and letter in "cdi"
            if is_closed or (slug in ("appeal", "case") and letter == "d") or (slug in ("user", "role") and letter == "i"):
                allowed = 422  # nobody may, and the page says why
            else:
                allowed = 200 if letter in cells[role] else 403
            url = f"/admin/{slug.replace('_', '-')}/{path}{ids.get(slug, '') if path.endswith('=') else ''}"
            status = client.get(url).status_code
            if status != allowed and not (cells[role] == "-" and status == 403):
                wrong.append((url, status, allowed))
    for url, cells in table(PAGES).items():
        status = client.get(url + (ids["case"] if url.endswith("=") else "")).status_code
        if status != (200 if cells[role] == "y" else 403):
            wrong.append((url, status, cells[role]))
    for verb, cells in table(STEPS).items():
        status = client.get(f"/admin/case/step/?id={ids['case']}&verb={verb}").status_code
        if status != (200 if cells[role] == "y" else 403):
            wrong.append((verb, status, cells[role]))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_who_may_add_or_change_rows_may_ask_whether_they_are_there_and_nobody_else(ids, client, sign_in, token, role):
    sign_in(client, role)
    csrf, wrong = {"csrf_token": token(client.get("/password").text)}, []
    for slug, cells in table(ENTITIES).items():
        for letter, query in (("c", ""), ("e", f"?id={ids.get(slug, '')}")):
            if slug in {*WRITTEN_BY_SERVICES, "monthly_report"} or (letter == "e" and slug not in ids):
                continue
            status = client.post(f"/admin/{slug.replace('_', '-')}/similar/{query}", data=csrf).status_code
            if status != (200 if letter in cells[role] else 403):
                wrong.append((slug, letter, status))
    assert wrong == []


def test_the_matrix_names_every_entity_of_the_menu():
    assert set(table(ENTITIES)) == {e.slug() for e in entities() if e.__in_menu__}


def test_the_matrix_knows_every_action():
    assert set(ACTIONS) == {"view", "create", "edit", "delete", "export", "import"}


def test_every_permission_is_given_to_some_role_unless_it_can_be_given_to_nobody():
    from seeds.base import expand, read

    given = {name for row in read("roles") for name in expand(row["permissions"])}
    assert {p.value for p in Permission} - given == {p.value for p in Permission if p.value.startswith("own:")}


def test_every_page_of_the_console_is_in_the_matrix_or_belongs_to_a_record(app):
    known = {"index_view", "details_view", "reveal_view", "lookup_view", "template_view", *LETTERS.values()}
    of_a_record = {
        "papers_view", "make_paper_view", "paper_view", "paper_pdf_view", "scan_view", "bind_view",
        "template_page", "download_view", "sample_view", "fields_view", "use_view",
        "step_view", "presence_view", "relate_view", "upload_view", "file_view", "show_file_view", "remove_file_view", "reset_view", "restructure_view",
        "remark_view", "take_back_view", "colleagues_view", "restore_view", "revert_view", "bulk_view", "bulk_progress_view", "undo_view", "complete_view",
        "layout_view", "counts_view", "disband_view", "keep_view", "drop_view", "similar_view", "state_view", "cancel_view",
        "flow_view", "phone_code_view", "phone_codes_view", "phones_off_view", "revoke_view", "needed_view",
        "one_view", "all_view", "design_view", "figures_view", "prepare_view", "workbook_view", "word_view",
        "inbox_view", "open_view", "print_view", "slip_view", "notice_view", "take_view", "call_view", "again_view", "posted_view", "codes_view", "renew_view", "switch_off_view", "match_view", "confirm_view", "errors_view", "wide_view", "wide_template_view",
    }  # fmt: skip
    endpoints = {r.endpoint for r in app.url_map.iter_rules()} - {"static", "front", "admin.static", "admin.index"} - PUBLIC - PHONE
    rest = {e for e in endpoints if e.split(".")[-1] not in known | of_a_record and not e.startswith("account.")}
    assert rest == set()


def test_nobody_needs_to_sign_in_for_the_pages_of_residents_and_for_no_others(app):
    from admin_views.guard import OPEN

    assert OPEN - PUBLIC == {"static", "front", "account.sign_in", "account.sign_out"} and PUBLIC <= OPEN


def test_the_pages_that_the_chiefs_door_guards_are_named_by_hand(app):
    from admin_views.guard import OTHER_DOOR

    assert OTHER_DOOR == PHONE


def test_a_visitor_is_sent_to_the_sign_in_page_from_everywhere(ids, client):
    pages = [f"/admin/{slug.replace('_', '-')}/" for slug in table(ENTITIES)] + [p.removesuffix("?id=") for p in table(PAGES)]
    assert {client.get(p).headers.get("Location", "").split("?")[0] for p in pages} == {"/sign-in"}


VERBS = {
    "details": ("get", "details/?id={id}"), "edit": ("get", "edit/?id={id}"), "save": ("post", "edit/?id={id}"),
    "delete": ("get", "delete/?id={id}"), "delete for good": ("post", "delete/"), "reveal": ("post", "reveal/"),
    "similar": ("post", "similar/?id={id}"), "like": ("get", "new/?like={id}"),
}  # fmt: skip


@pytest.fixture
def western_clerk(ids, office, client, sign_in):
    """A community clerk of the western community, signed in."""
    from models.area import Area

    with office() as session:
        user = session.scalars(select(User).where(User.username == "community_staff")).one()
        user.is_scoped = True
        user.area_id = session.scalar(select(Area.id).where(Area.full_name == "西里社区"))
    return sign_in(client, "community_staff")


@pytest.mark.parametrize("entity", ["household", "case", "chief", "area"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_record_of_another_community_is_not_found(ids, western_clerk, token, entity, verb):
    method, path = VERBS[verb]
    url = f"/admin/{entity}/{path}".format(id=ids[entity])
    if method == "get":
        status = western_clerk.get(url).status_code
    else:
        sent = {"csrf_token": token(western_clerk.get("/password").text), "id": ids[entity], "confirmed": "1",
                "field": "mobile", "reason": "电话回访"}  # fmt: skip
        status = western_clerk.post(url, data=sent).status_code
    may_not_anyway = (entity, verb.split()[0]) in {
        ("household", "delete"), ("chief", "delete"), ("area", "delete"), ("area", "edit"), ("area", "save"),
        ("area", "similar"), ("area", "like"), ("case", "delete"),
    }  # fmt: skip
    assert status in ((403, 422) if may_not_anyway else (404,))


@pytest.mark.parametrize("path", [
    "step/?id={id}&verb=feed_back", "file/?id={id}&file=x", "file/show/?id={id}&file=x", "file/remove/?id={id}&file=x",
    "remark/?id={id}", "colleagues/?id={id}&query=x",
])
def test_a_case_of_another_community_is_not_found_on_its_own_pages(ids, western_clerk, path):
    assert western_clerk.get(f"/admin/case/{path}".format(id=ids["case"])).status_code == 404


def test_a_missing_record_and_a_hidden_one_get_the_same_page(ids, western_clerk):
    import re

    hidden = western_clerk.get(f"/admin/household/details/?id={ids['household']}").text
    missing = western_clerk.get("/admin/household/details/?id=01900000-0000-7000-8000-000000000099").text
    assert re.sub(r"nonce=\"[^\"]+\"", "", hidden) == re.sub(r"nonce=\"[^\"]+\"", "", missing)


def test_a_look_up_does_not_offer_rows_of_another_community(ids, western_clerk):
    found = western_clerk.get("/admin/case/lookup/?field=household&query=社区").json["results"]
    assert [r["label"] for r in found] == ["乙某某 西里社区1号"]


def test_an_export_holds_the_rows_of_the_own_community_only(ids, western_clerk, token):
    import io

    from openpyxl import load_workbook

    sent = {"csrf_token": token(western_clerk.get("/admin/household/export/").text), "columns": ["household_no"]}
    book = load_workbook(io.BytesIO(western_clerk.post("/admin/household/export/", data=sent).data))
    assert [c.value for c in book.worksheets[0]["A"]] == ["户号", "H002"]
