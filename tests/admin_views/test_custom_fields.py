"""An administrator adds a field, and it is everywhere at once: form, list, filter, sheets, history."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from extensions import db
from models import describe
from models.case import Case
from models.codes import CustomKind
from models.custom import CustomField
from models.household import Household
from models.user import Role, User
from seeds.base import expand, read
from services.background import jobs
from services.errors import Refused
from services.keeping import records
from tests.support.builders import build_user, build_world, raw_case
from tests.support.office import CLERK, build_office
from tests.support.visitor import Visitor

ADMIN = "xitong"


@pytest.fixture
def world(office):
    with office() as session:
        world = build_office(session)
        row = next(r for r in read("roles") if r["code"] == "system_admin")
        role = Role(code=row["code"], name=row["name"], permissions=expand(row["permissions"]))
        session.add(role)
        session.flush()
        session.add(
            User(username=ADMIN, name="系统员", role_id=role.id, subdistrict_id="430181002", is_scoped=False,
                 password_hash="-", must_change_password=False)
        )  # fmt: skip
        session.flush()
        return world


@pytest.fixture
def field(app, world, sign_in):
    """The administrator adds 帮扶类型 to the households, chosen from a dictionary, listed and filtered."""
    visitor = Visitor(sign_in(app.test_client(), ADMIN))
    visitor.open("/admin/custom-field/new/")
    page = visitor.send(
        "保存", roster="roster:household", label="帮扶类型", kind="choice", dictionary="dictionary:relation",
        section="其他情况", help="按民政台账填写", is_required="no", is_listed="yes", is_filtered="yes", is_active="yes", sort="10",
    )  # fmt: skip
    assert "已保存" in page.text
    return "custom_1"


@pytest.fixture
def clerk(client, world, sign_in, field):
    return sign_in(client, CLERK)


@pytest.fixture
def home(office):
    def find(number="J001"):
        with office() as session:
            return session.scalars(select(Household).where(Household.household_no == number)).one()

    return find


@pytest.fixture
def filled(clerk, home, field):
    visitor = Visitor(clerk)
    visitor.open(f"/admin/household/edit/?id={home().id}")
    assert "已保存" in visitor.send("保存", **{field: "relation:child"}).text
    return visitor


def work(app) -> None:
    """Let the worker do what waits."""
    with app.app_context():
        folder = Path(app.config["CONSOLE"].instance) / "jobs"
        jobs.run_waiting(db.session.session_factory, lambda: datetime.now(UTC), folder)


def test_the_form_asks_for_it_with_its_help(clerk, home):
    page = clerk.get(f"/admin/household/edit/?id={home().id}").text
    assert all(words in page for words in ("其他情况", "帮扶类型", "按民政台账填写"))


def test_a_value_is_saved_and_shown_with_its_name(filled, home):
    page = filled.open(f"/admin/household/details/?id={home().id}")
    assert home().extra == {"custom_1": "relation:child"} and "帮扶类型 子女" in page.text


def test_the_list_has_a_column_and_a_filter(filled):
    assert ">帮扶类型" in filled.open("/admin/household/").html
    page = filled.open("/admin/household/?custom_1=relation:child")
    assert page.html.count("data-href=") == 1 and "帮扶类型 是 子女" in page.text


def test_two_listed_fields_push_no_built_in_column_out(app, office, world, sign_in, field):
    with office() as session:
        build_user(session, "kanan", ["case:view"], is_scoped=False)
        raw_case(session, world)
    admin = Visitor(sign_in(app.test_client(), ADMIN))
    for label in ("甲情况", "乙情况"):
        admin.open("/admin/custom-field/new/")
        admin.send("保存", roster="roster:case", label=label, kind="text", is_required="no", is_listed="yes", is_active="yes", sort="10")
    page = Visitor(sign_in(app.test_client(), "kanan")).open("/admin/case/")
    heads = [re.sub(r"<[^>]+>|\s", "", head) for head in re.findall(r"<th .*?</th>", page.html, re.S)]
    built_in = [d.field.label for d in describe(Case).values() if d.field.listed]
    assert [w for w in heads if w in (*built_in, "甲情况", "乙情况")] == [*built_in, "甲情况", "乙情况"]


def test_the_history_tells_before_and_after(filled, home):
    page = filled.open(f"/admin/household/details/?id={home().id}")
    assert "帮扶类型 （空） → 改为 子女" in page.text


def test_the_export_has_it(filled, clerk, token):
    page = clerk.get("/admin/household/export/?search=J001").text
    sent = {"csrf_token": token(page), "columns": ["household_no", "custom_1"]}
    book = load_workbook(io.BytesIO(clerk.post("/admin/household/export/?search=J001", data=sent).data))
    assert [[c.value for c in row] for row in book.worksheets[0].iter_rows(max_row=2)] == [["户号", "帮扶类型"], ["J001", "子女"]]


def test_the_template_and_the_import_have_it(clerk, home, app):
    book = load_workbook(io.BytesIO(clerk.get("/admin/household/template/").data))
    sheet = book.worksheets[0]
    headings = [str(c.value).strip(" *＊") for c in sheet[1]]
    assert "帮扶类型" in headings
    for name, value in {"户号": "J002", "户主": "癸某某", "门牌地址": "东里社区2号", "帮扶类型": "子女"}.items():
        sheet.cell(row=3, column=headings.index(name) + 1, value=value)
    sheet.cell(row=3, column=headings.index("所属邻") + 1, value="东里社区/第1片/第1组/第1邻")
    out = io.BytesIO()
    book.save(out)
    visitor = Visitor(clerk)
    visitor.open("/admin/household/import/")
    page = visitor.send("上传并核对", file=(io.BytesIO(out.getvalue()), "户.xlsx"))
    work(app)
    visitor.open(page.address)
    visitor.send("确认导入")
    work(app)
    assert home("J002").extra == {"custom_1": "relation:child"}


def test_a_value_of_another_dictionary_is_refused(clerk, home, token):
    url = f"/admin/household/edit/?id={home().id}"
    form = clerk.get(url).text
    version = re.search(r'name="lock_version" value="(\d+)"', form).group(1)
    page = clerk.post(url, data={"csrf_token": token(form), "lock_version": version, "custom_1": "channel:window"}).text
    assert "没有这个选项" in page and home().extra is None


def test_only_lists_that_an_office_uses_are_offered_for_a_choice(app, world, sign_in):
    visitor = Visitor(sign_in(app.test_client(), ADMIN))
    visitor.open("/admin/custom-field/new/")
    offered = visitor.form("保存").boxes["dictionary"]
    assert offered == ["", "dictionary:channel", "dictionary:dispute_category", "dictionary:relation", "dictionary:root_cause", "dictionary:visit_duty"]


def test_a_list_of_the_program_is_refused_for_a_choice(session):
    build_world(session)
    row = CustomField(roster="roster:household", label="名册", kind=CustomKind.CHOICE, dictionary="dictionary:roster")
    with pytest.raises(Refused, match="这个字典由系统自己使用"):
        records.save(session, row, session.info["actor"], session.info["now"])


def yes_or_no(app, sign_in, is_required):
    """The administrator adds 持居住证 to the households; gives what the form of a new household offers."""
    visitor = Visitor(sign_in(app.test_client(), ADMIN))
    visitor.open("/admin/custom-field/new/")
    visitor.send("保存", roster="roster:household", label="持居住证", kind="yes_no", is_required=is_required)
    page = sign_in(app.test_client(), CLERK).get("/admin/household/new/").text
    box = page[page.index('name="custom_1"') :]
    return re.findall(r"<option[^>]*>([^<]*)", box[: box.index("</select>")])


def test_a_yes_or_no_that_is_needed_asks_to_choose(app, world, sign_in):
    assert yes_or_no(app, sign_in, "yes") == ["请选择", "是", "否"]


def test_a_yes_or_no_that_is_not_needed_may_be_left_empty(app, world, sign_in):
    assert yes_or_no(app, sign_in, "no") == ["（不填）", "是", "否"]


def test_a_yes_or_no_that_is_always_known_offers_nothing_else(app, world, sign_in):
    visitor = Visitor(sign_in(app.test_client(), ADMIN))
    visitor.open("/admin/custom-field/new/")
    assert visitor.form("保存").boxes["is_listed"] == ["yes", "no"]


def test_a_clerk_of_the_rosters_adds_no_fields(clerk):
    assert clerk.get("/admin/custom-field/new/").status_code == 403
