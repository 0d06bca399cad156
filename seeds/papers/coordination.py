"""Papers of working together: receipt, orders, whistle, consultation, the "3+X" team, urging, supervision."""

from __future__ import annotations

from .forms import DAY, Form

_CENTRE = "{{ office.centre }}"
_CASE = (
    ("案件编号", "{{ case.no }}", "类　　别", "{{ case.category }}"),
    ("事　　由", "{{ case.subject }}", None, None),
)


def receipt() -> Form:
    form = Form("诉求受理回执")
    form.to("{{ sides.first | line(8) }}：")
    form.text("您于{{ case.received_on }}通过{{ case.channel }}反映的“{{ case.subject }}”，我们已经登记。")
    form.grid(
        (3, 9),
        ("受理编号", "{{ appeal.number }}"),
        ("案件编号", "{{ case.no }}"),
        ("查 询 码", "{{ appeal.query_code | line(10) }}"),
        ("登记时间", "{{ case.registered_at }}"),
        ("首接单位", "{{ case.first_unit }}"),
        ("首 接 人", "{{ case.first_user }}"),
        ("办理期限", "{{ case.due_on }}"),
        ("联系电话", "{{ office.phone | line(10) }}"),
        size=14, tall={i: 1.1 for i in range(8)},
    )  # fmt: skip
    form.text("请妥善保管本回执。凭受理编号可以查询办理进展；办结后我们会电话回访，请您如实评价。处理您的诉求不收取任何费用。", before=8)
    return form.seal(_CENTRE)


def order() -> Form:
    form = Form("分流交办单")
    form.no("{{ case.no }}")
    form.grid(
        (2.4, 4.4, 2.4, 4.4),
        ("承办单位", "{{ order.unit }}", "承 办 人", "{{ order.worker }}"),
        ("分　　工", "{{ order.role }}", "联 络 人", "{{ order.liaison }}"),
        ("交办时间", "{{ order.assigned_at }}", "反馈期限", "{{ order.due_on }}"),
        ("期限说明", "{{ order.due_reason }}", None, None),
        *_CASE,
        ("紧急程度", "{{ case.urgency }}", "事项层级", "{{ case.level }}"),
        ("属　　地", "{{ case.area }}", "详细地点", "{{ case.place }}"),
        ("诉求与事实", "{{ case.summary }}", None, None),
        ("交办要求", "{{ order.demand }}", None, None),
        ("交 办 人", "{{ order.by }}", "接收人签名", "________________"),
        ("办理反馈", "{{ order.feedback }}\n　　　　反馈时间：{{ order.fed_back_at }}", None, None),
        tall={8: 3.4, 9: 1.6, 11: 2.6},
    )  # fmt: skip
    form.small("请在期限内反馈办理结果。认为不属于本单位职责的，请在收到之日起5个工作日内书面说明理由。")
    return form.seal(_CENTRE)


def whistle() -> Form:
    form = Form("吹 哨 单")
    form.no("编号：{{ whistle.number | line(8) }}")
    form.grid(
        (2.4, 4.4, 2.4, 4.4),
        ("吹哨单位", "{{ whistle.by_unit | line(6) }}", "吹 哨 人", "{{ whistle.by | line(6) }}"),
        ("吹哨时间", "{{ whistle.at | line(6) }}", "报到期限", "{{ whistle.due | line(6) }}"),
        ("报到单位", "{{ whistle.units | line(6) }}", None, None),
        ("吹哨事由", "{{ whistle.reason | line(6) }}", "紧急程度", "{{ whistle.urgency | line(6) }}"),
        ("案件编号", "{{ case.no }}", "哨　　别", "{{ whistle.kind | line(6) }}"),
        ("现场联系人", "{{ whistle.contact | line(6) }}", None, None),
        ("地　　点", "{{ whistle.place | line(6) }}", "联系电话", "{{ whistle.phone | line(6) }}"),
        ("需要协调\n解决的问题", "{{ whistle.demand | line(6) }}", None, None),
        ("报到回执", "报到人：{{ whistle.arrived_by | line(6) }}　报到时间：{{ whistle.arrived_at | line(8) }}\n处置情况：{{ whistle.done | line(6) }}", None, None),
        ("销　　哨", "{% for d in whistle.decisions %}{{ d.box }} {{ d.name }}　{% endfor %}时间：{{ whistle.closed_at | line(8) }}\n吹哨单位评价：{{ whistle.rating | line(6) }}　　报到单位评价：{{ whistle.counter_rating | line(6) }}", None, None),
        tall={2: 1.2, 7: 4.5, 8: 3, 9: 2},
    )  # fmt: skip
    return form.sign("吹哨单位负责人（签名）：____________", "报到单位负责人（签名）：____________", size=14)


