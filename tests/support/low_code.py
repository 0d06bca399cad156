"""Adds one entity at run time, walks its screens as an admin would, and prints what was found.

Run as a process of its own (`python -m tests.support.low_code FOLDER`), because a class added
to the metadata would stay there for every other test.
"""

from __future__ import annotations

import io
import json
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import load_workbook
from sqlalchemy.orm import Mapped

from models import Entity, finish
from models.codes import Code
from models.fields import field, ref
from models.household import Household
from models.kinds import LongText, Mobile


class VisitPurpose(Code):
    CARE = "care", "日常走访"
    NEED = "need", "需求走访"


class Visit(Entity, label="走访记录", group="名册", title=("visited_on",), key=("visited_on", "place")):
    """A home visit by a chief or official (走访)."""

    visited_on: Mapped[date] = field("走访日期", listed=True, filtered=True, sorted=True)
    place: Mapped[str] = field("地点", listed=True, searched=True)
    purpose: Mapped[VisitPurpose] = field("走访目的", listed=True, filtered=True, default=VisitPurpose.CARE)
    household: Mapped[Household | None] = ref("住户", listed=True, filtered=True)
    mobile: Mapped[Mobile | None] = field("联系电话", listed=True, searched=True, help="受访人本人号码")
    need: Mapped[LongText] = field("反映诉求", aliases=("诉求", "困难"))


finish()


def main(folder: Path) -> dict:
    from app import create_app
    from config import Config
    from extensions import db
    from models import Base
    from models.division import Division
    from models.user import Role, User
    from services import access, sign_in

    app = create_app(Config(instance=folder, is_testing=True))
    with app.app_context():
        Base.metadata.create_all(db.engine)
        session = access.bind(db.session(), access.system("430181002"), datetime.now(UTC))
        session.add(Division(code="430181002", name="集里街道", short_name="集里"))
        grants = [f"visit:{action}" for action in access.ACTIONS] + ["personal:reveal"]
        role = Role(code="r", name="角色", permissions=grants)
        session.add(role)
        session.flush()
        session.add(
            User(
                username="tester", name="测试员", role_id=role.id, subdistrict_id="430181002", is_scoped=False,
                password_hash=sign_in.hash_password("Zq8!zq8!zq8!"), must_change_password=False,
            )
        )  # fmt: skip
        session.commit()
    return walk(app)


def work(app) -> None:
    """Let the worker do what waits."""
    from extensions import db
    from services.background import jobs

    with app.app_context():
        jobs.run_waiting(db.session.session_factory, lambda: datetime.now(UTC), Path(app.config["CONSOLE"].instance) / "jobs")


def walk(app) -> dict:
    client = app.test_client()

    def token(html: str) -> str:
        return re.search(r'name="csrf_token" value="([^"]+)"', html).group(1)

    page = client.get("/sign-in").text
    client.post("/sign-in", data={"csrf_token": token(page), "username": "tester", "password": "Zq8!zq8!zq8!"})
    found = {"menu": "走访记录" in client.get("/admin/").text}
    form = client.get("/admin/visit/new/").text
    found["form_labels"] = [w for w in ("走访日期", "走访目的", "联系电话", "反映诉求", "受访人本人号码") if w in form]
    bad = client.post("/admin/visit/new/", data={"csrf_token": token(form), "visited_on": "2026-01-05", "place": "东里1号",
                      "purpose": "care", "mobile": "123", "need": "路灯不亮"})
    found["bad_mobile_refused"] = "手机号码应为11位数字" in bad.text and "路灯不亮" in bad.text
    sent = {"csrf_token": token(form), "visited_on": "2026-01-05", "place": "东里1号", "purpose": "need",
            "mobile": "13800001234", "need": "路灯不亮"}
    found["created"] = client.post("/admin/visit/new/", data=sent).status_code
    listed = client.get("/admin/visit/").text
    found["list"] = [w for w in ("东里1号", "需求走访", "138****1234") if w in listed]
    found["raw_mobile_in_list"] = "13800001234" in listed
    found["filter_hit"] = "东里1号" in client.get("/admin/visit/?purpose=need").text
    found["filter_miss"] = "东里1号" in client.get("/admin/visit/?purpose=care").text
    found["search_hit"] = "东里1号" in client.get("/admin/visit/?search=东里").text
    found["search_by_part_of_number"] = "东里1号" in client.get("/admin/visit/?search=1380000").text
    template = load_workbook(io.BytesIO(client.get("/admin/visit/template/").data))
    found["template"] = [str(c.value).rstrip("＊*") for c in template.worksheets[0][1] if c.value]
    export = client.get("/admin/visit/export/").text
    columns = ["visited_on", "place", "purpose", "mobile", "need"]
    book = load_workbook(io.BytesIO(client.post("/admin/visit/export/", data={
        "csrf_token": token(export), "columns": columns}).data))
    found["export"] = [[str(c.value) for c in row] for row in book.worksheets[0].iter_rows(min_row=1, max_row=2)]
    sheet = template.worksheets[0]
    heads = {str(c.value).rstrip("＊*"): c.column for c in sheet[1] if c.value}
    row = sheet.max_row + 1
    for label, value in {"走访日期": date(2026, 1, 6), "地点": "西里2号", "走访目的": "日常走访", "反映诉求": "下水道堵塞"}.items():
        sheet.cell(row, heads[label], value)
    buffer = io.BytesIO()
    template.save(buffer)
    page = client.get("/admin/visit/import/").text
    answer = client.post("/admin/visit/import/", data={
        "csrf_token": token(page), "file": (io.BytesIO(buffer.getvalue()), "走访.xlsx")},
        content_type="multipart/form-data")  # fmt: skip
    found["import"] = answer.status_code
    work(app)
    page = client.get(answer.location).text
    told = {name: re.search(f'name="{name}" value="([^"]+)"', page).group(1) for name in ("id", "digest", "sha256")}
    client.post("/admin/imports/confirm/", data={"csrf_token": token(page), **told})
    work(app)
    found["imported"] = "西里2号" in client.get("/admin/visit/").text
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1])), ensure_ascii=False))
