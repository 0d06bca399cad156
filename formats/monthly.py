"""The workbook of a monthly report: figures with numerator, denominator and the month before, tables, native charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

import xlsxwriter

from .cells import clean
from .faults import MOMENT
from .sheets import said, sheet_title

NOTHING = "—"
_CHARTED = 15
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter", "border": 1, "text_wrap": True}
_HEADS = ("指标", "本月", "分子", "分母", "上月", "分子", "分母", "环比", "怎么算的")
_COUNT_NOW, _COUNT_BEFORE = "#1F5C99", "#9DB8D3"


@dataclass(frozen=True)
class FigureRow:
    """A count, or with `whole` a rate."""

    label: str
    part: int
    before_part: int
    whole: int | None
    before_whole: int | None
    how: str


@dataclass(frozen=True)
class TableRow:
    label: str
    new: int
    new_before: int
    closed: int
    closed_before: int
    open: int | None = None
    late: int | None = None


@dataclass(frozen=True)
class TableSheet:
    title: str
    head: str
    rows: Sequence[TableRow]
    has_open: bool = False


@dataclass(frozen=True)
class Report:
    title: str
    subtitle: str
    footer: str
    sections: Sequence[tuple[str, Sequence[FigureRow]]]
    tables: Sequence[TableSheet]
    course: Sequence[tuple[str, int, int]]
    taken_at: datetime


def write(file: IO[bytes], report: Report) -> None:
    """Write the workbook; each sheet prints on pages of its own width."""
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True})
    book.set_custom_property(MOMENT, report.taken_at.isoformat(), "text")
    writer = _Writer(book, report)
    writer.figures()
    writer.course()
    for table in report.tables:
        writer.table(table)
    book.close()


class _Writer:
    def __init__(self, book, report: Report):
        self.book, self.report = book, report
        add = book.add_format
        self.title = add({"font_name": "黑体", "font_size": 16, "bold": True, "align": "center", "valign": "vcenter"})
        self.line = add({"font_name": "宋体", "font_size": 10, "valign": "vcenter"})
        self.head = add(_FONT | {"bold": True, "align": "center", "bg_color": "#E8EEF7"})
        self.part = add(_FONT | {"bold": True, "bg_color": "#F5F7FA"})
        self.text, self.number = add(_FONT), add(_FONT | {"num_format": "#,##0", "align": "center"})
        self.share = add(_FONT | {"num_format": "0.0%", "align": "center"})
        self.change = add(_FONT | {"num_format": "+0.0%;-0.0%;0.0%", "align": "center"})
        self.points = add(_FONT | {"num_format": '+0.0"个百分点";-0.0"个百分点";0.0"个百分点"', "align": "center"})

    def _sheet(self, name: str, widths: Sequence[int], heads: Sequence[str]):
        """A sheet with title, line and headings, set up to be printed; rows begin in row 3 (from 0)."""
        sheet, last = self.book.add_worksheet(sheet_title(name, 31)), len(widths) - 1
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        sheet.merge_range(0, 0, 0, last, clean(f"{self.report.title}（{name}）"), self.title)
        sheet.merge_range(1, 0, 1, last, clean(self.report.subtitle), self.line)
        sheet.set_row(0, 30)
        for at, head in enumerate(heads):
            sheet.write_string(2, at, head, self.head)
        sheet.freeze_panes(3, 0)
        sheet.repeat_rows(0, 2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{said(self.report.footer, 200)}&R第 &P 页，共 &N 页")
        return sheet

    # ---- figures ----------------------------------------------------------------------

    def figures(self) -> None:
        sheet, row = self._sheet("总体情况", (20, 10, 8, 8, 10, 8, 8, 14, 46), _HEADS), 3
        for title, figures in self.report.sections:
            sheet.merge_range(row, 0, row, len(_HEADS) - 1, clean(title), self.part)
            row += 1
            for figure in figures:
                self._figure(sheet, row, figure)
                row += 1

    def _figure(self, sheet, row: int, figure: FigureRow) -> None:
        sheet.write_string(row, 0, clean(figure.label), self.text)
        sheet.write_string(row, 8, clean(figure.how), self.text)
        line = row + 1
        for at, part, whole in ((1, figure.part, figure.whole), (4, figure.before_part, figure.before_whole)):
            if whole is None:
                sheet.write_number(row, at, part, self.number)
                sheet.write_blank(row, at + 1, None, self.text)
                sheet.write_blank(row, at + 2, None, self.text)
                continue
            sheet.write_number(row, at + 1, part, self.number)
            sheet.write_number(row, at + 2, whole, self.number)
            top, bottom = "CD" if at == 1 else "FG"
            sheet.write_formula(row, at, f'=IF({bottom}{line}=0,"{NOTHING}",{top}{line}/{bottom}{line})', self.share, part / whole if whole else NOTHING)
        if figure.whole is None:
            value = (figure.part - figure.before_part) / figure.before_part if figure.before_part else NOTHING
            sheet.write_formula(row, 7, f'=IF(E{line}=0,"{NOTHING}",B{line}/E{line}-1)', self.change, value)
            return
        has_both = figure.whole and figure.before_whole
        value = 100 * (figure.part / figure.whole - figure.before_part / figure.before_whole) if has_both else NOTHING
        sheet.write_formula(row, 7, f'=IF(OR(D{line}=0,G{line}=0),"{NOTHING}",(B{line}-E{line})*100)', self.points, value)

    # ---- tables and charts ------------------------------------------------------------

    def course(self) -> None:
        name, months = "十二个月走势", self.report.course
        sheet = self._sheet(name, (14, 12, 12, 60), ("月份", "新收", "办结"))
        for row, (month, new, closed) in enumerate(months, 3):
            sheet.write_string(row, 0, month, self.text)
            sheet.write_number(row, 1, new, self.number)
            sheet.write_number(row, 2, closed, self.number)
        chart = self.book.add_chart({"type": "line"})
        for at, (label, colour) in enumerate((("新收", _COUNT_NOW), ("办结", "#C77700")), 1):
            chart.add_series({
                "name": label, "categories": [name, 3, 0, 2 + len(months), 0], "values": [name, 3, at, 2 + len(months), at],
                "line": {"color": colour, "width": 2}, "marker": {"type": "circle", "size": 5, "fill": {"color": colour}, "border": {"color": colour}},
            })  # fmt: skip
        self._place(sheet, chart, "新收和办结（件）", 3, 3, 430, 320)

    def table(self, table: TableSheet) -> None:
        heads = [table.head, "本月新收", "上月新收", "环比", "本月办结", "上月办结", *(("月末在办", "超期在办") if table.has_open else ())]
        sheet = self._sheet(table.title, (26, *([11] * (len(heads) - 1))), heads)
        sheet.set_portrait()
        sheet.fit_to_pages(1, 1)  # a chart is not torn by a page's end
        for row, line in enumerate(table.rows, 3):
            self._row(sheet, row, line, table.has_open)
        end = 3 + len(table.rows)
        if not table.rows:
            sheet.merge_range(3, 0, 3, len(heads) - 1, "本月无", self.number)
            return
        self._totals(sheet, end, table)
        last = 2 + min(len(table.rows), _CHARTED)
        name = sheet.get_name()
        chart = self.book.add_chart({"type": "bar"})
        for at, label, colour in ((2, "上月新收", _COUNT_BEFORE), (1, "本月新收", _COUNT_NOW)):
            chart.add_series({
                "name": label, "categories": [name, 3, 0, last, 0], "values": [name, 3, at, last, at], "fill": {"color": colour}, "gap": 60,
                **({"data_labels": {"value": True}} if at == 1 else {}),
            })  # fmt: skip
        chart.set_y_axis({"reverse": True})
        height = 120 + 32 * (last - 2)
        self._place(sheet, chart, f"{table.title}新收（件）", end + 2, 0, 740, height)

    def _row(self, sheet, row: int, line: TableRow, has_open: bool) -> None:
        sheet.write_string(row, 0, clean(line.label), self.text)
        for at, value in ((1, line.new), (2, line.new_before), (4, line.closed), (5, line.closed_before)):
            sheet.write_number(row, at, value, self.number)
        self._compare(sheet, row, line.new, line.new_before)
        for at, value in ((6, line.open or 0), (7, line.late or 0)) if has_open else ():
            sheet.write_number(row, at, value, self.number)

    def _compare(self, sheet, row: int, now: int, before: int) -> None:
        value = (now - before) / before if before else NOTHING
        sheet.write_formula(row, 3, f'=IF(C{row + 1}=0,"{NOTHING}",B{row + 1}/C{row + 1}-1)', self.change, value)

    def _totals(self, sheet, row: int, table: TableSheet) -> None:
        sheet.write_string(row, 0, "合计", self.part)
        names = ("new", "new_before", None, "closed", "closed_before", *(("open", "late") if table.has_open else ()))
        for at, name in enumerate(names, 1):
            if name:
                letter, total = "ABCDEFGH"[at], sum(getattr(line, name) or 0 for line in table.rows)
                sheet.write_formula(row, at, f"=SUM({letter}4:{letter}{row})", self.number, total)
        self._compare(sheet, row, sum(x.new for x in table.rows), sum(x.new_before for x in table.rows))

    @staticmethod
    def _place(sheet, chart, title: str, row: int, column: int, width: int, height: int) -> None:
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": width, "height": height})
        sheet.insert_chart(row, column, chart, {"x_offset": 8, "y_offset": 6})