def consultation() -> Form:
    form = Form("会 商 纪 要")
    form.no("{{ case.no }}")
    form.grid(
        (2.4, 4.4, 2.4, 4.4),
        ("会商时间", "{{ record.time | line(6) }}", "会商地点", "{{ record.place | line(6) }}"),
        ("主 持 人", "{{ record.chair | line(6) }}", "记 录 人", "{{ record.recorder | line(6) }}"),
        ("参会单位\n和人员", "{{ record.attendees | line(6) }}", None, None),
        ("事　　由", "{{ case.subject }}", None, None),
        ("基本情况", "{{ case.summary }}", None, None),
        ("各方意见", "{{ record.body | line(6) }}", None, None),
        ("会商结论", "{{ record.result | line(6) }}", None, None),
        tall={2: 1.4, 4: 2.8, 5: 4.2, 6: 1.8},
    )  # fmt: skip
    form.text("议定事项：", indent=0, before=6, size=14)
    form.grid(
        (1.3, 5.2, 3, 2.4, 2.8),
        ("序号", "事项", "责任单位", "责任人", "完成时限"),
        ("{%tr for i in record.tasks %}",),
        ("{{ loop.index }}", "{{ i.content }}", "{{ i.unit }}", "{{ i.worker }}", "{{ i.due }}"),
        ("{%tr endfor %}",),
        head=1,
    )  # fmt: skip
    return form.sign("参会人员（签名）：________________________________________", DAY, size=14)


def register() -> Form:
    form = Form("“3+X”联合调解专班组建表")
    form.no("{{ case.no }}")
    form.grid((2.4, 4.4, 2.4, 4.4), *_CASE, ("牵头单位", "{{ case.lead_unit }}", "组建日期", "{{ team.formed_on }}"))
    form.text("专班成员：", indent=0, before=6, size=14)
    form.grid(
        (2.6, 2.4, 4.6, 3.2),
        ("席位", "姓名", "单位及职务", "联系电话"),
        ("{%tr for m in team.members %}",),
        ("{{ m.seat }}", "{{ m.name }}", "{{ m.post }}", "{{ m.mobile }}"),
        ("{%tr endfor %}",),
        head=1,
    )  # fmt: skip
    form.grid((2.4, 10.8), ("处置方案", "{{ team.plan }}"), ("审批意见", "　\n签名：________________　" + DAY.strip()), tall={0: 5, 1: 2.4})
    return form.seal(_CENTRE)


def appointment() -> Form:
    form = Form("任　命　书")
    form.no("{{ case.no }}")
    form.text("为依法妥善化解{{ case.subject }}，经研究，决定于{{ team.formed_on | line(8) }}成立“3+X”联合调解专班，任命：")
    form.text("{%p for m in team.members %}", "{{ m.name }}（{{ m.post }}）为专班{{ m.seat }}；", "{%p endfor %}")
    form.text("专班由包案领导牵头负责，任期自组建之日起至事项办结之日止。专班成员应当依法、中立、公正履职，与当事人有利害关系的应当主动申请回避，对知悉的个人隐私和商业秘密予以保密。")
    return form.seal("{{ office.issuer }}", "{{ team.formed_on or '　　　　年　　月　　日' }}")


def plan() -> Form:
    form = Form("联合调解处置方案")
    form.no("{{ case.no }}")
    form.head("一、基本情况")
    form.text("{{ case.subject }}。{{ case.summary }}")
    form.text("当事人：{{ sides.all }}。属地：{{ case.area }}。涉及金额：{{ case.amount }}。涉及人数：{{ case.people_count }}。")
    form.head("二、组织领导")
    form.text("{%p for m in team.members %}", "{{ m.seat }}：{{ m.name }}（{{ m.post }}）", "{%p endfor %}")
    form.head("三、处置措施")
    form.text("{{ team.plan | line(24) }}")
    form.head("四、责任分工和时限")
    form.grid((1.3, 5.2, 3.2, 2.4, 2.6), ("序号", "任务", "责任单位", "责任人", "完成时限"), ("{%tr for i in tasks %}",), ("{{ loop.index }}", "{{ i.content }}", "{{ i.unit }}", "{{ i.worker }}", "{{ i.due }}"), ("{%tr endfor %}",), head=1)
    form.head("五、风险防控和依法处置")
    form.text("调解不成的，告知当事人依法通过仲裁、行政、司法等途径维护权利；有激化可能的，及时采取预防措施并报告。整件办理期限：{{ case.due_on | line(8) }}。")
    return form.sign("包案领导（签名）：________________", DAY)


def urge() -> Form:
    form = Form("催　办　单")
    form.no("编号：{{ urge.number | line(8) }}")
    form.to("{{ urge.to | line(10) }}：")
    form.text("由你（单位）承办的{{ case.subject }}（{{ case.no }}），交办时间为{{ order.assigned_on | line(8) }}，反馈期限为{{ order.due_on | line(8) }}，目前{{ case.status }}。请抓紧办理，于{{ urge.due_on | line(8) }}前反馈进展。")
    form.text("催办事由：{{ urge.reason | line(20) }}")
    form.grid((2.4, 4.4, 2.4, 4.4), ("催 办 人", "{{ urge.by | line(6) }}", "催办时间", "{{ urge.at | line(6) }}"), ("联系方式", "{{ urge.way | line(6) }}", "联系结果", "{{ urge.contact | line(6) }}"), ("答　　复", "{{ urge.answer | line(6) }}", None, None), tall={2: 3})
    return form.seal(_CENTRE)


