"""Code lists of the way a case goes: intake, stages, notices, endings."""

from .codes import Code


class PetitionPurpose(Code):
    """Three kinds of petition (《信访工作条例》第二十九至三十一条), and two contacts that are none."""

    ADVICE = "advice", "建议意见"
    ACCUSATION = "accusation", "检举控告"
    CLAIM = "claim", "申诉求决"
    CONSULT = "consult", "咨询"
    THANKS = "thanks", "感谢"


class IdentityMode(Code):
    NAMED = "named", "实名"
    ANONYMOUS = "anonymous", "匿名"
    JOINT = "joint", "联名"


class LegalRoute(Code):
    """The lawful way of a matter, in the order in which they are asked about (domain §1.5)."""

    EMERGENCY = "emergency", "紧急情况，立即处置"
    LITIGATION = "litigation", "涉法涉诉，由政法机关处理"
    ARBITRATION = "arbitration", "仲裁"
    PARTY_APPEAL = "party_appeal", "党员申诉"
    ADMINISTRATIVE = "administrative", "行政复议等行政程序"
    STATUTORY_DUTY = "statutory_duty", "履行法定职责"
    DISCIPLINE = "discipline", "转纪检监察机关"
    FINAL = "final", "已经复核终结"
    MEDIATION = "mediation", "人民调解"
    SERVICE = "service", "服务事项，直接答复或交办"
    PETITION = "petition", "信访程序，出具处理意见书"


class DeclineReason(Code):
    """Why a matter is not taken up (《信访工作条例》第十九、二十二、三十一、三十六条；《人民调解工作若干规定》第二十二条)."""

    LEGAL_ROUTE = "legal_route", "应当通过诉讼、仲裁、行政复议等法定途径解决"
    OTHER_COMPETENCE = "other_competence", "不属本街道职权范围"
    PENDING = "pending", "同一事项正在受理或办理"
    FINAL = "final", "已经复核终结，仍以同一事实和理由提出"
    NOT_MEDIABLE = "not_mediable", "法律规定只能由专门机关处理或禁止调解"
    TAKEN_ELSEWHERE = "taken_elsewhere", "法院、公安或其他机关已经受理或解决"
    UNCLEAR = "unclear", "没有具体事实，无法核实"
    NOT_A_PETITION = "not_a_petition", "不是信访事项（咨询、感谢等，已答复）"


class OnsiteReason(Code):
    """Why a matter could not be settled on the spot (S129)."""

    APART = "apart", "双方分歧大，当场谈不拢"
    NEEDS_UNIT = "needs_unit", "需要职能部门行使职权"
    NEEDS_FACTS = "needs_facts", "事实需要核查或鉴定"
    ABSENT = "absent", "一方不在场"
    POLICY = "policy", "政策依据不明确"
    OTHER = "other", "其他原因"


class StageResult(Code):
    AGREED = "agreed", "达成协议或解决"
    PARTLY = "partly", "部分达成"
    PASSED_ON = "passed_on", "未达成，转下一阶段"
    SENT_BACK = "sent_back", "退回上一阶段"
    TERMINATED = "terminated", "终止"
    WITHDRAWN = "withdrawn", "撤回"
    OTHER = "other", "其他方式结束"


class ConsultGround(Code):
    """What brings a matter from one unit to a consultation of several (S132)."""

    UNITS = "units", "涉及两个以上单位"
    NOT_ALONE = "not_alone", "承办单位反馈无法单独解决"


class Consent(Code):
    AGREED = "agreed", "同意调解"
    REFUSED = "refused", "不同意调解"


class TerminateReason(Code):
    """Why mediation ends without agreement (domain §3.8)."""

    REFUSED = "refused", "一方明确拒绝或不愿继续"
    APART = "apart", "分歧较大，难以达成协议"
    EXPIRED = "expired", "期限届满未达成，也未合意延长"
    UNREACHABLE = "unreachable", "无法联系当事人"
    UNSIGNED = "unsigned", "拒绝签章"
    UNTRUE = "untrue", "隐瞒事实、虚假陈述或故意拖延"
    SHAM = "sham", "涉嫌虚假调解损害他人"
    TAKEN_ELSEWHERE = "taken_elsewhere", "已被法院、公安或行政机关受理"
    NOT_MEDIABLE = "not_mediable", "不属人民调解范围"
    IMPOSSIBLE = "impossible", "因特定事由无法进行"
    OTHER = "other", "其他"


class NoticeKind(Code):
    """What a citizen was told."""

    ACCEPTED = "accepted", "受理告知"
    DECLINED = "declined", "不予受理告知"
    REFERRED = "referred", "转送告知"
    EXTENDED = "extended", "延期告知"
    RESULT = "result", "办理结果告知"
    TERMINATED = "terminated", "终止告知（其他途径）"
    OPINION = "opinion", "处理意见书送达"
    MERGED = "merged", "并案告知"


class NoticeChannel(Code):
    FACE = "face", "当面"
    PHONE = "phone", "电话"
    MESSAGE = "message", "短信或微信"
    POST = "post", "书面邮寄"
    HANDED = "handed", "书面直接送达"
    ONLINE = "online", "网上"
    POSTED = "posted", "公告"


class OpinionKind(Code):
    """What a petition claim is answered with (《信访工作条例》第三十二条)."""

    SUPPORT = "support", "支持请求"
    EXPLAIN = "explain", "请求合理但缺乏法律依据，解释说明"
    REJECT = "reject", "不予支持"
