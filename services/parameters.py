"""What an administrator may set: declared here one by one, only changed values are stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.setting import Setting
from models.user import User

from .keeping import records
from .access import Actor, Permission
from .errors import Conflict, Missing, Refused
from .kept import kept

EVIDENCE = {
    "B": "公开材料原文", "C": "公开报道，正式引用前请核对", "M": "通行做法，未经核实", "P": "本系统的建议值",
}  # fmt: skip
_NAMES = UUID("5b3d0f6c-6f0e-5c0a-9a43-2f5d7c1e8b10")


@dataclass(frozen=True)
class Parameter:
    """One number that can be set; `level` is a key of `EVIDENCE` and says how sure the source is.

    `names` say what the choices mean, in their order.
    `strictest` (min or max) marks what is asked before it is known whose sub-district it is.
    """

    name: str
    section: str
    label: str
    unit: str
    default: int
    low: int
    high: int
    help: str
    source: str
    level: str = "P"
    choices: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    strictest: Callable | None = None

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        return "、".join(self.names or map(str, self.choices)) if self.choices else f"{self.low}至{self.high}"

    def words(self, value: int) -> str:
        """A value as people say it: 30天, or the name of a choice."""
        return self.names[self.choices.index(value)] if self.names and value in self.choices else f"{value}{self.unit}"

    def fits(self, value: int) -> bool:
        return value in self.choices if self.choices else self.low <= value <= self.high

    def bounded(self, stored: int | None) -> int:
        """A stored value inside the bounds of today: whatever lies in the table, no floor is passed."""
        if stored is None or (self.choices and stored not in self.choices):
            return self.default
        return min(max(stored, self.low), self.high)


_CHIEFS, _DUE, _DISPATCH, _APPEALS = "三长联户", "期限提醒", "分流调度", "群众诉求"
_SIGN_IN, _SCREEN = "登录安全", "列表、文件和明文"
_EXPORT, _MESSAGES, _FLOOD = "导出审批", "外发消息", "防刷"
_USUAL = "等级保护要求有这类措施，数值由本单位定"
# fmt: off
PARAMETERS = {p.name: p for p in (
    Parameter("households_fewest", _CHIEFS, "每名邻长联系户数下限", "户", 5, 1, 20, "少于这个数的邻列入“联户调整”，建议合并", "示范街道材料：邻长每人联系5至15户", "B"),
    Parameter("households_most", _CHIEFS, "每名邻长联系户数上限", "户", 15, 5, 50, "多于这个数的邻列入“联户调整”，建议拆分", "示范街道材料：邻长每人联系5至15户", "B"),
    Parameter("soon_days", _DUE, "提前几天算将到期", "天", 3, 1, 15, "首页数字、分流台和案件列表按它标黄；只影响提醒，不改变任何法定期限", "没有统一规定"),
    Parameter("reopen_days", _DUE, "办结后多少天内可以重新办理", "天", 30, 1, 365, "过了这些天作为新案件登记并互相关联", "没有统一规定"),
    Parameter("whistle_minutes", _DUE, "应急哨多久报到", "分钟", 30, 5, 240, "应急哨从吹响起算，按分钟；一般哨按时限规则“部门报到”", "公开报道：平谷十六个部门三十分钟内报到", "C"),
    Parameter("calendar_ahead_days", _DUE, "提前几天提醒缺少工作日历", "天", 31, 15, 120, "下一年节假日还没有导入时，从这时起在首页提醒", "没有统一规定"),
    Parameter("confirmation_warning_1", _DUE, "司法确认第一次提醒", "天", 20, 5, 25, "自协议生效起第几天提醒申请司法确认，期限是30日", "没有统一规定"),
    Parameter("confirmation_warning_2", _DUE, "司法确认最后提醒", "天", 27, 20, 29, "自协议生效起第几天作最后提醒", "没有统一规定"),
    Parameter("follow_up_tries", _DUE, "回访最多联系几天", "天", 3, 1, 5, "在这么多个不同的日子都联系不上，才能登记“未能联系”", "没有统一规定"),
    Parameter("appeal_reopen_days", _APPEALS, "答复后几天内可反映没有解决", "天", 30, 7, 90, "到期没有再反映的诉求自动归档，评价留空", "没有统一规定"),
    Parameter("public_per_address", _APPEALS, "同一网络地址每小时最多提交", "件", 60, 10, 5000, "一个小区可能共用一个地址，不宜过小；超过的请稍后再试或打电话", "没有统一规定"),
    Parameter("public_per_network", _APPEALS, "同一网段每小时最多提交", "件", 1000, 50, 50_000, "网段是网络地址的前三段，手机上网常共用，不宜过小", "没有统一规定"),
    Parameter("public_per_code", _APPEALS, "同一诉求码每小时最多提交", "件", 30, 5, 5000, "防止有人对着一个码反复提交", "没有统一规定"),
    Parameter("proof_above", _FLOOD, "一分钟内提交超过多少件时先做算题验证", "件", 60, 0, 100_000, "手机自动算一两秒，居民不用操作；填0表示一直验证", "没有统一规定"),
    Parameter("public_without_proof", _FLOOD, "验证期间没有算题的，同一地址每小时最多", "件", 5, 1, 1000, "不开脚本的手机照样能提交，只是件数少些", "没有统一规定"),
    Parameter("unknown_codes", _FLOOD, "同一网段每分钟最多扫几次无效的码", "次", 20, 5, 1000, "超过的暂时打不开；防止有人猜码", "没有统一规定"),
    Parameter("message_answer", _MESSAGES, "诉求答复后发短信告知", "", 0, 0, 1, "只发给留了手机号并同意的群众，只说有答复，不写内容；须先配置短信通道", "没有统一规定", choices=(0, 1), names=("不发", "发")),
    Parameter("message_urge", _MESSAGES, "催办时在工作群提醒", "", 0, 0, 2, "只写案件编号，不写姓名和内容；须先配置群机器人", "没有统一规定", choices=(0, 1, 2), names=("不发", "发到企业微信群", "发到钉钉群")),
    Parameter("idle_minutes", _SIGN_IN, "多久不操作自动退出", "分钟", 30, 5, 120, "离开座位后别人不能接着用", _USUAL, "M"),
    Parameter("session_hours", _SIGN_IN, "一次登录最长使用", "小时", 12, 1, 24, "到时须重新登录，一直在操作也一样", _USUAL, "M"),
    Parameter("failures_per_account", _SIGN_IN, "同一账号输错几次锁定", "次", 5, 3, 10, "锁定期间密码输对也不能登录", _USUAL, "M", strictest=min),
    Parameter("failures_per_address", _SIGN_IN, "同一网络地址输错几次锁定", "次", 30, 10, 100, "整个办公室可能共用一个地址，不宜过小", _USUAL, "M", strictest=min),
    Parameter("lockout_minutes", _SIGN_IN, "锁定多长时间", "分钟", 15, 10, 120, "也是累计输错次数的时间段", _USUAL, "M", strictest=max),
    Parameter("password_length", _SIGN_IN, "密码最短长度", "个字符", 10, 10, 20, "改密码时检查，已有的密码不受影响", _USUAL, "M"),
    Parameter("phone_code_hours", _SIGN_IN, "三长手机登录码有效多久", "小时", 72, 1, 336, "过期没有用的码作废，须重新制发", "没有统一规定"),
    Parameter("phone_days", _SIGN_IN, "三长手机多久不用须重新登录", "天", 90, 7, 365, "手机丢了、换了人用，到时自动退出；平时可在“登录设备”里随时注销", "没有统一规定"),
    Parameter("reveal_seconds", _SCREEN, "明文显示多久", "秒", 60, 10, 300, "逐项查看的号码到时自动变回星号", "没有统一规定"),
    Parameter("removed_file_days", _SCREEN, "附件删除后保留几天", "天", 180, 30, 3650, "从记录里删掉的附件，过了这些天才从存放目录清除；还有记录用到的不清除", "没有统一规定", strictest=max),
    Parameter("attachment_megabytes", _SCREEN, "附件大小上限", "兆", 10, 1, 20, "每个附件；改小后已上传的不受影响", "没有统一规定"),
    Parameter("import_days", _SCREEN, "导入的原文件保留多少天", "天", 90, 7, 365, "到期自动删除；导入记录和操作日志一直保留", "没有统一规定"),
    Parameter("export_rows", _EXPORT, "遮住号码的导出超过多少条须审批", "条", 50_000, 100, 1_000_000, "超过时写明事由，由另一人同意后才生成文件", "没有统一规定"),
    Parameter("export_clear_rows", _EXPORT, "明文导出超过多少条须审批", "条", 5_000, 0, 1_000_000, "填0表示每次明文导出都须另一人同意", "个人信息保护要求限制批量明文导出，数值由本单位定", "M"),
    Parameter("list_page_size", _SCREEN, "列表默认每页条数", "条", 20, 20, 100, "每个人在列表上仍可自己换", "没有统一规定", choices=(20, 50, 100)),
    Parameter("mediator_capacity", _DISPATCH, "调解员可同时在办", "件", 10, 1, 60, "到这个数就不再建议交给本人；直接指定仍可以", "没有统一规定"),
    Parameter("unit_capacity", _DISPATCH, "单位可同时在办", "件", 80, 5, 500, "到这个数批量方案不再交给该单位", "没有统一规定"),
    Parameter("leader_capacity", _DISPATCH, "每名领导可同时包案", "件", 5, 1, 50, "到这个数不能再任包案领导", "没有统一规定"),
    Parameter("lawyer_capacity", _DISPATCH, "每名律师可同时参加专班", "个", 8, 1, 50, "到这个数不能再进专班", "没有统一规定"),
    Parameter("staff_capacity", _DISPATCH, "每名工作人员可同时在手", "件", 12, 1, 100, "在办交办加专班，到这个数不能再进专班", "没有统一规定"),
    Parameter("repeat_days", _DISPATCH, "相近事项往前查多少天", "天", 180, 7, 730, "同一组范围内文字或地址相近的旧事项", "没有统一规定"),
    Parameter("presence_minutes", _DISPATCH, "调度台上“正在看”保留多久", "分钟", 3, 1, 30, "另一位调度员打开同一件时会看到谁在看", "没有统一规定"),
    Parameter("tray_size", _SCREEN, "分流台一次列出", "件", 30, 10, 100, "按期限从近到远，办完一件补一件", "没有统一规定"),
)}
# fmt: on


@dataclass(frozen=True)
class LastChange:
    """Who changed a parameter last, when, and from what to what."""

    who: str
    at: datetime
    old: int
    new: int


def value(session: Session, name: str, subdistrict_id: str | None = None) -> int:
    """The value in force, by default in the sub-district of the session's actor."""
    if subdistrict_id is None:
        subdistrict_id = session.info["actor"].subdistrict_id
    return PARAMETERS[name].bounded(_stored(session, subdistrict_id).get(name))


