"""Closed lists of the mediation side: sessions, agreements, judicial confirmation, follow-ups."""

from .codes import Code


class SessionResult(Code):
    """How one session ended (domain §2.3 调解结果, §3.8)."""

    AGREED = "agreed", "达成协议"
    PARTLY = "partly", "部分达成"
    NEXT_STAGE = "next_stage", "未达成，转下一阶段"
    AGAIN = "again", "另行调解"
    FAILED = "failed", "未达成，终止"


class Attendance(Code):
    """In what capacity somebody sat in a session."""

    PARTY = "party", "当事人"
    AGENT = "agent", "代理人"
    MEDIATOR = "mediator", "调解员"
    INVITED = "invited", "邀请参加人"
    RECORDER = "recorder", "记录人"


class AgreementForm(Code):
    WRITTEN = "written", "书面协议"
    ORAL = "oral", "口头协议"


class AgreementState(Code):
    """Written by the agreement flow only."""

    DRAFT = "draft", "拟订中"
    EFFECTIVE = "effective", "已生效"
    PERFORMED = "performed", "全部履行"
    BREACHED = "breached", "未按约履行"
    VOID = "void", "撤销或无效"


class Performance(Code):
    """How one item of an agreement stands; late is computed from its day (domain §3.8)."""

    PENDING = "pending", "待履行"
    DOING = "doing", "履行中"
    INSTANT = "instant", "即时履行"
    DONE = "done", "全部履行"
    PARTLY = "partly", "部分履行"
    REFUSED = "refused", "拒不履行"
    CHANGED = "changed", "协商变更"


class ConfirmationState(Code):
    """Written by the confirmation flow only (domain §3.8)."""

    PLANNED = "planned", "拟申请"
    APPLIED = "applied", "已申请"
    ACCEPTED = "accepted", "法院已受理"
    CONFIRMED = "confirmed", "裁定有效"
    DISMISSED = "dismissed", "裁定驳回"
    NOT_ACCEPTED = "not_accepted", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "逾期失权"


class FollowUpState(Code):
    """Written by the follow-up flow only."""

    PLANNED = "planned", "待回访"
    DONE = "done", "已回访"
    UNREACHABLE = "unreachable", "未能联系"


class Contact(Code):
    """What came of one try to reach somebody."""

    REACHED = "reached", "接通"
    NO_ANSWER = "no_answer", "无人接听"
    WRONG_NUMBER = "wrong_number", "空号或错号"
    REFUSED = "refused", "不愿受访"
    LATER = "later", "改约时间"


class RatingSource(Code):
    """How the citizen gave the rating; without a source there is no rating."""

    PHONE = "phone", "电话口述"
    VISIT = "visit", "上门当面"
    PAPER = "paper", "书面填写"
    ONLINE = "online", "网上自评"
