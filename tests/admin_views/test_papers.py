"""Papers over HTTP: from the case page to a Word file, the dossier, and the templates of the office."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from formats import pdf
from models.audit import AccessEvent
from models.case import Case
from models.paper import Paper
from tests.formats.test_papers import said, template
from tests.support.office import OFFICE, build_office
from tests.support.visitor import Visitor

ONE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
MISTYPED = "{{ case.subjct }}"


@pytest.fixture
def visitor(office, client, sign_in) -> Visitor:
    with office() as session:
        build_office(session)
    return Visitor(sign_in(client, OFFICE), typed=("subjct",))


@pytest.fixture
def case_id(office, visitor) -> str:
    with office() as session:
        return session.scalar(select(Case.id))


def file_of(visitor: Visitor, label: str) -> tuple[bytes, str]:
    address = next(href for words, href in visitor.page.links if words.startswith(label))
    answer = visitor.client.get(address)
    assert answer.status_code == 200
    return answer.data, answer.mimetype


@ONE
def test_a_paper_is_made_and_downloaded_from_the_case_and_the_reading_is_logged(office, visitor, case_id):
    visitor.open(f"/admin/case/details/?id={case_id}")
    visitor.follow("全部文书和卷宗")
    assert "还缺4项必备材料" in visitor.page.text
    page = visitor.send("生成当事人权利义务告知书")
    assert "已生成“当事人权利义务告知书”第1版" in page.text and "还缺3项必备材料" in page.text
    content, kind = file_of(visitor, "下载第1版当事人权利义务告知书")
    assert "甲某某" in said(content) and kind.endswith("wordprocessingml.document")
    visitor.send("重新生成当事人权利义务告知书")
    assert "以前的版本（1）" in visitor.page.text
    with office() as session:
        assert [(e.detail, e.reason) for e in session.scalars(select(AccessEvent).where(AccessEvent.reason.is_not(None)))] == [
            ("当事人权利义务告知书第1版", "下载文书")
        ]


@ONE
def test_a_scan_goes_into_the_dossier_and_the_dossier_comes_as_one_file(visitor, case_id):
    visitor.open(f"/admin/case/papers/?id={case_id}")
    page = visitor.send("归入卷宗", item="当事人身份证明", file=(io.BytesIO(b"%PDF-1.7 x"), "身份证.pdf"))
    assert "已归入“当事人身份证明”" in page.text and "已归入1份扫描件" in page.text
    form = visitor.form("整卷下载")
    answer = visitor.client.post(form.action, data={name: values for name, values in form.fields.items()})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["00_卷宗封面.docx", "01_卷内目录.docx", "02_当事人身份证明（签字扫描件）.pdf", "03_卷宗情况说明.docx", "04_封底.docx"]
    visitor.open(f"/admin/case/papers/?id={case_id}")
    assert "（2026）" in visitor.page.text or "人调字第0001号" in visitor.page.text
    visitor.follow("修改卷宗信息")
    assert visitor.page.status == 200 and visitor.form("保存")


@ONE
def test_pdf_is_offered_only_where_it_can_be_made(visitor, case_id, monkeypatch):
    visitor.open(f"/admin/case/papers/?id={case_id}")
    visitor.send("生成当事人权利义务告知书")
    monkeypatch.setattr(pdf, "program", lambda: None)
    visitor.open(f"/admin/case/papers/?id={case_id}")
    assert [words for words, _ in visitor.page.links if words.startswith("PDF")] == []
    monkeypatch.setattr(pdf, "program", lambda: "/nowhere/soffice")
    monkeypatch.setattr(pdf, "of", lambda content: b"%PDF-1.7 made")
    visitor.open(f"/admin/case/papers/?id={case_id}")
    assert file_of(visitor, "PDF") == (b"%PDF-1.7 made", "application/pdf")


@ONE
def test_a_conversion_that_fails_leads_back_with_the_way_out(visitor, case_id, monkeypatch):
    def fail(content):
        raise pdf.NoPdf

    visitor.open(f"/admin/case/papers/?id={case_id}")
    visitor.send("生成当事人权利义务告知书")
    monkeypatch.setattr(pdf, "program", lambda: "/nowhere/soffice")
    monkeypatch.setattr(pdf, "of", fail)
    visitor.open(f"/admin/case/papers/?id={case_id}")
    assert "请下载 Word 文件后另存为 PDF" in visitor.follow("PDF").text


@ONE
@pytest.mark.parametrize(("path", "sent"), [
    ("papers/file/?id={case}&paper=x", None), ("papers/pdf/?id={case}&paper=../../x", None),
    ("papers/make/?id={case}", {"paper": "nothing"}), ("papers/make/?id={case}", {"paper": "assignment_slip", "subject": "x"}),
])  # fmt: skip
def test_an_address_made_up_finds_nothing(visitor, case_id, token, path, sent):
    address = f"/admin/case/{path}".format(case=case_id)
    if sent is None:
        status = visitor.client.get(address).status_code
    else:
        csrf = token(visitor.client.get("/password").text)
        status = visitor.client.post(address, data=sent | {"csrf_token": csrf}).status_code
    assert status == 404


@ONE
def test_an_office_changes_a_template_sees_its_mistakes_and_goes_back(office, visitor, case_id):
    visitor.open("/admin/paper-templates/")
    visitor.follow("当事人权利义务告知书")
    assert load_workbook(io.BytesIO(file_of(visitor, "下载字段表")[0])).worksheets[0]["A2"].value == "{{ case.no }}"
    page = visitor.send("检查并启用", file=(io.BytesIO(template(MISTYPED)), "改.docx"), note="加电话")
    assert page.status == 422 and "没有的字段“subjct”" in page.text
    page = visitor.send("检查并启用", file=(io.BytesIO(template("本街道：{{ case.subject }}")), "改.docx"), note="加电话")
    assert "已改用本街道第1版模板" in page.text and "加电话" in page.text
    visitor.open(f"/admin/case/papers/?id={case_id}")
    visitor.send("生成当事人权利义务告知书")
    assert said(file_of(visitor, "下载第1版当事人权利义务告知书")[0]) == "本街道：楼上漏水引发的邻里纠纷"
    visitor.open("/admin/paper-templates/paper/?key=rights_notice")
    assert said(file_of(visitor, "看样张")[0]) == "本街道：相邻排水纠纷"
    assert "已恢复随附模板" in visitor.send("恢复随附模板").text
    assert "已改用第1版模板" in visitor.send("改用第1版").text
    with office() as session:
        assert session.scalar(select(Paper.template_number)) == 1
