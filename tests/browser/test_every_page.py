"""Every kind of page in a real browser, wide and narrow, light and dark: nothing to complain of.

One browser, one sign-in a person, one page whose width and colours change in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.area import Area
from models.case import Case
from models.codes import AreaKind, CaseStatus
from models.ledger import Ledger
from models.user import Role
from tests.conftest import PASSWORD
from tests.support.street import build_street

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = {1440: 900, 390: 844}
COLOURS = ("light", "dark")

# {who: {page: what is pressed before one looks}}; {case}, {area} and {role} are ids of the fixture.
KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "": {"/sign-in": ()},
    "roster_clerk": {
        "/admin/": (), "/admin/household/": ("[data-filter-panel] > summary",), "/admin/household/import/": (),
        "/admin/chief/new/": (), "/admin/area-tree/": (), "/admin/area-loads/": (), "/admin/area-loads/?show=headless": (),
        "/admin/area-loads/restructure/?id={area}": (), "/password": (),
    },
    "peace_law_director": {
        "/admin/": (".me > summary",), "/admin/case/": (), "/admin/case/?status=closed": (), "/admin/case/details/?id={case}": (),
        "/admin/case/edit/?id={case}": (), "/admin/case/step/?id={case}&verb=close": (), "/admin/case/export/": (),
        "/admin/dispatch-desk/": (), "/admin/reception-desk/": (), "/admin/team-desk/?case={case}": (), "/admin/search/?query=东里": (),
        "/admin/_components/": (), "/admin/nowhere/": (), "/admin/responsibility-agreement/": (),
        "/admin/ledgers/": (), "/admin/help/flow/?name=case": (), "/admin/ledgers/one/?id={ledger}": (), "/admin/ledger/design/?id={ledger}": (),
    },
    "mediator": {"/admin/": (), "/admin/case/": (), "/admin/user/": ()},
    "security_admin": {"/admin/": (), "/admin/role/edit/?id={role}": (), "/admin/user/": ()},
}  # fmt: skip

SERIOUS = """async (rules) => {
    const found = await axe.run(document, {resultTypes: ["violations"], ...rules});
    return found.violations.filter((v) => ["serious", "critical"].includes(v.impact))
        .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | ")}`);
}"""
# What the colours change is contrast alone.
CONTRAST = {"runOnly": ["color-contrast"]}
# Each stop of the Tab key in turn; a hidden box of a radio group shows its focus on the words beside it.
WITHOUT_FOCUS = """() => {
    const stops = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']");
    const isSeen = (element) => element.checkVisibility({visibilityProperty: true}) && !element.disabled && element.tabIndex >= 0;
    const isMarked = (element) => {
        const style = element && getComputedStyle(element);
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    };
    const silent = [];
    for (const stop of [...stops].filter(isSeen)) {
        stop.focus({preventScroll: true, focusVisible: true});
        if (document.activeElement !== stop) silent.push("not reached: " + stop.outerHTML.slice(0, 120));
        else if (!isMarked(stop) && !isMarked(stop.nextElementSibling)) silent.push("no focus: " + stop.outerHTML.slice(0, 120));
    }
    document.activeElement.blur();
    return silent;
}"""
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
TABLES = "[...document.querySelectorAll('.table-wrap.flush')].some((w) => w.scrollWidth > w.clientWidth)"


@pytest.fixture
def places(office) -> dict[str, str]:
    """Ids that addresses need, and the sign-in name of each role."""
    with office() as session:
        names = build_street(session)
        return names | {
            "case": session.scalar(select(Case.id).where(Case.status == CaseStatus.FED_BACK)),
            "area": session.scalar(select(Area.id).where(Area.kind == AreaKind.NEIGHBORHOOD).order_by(Area.code)),
            "ledger": session.scalar(select(Ledger.id).order_by(Ledger.position)),
            "role": session.scalar(select(Role.id).where(Role.code == "mediator")),
        }


@pytest.fixture
def complaints(page) -> list[str]:
    """What the browser itself complains of: errors of scripts, breaches of the content policy."""
    found: list[str] = []
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective}`))")
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda m: found.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
    return found


@pytest.fixture
def arrive(live_server, places, set_password, page) -> Callable[[str], Page]:
    """Somebody of a role signs in; an empty role is a visitor."""

    def enter(role: str) -> Page:
        page.context.clear_cookies()
        if role:
            set_password(places[role])
            page.goto(f"{live_server}/sign-in")
            page.get_by_label("登录名").fill(places[role])
            page.get_by_label("密码", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url("**/admin/")
        return page

    return enter


def looks(page: Page, address: str, presses: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """The page at each width in each colour."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(address)
    for selector in presses:
        page.locator(selector).first.click()
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for colour in COLOURS:
            page.emulate_media(color_scheme=colour, reduced_motion="reduce")
            yield width, colour


