"""Lists that all sub-districts share: their keys are made here and stay as they are."""

from __future__ import annotations

import re

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from models import Shared
from models.dictionary import DictItem
from models.division import Division
from models.term import Term
from models.user import Role
from models.workday import Workday

from ..keeping import records
from ..errors import Refused

_LENGTHS = (2, 4, 6, 9, 12)


@records.before_save(DictItem)
def _has_its_key(session: Session, item: DictItem, actor, now) -> None:
    """The key is `<dictionary>:<code>`; code 02.01 stands under 02; a code left empty is the next number."""
    _stays(item, "dictionary", "code")
    if not item.dictionary:
        raise Refused("请选择字典", field="dictionary")
    name = item.dictionary.partition(":")[2]
    item.code = item.code or _next_code(session, item.dictionary, "list_" if name == "dictionary" else "")
    if name == "dictionary" and not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", item.code or ""):
        raise Refused("新字典的代码请用小写英文字母、数字和下划线，例如 visit_kind", field="code")
    if not re.fullmatch(r"[0-9A-Za-z_]+(\.[0-9A-Za-z_]+)?", item.code or ""):
        raise Refused("代码只能用字母、数字和下划线，下级用点分开，例如 02.01", field="code")
    item.id = f"{name}:{item.code}"
    parent = item.code.rpartition(".")[0]
    item.parent_key = f"{name}:{parent}" if parent else None
    if parent and session.get(DictItem, item.parent_key) is None:
        raise Refused(f"请先新增上级代码{parent}", field="code")


def _next_code(session: Session, dictionary: str, begin: str) -> str:
    """The number after the highest one that was made in this list: 01, 02 or list_01."""
    codes = session.scalars(select(DictItem.code).where(DictItem.dictionary == dictionary, DictItem.code.startswith(begin, autoescape=True)))
    made = [int(rest) for rest in (code.removeprefix(begin) for code in codes) if re.fullmatch("[0-9]{1,9}", rest)]
    return f"{begin}{max(made, default=0) + 1:02d}"


@records.before_save(Division)
def _stands_under_its_parent(session: Session, division: Division, actor, now) -> None:
    """Codes have 2, 4, 6, 9 or 12 digits; each begins with the code of what it belongs to."""
    _stays(division, "code")
    code = division.code or ""
    if not code.isdecimal() or len(code) not in _LENGTHS:
        raise Refused("区划代码应为2、4、6、9或12位数字", field="code")
    shorter = [code[:length] for length in _LENGTHS if length < len(code)]
    division.parent_code = shorter[-1] if shorter else None
    if division.parent_code and session.get(Division, division.parent_code) is None:
        raise Refused(f"请先新增上级区划{division.parent_code}", field="code")


@records.before_save(Term)
def _term_keeps_its_id(session: Session, term: Term, actor, now) -> None:
    _stays(term, "id")


@records.before_save(Workday)
def _workday_keeps_its_day(session: Session, workday: Workday, actor, now) -> None:
    _stays(workday, "day")


@records.before_save(Role)
def _role_keeps_its_code(session: Session, role: Role, actor, now) -> None:
    _stays(role, "code")
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,31}", role.code or ""):
        raise Refused("代号请用小写英文字母、数字和下划线，例如 community_staff", field="code")


def _stays(row: Shared, *names: str) -> None:
    """What other rows and the program point to is not changed once it is saved."""
    state = inspect(row)
    if not state.persistent:
        return
    for name in names:
        if state.attrs[name].history.has_changes():
            raise Refused("代码保存后不能修改。请新增一项，再把旧的停用", field=name)
