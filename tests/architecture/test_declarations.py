"""A wrong declaration stops the start with a sentence that names the cure."""

import pytest

from admin_views import checks
from models import describe
from models.area import Area
from models.fields import Alike
from models.household import Household
from models.kinds import MOBILE


class View:
    """A stand-in for a registered view."""

    def __init__(self, **facts):
        self.permission, self.entity, self.columns, self.hidden_in_form = "area:view", Area, (), ()
        vars(self).update(facts)


def test_the_declarations_as_they_stand_are_in_order():
    assert checks.check_entities() is None


def test_an_unknown_column_in_a_list_is_named_with_the_known_ones():
    with pytest.raises(checks.BadDeclaration, match="columns names “nmae”.*Known: name, kind"):
        checks.check_views([View(columns=("nmae",))])


def test_a_view_without_a_permission_is_refused():
    with pytest.raises(checks.BadDeclaration, match="Set permission = Permission"):
        checks.check_views([View(permission="")])


def test_an_entity_without_a_label_is_refused(monkeypatch):
    monkeypatch.setattr(Area, "__label__", "")
    with pytest.raises(checks.BadDeclaration, match="Area: no label. Write class Area"):
        checks.check_entities()


def test_an_entity_without_a_group_is_refused(monkeypatch):
    monkeypatch.setattr(Area, "__group__", None)
    with pytest.raises(checks.BadDeclaration, match='Area: no menu group. Add group="名册"'):
        checks.check_entities()


def test_a_personal_kind_without_a_mask_is_refused(monkeypatch):
    bare = {**describe(Household)}
    described = bare["mobile"]
    kind = type(MOBILE)("mobile", "手机号码", is_personal=True)
    bare["mobile"] = type(described)(
        described.name, described.column, described.field, kind, described.code, described.target
    )
    monkeypatch.setattr(checks, "describe", lambda entity: bare)
    with pytest.raises(checks.BadDeclaration, match="kind mobile is personal but has no mask. Give the Kind a mask"):
        checks._check(Household)


def test_a_personal_column_of_a_plain_kind_is_refused(monkeypatch):
    bare = {**describe(Household)}
    described = bare["mobile"]
    bare["mobile"] = type(described)(described.name, described.column, described.field, None, None, None)
    monkeypatch.setattr(checks, "describe", lambda entity: bare)
    with pytest.raises(checks.BadDeclaration, match="Declare it as Mobile, IdNumber or PersonName"):
        checks._check(Household)


def test_a_tenth_listed_column_is_refused(monkeypatch):
    monkeypatch.setattr(checks, "MOST_COLUMNS", 3)
    with pytest.raises(checks.BadDeclaration, match="at most 3. Drop listed=True of some"):
        checks._check(Area)


def test_a_title_that_names_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(Area, "__title__", ("nothing",))
    with pytest.raises(checks.BadDeclaration, match="names “nothing”, which is no attribute"):
        checks._check(Area)


def test_a_part_that_is_none_is_refused(monkeypatch):
    monkeypatch.setattr(Area, "__inline__", ("Household",))
    with pytest.raises(checks.BadDeclaration, match="names “Household”, which is no part of it. A part refers to Area"):
        checks.check_entities()


def test_a_likeness_of_an_unknown_attribute_is_refused(monkeypatch):
    monkeypatch.setattr(Area, "__alike__", (Alike(("nmae",)),))
    with pytest.raises(checks.BadDeclaration, match="alike names “nmae”, which is no attribute. Known: name, kind"):
        checks.check_entities()