def faults_of(page: Page, width: int, colour: str) -> Iterator[str]:
    if page.evaluate(SIDEWAYS) > 0:
        yield f"{page.evaluate(SIDEWAYS)} px too wide"
    if page.evaluate(TABLES):
        yield "a list scrolls sideways"
    if colour == "light":
        yield from page.evaluate(WITHOUT_FOCUS)
    yield from page.evaluate(SERIOUS, {} if colour == "light" else CONTRAST)


def test_no_page_has_a_fault(arrive, live_server, places, complaints):
    found: dict[str, tuple] = {}
    for role, kinds in KINDS.items():
        page = arrive(role)
        for kind, presses in kinds.items():
            address = live_server + kind.format(**places)
            for width, colour in looks(page, address, presses):
                page.evaluate("window.axe || 0") or page.evaluate(AXE)
                for fault in faults_of(page, width, colour):
                    found.setdefault(fault, (role, kind, width, colour))
            assert complaints == [], (role, kind, complaints)
    assert found == {}


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_chosen_colour_stays_whatever_the_system_says(arrive, live_server, page):
    arrive("roster_clerk").emulate_media(color_scheme="light")
    light = background(page)
    page.locator(".me > summary").click()
    page.get_by_role("radio", name="深色").press("Space")
    dark = background(page)
    page.goto(f"{live_server}/admin/household/")
    assert background(page) == dark != light
    page.locator(".me > summary").click()
    expect(page.get_by_role("radio", name="深色")).to_be_checked()


def test_the_first_paint_has_the_chosen_colour(arrive, live_server, page):
    arrive("roster_clerk")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.add_init_script(
        "new MutationObserver(() => document.body && (window.before ??= document.documentElement.dataset.theme || 'none'))"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.goto(f"{live_server}/admin/household/")
    assert page.evaluate("window.before") == "dark"


def test_paper_is_light_and_has_no_menu(arrive, live_server, places, page):
    arrive("peace_law_director").emulate_media(color_scheme="dark", media="print")
    for address in ("case/", "case/details/?id={case}", "team-desk/?case={case}"):
        page.goto(f"{live_server}/admin/{address.format(**places)}")
        shown = [page.locator(part).is_visible() for part in (".top", ".menu", ".crumbs", "h1", ".printed")]
        assert (shown, background(page)) == ([False, False, False, True, True], "rgb(255, 255, 255)"), address
    expect(page.locator(".printed")).to_contain_text(re.compile(r"打印人：平安法治办主任某.*数据时间：\d{4}-\d\d-\d\d"))


def test_a_question_mark_lists_the_keys_and_gives_the_focus_back(arrive, live_server, page):
    arrive("roster_clerk").goto(f"{live_server}/admin/household/")
    link = page.locator("td.main a").first
    link.focus()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="键盘操作")
    listed = set(sheet.locator("kbd").all_inner_texts())
    assert listed == {"/", "Ctrl", "K", "j", "k", "Enter", "e", "x", "n", "a", "1", "9", "Esc", "?"}
    page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_the_keys_can_be_opened_by_hand_too(arrive, page):
    arrive("roster_clerk").locator(".me > summary").click()
    page.get_by_role("button", name="键盘操作").click()
    page.get_by_role("button", name="知道了").click()
    expect(page.locator(".me > summary")).to_be_focused()
