"""Code lists the program branches on. Lists that people edit are `DictItem` rows instead."""

from collections.abc import Callable, Iterable
from enum import Enum


class Code(Enum):
    """A closed list; each member is `NAME = "stored value", "中文标签"`."""

    def __new__(cls, value: str, label: str):
        member = object.__new__(cls)
        member._value_ = value
        member.label = label
        return member

    def __str__(self) -> str:
        return self.label

    @property
    def rank(self) -> int:
        """Its place in the list, from 0."""
        return list(type(self)).index(self)


def by_role(rows: Iterable, role_of: Callable = lambda row: getattr(row, "role", None)) -> list:
    """Rows with a role in the order of the roles (who applies before who is applied against), others as they came."""
    return sorted(rows, key=lambda row: getattr(role_of(row), "rank", 0))


class MenuGroup(Code):
    """The menu: the four wheels of the model sub-district (S010), what is worked in all day first, and the system."""

    MEDIATION = "mediation", "解纷"
    SUPERVISION = "supervision", "督导"
    APPEAL = "appeal", "诉求"
    ROSTER = "roster", "名册"
    DUTY = "duty", "责任"
    LAW = "law", "法治"
    SYSTEM = "system", "系统"


class AreaKind(Code):
    """The tree 街道–村社区–片–组–邻 (S093)."""

    SUBDISTRICT = "subdistrict", "街道"
    COMMUNITY = "community", "社区"
    VILLAGE = "village", "村"
    SECTOR = "sector", "片"
    GROUP = "group", "组"
    NEIGHBORHOOD = "neighborhood", "邻"


class ChiefKind(Code):
    """The three chiefs; the stored value is that of the area they head."""

    SECTOR = "sector", "片长"
    GROUP = "group", "组长"
    NEIGHBORHOOD = "neighborhood", "邻长"


class SelectionMethod(Code):
    """How a chief came to office (S100)."""

    ELECTED = "elected", "居民推选"
    APPOINTED = "appointed", "村社区委派"
    VOLUNTEERED = "volunteered", "自荐"


class Gender(Code):
    FEMALE = "female", "女"
    MALE = "male", "男"


class UnitKind(Code):
    """Sub-district departments, communities as units, and units outside."""

    OFFICE = "office", "街道办公机构"
    FUNCTIONAL = "functional", "职能部门"
    COMMUNITY = "community", "村社区"
    EXTERNAL = "external", "外部单位"


class WorkerKind(Code):
    """People who handle matters; one table, four rosters."""

    STAFF = "staff", "工作人员"
    MEDIATOR = "mediator", "人民调解员"
    LAWYER = "lawyer", "律师"
    COUNSELLOR = "counsellor", "心理咨询师"


class Employment(Code):
    DEDICATED = "dedicated", "专岗"
    FULL_TIME = "full_time", "专职"
    PART_TIME = "part_time", "兼职"


class CommitteePost(Code):
    DIRECTOR = "director", "主任"
    DEPUTY = "deputy", "副主任"
    MEMBER = "member", "委员"
    MEDIATOR = "mediator", "调解员"


class CommitteeKind(Code):
    VILLAGE = "village", "村"
    COMMUNITY = "community", "社区"
    SUBDISTRICT = "subdistrict", "街道"
    ENTERPRISE = "enterprise", "企事业单位"
    INDUSTRY = "industry", "行业性专业性"


class HouseholdUse(Code):
    OWNER = "owner", "自住"
    RENTED = "rented", "出租"
    VACANT = "vacant", "空置"


class CaseKind(Code):
    APPEAL = "appeal", "诉求"
    DISPUTE = "dispute", "矛盾纠纷"
    PETITION = "petition", "信访事项"


class MatterLevel(Code):
    """The ladder 微事不出邻里、小事不出片组、大事不出村社、难事不出街道 (S006–S009)."""

    MICRO = "micro", "微事"
    SMALL = "small", "小事"
    BIG = "big", "大事"
    HARD = "hard", "难事"


class Tier(Code):
    """Where a matter was solved (S009)."""

    NEIGHBORHOOD = "neighborhood", "邻里"
    SECTOR_GROUP = "sector_group", "片组"
    COMMUNITY = "community", "村社区"
    SUBDISTRICT = "subdistrict", "街道"
    ABOVE = "above", "上级"


class Urgency(Code):
    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"
    CRITICAL = "critical", "特急"


class Secrecy(Code):
    NORMAL = "normal", "一般"
    RESTRICTED = "restricted", "仅经办人可见"


class LegalRoute(Code):
    """Ways a matter can lawfully go (依法分类处理, 《信访工作条例》第三十一条)."""

    EMERGENCY = "emergency", "紧急求助"
    LITIGATION = "litigation_related", "诉讼、复议等涉法涉诉途径"
    ARBITRATION = "arbitration", "仲裁"
    PARTY_APPEAL = "party_appeal", "党员申诉、申请复审"
    ADMINISTRATIVE = "administrative_procedure", "行政复议、裁决等行政程序"
    STATUTORY_DUTY = "statutory_duty", "申请查处或履行法定职责"
    PETITION = "petition_procedure", "信访程序"
    DISCIPLINE = "discipline", "纪检监察机关"
    MEDIATION = "people_mediation", "人民调解"
    SERVICE = "service", "便民服务"
    FINAL = "final", "已复核终结"


