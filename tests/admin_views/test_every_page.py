"""Every page, as every role: follows what the pages offer, so that screens made later are walked too."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from sqlalchemy import select

from models.department import Unit
from models.dictionary import DictItem
from models.term import Term
from services.access import permission_labels
from tests.support.builders import build_user
from tests.support.street import build_street
from tests.support.visitor import Page

# The screens do not depend on the database; what does is tested where it is made.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

PER_PATH = 3  # how many addresses of one path are opened for a role: a list plain, filtered, sorted
WITHOUT_LINK = ("/admin/search/?query=东里", "/admin/search/?query=没有的词", "/admin/_components/")
NO_PAGES = ("/static/", "/sign-in", "/sign-out")
LEADS_ON = "/admin/inbox/open/"
NO_HTML = ("/template/", "/file/")
# Where the administrators look after codes and sign-in names, they read them.
KEPT_BY_CODE = re.compile(r"/admin/(role|user|dict-item|term|audit-event|access-event|search)/")


class Walk:
    """One person's walk over everything that can be reached by links."""

    def __init__(self, client, codes: tuple[str, ...]):
        self.client, self.codes, self.opened, self.faults = client, codes, [], []
        self._paths: Counter = Counter()
        self._kinds: set = set()

    def from_home(self) -> Walk:
        waiting = deque(["/admin/", *WITHOUT_LINK])
        while waiting:
            address = waiting.popleft()
            page = self.open(address)
            waiting.extend(a for a in self._links(page) if self._is_new(a))
        return self

    def open(self, address: str, statuses: tuple[int, ...] = (200,)) -> Page | None:
        return self.take(self.client.get(address, follow_redirects=address.startswith(LEADS_ON)), address, statuses)

    def take(self, answer, address: str, statuses: tuple[int, ...]) -> Page | None:
        self.opened.append(address)
        if answer.status_code not in statuses:
            self.faults.append((address, answer.status_code))
        if answer.mimetype != "text/html":
            return None
        page = Page(answer.text, address, answer.status_code, self.codes if KEPT_BY_CODE.match(address) else ())
        self.faults += [(address, fault) for fault in page.faults()]
        return page

    def _links(self, page: Page | None) -> list[str]:
        if page is None:
            return []
        links = [urljoin(page.address, href) for _, href in page.links]
        return [a for a in links if a.startswith("/") and not a.startswith(NO_PAGES) and not urlsplit(a).path.endswith(NO_HTML)]

    def _is_new(self, address: str) -> bool:
        """True for an address unlike those opened: other names in its query, another step, another tab."""
        path, query = urlsplit(address).path, parse_qsl(urlsplit(address).query)
        kind = (path, frozenset(name if name in ("id", "after", "before", "case") else (name, value) for name, value in query))
        if kind in self._kinds or ("verb" not in dict(query) and self._paths[path] >= PER_PATH):
            return False
        self._kinds.add(kind)
        self._paths[path] += 1
        return True


@pytest.fixture
def street(office) -> dict[str, str]:
    with office() as session:
        return build_street(session)


@pytest.fixture
def codes(street, office) -> tuple[str, ...]:
    """What the administrators chose as codes: of roles and accounts, dictionary items, terms."""
    with office() as session:
        items = session.execute(select(DictItem.id, DictItem.code)).all()
        return (*street, "role_k1", *(word for item in items for word in item), *session.scalars(select(Term.id)))


@pytest.fixture
def walker(street, codes, app, sign_in) -> Callable[[str], Walk]:
    """Somebody of a role who has signed in: `walker("mediator")`."""
    return lambda role: Walk(sign_in(app.test_client(), street.get(role, role)), codes)


def by_fault(walks: dict[str, Walk]) -> dict:
    """One place for each fault: the same one stands on many pages."""
    return {fault: (role, address) for role, walk in walks.items() for address, fault in walk.faults}


def test_every_page_of_every_role_is_in_order(street, walker, app):
    walks = {role: walker(role).from_home() for role in street}
    assert by_fault(walks) == {}
    assert records(app) - {urlsplit(a).path for walk in walks.values() for a in walk.opened} == set()


def records(app) -> set[str]:
    """The list and the record page of everything that has a place in the menu."""
    slugs = [v.slug.replace("_", "-") for v in app.extensions["entity_views"].values() if v.entity.__in_menu__]
    return {f"/admin/{slug}/{page}" for slug in slugs for page in ("", "details/")}



# ---- what goes wrong ------------------------------------------------------------------------


@pytest.fixture
def keeper(street, office, walker) -> Walk:
    """Somebody who may do everything, so that every form can be reached."""
    everything = [p for group in permission_labels().values() for p in group]
    with office() as session:
        build_user(session, "k1", everything, is_scoped=False)
    return walker("k1")


def test_every_form_sent_empty_comes_back_in_order(keeper, app, token):
    sent = {"csrf_token": token(keeper.client.get("/password").text)}
    addresses = [f"/admin/{v.slug.replace('_', '-')}/new/" for v in app.extensions["entity_views"].values()]
    for address in addresses:
        answer = keeper.client.post(address, data=sent)
        if answer.status_code != 302:  # a form that asks for nothing is simply saved
            keeper.take(answer, address, (200, 403, 422))
    assert keeper.faults == [] and len(keeper.opened) > 20


def test_every_import_without_a_file_comes_back_in_order(keeper, app, token):
    sent = {"csrf_token": token(keeper.client.get("/password").text)}
    for view in app.extensions["entity_views"].values():
        address = f"/admin/{view.slug.replace('_', '-')}/import/"
        keeper.take(keeper.client.post(address, data=sent), address, (200, 400, 403, 422))
    assert keeper.faults == []


@pytest.mark.parametrize("status, address", [
    (400, "/admin/case/?page_size=x"), (404, "/admin/nowhere/"), (404, "/admin/case/details/?id=01900000-0000-7000-8000-000000000099"),
    (405, "/sign-out"), (422, "/admin/area-loads/?show=x"),
])  # fmt: skip
def test_an_error_page_is_in_order(keeper, status, address):
    keeper.open(address, (status,))
    assert keeper.faults == []


def test_the_page_that_refuses_somebody_is_in_order(walker):
    walk = walker("mediator")
    walk.open("/admin/user/", (403,))
    assert walk.faults == []


def test_the_page_of_a_form_that_is_too_old_is_in_order(keeper):
    keeper.take(keeper.client.post("/password", data={}), "/password", (400,))
    assert keeper.faults == []


def test_the_page_of_a_lost_race_is_in_order(keeper, office, token):
    with office() as session:
        unit = session.scalar(select(Unit.id))
    address = f"/admin/unit/edit/?id={unit}"
    page = Page(keeper.client.get(address).text, address, 200)
    form = next(f for f in page.forms if "lock_version" in f.fields)
    keeper.take(keeper.client.post(address, data=form.fields | {"lock_version": ["0"], "name": ["改过的名称"]}), address, (409,))
    assert keeper.faults == []


def test_the_page_for_signing_in_is_in_order(street, app):
    walk = Walk(app.test_client(), ())
    walk.open("/sign-in")
    assert walk.faults == []
