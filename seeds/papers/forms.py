"""A small language for official papers in Word: titles, lines, grids, signatures.

The look follows GB/T 9704: A4, title in 小标宋 2号, running text in 仿宋 3号 with two characters of
indent. Fonts that a machine lacks name their stand-in, so that text never falls back to a Latin font.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

FOLDER = Path(__file__).resolve().parents[1] / "data" / "papers"
TITLE, BODY, HEAD = "方正小标宋简体", "仿宋_GB2312", "黑体"
WIDTH = 15.8  # centimetres between the margins
MADE = datetime(2026, 1, 1, tzinfo=UTC)
_STAND_INS = {TITLE: "宋体", BODY: "仿宋", HEAD: "SimHei"}
_ALIGN = {"left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT}
SEAL = "（印章）"
DAY = "　　　　年　　月　　日"


class Form:
    """One template under construction; every method adds a part and returns the form."""

    def __init__(self, title: str = "", *, size: float = 22):
        self.document = Document()
        self._page()
        if title:
            self.title(title, size)

    def _page(self) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.top_margin, section.bottom_margin = Cm(2.8), Cm(2.6)
        section.left_margin = section.right_margin = Cm((21 - WIDTH) / 2)
        style = self.document.styles["Normal"]
        style.font.size = Pt(16)
        _font(style.element.get_or_add_rPr(), BODY)
        style.paragraph_format.space_after = Pt(0)
        style.paragraph_format.line_spacing = 1.25

    # ---- running text -----------------------------------------------------------------

    def title(self, text: str, size: float = 22, *, before: float = 0, after: float = 14) -> Form:
        paragraph = self._paragraph(text, "center", size, font=TITLE)
        paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
        return self

    def head(self, text: str, size: float = 16) -> Form:
        """A heading inside the text (一、……)."""
        self._paragraph(text, "left", size, font=HEAD, indent=2).paragraph_format.space_before = Pt(4)
        return self

    def keep(self) -> Form:
        """Hold the last paragraph together with what follows: no page with signatures alone."""
        self.document.paragraphs[-1].paragraph_format.keep_with_next = True
        return self

    def text(self, *paragraphs: str, indent: float = 2, align: str = "left", size: float = 16, before: float = 0) -> Form:
        for text in paragraphs:
            paragraph = self._paragraph(text, align, size, indent=indent)
            paragraph.paragraph_format.space_before = Pt(before)
        return self

    def to(self, text: str) -> Form:
        """The addressee, without indent."""
        return self.text(text, indent=0)

    def no(self, text: str) -> Form:
        """The number of the paper, right under the title."""
        return self.text(text, indent=0, align="right", size=14)

    def small(self, *paragraphs: str) -> Form:
        return self.text(*paragraphs, indent=0, size=12, before=4)

    def gap(self, lines: int = 1) -> Form:
        for _ in range(lines):
            self._paragraph("", "left", 12)
        return self

    def page(self) -> Form:
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        return self

    def sign(self, *lines: str, size: float = 16) -> Form:
        """Lines for signatures; they stay together with the day at the right."""
        for line in lines:
            paragraph = self._paragraph(line, "left", size)
            paragraph.paragraph_format.space_before = Pt(8)
            paragraph.paragraph_format.keep_with_next = line is not lines[-1]
        return self

    def seal(self, body: str, day: str = DAY) -> Form:
        """Who issues the paper, the place of the seal, the day."""
        first = self._paragraph(f"{body}{SEAL}", "right", 16)
        first.paragraph_format.space_before, first.paragraph_format.keep_with_next = Pt(26), True
        self._paragraph(day, "right", 16)
        return self

    def _paragraph(self, text: str, align: str, size: float, *, font: str = BODY, indent: float = 0):
        paragraph = self.document.add_paragraph()
        _write(paragraph, text, align, size, font)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(indent * size)
            paragraph._p.pPr.ind.set(qn("w:firstLineChars"), str(round(indent * 100)))
        return paragraph

    # ---- grids ------------------------------------------------------------------------

    def grid(
        self, widths: Sequence[float], *rows: Sequence[str | None], tall: dict[int, float] | None = None, head: int = 0,
        size: float = 12, middle: bool = False,
    ) -> Form:  # fmt: skip
        """A table; `widths` in shares, None widens the cell before it, `tall` {row: centimetres}.

        The first `head` rows come again on each page. A cell without a field is a label. A row of one
        cell that is a `{%tr … %}` tag vanishes when the template is filled in.
        """
        table = self.document.add_table(rows=len(rows), cols=len(widths))
        table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
        shares = [WIDTH * share / sum(widths) for share in widths]
        for column, width in zip(table.columns, shares, strict=True):
            column.width = Cm(width)
        for number, cells in enumerate(rows):
            row = table.rows[number]
            row.height = Cm((tall or {}).get(number, 0.9))
            row.height_rule = WD_ROW_HEIGHT_RULE.AT_LEAST
            self._row(row, cells, shares, size, middle)
            if number < head:
                _flag(row._tr.get_or_add_trPr(), "w:tblHeader")
            elif (tall or {}).get(number, 0.9) < 4:
                _flag(row._tr.get_or_add_trPr(), "w:cantSplit")
        return self

    def _row(self, row, cells: Sequence[str | None], shares: Sequence[float], size: float, middle: bool) -> None:
        is_tag = cells[0].startswith("{%tr")
        cells = [*cells, *([None if not is_tag else ""] * (len(shares) - len(cells)))]
        at = 0
        while at < len(cells):
            end = at + 1
            while end < len(cells) and cells[end] is None:
                end += 1
            cell = row.cells[at] if end == at + 1 else row.cells[at].merge(row.cells[end - 1])
            cell.width = Cm(sum(shares[at:end]))
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            _cell(cell, cells[at], size, middle)
            at = end

    # ---- the file ---------------------------------------------------------------------

    def content(self) -> bytes:
        """The template as bytes; building it twice gives the same document."""
        properties = self.document.core_properties
        properties.author, properties.comments, properties.title = "", "", ""
        properties.created = properties.modified = MADE
        for part in self.document.part.package.parts:
            if str(part.partname) == "/word/fontTable.xml":
                part._blob = _font_table()
        target = io.BytesIO()
        self.document.save(target)
        return target.getvalue()


def _cell(cell, text: str, size: float, middle: bool) -> None:
    is_label = "{" not in text and len(text) <= 14 and "____" not in text and not text.endswith("：")
    lines = text.split("\n")
    for number, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        align = "right" if line.startswith("　　　") else "center" if is_label or middle else "left"
        _write(paragraph, line, align, size, BODY)
        paragraph.paragraph_format.line_spacing = 1.1


def _write(paragraph, text: str, align: str, size: float, font: str) -> None:
    paragraph.alignment = _ALIGN[align]
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    _font(run._r.get_or_add_rPr(), font)


def _font(properties, name: str) -> None:
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    for script, value in (("ascii", "Times New Roman"), ("hAnsi", "Times New Roman"), ("eastAsia", name)):
        fonts.set(qn(f"w:{script}"), value)
    fonts.set(qn("w:hint"), "eastAsia")


def _flag(properties, tag: str) -> None:
    properties.append(OxmlElement(tag))


def _font_table() -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>'
        for name, other in _STAND_INS.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts xmlns:w="{space}">{fonts}</w:fonts>'.encode()