class MediationStage(Code):
    """The loop of S122, in order."""

    ONSITE = "onsite", "现场调解"
    DIVERTED = "diverted", "分流调解"
    CONSULTATION = "consultation", "会商调解"
    JOINT = "joint", "联合调解"


class CaseStatus(Code):
    """Written by the case flow only."""

    REGISTERED = "registered", "已登记"
    ACCEPTED = "accepted", "已受理"
    ASSIGNED = "assigned", "办理中"
    FED_BACK = "fed_back", "已反馈"
    SUSPENDED = "suspended", "已中止"
    CLOSED = "closed", "已办结"
    ARCHIVED = "archived", "已归档"
    DECLINED = "declined", "不予受理"
    MERGED = "merged", "已并案"


OPEN_STATES = frozenset({
    CaseStatus.REGISTERED, CaseStatus.ACCEPTED, CaseStatus.ASSIGNED, CaseStatus.FED_BACK, CaseStatus.SUSPENDED,
})  # fmt: skip
OVER_STATES = frozenset({CaseStatus.CLOSED, CaseStatus.ARCHIVED})
"""The states in which a case has an outcome."""


class CaseOutcome(Code):
    """办结 kinds of the field (domain §3.8)."""

    RESOLVED = "resolved", "解决"
    PARTLY = "partly", "部分解决"
    EXPLAINED = "explained", "解释说明"
    REDIRECTED = "redirected", "导入法定途径"
    TERMINATED = "terminated", "终止"
    WITHDRAWN = "withdrawn", "撤回"


class LinkKind(Code):
    """How one matter belongs to another."""

    MERGED = "merged", "并入"
    SPLIT = "split", "拆分"
    RELATED = "related", "相关"


class PartyRole(Code):
    APPLICANT = "applicant", "申请人"
    RESPONDENT = "respondent", "被申请人"
    THIRD = "third", "第三人"
    AGENT = "agent", "代理人"
    REPRESENTATIVE = "representative", "代表人"
    GUARDIAN = "guardian", "监护人"
    WITNESS = "witness", "证人"
    REPORTER = "reporter", "报告人"


class PartyKind(Code):
    PERSON = "person", "自然人"
    COMPANY = "company", "法人"
    ORGANISATION = "organisation", "非法人组织"
    SHOP = "shop", "个体工商户"
    VILLAGE_BODY = "village_body", "村居组织"


class AssignmentStatus(Code):
    OPEN = "open", "待反馈"
    FED_BACK = "fed_back", "已反馈"
    WITHDRAWN = "withdrawn", "已撤换"
    RETURNED = "returned", "已退回"


class AssignmentRole(Code):
    LEAD = "lead", "牵头"
    ASSIST = "assist", "协办"


class UnitRating(Code):
    """How the dispatcher found the work of a unit on one order."""

    GOOD = "good", "好"
    FAIR = "fair", "一般"
    POOR = "poor", "差"


class ObjectionState(Code):
    OPEN = "open", "待裁定"
    ACCEPTED = "accepted", "同意退回"
    REJECTED = "rejected", "驳回"


class WarningKind(Code):
    """What an early warning counts; always matters and places, never persons."""

    CLUSTER = "cluster", "一地多发"
    CROWD = "crowd", "多人涉及"
    IDLE = "idle", "久无动作"
    RETURN = "return", "反复反映"


class TeamSeat(Code):
    """The four seats of 3+X (S135)."""

    LEADER = "leader", "包案领导"
    MEDIATOR = "mediator", "专岗调解员"
    LAWYER = "lawyer", "律师"
    STAFF = "staff", "工作人员"


class WhistleKind(Code):
    """The three whistles of the model (群众诉求、综合执法、应急处置)."""

    UNSOLVED = "unsolved", "群众反映、街道解决不了"
    ENFORCEMENT = "enforcement", "综合执法"
    EMERGENCY = "emergency", "应急处置"


class WhistleReason(Code):
    """Why the sub-district cannot do it alone (S045)."""

    COOPERATION = "cooperation", "需要协作"
    STRENGTH = "strength", "力量不足"
    POWER = "power", "无执法权"
    EMERGENCY = "emergency", "应急"


class WhistleLevel(Code):
    NORMAL = "normal", "一般"
    EMERGENCY = "emergency", "应急"


class WhistleStatus(Code):
    """Of the whistle as a whole; written by its flow only."""

    OPEN = "open", "进行中"
    CLOSED = "closed", "已销哨"
    WITHDRAWN = "withdrawn", "已撤哨"


class ReportStatus(Code):
    """How far one unit is that was whistled for (S044)."""

    BLOWN = "blown", "待接哨"
    ACKNOWLEDGED = "acknowledged", "已接哨"
    ARRIVED = "arrived", "已报到"
    WORKING = "working", "处置中"
    DONE = "done", "待销哨"
    CONFIRMED = "confirmed", "已销哨"
    WITHDRAWN = "withdrawn", "已撤哨"


