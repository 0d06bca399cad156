"""Word papers: what a template may do, what data may hold, what an uploaded template must not carry."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx import Document

from formats import papers
from formats.paper_checks import check_package
from formats.papers import BadTemplate


def template(*lines: str, table: list[list[str]] | None = None) -> bytes:
    """A template with one paragraph a line, and a table."""
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    if table:
        grid = document.add_table(rows=len(table), cols=len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, words in zip(row.cells, cells, strict=True):
                cell.text = words
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def said(content: bytes) -> str:
    """All words of a paper, cells included."""
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def with_part(content: bytes, name: str, part: bytes | str) -> bytes:
    """A package with one more part, or with another one in its place."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            if item.filename != name:
                new.writestr(item, old.read(item))
        new.writestr(name, part)
    return target.getvalue()


# ---- filling in ---------------------------------------------------------------------


def test_a_field_is_replaced_by_its_value():
    assert said(papers.fill(template("事由：{{ case.subject }}"), {"case": {"subject": "相邻排水纠纷"}})) == "事由：相邻排水纠纷"


@pytest.mark.parametrize("data", [{}, {"case": {}}, {"case": {"subject": None}}, {"case": {"subject": ""}}])
def test_a_value_that_is_not_there_prints_as_a_stroke(data):
    assert said(papers.fill(template("事由：{{ case.subject }}"), data)) == "事由：／"


def test_a_value_that_is_not_there_can_be_a_line_to_write_on():
    assert said(papers.fill(template("签名：{{ name | line(3) }}"), {})) == "签名：______"


def test_a_value_that_is_there_stands_in_place_of_the_line():
    assert said(papers.fill(template("签名：{{ name | line(3) }}"), {"name": "张三"})) == "签名：张三"


@pytest.mark.parametrize("name", ["甲<乙>&丙", "</w:t></w:r>", "“引号”'\"", "{{ 7*7 }}"])
def test_marks_of_xml_and_of_templates_in_a_name_stay_words(name):
    assert said(papers.fill(template("{{ name }}"), {"name": name})) == name


def test_marks_that_xml_forbids_are_left_out():
    assert said(papers.fill(template("{{ name }}"), {"name": "张\x00三\x07李\x0c四\ud800"})) == "张三李四"


def test_lines_of_a_text_stay_lines():
    assert said(papers.fill(template("{{ text }}"), {"text": "第一行\r\n第二行"})) == "第一行\n第二行"


def test_a_row_of_a_table_is_repeated_for_each_entry():
    grid = [["{%tr for r in rows %}", ""], ["{{ r.number }}", "{{ r.name }}"], ["{%tr endfor %}", ""]]
    content = papers.fill(template(table=grid), {"rows": [{"number": "1", "name": "甲"}, {"number": "2", "name": "乙"}]})
    assert [[c.text for c in row.cells] for row in Document(io.BytesIO(content)).tables[0].rows] == [["1", "甲"], ["2", "乙"]]


def test_a_cell_that_a_loop_left_empty_still_has_a_paragraph():
    document = Document()
    cell = document.add_table(rows=1, cols=1).rows[0].cells[0]
    cell.text = "{%p for r in rows %}"
    cell.add_paragraph("{{ r }}")
    cell.add_paragraph("{%p endfor %}")
    target = io.BytesIO()
    document.save(target)
    content = papers.fill(target.getvalue(), {"rows": []})
    assert len(Document(io.BytesIO(content)).tables[0].rows[0].cells[0].paragraphs) == 1


# ---- a template is code -------------------------------------------------------------