def values(session: Session) -> dict[str, int]:
    """{name: value in force} of all parameters, in declared order."""
    return {name: value(session, name) for name in PARAMETERS}


def _stored(session: Session, subdistrict_id: str | None) -> dict[str, int]:
    """The changed values of one sub-district.

    The table is read directly: who signs in has no actor yet whose scope could apply.
    """

    def read() -> dict[str, int]:
        table = Setting.__table__.c
        wanted = select(table.name, table.value).where(table.subdistrict_id == subdistrict_id)
        return dict(session.connection().execute(wanted).all())

    return kept(session, ("parameters", subdistrict_id), read) if subdistrict_id else {}


def strictest(session: Session, name: str) -> int:
    """The strictest value among all sub-districts with accounts, for what is asked before signing in.

    Were each account locked by its own number, the number would tell which names exist.
    """
    parameter, table = PARAMETERS[name], Setting.__table__.c
    places = select(User.__table__.c.subdistrict_id).distinct().subquery()
    here = and_(table.subdistrict_id == places.c.subdistrict_id, table.name == name)
    wanted = select(table.value).select_from(places.outerjoin(Setting.__table__, here))
    found = [parameter.bounded(stored) for stored in session.connection().scalars(wanted)]
    return parameter.strictest(found) if found else parameter.default


