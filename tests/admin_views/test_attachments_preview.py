"""Files on a record's page: shown only through the record, only as what they are, and never able to do anything."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select, update

from models.attachment import Attachment
from tests.support.builders import build_chief, build_user
from tests.support.office import CLERK, LEDGER, OFFICE, build_office
from tests.support.visitor import Visitor

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
FILES = {
    "照片.png": (PNG, "image/png"), "照片.jpg": (b"\xff\xd8\xff" + bytes(20), "image/jpeg"),
    "协议.pdf": (b"%PDF-1.4\n", "application/pdf"), "说明.txt": ("<b>第一行</b>".encode(), "text/plain; charset=utf-8"),
}  # fmt: skip
OFFICE_FILES = ("台账.xlsx", "文书.docx")
WESTERN = "xili"


@pytest.fixture
def world(office):
    with office() as session:
        world = build_office(session)
        world.chief = build_chief(session, world.east_neighborhood)
        build_user(session, WESTERN, ["household:view", "household:edit"], area_id=world.west.id)
    return world


@pytest.fixture
def arrive(app, sign_in):
    return lambda username: Visitor(sign_in(app.test_client(), username))


def upload(visitor, world, name="照片.png", content=PNG, purpose=""):
    visitor.open(f"/admin/household/details/?id={world.east_household.id}")
    return visitor.send("上传", file=(io.BytesIO(content), name), purpose=purpose)


def address(office, world, action="file/show", slug="household"):
    with office() as session:
        kept = session.scalars(select(Attachment).order_by(Attachment.id.desc())).first()
    return f"/admin/{slug}/{action}/?id={world.east_household.id}&file={kept.id}"


# ---- what is shown ------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_shown_as_what_it_is(world, arrive, office, name):
    content, kind = FILES[name]
    visitor = arrive(CLERK)
    upload(visitor, world, name, content)
    answer = visitor.client.get(address(office, world))
    assert (answer.status_code, answer.headers["Content-Type"], answer.data) == (200, kind, content)
    assert answer.headers["Content-Disposition"].startswith("inline; filename*=UTF-8''%")


@pytest.mark.parametrize("name", FILES)
def test_a_shown_file_may_do_nothing_and_be_framed_by_this_host_only(world, arrive, office, name):
    visitor = arrive(CLERK)
    upload(visitor, world, name, FILES[name][0])
    headers = visitor.client.get(address(office, world)).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "SAMEORIGIN")
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", FILES)
def test_the_download_stays_a_download(world, arrive, office, name):
    visitor = arrive(CLERK)
    upload(visitor, world, name, FILES[name][0])
    headers = visitor.client.get(address(office, world, "file")).headers
    assert headers["Content-Disposition"].startswith("attachment;") and headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", OFFICE_FILES)
def test_office_files_are_only_downloaded(world, arrive, office, name):
    visitor = arrive(CLERK)
    page = upload(visitor, world, name, b"PK\x03\x04" + bytes(20))
    assert "data-preview" not in page.html and visitor.client.get(address(office, world)).status_code == 404
    assert visitor.client.get(address(office, world, "file")).status_code == 200


def test_a_type_outside_the_list_is_not_shown_even_when_it_was_stored(world, arrive, office):
    visitor = arrive(CLERK)
    upload(visitor, world)
    with office() as session:
        session.execute(update(Attachment).values(media_type="text/html"))
    assert visitor.client.get(address(office, world)).status_code == 404


def test_a_text_as_windows_writes_it_is_shown_in_its_characters(world, arrive, office):
    visitor = arrive(CLERK)
    upload(visitor, world, "说明.txt", "邻里纠纷".encode("gb18030"))
    assert visitor.client.get(address(office, world)).text == "邻里纠纷"


def test_of_a_long_text_the_first_50_kb_are_shown_whole_characters(world, arrive, office):
    visitor = arrive(CLERK)
    upload(visitor, world, "说明.txt", ("字" * 20000).encode())
    assert visitor.client.get(address(office, world)).text == "字" * 17066  # 51200 bytes are 17066 characters and two thirds


def test_only_a_page_that_lists_files_may_frame_this_host(world, arrive):
    client = arrive(CLERK).client
    with_files = client.get(f"/admin/household/details/?id={world.east_household.id}").headers["Content-Security-Policy"]
    without = client.get("/admin/household/").headers["Content-Security-Policy"]
    assert with_files.endswith("frame-src 'self'") and without.endswith("frame-src 'none'")
    assert "frame-ancestors 'none'" in with_files and "object-src 'none'" in with_files


def test_the_page_offers_the_preview_with_purpose_and_download(world, arrive):
    page = upload(arrive(CLERK), world, purpose="签字扫描件")
    assert 'data-preview="image"' in page.html and "签字扫描件" in page.text and "下载" in page.text


# ---- behind the record --------------------------------------------------------------


@pytest.mark.parametrize("action", ["file", "file/show", "file/remove"])
def test_a_file_of_a_record_out_of_scope_is_not_found(world, arrive, office, action):
    upload(arrive(CLERK), world)
    assert arrive(WESTERN).client.get(address(office, world, action)).status_code == 404


def test_a_file_is_not_found_through_another_record(world, arrive, office):
    upload(arrive(CLERK), world)
    stolen = address(office, world).replace(world.east_household.id, world.west_household.id)
    assert arrive(WESTERN).client.get(stolen).status_code == 404


def test_a_visitor_is_sent_to_sign_in(world, arrive, office, client):
    upload(arrive(CLERK), world)
    assert client.get(address(office, world)).status_code == 302


# ---- taking away --------------------------------------------------------------------


def test_who_may_edit_takes_a_file_away_after_being_asked(world, arrive, office):
    visitor = arrive(CLERK)
    upload(visitor, world)
    question = visitor.follow("删除照片.png")
    assert "确定从" in question.text
    page = visitor.send("确定删除")
    assert "已删除附件“照片.png”" in page.text and "还没有附件" in page.text


def test_who_may_not_edit_neither_brings_nor_takes_files(world, arrive, office):
    upload(arrive(CLERK), world)
    reader = arrive(LEDGER)
    page = reader.open(f"/admin/household/details/?id={world.east_household.id}")
    assert "照片.png" in page.text and not [f for f in page.forms if "上传" in f.labels]
    sent = {"csrf_token": page.forms[-1].fields["csrf_token"][0], "file": (io.BytesIO(PNG), "照片.png")}
    assert reader.client.get(address(office, world, "file/remove")).status_code == 403
    answer = reader.client.post(f"/admin/household/upload/?id={world.east_household.id}", data=sent, content_type="multipart/form-data")
    with office() as session:
        assert answer.status_code == 403 and len(session.scalars(select(Attachment)).all()) == 1


# ---- where files are offered --------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "slug", "row"),
    [(CLERK, "household", "east_household"), (CLERK, "chief", "chief"), (OFFICE, "mediator", "mediator")],
)
def test_files_are_offered_on_records_of_other_kinds(world, arrive, username, slug, row):
    visitor = arrive(username)
    visitor.open(f"/admin/{slug}/details/?id={getattr(world, row).id}")
    assert "照片.png" in visitor.send("上传", file=(io.BytesIO(PNG), "照片.png")).text


# ---- references lead to their records ------------------------------------------------


def test_a_reference_leads_to_its_record(world, arrive):
    visitor = arrive(CLERK)
    visitor.open(f"/admin/household/details/?id={world.east_household.id}")
    assert "第1邻" in visitor.follow("东里社区/第1片/第1组/第1邻").headings[0]


def test_a_reference_is_plain_text_for_who_may_not_open_it(world, arrive):
    page = arrive(WESTERN).open(f"/admin/household/details/?id={world.west_household.id}")
    assert "西里社区/第1片/第1组/第1邻" in page.text
    assert not [href for _, href in page.links if "/admin/area/" in href]
