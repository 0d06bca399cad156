"""What every request passes before a page sees it, and what every answer carries."""

from __future__ import annotations

import random
import re
from urllib.parse import quote

import pytest
from sqlalchemy.exc import OperationalError

from admin_views.guard import is_local
from services.access import permission_labels
from tests.support.residents import PHONE, PUBLIC
from tests.support.builders import build_user, build_world, raw_case

EVERYTHING = sorted(p for group in permission_labels().values() for p in group)
HOSTILE = [
    "//evil.example", "///evil.example", "////evil.example/%2e%2e", "https://evil.example", "http:evil.example",
    "HTTPS:evil.example", "\\\\evil.example", "/\\evil.example", "/\\/evil.example", "http://host\\@evil.example",
    "/admin//evil.example", "javascript:alert(1)", "data:text/html,x", "\thttps://evil.example", "/\t/evil.example",
    "/\n/evil.example", " //evil.example", "evil.example", "/admin/\x7f/evil.example",
]  # fmt: skip


@pytest.fixture
def world(office):
    with office() as session:
        world = build_world(session)
        world.case = raw_case(session, world)
        build_user(session, "keeper", EVERYTHING, is_scoped=False)
        build_user(session, "guest", [], is_scoped=False)
    return world


@pytest.fixture
def keeper(world, client, sign_in):
    """Somebody who may do everything."""
    return sign_in(client, "keeper")


def rules(app, method: str, of_residents: bool | None = False):
    """Every address of the staff that takes a method, with an argument where it needs one; or the residents', or (None) both."""
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        is_wanted = of_residents is None or (rule.endpoint not in PHONE and (rule.endpoint in PUBLIC) is of_residents)
        if method in rule.methods and is_wanted and rule.endpoint not in ("static", "admin.static"):
            found.append(adapter.build(rule.endpoint, {name: "csv" for name in rule.arguments}, method=method))
    return sorted(found)


# ---- return addresses -----------------------------------------------------------------------


def test_there_are_nineteen_hostile_addresses():
    assert len(set(HOSTILE)) == 19


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # this does not depend on the database
# §12 “open redirect” and “Flask-Admin's url= return parameter”.
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_return_address_is_refused(client, value):
    answers = {name: client.get("/sign-in", query_string={name: value}) for name in ("next", "url")}
    assert {name: (a.status_code, "Location" in a.headers) for name, a in answers.items()} == {
        "next": (400, False), "url": (400, False),
    }  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # this does not depend on the database
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_return_address_in_a_form_is_refused(world, client, set_password, token, value):
    page = client.get("/sign-in").text
    sent = {"csrf_token": token(page), "username": "keeper", "password": set_password("keeper"), "next": value}
    answer = client.post("/sign-in", data=sent)
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


@pytest.mark.parametrize("action", ["edit", "details", "delete"])
@pytest.mark.parametrize("value", HOSTILE[:1] + HOSTILE[9:10])
def test_a_page_of_a_missing_row_sends_nobody_away(keeper, action, value):
    answer = keeper.get(f"/admin/household/{action}/?url={quote(value)}")
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


@pytest.mark.parametrize("value", ["/", "/admin/", "/admin/case/?status=closed&page_size=50", "/admin/case/?search=路灯"])
def test_an_own_address_is_fine(value):
    assert is_local(value)


# ---- shape ----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/admin/case/?search=a%00b", "/admin/case/?a%00b=1", "/admin/%00case/", "/sign-in?next=%00"])
def test_a_null_mark_in_an_address_is_refused(keeper, url):
    assert keeper.get(url).status_code == 400


def test_a_null_mark_in_a_form_is_refused(keeper, token):
    page = keeper.get("/admin/unit/new/").text
    sent = {"csrf_token": token(page), "name": "司\x00法所", "kind": "office"}
    assert keeper.post("/admin/unit/new/", data=sent).status_code == 400


@pytest.mark.parametrize(("url", "name"), [("/admin/case/", "search"), ("/admin/search/", "query")])
def test_a_search_longer_than_a_hundred_characters_is_refused_with_the_cure(keeper, url, name):
    answer = keeper.get(url, query_string={name: "路" * 101})
    assert (answer.status_code, "搜索的内容太长，请不超过100个字" in answer.text) == (400, True)


