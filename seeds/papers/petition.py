"""Papers of a petition matter (信访事项), after the Regulation of 2022 (《信访工作条例》)."""

from __future__ import annotations

from .forms import DAY, Form

_OFFICE = "{{ office.issuer }}"
_SIGNED_FOR = ("签收人：________________　　签收时间：____________", "送达方式：□ 当面　□ 邮寄　□ 短信　□ 网上")


def register() -> Form:
    form = Form("信访事项登记表")
    form.no("编号：{{ case.no }}")
    form.grid(
        (2.2, 4.4, 2.2, 4.4),
        ("登记时间", "{{ case.registered_at }}", "信访形式", "{{ case.channel }}"),
        ("信访目的", "{% for p in purposes %}{{ p.box }} {{ p.name }}　{% endfor %}", None, None),
        ("内容分类", "{{ case.category }}", "初信/重复", "{{ petition.repeat }}"),
        ("信访人数", "{{ case.people_count }}", "代　　表", "{{ petition.representatives }}"),
        ("信 访 人", "{%p for p in parties %}\n{{ p.role }}：{{ p.name }}，证件号码：{{ p.id_number }}，电话：{{ p.mobile }}，住址：{{ p.address }}\n{%p endfor %}", None, None),
        ("问题属地", "{{ case.area }}", "详细地点", "{{ case.place }}"),
        ("请　　求", "{{ case.requests or case.subject }}", None, None),
        ("事实和理由", "{{ case.summary }}", None, None),
        ("附　　件", "{{ attachments }}", None, None),
        ("首接单位", "{{ case.first_unit }}", "首 接 人", "{{ case.first_user }}"),
        ("办理去向", "{{ case.lead_unit }}", "办理期限", "{{ case.due_on }}"),
        ("登 记 人", "{{ case.registered_by }}", "信访人确认", "________________"),
        tall={4: 1.8, 7: 6},
    )  # fmt: skip
    form.small("备注：采用口头形式提出的，由登记人如实记录。采用走访形式的，推选的代表不超过5人。")
    return form


def _notice(title: str) -> Form:
    form = Form(title)
    form.no("{{ case.no }}")
    return form.to("{{ sides.first | line(10) }}：")


def receipt() -> Form:
    form = _notice("信访事项接收告知书")
    form.text("你于{{ case.received_on }}通过{{ case.channel }}提出的{{ case.subject }}，我单位已于{{ case.registered_on }}接收并登记，编号为{{ case.no }}。经审查，属于我单位职权范围。", "依照《信访工作条例》第二十三条，现将处理途径和程序告知如下：")
    form.text("一、处理途径：{{ petition.route | line(12) }}。", "二、承办单位：{{ case.lead_unit | line(8) }}，联系人：{{ case.handler | line(6) }}，联系电话：{{ case.lead_phone | line(8) }}。", "三、办理期限：{{ case.due_on | line(8) }}前（{{ case.due_reason | line(8) }}）。如需延长，将书面告知你延长的理由。", "四、你可以凭编号向我单位查询办理情况。对处理意见不服的，可以自收到书面答复之日起30日内请求复查。")
    return form.sign(*_SIGNED_FOR, size=14).seal(_OFFICE)


def forwarded() -> Form:
    form = _notice("信访事项转送（交办）去向告知书")
    form.text("你于{{ case.received_on }}提出的{{ case.subject }}（编号：{{ case.no }}），我单位已接收登记。经审查，该事项由{{ order.unit | line(10) }}负责处理，我单位已于{{ order.assigned_on | line(8) }}转送（交办）该单位。", "请你与该单位联系，联系人：{{ order.contact | line(6) }}，联系电话：{{ order.phone | line(8) }}。该单位应当自收到之日起15日内书面告知你是否受理以及处理途径、程序。")
    return form.sign(*_SIGNED_FOR, size=14).seal(_OFFICE)


