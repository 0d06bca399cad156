"""Who is asking, what they may do, and which rows they may see.

One mechanism scopes every read: a session is bound to an actor, and each SELECT of an entity
(lists, look-ups by id, relations, exports) gets the actor's criterion added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from sqlalchemy import ColumnElement, CursorResult, Select, and_, event, false, or_, select, true
from sqlalchemy.orm import Session, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql.visitors import anon_map

from models import Base, Described, Entity, Scope, describe, entities
from models.area import Area
from models.codes import Code
from models.user import User

from .errors import Denied


class Permission(Code):
    """What a role can allow beyond the actions on each roster (`household:edit` and so on).

    Those that begin with "own:" belong to somebody without a role (the citizen, the program) and are given to nobody.
    """

    NAMES = "personal:name", "查看姓名全名"
    REVEAL = "personal:reveal", "逐项查看号码明文（记录在案）"
    EXPORT_CLEAR = "personal:export", "导出明文（记录在案）"
    EXPORT_APPROVE = "export:approve", "审批大批量导出"
    CASE_REGISTER = "case:register", "登记案件"
    CASE_ACCEPT = "case:accept", "受理案件"
    CASE_DISPATCH = "case:dispatch", "分流交办"
    DISPATCH_ALWAYS = "case:dispatch_always", "不带班的日子也可分流"
    CASE_APPROVE = "case:approve", "批准法定期限延期、越级转入调解阶段"
    CASE_SETTLE = "case:settle", "当场化解"
    CASE_ACCUSATION = "case:accusation", "查看检举控告"
    CASE_FEED_BACK = "case:feed_back", "反馈办理情况"
    CASE_JOIN = "case:join", "组建“3+X”专班"
    CASE_CLOSE = "case:close", "办结案件"
    MEDIATE = "mediation:record", "订立调解协议、登记履行和司法确认"
    FOLLOW_UP = "follow_up:record", "办结回访"
    CONFIRMATION_SWEEP = "own:confirmation_sweep", "到期自动处理"
    APPEAL_ENTER = "appeal:enter", "录入诉求"
    APPEAL_HANDLE = "appeal:handle", "接单、答复、上交诉求"
    APPEAL_TRIAGE = "appeal:triage", "分办诉求（交办、立案、引导、并件）"
    APPEAL_CITIZEN = "own:appeal_citizen", "反映人本人"
    APPEAL_SWEEP = "own:appeal_sweep", "到期自动处理"
    COMPLETE = "roster:complete", "在手机上补齐住户缺的电话、人口数和家庭成员"
    PHONE = "phone:code", "制发三长手机登录码、注销登录设备"
    RECEIVE = "reception:receive", "接待来访（取号、叫号、登记结果）"
    PLATE = "plate:print", "印制和登记公示牌、批量制码"
    CASE_ARCHIVE = "case:archive", "归档案件"
    WHISTLE = "whistle:blow", "吹哨、销哨和评价报到单位"
    WHISTLE_ANSWER = "whistle:answer", "接哨、报到和报告处置情况"
    URGE = "case:urge", "催办"
    SUPERVISE = "case:supervise", "督办、亮牌和解除"
    INSTRUCT = "case:instruct", "登记批示、调度联办"
    RESTRUCTURE = "area:restructure", "调整联户、拆分邻"
    TREE = "area:tree", "查看区域树"
    SHARE = "view:share", "把列表视图共享给角色"
    IMPORTS = "import:all", "查看所有人的导入记录，下载导入的文件"
    JOBS = "job:all", "查看和取消所有人的后台任务"
    PAPER = "paper:make", "生成和下载案件文书（记录在案）"
    PAPER_TEMPLATE = "paper:template", "维护文书模板"
    RESEND = "message:resend", "重发没有发出的外发消息"
    PARAMETER_VIEW = "parameter:view", "查看参数设置"
    PARAMETER_EDIT = "parameter:edit", "修改参数设置"


ACTIONS = {
    "view": "查看", "create": "新增", "edit": "修改", "delete": "删除",
    "export": "导出", "import": "导入",
}  # fmt: skip


def permission_labels() -> dict[str, dict[str, str]]:
    """All permissions there are: {heading: {permission: label}}, for the role form."""
    found = {"业务权限": {p.value: p.label for p in Permission if not p.value.startswith("own:")}}
    for entity in entities():
        if entity.__in_menu__:
            found[entity.__label__] = {f"{entity.slug()}:{a}": name for a, name in ACTIONS.items()}
    return found


def owner_of(entity: type[Described]) -> type[Described]:
    """The entity whose page shows this one, for parts without a menu entry; else itself."""
    if entity.__in_menu__:
        return entity
    owner = next((d.target for d in describe(entity).values() if d.is_part), None)
    return owner_of(owner) if owner else entity


def permission_for(entity: type[Described], action: str) -> str:
    """The permission an action needs; to add or remove a part without a menu entry is to edit its owner."""
    owner = owner_of(entity)
    if owner is not entity and action in ("create", "delete"):
        action = "edit"
    return f"{owner.slug()}:{action}"


@dataclass(frozen=True)
class Actor:
    """The person (or program) on whose behalf something happens.

    A scoped actor sees rows in the branch `area_code`, of the unit `unit_id`, and those given
    to `worker_id`; an unscoped one sees the whole sub-district.
    """

    user_id: str | None
    name: str
    subdistrict_id: str | None
    permissions: frozenset[str] = frozenset()
    role_code: str = ""
    role_name: str = ""
    area_code: str | None = None
    unit_id: str | None = None
    worker_id: str | None = None
    is_scoped: bool = True
    is_system: bool = False

    def may(self, permission: str | Permission) -> bool:
        wanted = permission.value if isinstance(permission, Permission) else permission
        return self.is_system or wanted in self.permissions

    def require(self, permission: str | Permission) -> None:
        if not self.may(permission):
            raise Denied("您的角色没有这项权限；如工作需要，请联系安全管理员开通")


ANONYMOUS = Actor(None, "未登录", None)


def system(subdistrict_id: str, name: str = "系统") -> Actor:
    """The program itself: seeds, nightly work, migrations."""
    return Actor(None, name, subdistrict_id, is_scoped=False, is_system=True)


def citizen(subdistrict_id: str) -> Actor:
    """Somebody at a public page: no account, no role; what it may read and do is named by the services it calls."""
    own = frozenset({Permission.APPEAL_ENTER.value, Permission.APPEAL_CITIZEN.value})
    return Actor(None, "群众", subdistrict_id, own, is_scoped=False)


def actor_of(user: User, area_code: str | None) -> Actor:
    """The actor a signed-in user is; `area_code` is the code of the user's area."""
    return Actor(
        user.id, user.name, user.subdistrict_id, frozenset(user.role.permissions), user.role.code,
        user.role.name, area_code, user.unit_id, user.worker_id, user.is_scoped,
    )  # fmt: skip