def test_an_address_with_thousands_of_arguments_is_refused_with_the_cure(keeper):
    answer = keeper.get("/admin/case/?" + "&".join(f"x{number}=1" for number in range(6000)))
    assert (answer.status_code, "去掉几个筛选条件" in answer.text) == (414, True)


def test_a_forwarded_host_changes_no_address(client):
    answer = client.get("/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert answer.headers["Location"] == "/admin/"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT"])
def test_other_methods_are_refused(keeper, method):
    assert keeper.open("/admin/household/", method=method).status_code == 405


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_cannot_be_overridden(keeper, world, header):
    url = f"/admin/household/delete/?id={world.east_household.id}&_method=POST&confirmed=1"
    answer = keeper.get(url, headers={header: "POST"})
    assert (answer.status_code, "确定删除" in answer.text) == (200, True)
    assert keeper.get(f"/admin/household/details/?id={world.east_household.id}").status_code == 200


@pytest.mark.parametrize("url", [
    "/admin/household/delete/", "/admin/household/reveal/", "/admin/case/upload/", "/admin/user/reset/", "/sign-out",
])  # fmt: skip
def test_opening_an_address_changes_nothing(keeper, world, url):
    answer = keeper.get(url, query_string={"id": world.east_household.id, "confirmed": "1"})
    assert answer.status_code in (200, 404, 405)
    assert keeper.get(f"/admin/household/details/?id={world.east_household.id}").status_code == 200


# ---- ids ------------------------------------------------------------------------------------


BAD_IDS = [
    "abc", "1", "-1", "0", "99999999999999999999", "1' OR '1'='1", "../../etc/passwd", "x" * 65, "%00", "路灯",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000g", "{}", "1e9", "null", "none",
]  # fmt: skip


# Defect 11: an id that is no UUID was a 500 on PostgreSQL.
@pytest.mark.parametrize("action", ["details", "edit", "delete", "file", "step"])
@pytest.mark.parametrize("value", BAD_IDS)
def test_an_id_that_names_nothing_is_not_found(keeper, action, value):
    if action == "delete":  # a case is never deleted, so another roster answers
        answer = keeper.get("/admin/household/delete/", query_string={"id": value})
    else:
        answer = keeper.get(f"/admin/case/{action}/", query_string={"id": value, "verb": "accept"})
    assert answer.status_code == 404


@pytest.mark.parametrize("url", ["/admin/case/details/", "/admin/case/edit/?id=", "/admin/household/delete/", "/admin/case/step/"])
def test_a_page_of_a_record_without_an_id_is_not_found(keeper, url):
    assert keeper.get(url).status_code == 404


@pytest.mark.parametrize("name", ["workday", "division", "term", "dict-item", "user", "role", "audit-event", "team"])
@pytest.mark.parametrize("value", ["abc", "2026-13-45", "99999999999999999999", "channel:none"])
def test_an_id_of_any_kind_of_key_is_not_found(keeper, name, value):
    assert keeper.get(f"/admin/{name}/details/", query_string={"id": value}).status_code == 404


# ---- parameters -----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # this does not depend on the database
@pytest.mark.parametrize("query", [
    "page=-1", "page=99999999999999999999", "page=abc", "page_size=-1", "page_size=abc", "page_size=99999999999999999999",
    "page_size=1.5", "page=1%202",
])  # fmt: skip
def test_a_page_that_is_no_number_is_refused(keeper, query):
    assert keeper.get(f"/admin/household/?{query}").status_code == 400


def _fuzz(seed: int, count: int):
    """Queries that no page of ours would send, the same in every run."""
    dice = random.Random(seed)
    names = [
        "sort", "search", "page_size", "after", "before", "last", "status", "kind", "category", "area", "handler", "due_on__from",
        "due_on__to", "amount__min", "amount__max", "is_livelihood", "received_on__from", "closed_at__to", "people_count__max",
        "flt0_19", "id", "rowid", "desc", "household", "mobile",
    ]  # fmt: skip
    values = [
        "", "0", "-1", "1e309", "nan", "inf", "-0", "9" * 30, "1.5", "none", "yes", "null", "true", "[]", "{}", "W10", "W251bGwsMV0",
        "WzEsIngiXQ", "WyIyMDI2IiwieCJd", "2026-02-30", "0001-01-01", "9999-12-31", "2026-W01", "20260101", "%", "_", "\\", "'", '"',
        "';--", "路灯", "路" * 90, "\ud7ff", "😀" * 20, "\u202e", "..", "a b c d e f g h", "status", "-status", "-case_no",
        "--due_on", "due_on", "registered", "REGISTERED", "dispute_category:02", "channel:%", "00000000-0000-0000-0000-000000000000",
        "{00000000-0000-0000-0000-000000000000}", "urn:uuid:00000000-0000-0000-0000-000000000000", "\t", "\r\n", "1_000", "１２", "٣",
    ]  # fmt: skip
    for _ in range(count):
        yield [(dice.choice(names), dice.choice(values)) for _ in range(dice.randint(1, 4))]


