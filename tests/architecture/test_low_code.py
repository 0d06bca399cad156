"""A new entity is one file: everything else follows from what the file says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict:
    """What a new entity's screens showed, in a process of its own."""
    folder = tmp_path_factory.mktemp("low_code")
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.low_code", str(folder)], cwd=ROOT, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_it_is_in_the_menu(found):
    assert found["menu"]


def test_its_form_has_labels_and_help(found):
    assert found["form_labels"] == ["走访日期", "走访目的", "联系电话", "反映诉求", "受访人本人号码"]


def test_its_form_refuses_a_bad_number_and_keeps_what_was_typed(found):
    assert found["bad_mobile_refused"]


def test_its_form_saves(found):
    assert found["created"] == 302


def test_its_list_shows_labels_and_masks(found):
    assert found["list"] == ["东里1号", "需求走访", "138****1234"]


def test_its_list_never_shows_the_number(found):
    assert not found["raw_mobile_in_list"]


def test_its_filters_filter(found):
    assert (found["filter_hit"], found["filter_miss"]) == (True, False)


def test_its_search_searches_but_not_parts_of_masked_values(found):
    assert (found["search_hit"], found["search_by_part_of_number"]) == (True, False)


def test_its_template_has_a_column_for_everything_a_person_fills_in(found):
    assert found["template"] == ["走访日期", "地点", "走访目的", "住户", "联系电话", "反映诉求"]


def test_its_export_has_the_values_masked(found):
    assert found["export"] == [
        ["走访日期", "地点", "走访目的", "联系电话", "反映诉求"],
        ["2026-01-05 00:00:00", "东里1号", "需求走访", "138****1234", "路灯不亮"],
    ]


def test_its_import_takes_a_filled_template(found):
    assert (found["import"], found["imported"]) == (302, True)