def not_ours() -> Form:
    form = _notice("不属于本单位职权范围告知书")
    form.text("你于{{ case.received_on }}提出的{{ case.subject }}（编号：{{ case.no }}），我单位已接收登记。经审查，该事项不属于我单位职权范围。理由和依据：", "{{ end.reason | line(24) }}", "依照《信访工作条例》第二十三条，请你向{{ end.routes | line(12) }}提出。")
    return form.sign(*_SIGNED_FOR, size=14).seal(_OFFICE)


def letter() -> Form:
    form = Form("信访事项转送（交办）函")
    form.no("{{ case.no }}")
    form.to("{{ order.unit | line(12) }}：")
    form.text("现将{{ sides.first | line(6) }}反映的{{ case.subject }}转送（交办）你单位。请依照《信访工作条例》规定处理，于收到之日起15日内书面告知信访人，并于{{ order.due_on | line(8) }}前将办理结果和办结报告反馈我单位。认为不属于本单位职权范围的，请于收到之日起5个工作日内书面提出异议并说明理由。")
    form.text("事项摘要：{{ case.summary }}", "交办要求：{{ order.demand | line(16) }}", "附件：信访材料____份。", "联系人：{{ case.registered_by | line(6) }}")
    return form.seal(_OFFICE)


def objection() -> Form:
    form = Form("异　议　书")
    form.no("{{ case.no }}")
    form.to(_OFFICE + "：")
    form.text("你单位于{{ order.assigned_on | line(8) }}转送（交办）我单位的{{ case.subject }}（编号：{{ case.no }}），经研究，我单位认为不属于我单位职权范围，现于收到之日起5个工作日内提出异议。", "理由和依据：{{ objection.reasons | line(24) }}", "建议承办单位：{{ objection.proposed_unit | line(10) }}")
    form.seal("{{ order.unit | line(10) }}", "{{ objection.on or '　　　　年　　月　　日' }}")
    form.grid((2.6, 10.6), ("转送（交办）\n单位意见", "□ 同意退回，改由____________办理　□ 不同意，仍由你单位办理\n理由：{{ objection.decision | line(6) }}\n　　　　核准人（签名）：____________　" + DAY.strip()), tall={0: 2.6})
    return form


def extension() -> Form:
    form = _notice("信访事项延期办理告知书")
    form.text("你于{{ case.received_on }}提出的{{ case.subject }}（编号：{{ case.no }}），我单位于{{ case.accepted_on | line(8) }}受理，原定于{{ extension.before | line(8) }}前办结。因{{ extension.reason | line(16) }}，依照《信访工作条例》第三十四条，经本单位负责人批准，延长{{ extension.days | line(3) }}日，于{{ extension.after | line(8) }}前办结。延长期限不超过30日。", "批准人：{{ extension.approver | line(8) }}")
    return form.sign(*_SIGNED_FOR, size=14).seal(_OFFICE)


def opinion() -> Form:
    form = _notice("信访处理意见书")
    form.text("你于{{ case.received_on }}提出的{{ case.subject }}（编号：{{ case.no }}），我单位于{{ case.accepted_on | line(8) }}受理。现已办理完毕，答复如下：")
    form.head("一、投诉请求")
    form.text("{{ case.summary }}")
    form.head("二、事实和理由")
    form.text("{{ opinion.facts | line(24) }}")
    form.head("三、处理意见")
    form.text("{% for o in opinion.kinds %}{{ o.box }} {{ o.name }}　{% endfor %}", "{{ opinion.text | line(24) }}")
    form.head("四、法律法规依据")
    form.text("{{ opinion.basis | line(24) }}")
    form.text("如对本处理意见不服，可以自收到本意见书之日起30日内向{{ office.review_body | line(8) }}请求复查。逾期不提出复查申请的，不再受理。")
    return form.sign(*_SIGNED_FOR, size=14).seal(_OFFICE)