# C4 no. 24: any value of any argument is answered, never with a 500.
@pytest.mark.parametrize("url", ["/admin/case/", "/admin/household/", "/admin/audit-event/", "/admin/workday/"])
def test_no_argument_of_a_list_breaks_it(keeper, url):
    broken = []
    for query in _fuzz(20260302, 200):
        answer = keeper.get(url, query_string=query)
        if answer.status_code not in (200, 400, 404, 422):
            broken.append((answer.status_code, query))
    assert broken == []


@pytest.mark.parametrize("url", ["/admin/case/lookup/", "/admin/household/export/", "/admin/area-tree/", "/admin/area-loads/"])
def test_no_argument_of_another_page_breaks_it(keeper, url):
    dice = random.Random(7)
    broken = []
    for query in _fuzz(20260303, 60):
        extra = [("field", dice.choice(["area", "household", "subject", "x", ""])), ("query", dice.choice(["东里", "%%", "__", "x" * 300]))]
        answer = keeper.get(url, query_string=[*query, *extra])
        if answer.status_code not in (200, 400, 404, 422):
            broken.append((answer.status_code, query))
    assert broken == []


def test_the_same_argument_twice_is_no_way_round(keeper):
    assert keeper.get("/sign-in?next=/admin/&next=//evil.example").status_code == 400


# ---- what every answer carries --------------------------------------------------------------


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # markup is the same on both databases
def test_every_answer_has_the_security_headers(app, keeper):
    lacking = []
    for url in rules(app, "GET"):
        headers = keeper.get(url).headers
        policy = headers.get("Content-Security-Policy", "")
        if not (
            "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
            and re.search(r"script-src 'self' 'nonce-[\w-]{20,}'", policy)
            and headers.get("X-Content-Type-Options") == "nosniff" and headers.get("X-Frame-Options") == "DENY"
            and headers.get("Cache-Control") == "no-store" and headers.get("Referrer-Policy") == "same-origin"
        ):  # fmt: skip
            lacking.append(url)
    assert lacking == []


def test_an_error_has_the_security_headers_too(client):
    for answer in (client.get("/nowhere"), client.get("/sign-in?next=//x")):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_each_answer_has_a_nonce_of_its_own(client):
    nonces = {re.search(r"nonce-([\w-]+)", client.get("/sign-in").headers["Content-Security-Policy"]).group(1) for _ in range(5)}
    assert len(nonces) == 5


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # markup is the same on both databases
def test_no_page_has_script_or_style_of_its_own(app, keeper):
    found = []
    for url in rules(app, "GET", None):
        answer = keeper.get(url)
        if answer.mimetype == "text/html" and re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=|javascript:", answer.text):
            found.append(url)
    assert found == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # markup is the same on both databases
def test_no_page_asks_another_host_for_anything(app, keeper):
    found = []
    for url in rules(app, "GET", None):
        answer = keeper.get(url)
        if answer.mimetype == "text/html" and re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text):
            found.append(url)
    assert found == []


def test_a_versioned_file_may_be_kept_by_the_browser(client):
    address = re.search(r'href="(/static/app\.css\?v=[^"]+)"', client.get("/sign-in").text).group(1)
    assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"


# ---- forged requests ------------------------------------------------------------------------


# Defect 5: the stock framework takes any POST.
def test_no_address_takes_a_post_without_the_token(app, keeper):
    taken = [url for url in rules(app, "POST") if keeper.post(url, data={"id": "1", "confirmed": "1"}).status_code != 400]
    assert taken == []


