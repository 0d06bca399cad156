"""Invented data with every field a template may use: to try a template, and to show what there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .paper_facts import Facts, boxes

if TYPE_CHECKING:
    from .paper_kinds import PaperKind

_DAY, _MOMENT = "2026年3月2日", "2026年3月2日 09:00"
_PERSON = {
    "id": "-", "role": "申请人", "kind": "自然人", "is_person": True, "name": "张示例", "gender": "男", "age": "45", "ethnicity": "汉族",
    "id_number": "11010518491231002X", "mobile": "13800000000", "address": "示例社区1栋101室", "post": "职工",
    "representative": "王示例", "representative_post": "经理", "licence": "示例证号",
}  # fmt: skip
_RECORD = {
    "time": _MOMENT, "place": "示例社区调解室", "attendees": "示例社区居委会", "person": "赵示例", "body": "双方陈述意见并协商。",
    "stage": "现场调解", "ordinal": "第一次调解", "results": boxes([("达成协议", True), ("未达成协议", False), ("另行调解", False)]),
    "result": "双方达成一致。", "next": _MOMENT, "chair": "李示例", "recorder": "周示例", "way": "电话", "performed": "已履行", "rating": "满意",
    "words": "问题解决了。", "suit": "无", "risk": "无", "by": "吴示例",
    "tasks": [{"content": "疏通排水管", "unit": "示例单位", "worker": "郑示例", "due": _DAY}],
    "attempts": [{"number": "第一次", "at": _MOMENT, "contact": "接通", "note": "本人接听"}],
}  # fmt: skip
_ORDER = {
    "unit": "示例单位", "worker": "郑示例", "contact": "郑示例", "phone": "0731-83600000", "role": "牵头", "liaison": "郑示例", "status": "待反馈", "demand": "当面了解情况",
    "feedback": "已上门了解", "by": "孙示例", "due_on": _DAY, "due_reason": "分流调解5个工作日", "assigned_on": _DAY,
    "assigned_at": _MOMENT, "fed_back_on": _DAY, "fed_back_at": _MOMENT,
}  # fmt: skip
SAMPLE: Facts = {
    "case": {
        "no": "示例〔2026〕00001号", "subject": "相邻排水纠纷", "summary": "楼上漏水，楼下顶棚发霉。", "requests": "修复漏水管道", "kind": "矛盾纠纷", "category": "邻里",
        "channel": "综合治理窗口", "level": "微事", "urgency": "一般", "stage": "现场调解", "status": "办理中", "outcome": "解决",
        "result": "双方达成协议。", "solved_at": "邻里", "informed": "是", "amount": "1,200.00元", "people_count": "2", "is_joint": True,
        "occurred_on": _DAY, "received_on": _DAY, "due_on": _DAY, "due_reason": "人民调解1个月", "registered_on": _DAY,
        "registered_at": _MOMENT, "accepted_on": _DAY, "closed_on": _DAY, "area": "示例社区/第1片", "place": "1栋101室",
        "lead_unit": "示例单位", "lead_phone": "0731-83600000", "handler": "郑示例", "competent_unit": "示例单位",
        "territory_unit": "示例社区居委会", "first_unit": "综合治理窗口", "first_user": "孙示例", "registered_by": "孙示例",
    },
    "parties": [_PERSON, {**_PERSON, "role": "被申请人", "kind": "法人", "is_person": False, "name": "示例公司"}],
    "sides": {"first": "张示例", "second": "示例公司", "all": "张示例、示例公司", "first_mobile": "13800000000"},
    "office": {
        "subdistrict": "示例街道", "city": "示例市", "issuer": "示例市示例街道办事处", "centre": "示例市示例街道综合治理中心",
        "committee": "示例社区人民调解委员会", "court": "示例市人民法院", "review_body": "示例市人民政府", "phone": "0731-83600000",
    },
    "dossier": {
        "number": "（2026）示例人调字第0001号", "name": "张示例与示例公司邻里纠纷", "retention": "长期", "filed_by": "孙示例", "filed_on": _DAY,
        "checked_by": "李示例", "pages": "20", "statement": "无特殊情况。", "note": "无",
    },
    "mediators": "李示例", "mediation": {"began": _DAY, "ended": _DAY},
    "counts": {"all": "8", "present": "7", "missing": "当事人身份证明"},
    "tasks": _RECORD["tasks"],
    "rows": [{"number": "1", "name": "人民调解申请书", "page": "1", "note": "原件", "proves": "漏水事实", "by": "张示例", "pages": "2",
              "original": "原件", "on": _DAY, "taken_by": "孙示例"}],
    "requests": ["修复漏水管道"], "sources": boxes([("当事人申请", True), ("人民调解委员会主动调解", False), ("接受委托移送", False)]),
    "referral": {"studio": "示例心理咨询工作室", "by": "郑示例"}, "principal": _PERSON, "agent": _PERSON, "opponent": "示例公司", "record": _RECORD,
    "agreement": {
        "number": "（2026）示例人调字第0001号", "facts": "楼上漏水，楼下顶棚发霉。", "terms": ["示例公司于三日内修复。"], "performance": "当场履行",
        "duties": [{"content": "修复管道", "amount": "1,200.00", "obligor": "示例公司", "obligee": "张示例", "due": _DAY}],
        "copies": "三", "court": "示例市人民法院", "signed_on": _DAY, "effective_on": _DAY,
    },
    "end": {"on": _DAY, "reason": "一方明确拒绝继续调解", "course": "登记；受理。", "story": "登记；受理：口头申请。", "focus": "赔偿数额", "undisputed": "漏水事实", "routes": "人民法院"},
    "appeal": {"number": "示例00001", "query_code": "12345678"},
    "delivery": {"papers": "人民调解协议书"}, "purposes": boxes([("建议意见", False), ("检举控告", False), ("申诉求决", True)]),
    "petition": {"representatives": "张示例", "repeat": "初次", "route": "信访程序"}, "attachments": "共1份", "order": _ORDER, "orders": [_ORDER],
    "objection": {"reasons": "不属于职责范围", "proposed_unit": "另一示例单位", "on": _DAY, "decision": "同意"},
    "extension": {"before": _DAY, "after": _DAY, "reason": "需要鉴定", "days": "15", "approver": "孙示例"},
    "opinion": {"facts": "经核实属实", "text": "支持请求", "basis": "《信访工作条例》", "kinds": boxes([("支持请求", True)])},
    "followup": {"rating": "满意"}, "events": [{"at": _MOMENT, "on": _DAY, "label": "登记", "who": "孙示例", "note": "电话登记"}],
    "team": {"leader": "钱示例", "plan": "先听取双方意见。", "formed_on": _DAY,
             "members": [{"seat": "包案领导", "name": "钱示例", "post": "示例单位副主任", "mobile": "13800000000"}]},
    "whistle": {"number": "吹哨1号", "kind": "综合执法", "contact": "孙示例", "by_unit": "示例社区", "by": "孙示例", "at": _MOMENT, "due": _MOMENT, "units": "示例单位", "reason": "需要联合处置",
                "urgency": "紧急", "place": "1栋", "phone": "13800000000", "demand": "请到场核实", "arrived_by": "郑示例", "arrived_at": _MOMENT,
                "done": "已处置", "decisions": boxes([("问题已解决，销哨", True), ("未解决，续哨", False)]), "closed_at": _MOMENT, "rating": "满意", "counter_rating": "满意"},
    "urge": {"number": "催办1号", "to": "示例单位", "due_on": _DAY, "reason": "临近期限", "by": "孙示例", "at": _MOMENT, "way": "电话", "contact": "接通",
             "answer": "正在办理"},
    "report": {
        "unit": "示例街道", "name": "2026年2月矛盾纠纷调处和信访工作月报", "month": "2026年2月", "made_on": _DAY, "place": "示例街道",
        "overview": ["新收26件。"], "features": ["邻里纠纷较多。"], "problems": ["没有超期。"], "plans": ["继续排查。"],
        "sections": [{"title": "总体情况", "rows": [{"label": "新收", "now": "26", "before": "20", "change": "+30.0%", "how": "收到日期在当月的"}]}],
        "tables": [{"title": "按类别", "head": "类别", "rows": [
            {"label": "邻里", "new": "6", "new_before": "5", "change": "+20.0%", "closed": "4", "open": "3", "late": "0"},
        ]}],
    },
    "supervision": {"number": "督办1号", "card": "黄牌", "to": "示例单位", "problem": "超期", "demand": "限期办结", "due_on": _DAY, "reply": "已整改",
                    "decisions": boxes([("认可，解除督办", True), ("退回，继续督办", False)]), "decision": "认可", "on": _DAY},
}  # fmt: skip


def of(kind: PaperKind) -> list[Facts]:
    """The data a template of this kind is tried with."""
    return [SAMPLE]


def fields(data: Any = None, path: str = "") -> Iterator[tuple[str, str]]:
    """(how a template writes the field, an example) of every field there is."""
    for name, value in (SAMPLE if data is None else data).items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            yield from fields(value, here)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from fields(value[0], f"{here}[…]")
        elif isinstance(value, list):
            yield f"{{{{ {here}[…] }}}}", str(value[0])
        elif isinstance(value, str) and name != "id":
            yield f"{{{{ {here} }}}}", value
