"""Parameters: defaults in code, changed values in the table, and what follows from them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event, insert, select

from models.audit import AuditEvent
from models.codes import AuditVerb
from models.division import Division
from models.household import Household
from models.setting import Setting
from services import access, due_dates, overview, parameters, sign_in
from services.desk import dispatch
from services.keeping import attachments
from services.places import areas
from services.errors import Conflict, Denied, Missing, Refused
from services.parameters import EVIDENCE, PARAMETERS
from tests.support.builders import build_user, build_world, raw_case

OTHER = "430181003"
TODAY = date(2026, 3, 2)


@pytest.fixture
def now(session):
    return session.info["now"]


@pytest.fixture
def actor(session):
    return session.info["actor"]


@pytest.fixture
def put(session, actor, now):
    """Set parameters by name: `put(soon_days=5)`."""
    return lambda **wanted: parameters.change(session, wanted, actor, now)


def refusal(put, **wanted) -> dict[str, str]:
    with pytest.raises(Refused) as no:
        put(**wanted)
    return no.value.errors


def store(session, name: str, value: int, subdistrict: str = "430181002") -> None:
    """A value written past the service, as somebody with access to the database could."""
    now = session.info["now"]
    row = {"subdistrict_id": subdistrict, "id": parameters.id_of(name), "name": name, "label": "测", "value": value,
           "created_at": now, "updated_at": now, "version": 1}  # fmt: skip
    session.connection().execute(insert(Setting.__table__), [row])


# ---- the declarations -------------------------------------------------------------------


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=PARAMETERS)
def test_a_default_is_allowed(parameter):
    assert parameter.fits(parameter.default)


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=PARAMETERS)
def test_a_parameter_says_what_it_is_for_and_where_its_default_comes_from(parameter):
    assert parameter.help and parameter.source and parameter.level in EVIDENCE


def test_no_two_parameters_share_a_label():
    assert len({p.label for p in PARAMETERS.values()}) == len(PARAMETERS)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("idle_minutes", 5, 120), ("session_hours", 1, 24), ("failures_per_account", 3, 10),
        ("lockout_minutes", 10, 120), ("password_length", 10, 20), ("attachment_megabytes", 1, 20),
    ],
)  # fmt: skip
def test_the_floors_of_security(name, low, high):
    assert (PARAMETERS[name].low, PARAMETERS[name].high) == (low, high)


# ---- reading and setting ----------------------------------------------------------------


def test_what_nobody_changed_has_its_default(session):
    assert parameters.value(session, "soon_days") == 3


def test_a_changed_value_is_in_force_at_once(session, put):
    parameters.value(session, "soon_days")
    put(soon_days=5)
    assert parameters.value(session, "soon_days") == 5


def test_only_what_differs_is_a_change(put):
    assert [p.name for p in put(soon_days=5, idle_minutes=30)] == ["soon_days"]


def test_a_default_set_again_leaves_no_row(session, put):
    put(soon_days=5)
    put(soon_days=3)
    assert (session.scalars(select(Setting)).all(), parameters.value(session, "soon_days")) == ([], 3)


def test_reading_many_parameters_costs_one_statement(session):
    said = []
    listener = lambda *args: said.append(args[2])  # noqa: E731
    event.listen(session.connection(), "before_cursor_execute", listener)
    parameters.values(session)
    parameters.values(session)
    event.remove(session.connection(), "before_cursor_execute", listener)
    assert len(said) == 1


def test_a_misspelt_name_is_a_mistake(session):
    with pytest.raises(KeyError):
        parameters.value(session, "soon_day")


def test_a_name_that_is_no_parameter_is_refused(put):
    with pytest.raises(Missing):
        put(nothing=1)


@pytest.mark.parametrize("number", [0, 16, -3])
def test_a_number_out_of_bounds_is_refused_at_its_field(put, number):
    assert refusal(put, soon_days=number) == {"soon_days": "请在1至15之间填写"}


@pytest.mark.parametrize("number", [1, 15])
def test_the_bounds_themselves_are_allowed(session, put, number):
    put(soon_days=number)
    assert parameters.value(session, "soon_days") == number


def test_what_is_chosen_from_a_list_is_on_the_list(put):
    assert refusal(put, list_page_size=30) == {"list_page_size": "请从20、50、100中选择"}


def test_every_mistake_is_told_at_once(put):
    assert set(refusal(put, soon_days=99, idle_minutes=1)) == {"soon_days", "idle_minutes"}


def test_the_fewest_households_are_not_more_than_the_most(put):
    assert refusal(put, households_fewest=12, households_most=8) == {"households_fewest": "下限不能大于上限"}


def test_the_fewest_households_are_held_against_the_most_in_force(put):
    put(households_most=8)
    assert refusal(put, households_fewest=9) == {"households_fewest": "下限不能大于上限"}


def test_idling_is_not_longer_than_a_whole_session(put):
    assert list(refusal(put, idle_minutes=90, session_hours=1)) == ["idle_minutes"]


def test_a_refusal_changes_nothing(session, put):
    refusal(put, soon_days=5, idle_minutes=1)
    assert parameters.value(session, "soon_days") == 3


def test_setting_needs_the_permission(session, now):
    viewer = access.Actor(None, "审计", "430181002", frozenset({"parameter:view"}))
    with pytest.raises(Denied):
        parameters.change(session, {"soon_days": 5}, viewer, now)


def test_a_row_beyond_the_bounds_is_held_at_the_bound(session):
    store(session, "idle_minutes", 100_000)
    assert parameters.value(session, "idle_minutes") == 120


def test_another_sub_district_keeps_its_own_values(session, put, now):
    put(soon_days=5)
    session.add(Division(code=OTHER, name="别的街道"))
    session.flush()
    access.bind(session, access.system(OTHER), now)
    assert parameters.value(session, "soon_days") == 3


# ---- the trail --------------------------------------------------------------------------


def test_the_trail_has_before_and_after(session, put):
    put(soon_days=5)
    put(soon_days=7)
    entry = select(AuditEvent.changes, AuditEvent.record_label).where(AuditEvent.verb == AuditVerb.UPDATE)
    assert session.execute(entry).one() == ({"value": [5, 7]}, "提前几天算将到期")


def test_the_last_change_says_who_and_from_what_to_what(session, put, now):
    put(soon_days=5)
    last = parameters.last_changes(session)["soon_days"]
    assert (last.who, last.at, last.old, last.new) == ("系统", now, 3, 5)


def test_going_back_to_the_default_is_a_change_too(session, put, actor, now):
    put(soon_days=5)
    access.bind(session, actor, now + timedelta(hours=1))
    put(soon_days=3)
    last = parameters.last_changes(session)["soon_days"]
    assert (last.old, last.new) == (5, 3)


def test_the_last_change_is_one_of_the_own_sub_district(session, put, now):
    put(soon_days=5)
    session.add(Division(code=OTHER, name="别的街道"))
    session.flush()
    other = access.system(OTHER, "邻街道")
    access.bind(session, other, now + timedelta(hours=1))
    parameters.change(session, {"soon_days": 9}, other, now)
    access.bind(session, access.system("430181002"), now)
    assert [(c.who, c.new) for c in parameters.last_changes(session).values()] == [("系统", 5)]


def test_a_form_made_before_somebody_elses_change_is_refused(session, put):
    shown = parameters.version(session)
    put(soon_days=5)
    with pytest.raises(Conflict):
        parameters.check_version(session, shown)


# ---- what follows -----------------------------------------------------------------------


def test_twelve_as_the_most_makes_thirteen_too_many(session, put):
    world = build_world(session)
    area = world.east_neighborhood
    session.add_all(
        Household(household_no=f"X{i}", head_name="癸某某", neighborhood_id=area.id, address=f"{i}号") for i in range(12)
    )
    session.flush()
    put(households_most=12)
    rows, counts = areas.loads(session, "over")
    assert ([r.household_count for r in rows], counts["over"]) == ([13], 1)
    assert areas.load_warning(session, 13) == "13户，超过12户，建议拆分或调整"


def test_the_figures_of_the_rosters_name_the_set_numbers(session, put):
    put(households_fewest=6, households_most=12)
    labels = [f.label for f in overview.rosters(session)]
    assert labels[2:] == ["超过12户的邻", "不足6户的邻"]


def test_five_days_count_what_is_due_in_four(session, put):
    world = build_world(session)
    raw_case(session, world, due_on=TODAY + timedelta(days=4))

    def soon():
        return next((f.label, f.count) for f in overview.cases(session, TODAY) if "天内" in f.label)

    before = soon()
    put(soon_days=5)
    assert (before, soon()) == (("3天内到期", 0), ("5天内到期", 1))


def test_five_days_turn_four_left_yellow(session, put):
    due = TODAY + timedelta(days=4)
    before = dispatch.urgency(session, due, TODAY, None)
    put(soon_days=5)
    assert [before[0], dispatch.urgency(session, due, TODAY, None)[0]] == ["ok", "warn"]


def test_a_missing_calendar_is_told_as_early_as_is_set(session, put):
    day = date(2026, 10, 1)
    before = due_dates.missing_years(session, day)
    put(calendar_ahead_days=100)
    assert (before, due_dates.missing_years(session, day)) == ([2026], [2026, 2027])


def test_a_file_is_as_large_as_is_set(session, put, actor, tmp_path):
    world = build_world(session)
    put(attachment_megabytes=1)
    with pytest.raises(Refused, match="文件超过1兆"):
        attachments.attach(session, tmp_path, world.justice, "a.pdf", b"%PDF-1.7" + bytes(1024 * 1024), "", actor)


PASSWORD = "Xk7-mpw-22qr"


@pytest.fixture
def user(session):
    found = build_user(session, "clerk", [])
    found.password_hash = sign_in.hash_password(PASSWORD)
    session.flush()
    return found


def attempt(session, now, password):
    access.bind(session, access.ANONYMOUS, now)
    return sign_in.sign_in(session, "clerk", password, "10.0.0.1", now)


def test_a_session_idles_as_long_as_is_set(session, user, put, now):
    put(idle_minutes=10)
    token = attempt(session, now, PASSWORD).token
    found = [sign_in.current(session, token, now + timedelta(minutes=m)) is not None for m in (9, 11)]
    assert found == [True, False]


def test_an_account_is_locked_after_as_many_failures_as_are_set(session, user, put, now):
    put(failures_per_account=3, lockout_minutes=20)
    for _ in range(3):
        attempt(session, now, "falsch")
    assert "请20分钟后再试" in attempt(session, now, PASSWORD).sentence


def test_the_strictest_sub_district_decides_before_it_is_known_whose_account_it_is(session, user, put, now):
    session.add(Division(code=OTHER, name="别的街道"))
    session.flush()
    build_user(session, "stranger", []).subdistrict_id = OTHER
    session.flush()
    put(failures_per_account=10, lockout_minutes=20)
    store(session, "failures_per_account", 3, OTHER)
    found = [parameters.strictest(session, name) for name in ("failures_per_account", "lockout_minutes")]
    assert found == [3, 20]


def test_a_sub_district_alone_may_be_laxer_than_the_default(session, user, put):
    put(failures_per_account=10)
    assert parameters.strictest(session, "failures_per_account") == 10


def test_a_new_password_is_as_long_as_is_set(session, user, put, now):
    put(password_length=16)
    with pytest.raises(Refused, match="密码应为16到128个字符"):
        sign_in.change_password(session, user, PASSWORD, "Neu-3-wort-lan", "Neu-3-wort-lan", now)