def test_no_address_takes_a_post_with_the_token_of_another(app, keeper, world, sign_in, token):
    other = sign_in(app.test_client(), "guest")
    foreign = token(other.get("/password").text)
    taken = [url for url in rules(app, "POST") if keeper.post(url, data={"csrf_token": foreign}).status_code != 400]
    assert taken == []


def test_only_what_residents_send_needs_no_token_for_it_carries_a_key_or_a_pair_of_its_own(app, world):
    visitor = app.test_client()
    answers = {url: visitor.post(url, data={}).status_code for url in rules(app, "POST", True)}
    assert answers == {"/q/csv/contact": 404, "/q/csv/send": 422, "/track/": 200, "/track/act": 422}


def test_a_forged_delete_deletes_nothing(keeper, world):
    sent = {"id": world.east_household.id, "confirmed": "1"}
    keeper.post("/admin/household/delete/", data=sent, headers={"Origin": "https://evil.example"})
    assert keeper.get(f"/admin/household/details/?id={world.east_household.id}").status_code == 200


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # markup is the same on both databases
def test_every_form_that_posts_carries_a_token(app, keeper):
    lacking = []
    for url in rules(app, "GET"):
        answer = keeper.get(url)
        for form in re.findall(r'<form[^>]*method="post".*?</form>', answer.text if answer.mimetype == "text/html" else "", re.S):
            if 'name="csrf_token"' not in form:
                lacking.append(url)
    assert lacking == []


def test_a_stale_page_says_what_to_do(keeper):
    assert "这一页打开太久" in keeper.post("/admin/unit/new/", data={"name": "甲"}).text


# ---- the closed door ------------------------------------------------------------------------


def test_no_page_opens_without_signing_in(app, client, world):
    opened = {url: client.get(url) for url in rules(app, "GET") if url not in ("/sign-in", "/")}
    assert {url: a.status_code for url, a in opened.items() if "/sign-in" not in a.headers.get("Location", "")} == {}


def test_the_pages_of_residents_open_without_signing_in(app, client, world):
    assert {client.get(url).status_code for url in rules(app, "GET", True)} == {200, 404}  # 404: no such code


def test_nothing_is_posted_without_signing_in(app, client, world, token):
    sent = {"csrf_token": token(client.get("/sign-in").text), "id": world.east_household.id, "confirmed": "1"}
    answers = {url: client.post(url, data=sent).status_code for url in rules(app, "POST") if not url.startswith("/sign-")}
    assert set(answers.values()) == {401}


def test_a_role_without_permissions_opens_only_what_is_its_own(app, client, world, sign_in):
    guest = sign_in(client, "guest")
    assert [url for url in rules(app, "GET") if guest.get(url).status_code == 200] == [
        "/admin/", "/admin/_components/", "/admin/help/", "/admin/inbox/", "/admin/jobs/", "/admin/jobs/state/", "/admin/search/", "/password"
    ]


# What Flask-Admin brings besides our own screens stays shut even for who may do everything.
@pytest.mark.parametrize("url", [
    "/admin/household/ajax/lookup/?name=neighborhood&query=东里", "/admin/household/export/csv/", "/admin/household/export/xlsx/",
])  # fmt: skip
def test_the_frameworks_own_ways_out_give_no_data(keeper, url):
    answer = keeper.get(url)
    assert (answer.status_code == 200, "甲某某" in answer.text, "东里" in answer.text) == (False, False, False)


@pytest.mark.parametrize("url", ["/admin/household/action/", "/admin/household/ajax/update/"])
def test_the_frameworks_own_ways_in_change_nothing(keeper, world, token, url):
    sent = {
        "csrf_token": token(keeper.get("/admin/household/new/").text), "action": "delete", "rowid": world.east_household.id,
        "list_form_pk": world.east_household.id, "address": "改掉",
    }  # fmt: skip
    answer = keeper.post(url, data=sent)
    page = keeper.get(f"/admin/household/details/?id={world.east_household.id}")
    assert (answer.status_code < 500, page.status_code, "改掉" in page.text) == (True, 200, False)


# ---- errors ---------------------------------------------------------------------------------


@pytest.fixture
def broken(app, keeper, monkeypatch):
    """Make the list of households fail: `broken(error)` gives the answer."""

    def fail(error: Exception, **headers):
        def raise_it(*_args, **_kwargs):
            raise error

        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        monkeypatch.setattr("services.lists.listing.Listing.page", raise_it)
        return keeper.get("/admin/household/", headers=headers)

    return fail


