"""The routing table suggests a legal route and says why."""

from __future__ import annotations

import pytest

from models.codes import CaseKind, LegalRoute
from services.cases.routing import ROUTES, suggest


@pytest.mark.parametrize(
    ("words", "kind", "route"),
    [
        ("楼上漏水，邻居不肯修", CaseKind.DISPUTE, LegalRoute.MEDIATION),
        ("公司拖欠工资三个月", CaseKind.PETITION, LegalRoute.ARBITRATION),
        ("对法院判决不服", CaseKind.PETITION, LegalRoute.LITIGATION),
        ("举报村干部贪污", CaseKind.PETITION, LegalRoute.DISCIPLINE),
        ("饭店油烟污染严重，请查处", CaseKind.APPEAL, LegalRoute.STATUTORY_DUTY),
        ("楼道着火了", CaseKind.APPEAL, LegalRoute.EMERGENCY),
        ("希望增加公交站", CaseKind.PETITION, LegalRoute.PETITION),
    ],
)
def test_the_first_suggestion_is_the_route_of_the_table(words, kind, route):
    assert suggest(words, kind)[0].route.code is route


def test_a_suggestion_names_the_words_it_saw():
    assert suggest("公司拖欠工资三个月", CaseKind.PETITION)[0].because == ("拖欠工资",)


def test_every_route_has_a_line():
    assert {route.code for route in ROUTES} == set(LegalRoute)
