"""What a page makes the browser fetch: little, once, and nothing of the libraries the console does without."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.support.street import build_street

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

MOST_BYTES = 100_000  # compressed, all files of a list together


@pytest.fixture
def clerk(office, client, sign_in):
    with office() as session:
        names = build_street(session)
    return sign_in(client, names["peace_law_director"])


def files(page: str) -> list[str]:
    return re.findall(r'<(?:link|script)[^>]+(?:href|src)="(/static/[^"]+)"', page)


@pytest.mark.parametrize("address", ["/admin/case/", "/admin/dispatch-desk/", "/admin/"])
def test_the_files_of_a_page_are_light(clerk, address):
    fetched = files(clerk.get(address).text)
    assert 0 < sum(len(gzip.compress(clerk.get(file).data)) for file in fetched) <= MOST_BYTES


def test_a_file_is_fetched_once_and_kept(clerk):
    kept = {clerk.get(file).headers["Cache-Control"] for file in files(clerk.get("/admin/case/").text)}
    assert kept == {"public, max-age=31536000, immutable"}


def test_a_page_itself_is_light(clerk):
    assert len(gzip.compress(clerk.get("/admin/case/").data)) < 20_000
