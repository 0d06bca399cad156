"""Which legal route fits a matter (诉访分离、依法分类处理): the table as data, for staff and for everybody.

Order matters: the first route whose signs fit is suggested; a person decides. Source of each line
is the statute named in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.codes import CaseKind, LegalRoute


@dataclass(frozen=True)
class Route:
    """One way to go: when it fits, what is done, whom to turn to, where it is written.

    `signs` are words that hint at it in a matter's text; they only suggest. `when` and `turn_to` are plain
    enough to be shown to residents.
    """

    code: LegalRoute
    when: str
    turn_to: str
    duty: str
    source: str
    signs: tuple[str, ...] = ()


R = LegalRoute
# fmt: off
ROUTES = (
    Route(R.EMERGENCY, "有生命危险、火灾、急病、交通事故等紧急情况", "马上拨打110（报警）、119（火警）、120（急救）、122（交通事故）",
          "立即转相应的应急电话，不等登记", "紧急求助电话",
          ("着火", "火灾", "打人", "持刀", "昏迷", "抢救", "触电", "煤气泄漏", "车祸")),
    Route(R.FINAL, "同一事实和理由已经过复查、复核", "复核意见是信访终结意见；有新的事实可以另行提出",
          "不再受理，做好解释和帮扶", "《信访工作条例》第三十六条第三款、第三十七条第三款", ("复核意见",)),
    Route(R.DISCIPLINE, "检举控告党员干部和公职人员违纪违法", "纪检监察机关，电话12388",
          "按管理权限转送纪检监察机关；材料不得转给被检举人", "《信访工作条例》第二十二条第二款、第三十条",
          ("贪污", "受贿", "违纪", "举报干部", "以权谋私", "挪用公款")),
    Route(R.LITIGATION, "已在或应在法院、检察院、公安机关办理的诉讼、行政复议、刑事案件等，还没有依法终结", "受理该案的政法机关；法律咨询电话12348",
          "不按信访事项受理，讲清法律规定，引导或转送政法机关", "《信访工作条例》第三十一条第（一）项",
          ("判决", "法院", "起诉", "上诉", "执行难", "检察院", "刑事", "立案侦查", "再审")),
    Route(R.ARBITRATION, "劳动争议、商事合同约定仲裁、农村土地承包等可以仲裁解决的", "劳动人事争议仲裁委员会、仲裁委员会或农村土地承包仲裁委员会",
          "引导申请仲裁；双方愿意的可以先调解", "《信访工作条例》第三十一条第（二）项",
          ("拖欠工资", "欠薪", "劳动合同", "工伤", "辞退", "经济补偿", "社保", "土地承包")),
    Route(R.PARTY_APPEAL, "党员对党纪处分申诉、申请复审", "作出决定的党组织或其上级",
          "转送有管理权限的党组织", "《信访工作条例》第三十一条第（三）项", ("党纪处分", "党内处分")),
    Route(R.ADMINISTRATIVE, "对行政机关的处罚、许可、确认等决定不服", "可在知道决定之日起60日内申请行政复议，或依法提起行政诉讼",
          "导入行政复议、行政裁决等程序", "《信访工作条例》第三十一条第（四）项；《行政复议法》第二十条",
          ("行政处罚", "罚款决定", "行政许可", "不予许可", "征收决定", "复议", "行政裁决")),
    Route(R.STATUTORY_DUTY, "请求查处违法行为，或请求履行保护人身、财产权利的职责", "有查处职责的部门，例如城管、市场监管、住建、环保",
          "依法履行职责或者答复", "《信访工作条例》第三十一条第（五）项",
          ("违章搭建", "违建", "占道", "油烟", "污染", "无证", "假冒", "消防通道", "噪音", "噪声", "查处")),
    Route(R.MEDIATION, "邻里、家庭、物业、借贷、赔偿等居民之间、居民与单位之间的民事纠纷", "村（社区）或街道人民调解委员会，不收费；不影响向法院起诉或申请仲裁",
          "征得双方同意后组织人民调解", "《人民调解法》第三条、第四条、第十七条；《信访工作条例》第三十三条",
          ("邻居", "漏水", "纠纷", "赔偿", "离婚", "赡养", "抚养", "物业", "借款", "欠款", "宅基地", "争吵")),
    Route(R.SERVICE, "办事咨询、生活服务", "邻长、村（社区）便民服务窗口，或拨打12345", "当场答复，或派单办理", "家门口在线点单",
          ("咨询", "怎么办理", "办证", "路灯", "下水道", "垃圾", "停水", "停电")),
    Route(R.PETITION, "以上途径都不适用的意见、建议和请求", "街道信访接待中心、村（社区）群众工作站，或网上信访",
          "登记、受理，60日内出具处理意见书；不服的30日内可请求复查", "《信访工作条例》第三十一条第（六）项、第三十四条、第三十五条"),
)
# fmt: on
BY_CODE = {route.code: route for route in ROUTES}
_BY_KIND = {CaseKind.DISPUTE: R.MEDIATION, CaseKind.APPEAL: R.SERVICE, CaseKind.PETITION: R.PETITION}


@dataclass(frozen=True)
class Fit:
    """A suggested route and the words of the matter that point to it (none: it follows from the kind)."""

    route: Route
    because: tuple[str, ...]


def suggest(words: str, kind: CaseKind | None = None, most: int = 3) -> list[Fit]:
    """The routes that a matter's words point to, in the order of the table, then the one its kind points to."""
    found = [Fit(route, seen) for route in ROUTES if (seen := tuple(s for s in route.signs if s in words))]
    usual = BY_CODE[_BY_KIND.get(kind, R.PETITION)]
    if all(fit.route is not usual for fit in found):
        found.append(Fit(usual, ()))
    return found[:most]