class UrgeStatus(Code):
    OPEN = "open", "待答复"
    ANSWERED = "answered", "已答复"
    LAPSED = "lapsed", "事项已办"


class ContactMethod(Code):
    PHONE = "phone", "电话"
    VISIT = "visit", "当面"
    MESSAGE = "message", "短信或政务微信"
    LETTER = "letter", "书面"


class CardColour(Code):
    """The card of a supervision, in order of weight."""

    NONE = "none", "普通督办"
    YELLOW = "yellow", "黄牌"
    RED = "red", "红牌"


class SupervisionStatus(Code):
    OPEN = "open", "待回复"
    REPLIED = "replied", "待审核"
    ACCEPTED = "accepted", "已认可"
    LIFTED = "lifted", "已解除"


class InstructionKind(Code):
    INSTRUCTION = "instruction", "领导批示"
    JOINT = "joint", "领导调度联办"


class InstructionStatus(Code):
    OPEN = "open", "办理中"
    CLOSED = "closed", "已办结"


class OrderedStatus(Code):
    """How far a unit is with its part of an instruction."""

    WAITING = "waiting", "待答复"
    ANSWERED = "answered", "已答复"
    ACCEPTED = "accepted", "已认可"


class Closeness(Code):
    """Why somebody keeps out of a matter (回避)."""

    KIN = "kin", "近亲属"
    INTEREST = "interest", "有利害关系"
    OTHER = "other", "其他可能影响公正的关系"


class ClockState(Code):
    """Whether a period runs; near and past are computed by whoever reads it."""

    RUNNING = "running", "计时中"
    PAUSED = "paused", "已暂停"
    MET = "met", "已完成"
    CANCELLED = "cancelled", "已取消"


class Tier5(Code):
    """The rungs that have an appeal in hand, from the door upwards (S091, S104)."""

    NEIGHBORHOOD = "neighborhood", "邻长"
    GROUP = "group", "组长"
    SECTOR = "sector", "片长"
    COMMUNITY = "community", "村社区"
    SUBDISTRICT = "subdistrict", "街道"


class AppealStatus(Code):
    """Written by the appeal flow only."""

    WAITING = "waiting", "待接单"
    TAKEN = "taken", "办理中"
    ANSWERED = "answered", "已答复"
    SOLVED = "solved", "已解决"
    CLOSED = "closed", "已归档"
    CONVERTED = "converted", "已立案"
    REDIRECTED = "redirected", "已引导"
    DUPLICATE = "duplicate", "重复件"
    WITHDRAWN = "withdrawn", "已撤回"


class Satisfaction(Code):
    """What a citizen says of an answer; nobody else may say it."""

    SATISFIED = "satisfied", "满意"
    FAIR = "fair", "基本满意"
    UNSATISFIED = "unsatisfied", "不满意"


class PointKind(Code):
    """Where people come in person."""

    CENTRE = "centre", "信访接待中心"
    WINDOW = "window", "综合治理窗口"
    STATION = "station", "群众工作站"


class CodePlace(Code):
    """Where an appeal code is posted (S085)."""

    ENTRANCE = "entrance", "楼栋入口"
    HOUSEHOLD = "household", "家门口"
    PLATE = "plate", "联户公示牌"
    POINT = "point", "接待点"


class TermUnit(Code):
    DAY = "D", "日"
    WORKDAY = "WD", "个工作日"
    MONTH = "M", "个月"
    HOUR = "H", "小时"
    YEAR = "Y", "年"


class AgreementStatus(Code):
    DRAFT = "draft", "未签订"
    SIGNED = "signed", "已签订"


class Retention(Code):
    """How long a dossier is kept; no statute fixes the years."""

    SHORT = "short", "短期"
    LONG = "long", "长期"
    PERMANENT = "permanent", "永久"


class CustomKind(Code):
    """What a field added by the office holds."""

    TEXT = "text", "文字"
    NUMBER = "number", "数字"
    DATE = "date", "日期"
    CHOICE = "choice", "选项"
    YES_NO = "yes_no", "是或否"


class JobStatus(Code):
    """Where long work stands; written by `services.background.jobs` only."""

    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"
    CANCELLED = "cancelled", "已取消"


class PaperSize(Code):
    A4 = "a4", "A4"
    A3 = "a3", "A3"


class RequestStatus(Code):
    """Written by the flow of export requests only."""

    WAITING = "waiting", "待审批"
    APPROVED = "approved", "已同意"
    DECLINED = "declined", "未同意"


class AuditVerb(Code):
    CREATE = "create", "新增"
    UPDATE = "update", "修改"
    DELETE = "delete", "删除"
    BULK = "bulk", "批量写入"
    RESTORE = "restore", "从回收站恢复"
    REVERT = "revert", "恢复原值"


class AccessKind(Code):
    REVEAL = "reveal", "查看明文"
    EXPORT = "export", "导出"
    EXPORT_CLEAR = "export_clear", "明文导出"
    SIGN_IN = "sign_in", "登录"
    SIGN_OUT = "sign_out", "退出"
    LOCKED = "locked", "登录锁定"
    RESET = "reset", "重置密码"
