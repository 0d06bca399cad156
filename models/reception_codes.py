"""Code lists of reception: how a visit goes and what comes of it."""

from .codes import Code


class VisitStatus(Code):
    """Written by the reception flow only."""

    WAITING = "waiting", "等候"
    RECEIVING = "receiving", "接待中"
    DONE = "done", "已接待"
    LEFT = "left", "已离开"


class VisitorRole(Code):
    VISITOR = "visitor", "来访人"
    REPRESENTATIVE = "representative", "推选的代表"
    COMPANION = "companion", "陪同人"


class VisitFeeling(Code):
    """How the visit felt (心情有人懂, S110): a need of this day, no trait of anybody."""

    CALM = "calm", "平静"
    WORRIED = "worried", "着急、焦虑"
    UPSET = "upset", "激动、委屈"
    LOW = "low", "低落，需要关心"
    CARE = "care", "需要心理疏导，已转介"


class VisitResult(Code):
    """What came of a visit."""

    ANSWERED = "answered", "当场答复"
    APPEAL = "appeal", "转为诉求"
    CASE = "case", "立案"
    GUIDED = "guided", "引导其他途径"