def hearing() -> Form:
    form = Form("信访听证笔录")
    form.no("{{ case.no }}")
    form.grid(
        (2.4, 4.2, 2.4, 4.2),
        ("听证时间", "{{ record.time | line(6) }}", "听证地点", "{{ record.place | line(6) }}"),
        ("事　　由", "{{ case.subject }}", None, None),
        ("信 访 人", "{{ sides.all }}", "承办单位", "{{ case.lead_unit }}"),
        ("听证成员", "{{ record.attendees | line(6) }}", None, None),
        ("陈述、质询、\n举证和评议", "{{ record.body | line(6) }}", None, None),
        ("听证结论", "{{ record.result | line(6) }}", None, None),
        tall={3: 1.4, 4: 9, 5: 3},
    )  # fmt: skip
    return form.sign("信访人（签名）：________________", "听证成员（签名）：________________", "记录人（签名）：________________　　" + DAY.strip(), size=14)


def report() -> Form:
    form = Form("信访事项办结报告")
    form.no("{{ case.no }}")
    form.to(_OFFICE + "：")
    form.text("你单位{{ order.assigned_on | line(8) }}交办的{{ case.subject }}，现将办理情况报告如下：")
    form.head("一、调查核实情况")
    form.text("{{ order.feedback | line(24) }}")
    form.head("二、处理情况")
    form.text("{{ case.result | line(24) }}（办理结果：{{ case.outcome | line(6) }}）")
    form.head("三、“四个到位”落实情况（由承办单位勾选并附佐证）")
    form.text("□ 诉求合理的解决问题到位　□ 诉求无理的思想教育到位", "□ 生活困难的帮扶救助到位　□ 行为违法的依法处理到位")
    form.head("四、告知和评价")
    form.text("已告知信访人：{{ case.informed }}。信访人评价：{{ followup.rating }}。")
    return form.seal("{{ order.unit | line(10) }}")


def brief() -> Form:
    form = Form("{{ sides.first }}{{ '等' ~ case.people_count ~ '人' if case.is_joint }}信访情况说明", size=20)
    form.head("一、基本情况")
    form.grid(
        (1.9, 3.1, 1.6, 1.5, 2.3, 5.4),
        ("{%tr for p in parties %}",),
        ("姓名", "{{ p.name }}", "性别", "{{ p.gender }}", "证件号码", "{{ p.id_number }}"),
        ("电话", "{{ p.mobile }}", "住址", "{{ p.address }}", None, None),
        ("{%tr endfor %}",),
        ("概况", "{{ case.summary }}", None, None, None, None),
        tall={4: 3},
    )  # fmt: skip
    form.head("二、办理情况")
    form.text("收到时间：{{ case.received_on }}　来源：{{ case.channel }}　责任单位：{{ case.lead_unit | line(6) }}　包案领导：{{ team.leader | line(4) }}　责任人：{{ case.handler | line(4) }}", size=14)
    form.grid(
        (1.3, 3.2, 3.4, 2, 2, 3.2),
        ("序号", "转交办时间", "去向", "办理方式", "接收状态", "反馈时间"),
        ("{%tr for o in orders %}",),
        ("{{ loop.index }}", "{{ o.assigned_on }}", "{{ o.unit }}", "交办", "{{ o.status }}", "{{ o.fed_back_on }}"),
        ("{%tr endfor %}",),
        head=1,
    )  # fmt: skip
    form.head("三、办理过程")
    form.grid(
        (3.4, 2.6, 2.4, 6),
        ("时间", "事项", "经手人", "说明"),
        ("{%tr for e in events %}",),
        ("{{ e.at }}", "{{ e.label }}", "{{ e.who }}", "{{ e.note }}"),
        ("{%tr endfor %}",),
        head=1, size=11,
    )  # fmt: skip
    return form.seal(_OFFICE)


def forms() -> dict[str, Form]:
    """{template key: form}."""
    return {
        "petition_register": register(), "petition_receipt": receipt(), "petition_forward_notice": forwarded(),
        "petition_not_ours": not_ours(), "petition_forward_letter": letter(), "petition_objection": objection(),
        "petition_extension": extension(), "petition_opinion": opinion(), "hearing_record": hearing(),
        "petition_report": report(), "petition_brief": brief(),
    }  # fmt: skip
