"""A small office with its people and a clock that the story moves."""

from __future__ import annotations

import pytest

from tests.support.journey import Journey, build_place, telling


@pytest.fixture
def journey(app, office, sign_in, monkeypatch):
    return Journey(app, office, sign_in, lambda moment: monkeypatch.setattr("extensions.datetime", telling(moment)))


@pytest.fixture
def place(office):
    with office() as session:
        return build_place(session)