SECRET = "SELECT secret FROM households WHERE mobile = '13800000001'"


# Defect 12 and §12 “Flask-Admin shows str(exc) of any error to the user”.
@pytest.mark.parametrize("error", [RuntimeError(SECRET), TypeError(SECRET), KeyError(SECRET), OSError(5, SECRET)])
def test_an_error_page_shows_nothing_of_the_error(broken, error):
    answer = broken(error)
    assert answer.status_code == 500
    assert not re.search(r"SELECT|households|13800000001|Traceback|Error|\.py|line \d", answer.text)


def test_an_error_page_has_a_reference_that_is_in_the_log(broken, caplog):
    answer = broken(RuntimeError(SECRET))
    reference = re.search(r"<code>([0-9a-f]{8})</code>", answer.text).group(1)
    assert reference in caplog.text


def test_a_busy_database_is_a_matter_of_waiting(broken):
    answer = broken(OperationalError(SECRET, {}, Exception("database is locked")))
    assert (answer.status_code, answer.headers["Retry-After"], "SELECT" in answer.text) == (503, "10", False)


def test_a_database_that_cannot_even_say_who_asks_is_asked_once(keeper, monkeypatch):
    asked = []

    def is_locked(*_args):
        asked.append(1)
        raise OperationalError("BEGIN", {}, Exception("database is locked"))

    monkeypatch.setattr("services.sign_in.current", is_locked)
    answer = keeper.get("/admin/household/")
    assert (answer.status_code, "正忙，请稍候" in answer.text, len(asked)) == (503, True, 1)


@pytest.mark.parametrize("error", [OSError(28, "No space"), OperationalError("x", {}, Exception("database or disk is full"))])
def test_a_full_disk_has_a_page_of_its_own(broken, error):
    answer = broken(error)
    assert (answer.status_code, "存储空间已满" in answer.text) == (507, True)


def test_a_program_gets_an_error_as_json(broken):
    answer = broken(RuntimeError(SECRET), Accept="application/json")
    assert answer.json["sentence"] == "这不是您的操作有误，数据没有改动。请把编号告诉系统管理员，稍后再试。"
    assert re.fullmatch(r"[0-9a-f]{8}", answer.json["reference"])


@pytest.mark.parametrize("url, code", [
    ("/nowhere", 404), ("/admin/household/details/?id=abc", 404), ("/admin/household/?page=x", 400), ("/admin/household/?sort=note", 400),
])  # fmt: skip
def test_a_program_gets_a_refusal_as_json(keeper, url, code):
    answer = keeper.get(url, headers={"Accept": "application/json"})
    assert (answer.status_code, set(answer.json)) == (code, {"sentence", "reference"})


def test_a_program_that_is_not_signed_in_is_told_so_and_not_sent_away(client):
    answer = client.get("/admin/household/", headers={"Accept": "application/json"})
    assert (answer.status_code, "重新登录" in answer.json["sentence"]) == (401, True)


@pytest.mark.parametrize("url, words", [
    ("/nowhere", "没有找到"), ("/admin/household/?page=x", "请求不完整"), ("/admin/household/?sort=note", "不能按这一列排序"),
])  # fmt: skip
def test_an_error_page_is_chinese_and_says_what_to_do(keeper, url, words):
    page = keeper.get(url).text
    assert words in page and "回到工作台" in page


def test_an_address_in_the_error_page_is_inert(keeper):
    assert "<script>alert" not in keeper.get("/admin/household/?sort=<script>alert(1)</script>").text


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example"])
def test_an_unknown_host_is_not_answered(client, host):
    assert client.get("/sign-in", headers={"Host": host}).status_code == 400


def test_a_body_beyond_the_limit_is_refused(keeper, token):
    page = keeper.get("/admin/unit/new/").text
    sent = {"csrf_token": token(page), "name": "甲", "kind": "office", "duty": "字" * 1_500_000}
    assert keeper.post("/admin/unit/new/", data=sent).status_code == 413


def test_an_error_for_an_unknown_host_has_the_security_headers_too(client):
    answer = client.get("/sign-in", headers={"Host": "x.example"})
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