def change(session: Session, wanted: Mapping[str, int], actor: Actor, now: datetime) -> list[Parameter]:
    """Set some parameters and say which differ from before; a default set again drops its row.

    Raises `Refused` with a sentence for each parameter that is out of bounds or contradicts another.
    """
    actor.require(Permission.PARAMETER_EDIT)
    if wanted.keys() - PARAMETERS.keys():
        raise Missing("没有这个参数，请刷新页面后再试")
    before = values(session)
    errors = {n: _outside(PARAMETERS[n]) for n, number in wanted.items() if not PARAMETERS[n].fits(number)}
    errors = errors or _contradictions({**before, **wanted})
    if errors:
        raise Refused("有的参数不合适，没有保存", errors=errors)
    changed = [PARAMETERS[name] for name, number in wanted.items() if number != before[name]]
    for parameter in changed:
        _write(session, parameter, wanted[parameter.name], actor, now)
    return changed


def _outside(parameter: Parameter) -> str:
    return f"请在{parameter.allowed}之间填写" if not parameter.choices else f"请从{parameter.allowed}中选择"


def _contradictions(wanted: Mapping[str, int]) -> dict[str, str]:
    """What does not go together, as {parameter: sentence}."""
    found = {}
    if wanted["households_fewest"] > wanted["households_most"]:
        found["households_fewest"] = "下限不能大于上限"
    if wanted["idle_minutes"] > wanted["session_hours"] * 60:
        found["idle_minutes"] = "不能长过“一次登录最长使用”的时间"
    return found


