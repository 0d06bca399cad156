"""The places that the tests of the seeds look at, made once: all of them run in one worker."""

from __future__ import annotations

import pytest

from tests.support.seeded import SMALL, Place


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """集里街道 at real size, before anything happens."""
    place = Place(tmp_path_factory.mktemp("model") / "console.db").seed(has_year=False)
    yield place
    place.engine.dispose()


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """小河乡, the smallest place of the city, with its year, seeded with number 7."""
    place = Place(tmp_path_factory.mktemp("small") / "console.db").seed(first=SMALL, seed=7)
    yield place
    place.engine.dispose()


@pytest.fixture
def session(model):
    with model.session() as session:
        yield session


@pytest.fixture
def year(small):
    with small.session(SMALL) as session:
        yield session