ATTACKS = [
    "{{ ''.__class__ }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ case.__class__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}", "{{ ''['__cla' ~ 'ss__'] }}", "{{ self.__init__ }}",
    "{{ case | attr('__class__') }}", "{{ namespace }}", "{{ lipsum.__globals__ }}", "{{ range(9) }}",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_in_a_template_reaches_nothing(attack):
    try:
        words = said(papers.fill(template(attack), {"case": {"subject": "事由"}}))
    except BadTemplate as no:
        words = no.sentence
    assert words == "／" or words.startswith("这个模板不能用")


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_when_the_template_is_tried(attack):
    with pytest.raises(BadTemplate, match="这个模板不能用"):
        papers.fill(template(attack), {"case": {"subject": "事由"}}, is_strict=True)


@pytest.mark.parametrize("tag", ["{% include '/etc/passwd' %}", "{% import 'os' as os %}", "{% extends 'x' %}"])
def test_a_template_cannot_read_another_file(tag):
    with pytest.raises(BadTemplate):
        papers.fill(template(tag), {})


def test_a_misspelt_field_is_named_when_a_template_is_tried():
    with pytest.raises(BadTemplate, match="没有的字段“subjct”"):
        papers.fill(template("{{ case.subjct }}"), {"case": {"subject": "事由"}}, is_strict=True)


@pytest.mark.parametrize("line", ["{{ case.subject", "{% for p in parties %}", "{% endif %}", "{{ case | nothing }}"])
def test_a_broken_mark_is_refused_with_a_sentence(line):
    with pytest.raises(BadTemplate, match="标记"):
        papers.fill(template(line), {"case": {"subject": "事由"}, "parties": []})


def test_a_template_that_eats_memory_ends_only_the_child():
    bomb = template("{% set a = 'x' * 9000000000 %}{{ a | length }}")
    with pytest.raises(BadTemplate, match="时间或内存太多"):
        papers.fill_apart(bomb, {})


def test_a_template_is_filled_in_the_same_way_in_the_child():
    assert said(papers.fill_apart(template("{{ name }}{{ missing }}"), {"name": "甲&乙"})) == "甲&乙／"


# ---- what an uploaded template must not carry -----------------------------------------

RELATIONS = "word/_rels/document.xml.rels"


def test_an_ordinary_document_passes():
    assert check_package(template("{{ case.subject }}")) is None


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "请先选择模板文件"),
    (b"%PDF-1.7", "这不是 Word 文档"),
    (b"x" * (4 * 1024 * 1024 + 1), "模板超过4兆"),
    (with_part(template("a"), "word/vbaProject.bin", b"x"), "宏或嵌入的对象"),
    (with_part(template("a"), "word/embeddings/oleObject1.bin", b"x"), "宏或嵌入的对象"),
    (with_part(template("a"), "../../evil.xml", b"x"), "结构不正常"),
    (with_part(template("a"), "word/big.xml", b" " * 50_000_000), "展开后太大"),
    (with_part(template("a"), "word/document.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'), "结构不正常"),
    (with_part(template("a"), RELATIONS, '<Relationship Type="x/attachedTemplate" Target="http://evil/t.dotm" TargetMode="External"/>'), "外部"),
    (with_part(template("a"), RELATIONS, '<Relationship Type="x/image" Target="http://evil/i.png" TargetMode="External"/>'), "外部"),
    (template(" INCLUDETEXT \"/etc/passwd\""), "外部"),
], ids=["empty", "pdf", "large", "macro", "object", "path", "bomb", "entity", "template link", "image link", "field"])  # fmt: skip
def test_a_hostile_file_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(BadTemplate, match=sentence):
        check_package(content)


def test_a_link_in_the_text_is_no_harm():
    part = '<Relationships><Relationship Type="x/hyperlink" Target="http://www.example.cn/" TargetMode="External"/></Relationships>'
    assert check_package(with_part(template("a"), RELATIONS, part)) is None


# ---- hash and bundle ----------------------------------------------------------------


def test_the_hash_of_data_does_not_depend_on_the_order_of_keys():
    assert papers.digest({"a": 1, "b": {"c": "甲", "d": None}}) == papers.digest({"b": {"d": None, "c": "甲"}, "a": 1})


def test_the_hash_of_data_changes_with_a_value():
    assert papers.digest({"a": "甲"}) != papers.digest({"a": "乙"})


def test_a_bundle_keeps_the_order_and_numbers_equal_names(tmp_path):
    (tmp_path / "scan").write_bytes(b"2")
    target = io.BytesIO()
    papers.bundle(target, [("甲.docx", b"1"), ("甲.docx", tmp_path / "scan"), ("乙.pdf", b"3")])
    with zipfile.ZipFile(target) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == [("甲.docx", b"1"), ("甲（2）.docx", b"2"), ("乙.pdf", b"3")]