def _write(session: Session, parameter: Parameter, number: int, actor: Actor, now: datetime) -> None:
    row = session.get(Setting, (actor.subdistrict_id, id_of(parameter.name)))
    if number == parameter.default:
        if row is not None:
            records.delete(session, row)
        return
    if row is None:
        row = Setting(id=id_of(parameter.name), name=parameter.name)
    row.label, row.value = parameter.label, number
    records.save(session, row, actor, now)


def id_of(name: str) -> str:
    """The id of a parameter's row, made from its name: its trail stays one though the row comes and goes."""
    return str(uuid5(_NAMES, name))


def version(session: Session) -> str:
    """What a form keeps of the values it was made from."""
    return hashlib.sha256(repr(values(session)).encode()).hexdigest()[:16]


def check_version(session: Session, shown: str | None) -> None:
    """Refuse to save over somebody else's change."""
    if shown != version(session):
        raise Conflict("您打开这一页之后，别人已先改了参数")


def last_changes(session: Session) -> dict[str, LastChange]:
    """{parameter name: its last change}, out of the audit trail, in one statement."""
    of_settings = AuditEvent.entity == Setting.slug()
    number = func.row_number().over(
        partition_by=AuditEvent.record_id, order_by=(AuditEvent.happened_at.desc(), AuditEvent.id.desc())
    )
    latest = select(AuditEvent.id.label("id"), number.label("number")).where(of_settings).subquery()
    rows = session.execute(
        select(AuditEvent.record_id, AuditEvent.user_name, AuditEvent.happened_at, AuditEvent.changes)
        .join(latest, and_(latest.c.id == AuditEvent.id, latest.c.number == 1))
    ).all()  # fmt: skip
    names = {id_of(name): name for name in PARAMETERS}
    return {
        names[key]: LastChange(who, at, *(PARAMETERS[names[key]].bounded(v) for v in changes["value"]))
        for key, who, at, changes in rows if key in names
    }  # fmt: skip
