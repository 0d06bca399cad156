"""A dirty wide roster from the file to the undoing, in a real browser: 37 planted errors, each named in the workbook."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import expect

from extensions import db
from services.background import jobs
from tests.support.builders import build_user, build_world

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

ROWS = int(os.environ.get("ROSTER_ROWS", 60))  # 46000 is the size of the model sub-district
# Households, an estate, and each of a sector's thousand, a group's hundred, a 邻's ten with its chief: 77 of 60.
NEW = ROWS + 1 + 2 * sum(-(-ROWS // size) for size in (1000, 100, 10))
HEAD = "村社区,小区,片,片长,电话,组,组长,电话,邻,邻长,电话,户主,门牌,电话".split(",")
GRANTS = [
    "personal:name", *(f"household:{a}" for a in ("view", "create", "edit", "import")), "area:create", "residential_area:create",
    "chief:create", "chief:edit",
]  # fmt: skip
# What is planted where, by column: 37 in all, each in a row of its own.
PLANTED = {"A": ["无此社区", None, "东 里"], "C": [None, "第/片"], "F": [None] * 3, "I": [None] * 3, "E": ["139"], "L": [None] * 4 + ["<甲>"], "M": [None] * 5, "N": ["1380000", "4.30181E+17", "电话", "138****0001", 1.5, "２３８００００００００", "139-1", 12, "13800000001/2", "138 00", "O3800000001", "x", "1", "一三八", "99999999999"]}  # fmt: skip


def roster(is_dirty: bool) -> tuple[bytes, list[str]]:
    """A roster of `ROWS` households below a title and two kinds of dirt; the addresses of its errors."""
    book, places = Workbook(), []
    sheet = book.active
    sheet.title = "三长"
    sheet.append(["2026年三长制花名册"])
    sheet.merge_cells("A1:N1")
    sheet.append(HEAD)
    for number in range(ROWS):
        sector, group, near = number // 1000 + 2, number // 100 % 10 + 1, number // 10 % 10 + 1
        sheet.append([
            " 东里社区", "柳荫苑", f"第{sector}片", "片甲", "１３９０００００００１", f"第{group}组", "组乙", 13900000002, f"第{near}邻", f"邻{near}某", f"138000000{near:02d}",
            f"户{chr(0x4E00 + number % 20000)}", f"{number + 1}号", f"137{number:08d}",
        ])  # fmt: skip
    if is_dirty:
        row = 4  # the first row says what its branch is
        for letter, cells in PLANTED.items():
            for cell in cells:
                sheet[f"{letter}{row}"] = cell
                places.append(f"{letter}{row}")
                row += 1
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), places


def test_a_dirty_wide_roster_is_corrected_imported_and_undone(office, app, arrive, page, complaints, tmp_path):
    with office() as session:
        build_world(session)
        build_user(session, "clerk", GRANTS, is_scoped=False)
    arrive("clerk")

    def work() -> None:
        with app.app_context():
            jobs.run_waiting(db.session.session_factory, lambda: datetime.now(UTC), Path(app.config["CONSOLE"].instance) / "jobs")

    def upload(content: bytes) -> None:
        (tmp_path / "三长.xlsx").write_bytes(content)
        page.goto(page.url.split("/admin/")[0] + "/admin/household/import/")
        page.get_by_role("link", name="改用三长制花名册").click()
        page.get_by_label("填好的表格").set_input_files(tmp_path / "三长.xlsx")
        page.get_by_role("button", name="上传并核对").click()
        page.wait_for_url("**/imports/?id=*")
        work()
        expect(page.get_by_role("heading", name="核对", exact=True)).to_be_visible()

    dirty, places = roster(is_dirty=True)
    upload(dirty)
    assert len(places) == 37
    expect(page.locator(".import-counts .bad")).to_have_text("37 有误")
    with page.expect_download(timeout=120_000) as coming:
        page.get_by_role("button", name="下载标出错误的表格").click()
        page.wait_for_url("**/jobs/**")
        work()
    marked = load_workbook(io.BytesIO(Path(coming.value.path()).read_bytes()))["三长"]
    assert {c.coordinate for line in marked for c in line if c.comment} >= set(places)

    upload(roster(is_dirty=False)[0])
    page.get_by_role("button", name="确认导入").click()
    work()
    expect(page.get_by_role("heading", name="结果")).to_be_visible()
    expect(page.locator(".import-counts")).to_contain_text(f"{NEW:,} 新增")
    page.on("dialog", lambda dialog: dialog.accept())
    answer = page.locator("dialog[open] button.danger, dialog[open] button.primary")
    with page.expect_navigation(url="**/imports/?id=*"):  # only then is it asked for
        page.get_by_role("button", name="撤销这次导入").click()
        if answer.count():
            answer.first.click()
    work()
    page.reload()
    expect(page.get_by_text(f"已撤销 {NEW:,} 条")).to_be_visible()
    assert complaints == []