def bind(session: Session, actor: Actor, now: datetime) -> Session:
    """Tell a session on whose behalf and at what time it works; returns the session."""
    session.info["actor"] = actor
    session.info["now"] = now
    return session


@cache
def scope_of(entity: type) -> Scope:
    """The declared scope, else through the first reference that is itself narrowed."""
    if entity.__scope__ is not None:
        return entity.__scope__
    for name, wanted in _references(entity).items():
        if entity is not wanted and scope_of(wanted) != Scope():
            return Scope(area=(name,)) if wanted is Area else Scope(through=(name,))
    return Scope()


def _references(entity: type) -> dict[str, type]:
    relations = entity.__mapper__.relationships
    return {name: relations[name].mapper.class_ for name in entity.__refs__}


def is_narrowed(entity: type, actor: Actor) -> bool:
    """Whether an actor sees some rows of an entity only."""
    return actor.is_scoped and scope_of(entity) != Scope()


def criterion(entity: type, actor: Actor, row=None) -> ColumnElement[bool]:
    """The SQL condition under which a row of `entity` is visible to `actor`.

    `row` holds the columns the condition is about: the class itself, so that it follows an alias,
    or the plain table's inside a subselect, so that it is not scoped a second time.
    """
    row = entity if row is None else row
    if actor.subdistrict_id is None:
        return false()
    here = row.subdistrict_id == actor.subdistrict_id
    if not is_narrowed(entity, actor):
        return here
    return and_(here, or_(false(), *_reasons(row, scope_of(entity), actor, entity)))


def visible_ids(entity: type, actor: Actor) -> list[Select]:
    """The ids of the rows a narrowed actor sees, each reason by itself, so that it walks an index of its own.

    Nothing for rosters that share a table: their rows are told apart by more than a reason.
    """
    if entity.__mapper__.polymorphic_on is not None:
        return []
    rows = entity.__table__.c
    here = rows.subdistrict_id == actor.subdistrict_id
    return [select(rows.id).where(here, reason) for reason in _reasons(rows, scope_of(entity), actor, entity)]


def _reasons(row, scope: Scope, actor: Actor, entity: type) -> Iterable[ColumnElement[bool]]:
    areas = Area.__table__
    for name in scope.area:
        if name == "self":
            # Places are no secret; only somebody in charge of one branch is kept to it.
            yield row.code.startswith(actor.area_code, autoescape=True) if actor.area_code else true()
        elif actor.area_code:
            inside = select(areas.c.id).where(
                areas.c.subdistrict_id == actor.subdistrict_id,
                areas.c.code.startswith(actor.area_code, autoescape=True),
            )
            yield getattr(row, f"{name}_id").in_(inside)
    yield from _given_to(row, entity, scope, actor)
    for name in scope.through:
        owner = _references(entity)[name]
        rows = owner.__table__.c
        yield getattr(row, f"{name}_id").in_(select(rows.id).where(criterion(owner, actor, rows)))


