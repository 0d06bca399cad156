"""What is measured: for each case one function for stock and one for the console, on the same rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from config import Config
from extensions import db, now
from models.area import Area
from models.codes import AreaKind
from models.household import Household
from models.user import User
from services import access
from services.sign_in import hash_password, new_password

from .stock import COLUMNS, create_stock

USERNAME = "shujuyuan"  # keeps the rosters of the whole sub-district
PAGE_SIZE = 20
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_NUMBER = re.compile(r"\bH\d{7}\b")


@dataclass(frozen=True)
class Case:
    """One line of the table: the same answer from stock and from the console."""

    name: str
    label: str
    stock: Callable[[], object]
    ours: Callable[[], object]


@dataclass(frozen=True)
class Facts:
    """What the addresses of the pages are made of."""

    count: int
    subdistrict: str
    record: str
    community: str
    community_name: str
    person: str


class Browser:
    """Reads pages to their end; anything but 200 ends the benchmark."""

    def __init__(self, client: FlaskClient):
        self.client = client

    def get(self, path: str, **args) -> str:
        full = f"{path}?{urlencode(args)}" if args else path
        return self._body(self.client.get(full), full).decode("utf-8", "replace")

    def _body(self, answer, path: str) -> bytes:
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return answer.data


class Console(Browser):
    """A browser in which somebody has signed in at the console's own door."""

    def sign_in(self, password: str) -> None:
        form = {"username": USERNAME, "password": password, "csrf_token": self._token("/sign-in")}
        answer = self.client.post("/sign-in", data=form)
        if answer.status_code != 302:
            raise RuntimeError(f"/sign-in: {answer.status}")

    def export(self) -> bytes:
        """Every household in the columns of the list, as the page's button asks for it."""
        path = "/admin/household/export/"
        form = {"csrf_token": self._token(path), "columns": list(COLUMNS)}
        return self._body(self.client.post(path, data=form), path)

    def _token(self, path: str) -> str:
        return _TOKEN.search(self.get(path)).group(1)


def open_console(config: Config) -> tuple[Console, Facts]:
    """The console on a filled database, somebody signed in, and what the cases ask for."""
    app = create_app(config)
    password = new_password()  # the first one was shown once; the benchmark sets its own
    with app.app_context():
        session = access.bind(db.session, access.system(config.subdistrict), now())
        user = session.scalars(select(User).where(User.username == USERNAME)).one()
        user.password_hash, user.must_change_password = hash_password(password), False
        facts = _facts(session, config.subdistrict)
        session.commit()
    console = Console(app.test_client())
    console.sign_in(password)
    return console, facts


def _facts(session, subdistrict: str) -> Facts:
    community = session.scalars(
        select(Area).where(Area.kind == AreaKind.COMMUNITY).order_by(Area.code).limit(1)
    ).one()
    count = session.query(Household).count()
    by_number = select(Household).order_by(Household.household_no)
    record = session.scalars(by_number.offset(count // 2).limit(1)).one()
    return Facts(count, subdistrict, record.id, community.id, community.full_name, record.head_name)


def open_stock(config: Config) -> Browser:
    """The stock view on the same database."""
    return Browser(create_stock(config).test_client())


def pages(config: Config) -> Iterator[Case]:
    """Pages of the list and the form; lists are checked to show the same households on both sides."""
    console, facts = open_console(config)
    stock = open_stock(config)
    path, last = "/admin/household/", (facts.count - 1) // PAGE_SIZE
    for name, label, theirs, ours in (
        ("list-first", "列表首页", {}, {}),
        ("list-last", "列表末页", {"page": last}, {"last": 1}),
        ("filter", "按村社区筛选", {"flt0_0": facts.community_name}, {"neighborhood": facts.community}),
        ("search-name", "搜索户主姓名", {"search": facts.person}, {"search": facts.person}),
        ("search-address", "搜索地址里的常见词", {"search": "1单元"}, {"search": "1单元"}),
    ):
        case = Case(name, label, partial(stock.get, path, **theirs), partial(console.get, path, **ours))
        _check_same_rows(case)
        yield case
    yield Case(
        "form", "修改页", partial(stock.get, f"{path}edit/", id=f"{facts.subdistrict},{facts.record}"),
        partial(console.get, f"{path}edit/", id=facts.record),
    )  # fmt: skip


def _check_same_rows(case: Case) -> None:
    """Refuse to compare lists of other households (stock's last page may be a short one)."""
    theirs, ours = (set(_NUMBER.findall(page())) for page in (case.stock, case.ours))
    if not theirs or not theirs <= ours:
        raise RuntimeError(f"{case.name}: the two lists differ: {sorted(theirs ^ ours)[:6]}")


def export(config: Config) -> Case:
    """Every household in the columns of the list, as a workbook."""
    return Case("export", "导出全部住户", stock_export(config), our_export(config))


def stock_export(config: Config) -> Callable[[], object]:
    return partial(open_stock(config).get, "/admin/household/xlsx/")


def our_export(config: Config) -> Callable[[], object]:
    return open_console(config)[0].export
