"""Which files of the store go at night, and which never."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from formats import files
from models.household import Household
from services.keeping import kept_files, attachments, records
from tests.support.builders import build_world

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def world(session):
    return build_world(session)


@pytest.fixture
def attach(session, world):
    """Keep words as a file of a household; gives the attachment."""

    def attach(words: str, row=world.east_household):
        return attachments.attach(session, files.folder(), row, "说明.txt", words.encode(), "", session.info["actor"])

    return attach


def age(digest: str, session, days: int) -> None:
    then = (session.info["now"] - timedelta(days=days)).timestamp()
    os.utime(files.where(files.folder(), digest), (then, then))


def tidy(session, days: int = 0) -> int:
    return kept_files.tidy(session, session.info["now"] + timedelta(days=days))


def test_a_file_goes_when_its_term_after_the_removal_is_over(session, world, attach):
    kept = attach("一份说明")
    digest = kept.sha256
    age(digest, session, 400)
    attachments.remove(session, world.east_household, kept.id)
    assert (tidy(session, 180), files.where(files.folder(), digest).exists()) == (0, True)  # the trail's entry is 180 days old, not older
    assert (tidy(session, 181), files.where(files.folder(), digest).exists()) == (1, False)


def test_a_file_that_a_record_names_never_goes(session, attach):
    age(attach("一份说明").sha256, session, 4000)
    assert tidy(session) == 0


def test_the_file_of_a_deleted_record_stays_with_it(session, world, attach):
    home = Household(household_no="H950", head_name="未某某", address="东里95号", neighborhood_id=world.east_neighborhood.id)
    session.add(home)
    session.flush()
    kept = attach("一份说明", home)
    age(kept.sha256, session, 4000)
    records.delete(session, home)
    assert tidy(session, 4000) == 0


def test_the_same_content_under_another_record_keeps_the_file(session, world, attach):
    first, _second = attach("一份说明"), attach("一份说明")
    age(first.sha256, session, 4000)
    attachments.remove(session, world.east_household, first.id)
    assert tidy(session, 4000) == 0


def test_a_file_kept_again_a_moment_ago_stays(session):
    digest = files.keep(files.folder(), b"once more")
    age(digest, session, 4000)
    files.keep(files.folder(), b"once more")
    assert tidy(session) == 0


def test_an_upload_that_no_record_ever_named_goes(session):
    digest = files.keep(files.folder(), b"left alone")
    age(digest, session, 181)
    assert (tidy(session), files.where(files.folder(), digest).exists()) == (1, False)
