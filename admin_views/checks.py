"""Declarations are checked at start: a mistake stops the start with a sentence naming the cure."""

from __future__ import annotations

import re

from models import Described, describe, entities

MOST_COLUMNS = 9
_PERSONAL = re.compile(r"(^|_)(mobile|id_number|id_no|id_card|person_name|head_name)($|_)")


class BadDeclaration(SystemExit):
    """A declaration that would otherwise fail silently."""


def check_entities() -> None:
    """Every entity has a label and a group, at most nine listed columns, masks on personal data."""
    for entity in entities():
        _check(entity)
        _check_parts(entity)
    from models import Base

    for mapper in Base.registry.mappers:
        if not mapper.class_.__label__:
            raise BadDeclaration(
                f"{mapper.class_.__name__}: no label. Write class {mapper.class_.__name__}"
                '(Entity, label="中文名称", group="名册").'
            )


def _check(entity: type[Described]) -> None:
    name = entity.__name__
    if entity.__group__ is None:
        raise BadDeclaration(f'{name}: no menu group. Add group="名册" (or another MenuGroup label).')
    described = describe(entity)
    for wanted in (*entity.__title__, *entity.__key__, *(name for name, _ in entity.usual_order())):
        if wanted not in described and wanted not in entity.__mapper__.columns:
            raise BadDeclaration(
                f"{name}: title, key or sort names “{wanted}”, which is no attribute. Known: {', '.join(described)}."
            )
    listed = [d.name for d in described.values() if d.field.listed]
    if entity.__in_menu__ and not listed:
        raise BadDeclaration(f"{name}: no column is listed. Give at least one field listed=True.")
    if entity.__in_menu__ and len(listed) > MOST_COLUMNS:
        raise BadDeclaration(f"{name}: {len(listed)} listed columns, at most {MOST_COLUMNS}. Drop listed=True of some.")
    if entity.__in_menu__ and not entity.__title__:
        raise BadDeclaration(f'{name}: no title. Add title=("name",) so that rows can be named.')
    for d in described.values():
        if d.kind is not None and d.kind.is_personal and d.kind.mask is None:
            raise BadDeclaration(f"{name}.{d.name}: kind {d.kind.name} is personal but has no mask. Give the Kind a mask.")
        if _PERSONAL.search(d.name) and not d.is_personal and d.type is str and not d.target:
            raise BadDeclaration(
                f"{name}.{d.name}: looks personal but has no mask. Declare it as Mobile, IdNumber or PersonName."
            )


def _check_parts(entity: type[Described]) -> None:
    """`inline` and `alike` name parts and attributes that exist."""
    name, known = entity.__name__, entity.registry._class_registry
    for part in (*entity.__inline__, *(a.part for a in entity.__alike__ if a.part)):
        if part not in known or not any(d.leads_to(entity) for d in describe(known[part]).values()):
            raise BadDeclaration(
                f"{name}: inline or alike names “{part}”, which is no part of it. "
                f'A part refers to {name} with ref(…, on_delete="CASCADE") or ref(…, is_needed=True).'
            )
    for alike in entity.__alike__:
        described = describe(known[alike.part] if alike.part else entity)
        for wanted in (*alike.names, *alike.unless_other):
            if wanted not in described:
                raise BadDeclaration(f"{name}: alike names “{wanted}”, which is no attribute. Known: {', '.join(described)}.")
        if alike.days and alike.days[0] not in describe(entity):
            raise BadDeclaration(f"{name}: alike counts days from “{alike.days[0]}”, which is no attribute.")


def check_views(views) -> None:
    """Every view names its permission; every column a view names exists."""
    for view in views:
        permission = getattr(view, "permission", None)
        if not permission:
            raise BadDeclaration(
                f"{type(view).__name__}: no permission, so nobody could be kept out. Set permission = Permission.…"
            )
        entity = getattr(view, "entity", None)
        if entity is None:
            continue
        known = describe(entity)
        for attribute in ("columns", "hidden_in_form"):
            for column in getattr(view, attribute):
                if column not in known:
                    raise BadDeclaration(
                        f"{type(view).__name__}.{attribute} names “{column}”, which {entity.__name__} does not have. "
                        f"Known: {', '.join(known)}."
                    )
