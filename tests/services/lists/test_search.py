"""Searching by parts of words, numbers, pinyin and initials, the same on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from models import describe
from models.area import Area
from models.case import Case
from models.household import Household
from models.search import SearchEntry
from models.worker import Staff, Worker
from services.keeping import records
from services.lists import probing
from services.access import Actor
from services.lists.listing import Listing
from services.lists import indexing
from services.lists.queries import Query
from tests.support.builders import build_world, raw_case

HEADS = ("曾某华", "单某雄", "解某", "张某伟", "王某", "欧阳某")


@pytest.fixture
def world(session):
    world = build_world(session)
    for number, name in enumerate(HEADS):
        session.add(
            Household(
                household_no=f"S{number:04d}", head_name=name, address=f"幸福路{number}号", mobile=f"1540000{number:04d}",
                neighborhood_id=world.east_neighborhood.id,
            )
        )  # fmt: skip
    session.flush()
    return world


def found(session, entity, words, actor=None):
    """The searched titles of all rows that a search finds."""
    actor = actor or session.info["actor"]
    title = next(name for name in ("head_name", "subject", "full_name", "name") if name in describe(entity))
    page = Listing(session, entity, actor).page(Query(search=words, page_size=100), [title], {})
    return sorted(row.values[title] for row in page.rows)


@pytest.fixture(params=["few", "many"], autouse=True)
def way(request, monkeypatch):
    """Each search is tried by the index (few hits) and by reading on (many hits)."""
    if request.param == "many":
        monkeypatch.setattr(probing, "FEW", -1)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("幸福路3号", ["张某伟"]), ("S0004", ["王某"]), ("0004", ["王某"]), ("zmw", ["张某伟"]), ("zhang", ["张某伟"]),
        ("某伟", ["张某伟"]), ("zmh", ["曾某华"]), ("zengmou", ["曾某华"]), ("smx", ["单某雄"]), ("xie", ["解某"]),
        ("oym", ["欧阳某"]), ("幸福 S0002", ["解某"]), ("没有的词", []), ("幸福%", []),
    ],
)  # fmt: skip
def test_a_search_finds(session, world, words, names):
    assert found(session, Household, words) == names


def test_two_characters_are_enough(session, world):
    assert len(found(session, Household, "幸福")) == 6


def test_full_width_and_capital_letters_are_the_same(session, world):
    assert found(session, Household, "ｓ０００４") == ["王某"]


def test_places_are_found_by_initials(session, world):
    assert found(session, Area, "dlsq")[0].startswith("东里社区")


def test_a_case_is_found_by_its_words_and_its_number(session, world):
    raw_case(session, world, case_no="集里〔2026〕00123号")
    assert (found(session, Case, "漏水"), found(session, Case, "00123")) == (["楼上漏水引发的邻里纠纷"],) * 2


def test_who_may_not_see_names_cannot_search_their_parts(session, world):
    stranger = Actor(None, "某人", "430181002", is_scoped=False)
    assert (found(session, Household, "某伟", stranger), found(session, Household, "zmw", stranger)) == ([], [])


def test_what_is_found_is_within_the_scope(session, world):
    from services import access

    clerk = Actor(None, "某人", "430181002", frozenset({"personal:name"}), area_code=world.west.code)
    session.expunge_all()
    access.bind(session, clerk, session.info["now"])
    assert found(session, Household, "幸福路", clerk) == []


def save(session, row):
    records.save(session, row, session.info["actor"], session.info["now"])


def test_a_changed_word_is_found_and_the_old_one_no_more(session, world):
    home = session.scalars(select(Household).where(Household.household_no == "S0004")).one()
    home.address = "光明巷4号"
    save(session, home)
    assert (found(session, Household, "光明巷"), found(session, Household, "幸福路4号")) == (["王某"], [])


def test_a_deleted_record_is_found_no_more(session, world):
    home = session.scalars(select(Household).where(Household.household_no == "S0004")).one()
    records.delete(session, home)
    assert found(session, Household, "S0004") == []


def test_a_roster_finds_its_own_people_only(session, world):
    assert (found(session, Staff, "丁干部"), found(session, Staff, "庚律师")) == (["丁干部"], [])


def test_all_who_handle_matters_are_found_together(session, world):
    assert found(session, Worker, "律师") == ["庚律师", "辛律师"]


def test_a_rebuilt_index_is_the_index(session, world):
    def rows():
        wanted = select(SearchEntry.id, SearchEntry.words, SearchEntry.names, SearchEntry.grams)
        return sorted(session.execute(wanted).all())

    before = rows()
    indexing.rebuild(session, indexing.indexed(), session.info["now"])
    assert rows() == before and len(before) > 20


def test_numbers_of_persons_are_not_in_the_index(session, world):
    kept = select(func.count()).where(SearchEntry.words.contains("15400000") | SearchEntry.grams.contains("1540"))
    assert session.scalar(kept) == 0


@pytest.fixture
def counted(session, world, monkeypatch) -> Listing:
    """The list of households where PostgreSQL has looked at the index, and everything known to be there counts as many."""
    session.flush()
    session.connection().exec_driver_sql("ANALYZE search_entries")
    monkeypatch.setattr(probing, "FEW", 0)
    return Listing(session, Household, session.info["actor"])


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_statistics_tell_about_how_many_have_a_frequent_pair(session, counted):
    """Of 26 entries 8 are households and 6 have the pair: by chance 26 × 8/26 × 6/26 = 1.85 have both, which is 2."""
    entries = select(func.count()).select_from(SearchEntry)
    wanted = (entries, entries.where(SearchEntry.entity == "household"), entries.where(SearchEntry.words.contains("幸福")))
    assert [session.scalar(one) for one in wanted] == [26, 8, 6]
    assert counted.about(Query(search="幸福")) == (2, False)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_of_a_pair_the_statistics_do_not_know_nothing_is_known(session, counted):
    assert counted.about(Query(search="郜飒")) is None


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_of_a_word_of_several_pairs_the_index_knows_only_how_many_there_are_at_most(session, world, monkeypatch):
    monkeypatch.setattr(probing, "FEW", 0)
    listing = Listing(session, Household, session.info["actor"])
    assert [listing.about(Query(search=words))[1] for words in ("幸福", "幸福路3号")] == [False, True]