def _given_to(row, entity: type, scope: Scope, actor: Actor) -> Iterable[ColumnElement[bool]]:
    """Rows that are the actor's own: by unit, by person, or by a part of the row."""
    if actor.unit_id:
        for name in scope.unit:
            yield getattr(row, f"{name}_id") == actor.unit_id
    if actor.worker_id:
        for name in scope.worker:
            yield getattr(row, f"{name}_id") == actor.worker_id
    for class_name, back in scope.given:
        part = entity.registry._class_registry[class_name]
        rows = part.__table__.c
        own = list(_given_to(rows, part, scope_of(part), actor))
        if own:
            yield row.id.in_(
                select(rows[f"{back}_id"]).where(
                    rows.subdistrict_id == actor.subdistrict_id, or_(*own)
                )
            )


def sees(session: Session, row: Base, actor: Actor) -> bool:
    """Whether a person other than the session's own may open a record: by permission and by scope."""
    if not actor.may(f"{type(row).slug()}:view"):
        return False
    if not isinstance(row, Entity):
        return not isinstance(row, User) or row.subdistrict_id == actor.subdistrict_id
    entity = type(row).__mapper__.base_mapper.class_
    rows = entity.__table__.c
    wanted = select(rows.id).where(rows.id == row.id, criterion(entity, actor, rows))
    return session.connection().scalar(wanted) is not None


def scoped_classes() -> list[type]:
    """The classes whose criterion covers every business table (rosters of one table once)."""
    return [
        mapper.class_ for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Entity) and mapper.inherits is None
    ]  # fmt: skip


def _class_count() -> int:
    return len(Base.registry._class_registry)  # counting its mappers takes longer than the statement


_SHAPES: dict[tuple, int] = {}


class _Narrowed(LoaderCriteriaOption):
    """The condition of one class whose share in the cache key of a statement is made once, not with each statement.

    SQLAlchemy walks every condition to tell whether it has compiled a statement like this before; with the forty of a
    narrowed actor that took longer than the statement. The key says the same: the shape, and the values in their order.
    """

    __slots__ = ("shape", "values")

    def __init__(self, cls: type, condition: ColumnElement[bool]):
        super().__init__(cls, condition, include_aliases=True)
        self.values: list = []
        plain = LoaderCriteriaOption(cls, condition, include_aliases=True)
        key = plain._gen_cache_key(anon_map(), self.values)
        if key is None:
            raise RuntimeError(f"the scope of {cls.__name__} has no cache key")
        self.shape = _SHAPES.setdefault(key, len(_SHAPES))

    def _gen_cache_key(self, anon_map, bindparams: list) -> tuple:
        bindparams.extend(self.values)
        return _Narrowed, self.shape


@lru_cache(maxsize=256)
def _options(actor: Actor, _class_count: int) -> tuple:
    """The scope of one actor on every class, made once; a class declared later makes it anew.

    One option keeps all business tables to the sub-district, for every option costs time with every statement;
    only the classes of which the actor sees some rows get one of their own.
    """
    if actor.subdistrict_id is None:
        return tuple(with_loader_criteria(cls, false(), include_aliases=True) for cls in scoped_classes())
    code = actor.subdistrict_id
    here = with_loader_criteria(Entity, lambda cls: cls.subdistrict_id == code, include_aliases=True)
    narrowed = [cls for cls in scoped_classes() if is_narrowed(cls, actor)]
    return here, *(_Narrowed(cls, criterion(cls, actor)) for cls in narrowed)


def scoped(statement: Select, actor: Actor) -> Select:
    """A statement that many requests of one actor share, scoped once; for anybody else's session it is scoped again."""
    return statement.options(*_options(actor, _class_count())).execution_options(scoped_for=actor)


def _add_criteria(state) -> None:
    if not (state.is_select or state.is_update or state.is_delete):
        return
    actor: Actor | None = state.session.info.get("actor")
    if actor is None:
        raise RuntimeError("no actor is bound to this session; call services.access.bind first")
    if state.execution_options.get("scoped_for") == actor:
        return
    mappers = {m for m in state.all_mappers} if state.is_orm_statement else set()
    state.statement = state.statement.options(*_options_for(actor, User.__mapper__ in mappers))


def _options_for(actor: Actor, is_of_users: bool) -> tuple:
    options = _options(actor, _class_count())
    if actor.subdistrict_id and is_of_users:
        options = (*options, with_loader_criteria(User, User.subdistrict_id == actor.subdistrict_id))
    return options


def plain_rows(session: Session, entity: type[Described], statement: Select) -> CursorResult:
    """The visible rows of a statement on one entity past the session, which would make each row dearer."""
    scoped_one = statement.options(*_options_for(session.info["actor"], issubclass(entity, User)))
    return session.connection().execute(scoped_one)


def install(session_class: type[Session] = Session) -> None:
    """Put the scope on every ORM statement of a session class."""
    event.listen(session_class, "do_orm_execute", _add_criteria)