def supervision() -> Form:
    form = Form("督　办　单")
    form.no("编号：{{ supervision.number | line(8) }}{% if supervision.card %}　{{ supervision.card }}{% endif %}")
    form.to("{{ supervision.to | line(10) }}：")
    form.text("{{ case.subject }}（{{ case.no }}）由你单位承办。经核，存在下列问题：{{ supervision.problem | line(20) }}", "督办要求：{{ supervision.demand | line(20) }}", "请于{{ supervision.due_on | line(8) }}前书面回复整改和办理情况。")
    form.grid((2.4, 10.8), ("回　　复", "{{ supervision.reply | line(6) }}\n　　　　负责人（签名）：____________　" + DAY.strip()), ("审核意见", "{% for d in supervision.decisions %}{{ d.box }} {{ d.name }}　{% endfor %}{{ supervision.decision | line(6) }}\n　　　　签名：____________　" + DAY.strip()), tall={0: 5, 1: 2.4})
    return form.seal(_CENTRE, "{{ supervision.on or '　　　　年　　月　　日' }}")


def phone() -> Form:
    form = Form("电话随访记录表")
    form.no("{{ case.no }}")
    form.grid(
        (2.4, 4.4, 2.4, 4.4),
        ("受访人", "{{ sides.first }}", "联系电话", "{{ sides.first_mobile }}"),
        ("事　　由", "{{ case.subject }}", None, None),
        ("承办单位", "{{ case.lead_unit }}", "办结时间", "{{ case.closed_on }}"),
        ("办理结果", "{{ case.outcome }}　{{ case.result }}", None, None),
        tall={3: 1.6},
    )  # fmt: skip
    form.text("联系记录（在不同日期联系，最多三次）：", indent=0, before=6, size=14)
    form.grid(
        (1.9, 4, 2.4, 5),
        ("次序", "时间", "联系情况", "备注"),
        ("{%tr for a in record.attempts %}",),
        ("{{ a.number }}", "{{ a.at }}", "{{ a.contact }}", "{{ a.note }}"),
        ("{%tr endfor %}",),
        head=1,
    )  # fmt: skip
    form.grid(
        (2.4, 4.4, 2.4, 4.4),
        ("受访人原话", "{{ record.words | line(6) }}", None, None),
        ("是否履行\n（落实）", "{{ record.performed | line(6) }}", "满意程度", "{{ record.rating | line(6) }}"),
        ("后续处理", "{{ record.next | line(6) }}", None, None),
        ("随 访 人\n（签名）", "____________ {{ record.by | line(6) }}", "随访时间", "{{ record.time | line(6) }}"),
        tall={0: 4, 2: 2},
    )  # fmt: skip
    return form.small("随访人不是本事项的承办人。受访人没有评价的，如实填写“未评价”。")


def referral() -> Form:
    form = Form("心理服务转介单")
    form.no("{{ case.no }}")
    form.grid(
        (4, 10),
        ("转介单位", "{{ office.centre }}　经办：{{ referral.by | line(8) }}"),
        ("服务机构", "{{ referral.studio | line(16) }}"),
        ("服务对象", "{{ principal.name | line(8) }}（{{ principal.role }}）　{{ principal.gender }}　{% if principal.age %}{{ principal.age }}岁　{% endif %}电话：{{ principal.mobile | line(10) }}"),
        ("转介事由（不写咨询内容）", "{{ case.category }}“{{ case.subject }}”，{{ case.received_on }}收到，目前{{ case.status }}。"),
        ("是否有危及生命的风险", "□ 无　□ 有（已报告并通知监护人、公安或急救机构）"),
        ("本人（监护人）同意", "□ 同意转介　签名：________________　" + DAY.strip()),
        ("接收情况", "接收人：____________　接收时间：____________　□ 已安排　□ 建议就医"),
        tall={3: 2.4, 6: 1.6},
    )  # fmt: skip
    form.small("咨询内容不进入案卷。心理咨询人员发现可能患有精神障碍的，应当建议到医疗机构就诊。")
    return form.seal(_CENTRE)


def forms() -> dict[str, Form]:
    """{template key: form}."""
    return {
        "appeal_receipt": receipt(), "assignment_slip": order(), "whistle_slip": whistle(),
        "consultation_minutes": consultation(), "team_register": register(), "team_appointment": appointment(),
        "disposal_plan": plan(), "urge_slip": urge(), "supervision_slip": supervision(), "phone_followup": phone(),
        "psych_referral": referral(),
    }  # fmt: skip
