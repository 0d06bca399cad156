"""What browser tests share: signing in at one screen, and what the browser complains of."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.conftest import PASSWORD


@pytest.fixture
def complaints(page) -> list[str]:
    """What the browser complains of: errors of scripts and of the content policy."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console",
        lambda m: found.append(m.text) if m.type == "error" and "status of 4" not in m.text else None,
    )
    return found


@pytest.fixture
def arrive(live_server, set_password, page):
    """Somebody signs in at the shared screen: `arrive(CLERK)`."""

    def enter(username: str) -> Page:
        set_password(username)
        page.context.clear_cookies()
        page.goto(f"{live_server}/sign-in")
        page.get_by_label("登录名").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("**/admin/")
        return page

    return enter
