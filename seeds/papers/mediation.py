"""Papers of a people's mediation dossier (人民调解卷宗), in the order of its index."""

from __future__ import annotations

from .forms import DAY, SEAL, Form

def _parties(form: Form, source: str = "parties") -> Form:
    """The block of parties, one set of rows each; organisations name their representative."""
    return form.grid(
        (2.1, 2.7, 3.8, 1.4, 1.7, 1.4, 2.7),
        (f"{{%tr for p in {source} %}}",),
        ("{{ p.role }}", "姓名或名称", "{{ p.name }}", "性别", "{{ p.gender }}", "年龄", "{{ p.age }}"),
        ("", "证件号码", "{{ p.id_number }}", None, None, "民族", "{{ p.ethnicity }}"),
        ("", "联系电话", "{{ p.mobile }}", "职业或职务", None, "{{ p.post }}", None),
        ("", "单位或住址", "{{ p.address }}", None, None, None, None),
        ("", "法定代表人\n（负责人）", "{{ p.representative }}", None, "职务", "{{ p.representative_post }}", None),
        ("{%tr endfor %}",),
    )


def cover() -> Form:
    form = Form().gap(2)
    form.title("人民调解卷宗", 36, before=20, after=30)
    form.grid(
        (3.6, 9),
        ("人民调解委员会", "{{ office.committee }}"),
        ("卷　　名", "{{ dossier.name }}"),
        ("卷　　号", "{{ dossier.number }}"),
        ("人民调解员", "{{ mediators }}"),
        ("调解日期", "{{ mediation.began | line(8) }} 至 {{ mediation.ended | line(8) }}"),
        ("立 卷 人", "{{ dossier.filed_by }}"),
        ("立卷日期", "{{ dossier.filed_on }}"),
        ("保管期限", "{{ dossier.retention }}"),
        ("备　　注", "{{ dossier.note }}"),
        tall={i: 1.7 for i in range(9)}, size=16,
    )  # fmt: skip
    return form


def index() -> Form:
    form = Form("卷 内 目 录")
    form.no("卷号：{{ dossier.number }}")
    form.grid(
        (1.2, 7.5, 2, 3),
        ("序号", "文书名称", "页号", "备注"),
        ("{%tr for row in rows %}",),
        ("{{ row.number }}", "{{ row.name }}", "{{ row.page }}", "{{ row.note }}"),
        ("{%tr endfor %}",),
        head=1, size=14,
    )  # fmt: skip
    return form


def application() -> Form:
    form = Form("人民调解申请书")
    _parties(form)
    form.grid(
        (1,),
        ("纠纷简要情况：\n{{ case.summary }}",),
        ("当事人申请事项：\n{%p for r in requests %}\n{{ loop.index }}．{{ r }}\n{%p else %}\n1．________________________________\n2．________________________________\n{%p endfor %}",),
        ("　　人民调解委员会已将申请人民调解的相关规定告知我，现自愿申请人民调解。",),
        ("申请人（签名盖章或按指印）：____________________\n" + DAY,),
        tall={0: 4.2, 1: 2.8, 3: 2},
    )  # fmt: skip
    return form


def register() -> Form:
    form = Form("人民调解受理登记表")
    form.grid(
        (2.4, 10),
        ("受理时间", "{{ case.accepted_on | line(10) }}"),
        ("当 事 人", "经当事人同意，调解{{ sides.first | line(8) }}与{{ sides.second | line(8) }}之间的纠纷。"),
        ("纠纷类型", "{{ case.category }}"),
        ("案件来源", "{% for s in sources %}{{ s.box }} {{ s.name }}　{% endfor %}\n（来源渠道：{{ case.channel }}　编号：{{ case.no }}）"),
        ("纠纷简要\n情　　况", "{{ case.summary }}"),
        ("当 事 人\n（签名）", "{% for p in parties %}{{ p.role }} {{ p.name }}：________________　{% endfor %}"),
        ("登 记 人\n（签名）", "________________　　登记：{{ case.registered_by }}"),
        ("人民调解\n委 员 会", "{{ office.committee }}" + SEAL + "\n" + DAY),
        tall={1: 1.4, 3: 1.6, 4: 6.5, 5: 2.2, 6: 1.4, 7: 2.2},
    )  # fmt: skip
    form.small("备注：此表由人民调解委员会填写。")
    return form


def rights() -> Form:
    form = Form("人民调解当事人权利义务告知书")
    form.to("{{ sides.all | line(12) }}：")
    form.text("　　人民调解委员会是依法设立的调解民间纠纷的群众性组织。根据《中华人民共和国人民调解法》，现将有关事项告知如下：", indent=0, size=12)
    form.head("一、调解的原则", 13)
    form.text("在当事人自愿、平等的基础上进行调解；不违背法律、法规和国家政策；尊重当事人的权利，不得因调解而阻止当事人依法通过仲裁、行政、司法等途径维护自己的权利。", size=12)
    form.head("二、当事人的权利", 13)
    form.text("（一）选择或者接受人民调解员；", "（二）接受调解、拒绝调解或者要求终止调解；", "（三）要求调解公开进行或者不公开进行；", "（四）自主表达意愿、自愿达成调解协议。", size=12)
    form.head("三、当事人的义务", 13)
    form.text("（一）如实陈述纠纷事实；", "（二）遵守调解现场秩序，尊重人民调解员；", "（三）尊重对方当事人行使权利。", size=12)
    form.head("四、调解协议的效力", 13)
    form.text("经人民调解委员会调解达成的调解协议，具有法律约束力，当事人应当按照约定履行。双方当事人认为有必要的，可以自调解协议生效之日起三十日内共同向人民法院申请司法确认。", size=12)
    form.head("五、其他", 13)
    form.text("人民调解委员会调解民间纠纷，不收取任何费用。", "本案人民调解员：{{ mediators | line(12) }}。当事人认为人民调解员与本纠纷有利害关系或者其他关系可能影响公正调解的，有权申请其回避，人民调解委员会应当予以更换。", size=12)
    form.sign("以上内容已经告知，本人已知悉。", "{%p for p in parties %}", "{{ p.role }}{{ p.name }}（签名）：________________", "{%p endfor %}", size=12)
    form.seal("{{ office.committee }}")
    return form


def power() -> Form:
    form = Form("授 权 委 托 书")
    form.grid(
        (1.8, 2.7, 4, 1.4, 1.5, 2.1, 2.7),
        ("委托人", "姓名或名称", "{{ principal.name }}", "性别", "{{ principal.gender }}", "年龄", "{{ principal.age }}"),
        ("", "证件号码", "{{ principal.id_number }}", None, None, "电话", "{{ principal.mobile }}"),
        ("", "住　　址", "{{ principal.address }}", None, None, None, None),
        ("受托人", "姓　　名", "{{ agent.name }}", "性别", "{{ agent.gender }}", "年龄", "{{ agent.age }}"),
        ("", "证件号码", "{{ agent.id_number }}", None, None, "民族", "{{ agent.ethnicity }}"),
        ("", "单位及职务", "{{ agent.post }}", None, None, "电话", "{{ agent.mobile }}"),
        ("", "住　　址", "{{ agent.address }}", None, None, "律师证号", "{{ agent.licence }}"),
    )  # fmt: skip
    form.text("委托人因与{{ opponent | line(8) }}之间的{{ case.subject }}，委托上列受托人在{{ office.committee }}调解中作为委托人参加调解的代理人。委托权限如下（在□内打√）：", before=10, size=14)
    form.text("□ 代为申请调解或要求终止调解；", "□ 代为收集、提供证据；", "□ 代为选择或接受人民调解员；", "□ 代为承认、变更、放弃调解请求；", "□ 代为参加调解并签署各类文书；", "□ 代为领取文书；", "□ 其他：__________________________________", size=14)
    form.sign("委托人（签名盖章或按指印）：____________________", "受托人（签名）：____________________", DAY, size=14)
    return form


def investigation() -> Form:
    form = Form("人民调解调查记录")
    form.text("时　　间：{{ record.time | line(16) }}", "地　　点：{{ record.place | line(16) }}", "参 加 人：{{ record.attendees | line(16) }}", "被调查人：{{ record.person | line(16) }}", indent=0, size=14)
    form.text("案件编号：{{ case.no }}　　事由：{{ case.subject }}", indent=0, size=14)
    form.text("记　　录：", indent=0, size=14)
    form.text("{%p if record.body %}", "{{ record.body | line(6) }}", "{%p else %}", *("问：______________________________________________________", "答：______________________________________________________") * 5, "{%p endif %}", indent=0, size=14)
    form.sign("被调查人（签名）：________________", "调查人（签名）：________________", "记录人（签名）：________________", size=14)
    form.seal("{{ office.committee }}")
    return form


def evidence() -> Form:
    form = Form("人民调解证据材料目录")
    form.text("案件编号：{{ case.no }}　　纠纷：{{ dossier.name }}", indent=0, size=14)
    form.grid(
        (1.2, 3.4, 3, 1.8, 1.2, 1.7, 2.2, 1.7),
        ("序号", "证据名称", "证明内容", "提供人", "页数", "原件/\n复印件", "提交日期", "接收人"),
        ("{%tr for row in rows %}",),
        ("{{ row.number }}", "{{ row.name }}", "{{ row.proves }}", "{{ row.by }}", "{{ row.pages }}", "{{ row.original }}", "{{ row.on }}", "{{ row.taken_by }}"),
        ("{%tr endfor %}",),
        head=1, size=11,
    )  # fmt: skip
    form.sign("提供人（签名）：________________", "接收人（签名）：________________", DAY, size=14)
    return form


def record() -> Form:
    form = Form("人民调解记录")
    form.no("案件编号：{{ case.no }}{% if record.ordinal %}　{{ record.ordinal }}{% endif %}")
    form.grid(
        (2.2, 4.6, 2, 4.6),
        ("时　　间", "{{ record.time | line(6) }}", "地　　点", "{{ record.place | line(6) }}"),
        ("事　　由", "{{ case.subject }}", "调解阶段", "{{ record.stage | line(6) }}"),
        ("当 事 人", "{%p for p in parties %}\n{{ p.role }}：{{ p.name }}\n{%p endfor %}", None, None),
        ("参 加 人", "{{ record.attendees | line(6) }}", None, None),
        ("告知确认", "已告知当事人人民调解的性质、原则和效力，以及当事人在调解中的权利和义务；已介绍人民调解员{{ mediators | line(8) }}并询问是否申请回避。当事人确认：____________", None, None),
        ("调解记录：\n{{ record.body | line(20) }}", None, None, None),
        ("调解结果", "{% for r in record.results %}{{ r.box }} {{ r.name }}　{% endfor %}\n{{ record.result | line(6) }}", None, None),
        ("下次约定", "{{ record.next | line(6) }}", None, None),
        tall={2: 1.4, 4: 1.8, 5: 8.5, 6: 1.6},
    )  # fmt: skip
    form.sign("当事人（签名）：________________　　________________", "人民调解员（签名）：________________", "记录人（签名）：________________", DAY, size=14)
    return form


def agreement() -> Form:
    form = Form("人民调解协议书")
    form.no("编号：{{ agreement.number | line(10) }}")
    _parties(form)
    form.head("纠纷主要事实、争议事项：")
    form.text("{{ agreement.facts }}")
    form.text("经调解，自愿达成如下协议：")
    form.text("{%p for item in agreement.terms %}", "{{ loop.index }}．{{ item }}", "{%p else %}", "1．____________________________________________", "2．____________________________________________", "{%p endfor %}")
    form.head("履行方式、地点、期限：")
    form.text("{{ agreement.performance | line(20) }}")
    form.text("{%p if agreement.duties %}")
    form.grid(
        (1.3, 4, 2.2, 2.1, 2.1, 2.6),
        ("序号", "履行内容", "金额（元）", "义务人", "权利人", "履行期限"),
        ("{%tr for i in agreement.duties %}",),
        ("{{ loop.index }}", "{{ i.content }}", "{{ i.amount }}", "{{ i.obligor }}", "{{ i.obligee }}", "{{ i.due }}"),
        ("{%tr endfor %}",),
        head=1,
    )  # fmt: skip
    form.text("{%p endif %}")
    form.text("本协议一式{{ agreement.copies | line(3) }}份，当事人、人民调解委员会各持一份。", before=6).keep()
    form.sign("当事人（签名盖章或按指印）：", "{%p for p in parties %}", "{{ p.role }}{{ p.name }}：________________", "{%p endfor %}", "人民调解员（签名）：________________", "记录人（签名）：________________")
    form.seal("{{ office.committee }}", "{{ agreement.signed_on or '　　　　年　　月　　日' }}")
    return form


def oral() -> Form:
    form = Form("人民调解口头协议登记表")
    form.no("编号：{{ agreement.number | line(10) }}")
    form.grid(
        (2.4, 10.6),
        ("当 事 人", "{%p for p in parties %}\n{{ p.role }}：{{ p.name }}，电话：{{ p.mobile }}，住址：{{ p.address }}\n{%p endfor %}"),
        ("纠纷主要\n事实、争议\n事　　项", "{{ agreement.facts }}"),
        ("协议内容", "{%p for item in agreement.terms %}\n{{ loop.index }}．{{ item }}\n{%p else %}\n／\n{%p endfor %}"),
        ("履行方式、\n时　　限", "{{ agreement.performance }}"),
        ("人民调解员\n（签名）", "________________"),
        ("人民调解\n委 员 会", "{{ office.committee }}" + SEAL + "\n" + DAY),
        tall={0: 1.8, 1: 6, 2: 5, 3: 2.4, 4: 1.4, 5: 2.2},
    )  # fmt: skip
    form.small("备注：当事人认为无需制作调解协议书的，可以采取口头协议方式，由人民调解员记录协议内容。")
    return form


def followup() -> Form:
    form = Form("人民调解回访记录")
    form.grid(
        (2.8, 4.2, 2.2, 4.2),
        ("当 事 人", "{{ sides.all }}", None, None),
        ("调解协议编号", "{{ agreement.number }}", "回访事由", "{{ dossier.name }}"),
        ("回访时间", "{{ record.time | line(6) }}", "回访方式", "{{ record.way | line(6) }}"),
        ("回访情况", "履行情况：{{ record.performed | line(6) }}\n满意程度（当事人本人表示）：{{ record.rating | line(6) }}\n当事人原话：{{ record.words | line(6) }}\n是否起诉及结果：{{ record.suit | line(6) }}\n有无反复、激化或其他隐患及处理：{{ record.risk | line(6) }}\n{{ record.body | line(6) }}", None, None),
        ("回 访 人\n（签名）", "________________　　{{ record.by | line(6) }}", None, None),
        tall={0: 1.4, 3: 9, 4: 1.6},
    )  # fmt: skip
    form.sign(DAY, size=14)
    return form


def _confirmation(form: Form, second: str) -> Form:
    form.head("请求事项：")
    form.text("请求人民法院依法确认申请人于{{ agreement.effective_on | line(8) }}经{{ office.committee }}调解达成的调解协议（编号：{{ agreement.number | line(8) }}）有效。")
    form.head("事实和理由：")
    form.text("{{ agreement.facts }}", "申请人经{{ office.committee }}主持调解，自愿达成如下协议：")
    form.text("{%p for item in agreement.terms %}", "{{ loop.index }}．{{ item }}", "{%p else %}", "____________________________________________", "{%p endfor %}")
    form.text("申请人承诺：出于解决纠纷的目的自愿达成协议，没有恶意串通、规避法律的行为；如因该协议内容给他人造成损害的，愿意承担相应的民事责任和其他法律责任。")
    form.to("　　此致")
    form.to("{{ agreement.court or office.court }}")
    form.sign("附件：1．调解协议；2．人民调解委员会主持调解的证明；3．申请人身份（主体资格）证明；4．与调解协议相关的财产权利证明等材料。　本申请书一式{{ agreement.copies | line(3) }}份。", "申请人（签名盖章）：________________", f"{second}：________________", DAY)
    return form


def confirmation_persons() -> Form:
    form = Form("司法确认申请书")
    form.text("{%p for p in parties %}", "申请人：{{ p.name }}，{{ p.gender }}，{{ p.age }}岁，证件号码：{{ p.id_number }}，住址：{{ p.address }}，联系电话：{{ p.mobile }}。", "{%p endfor %}")
    return _confirmation(form, "申请人（签名）")


def confirmation_company() -> Form:
    form = Form("司法确认申请书")
    form.text("{%p for p in parties %}", "{%p if p.is_person %}", "申请人：{{ p.name }}，{{ p.gender }}，{{ p.age }}岁，证件号码：{{ p.id_number }}，住址：{{ p.address }}，联系电话：{{ p.mobile }}。", "{%p else %}", "申请人：{{ p.name }}，住所地：{{ p.address }}，法定代表人（负责人）：{{ p.representative | line(6) }}，职务：{{ p.representative_post | line(4) }}，统一社会信用代码：{{ p.id_number | line(10) }}，联系电话：{{ p.mobile }}。", "{%p endif %}", "{%p endfor %}")
    return _confirmation(form, "申请人（单位盖章、代表签名）")


def statement() -> Form:
    form = Form("卷 宗 情 况 说 明")
    form.no("卷号：{{ dossier.number }}")
    form.text("{{ dossier.statement | line(30) }}")
    form.text("本卷应有文书材料{{ counts.all }}项，已归入{{ counts.present }}项。缺：{{ counts.missing }}。")
    form.sign("立卷人：{{ dossier.filed_by | line(8) }}（签名）", "{{ dossier.filed_on | line(10) }}")
    return form


def back() -> Form:
    form = Form().gap(10)
    form.grid(
        (3, 8),
        ("本卷共", "{{ dossier.pages | line(6) }} 页"),
        ("立 卷 人", "{{ dossier.filed_by }}"),
        ("检 查 人", "{{ dossier.checked_by }}"),
        ("日　　期", "{{ dossier.filed_on }}"),
        tall={i: 1.8 for i in range(4)}, size=16,
    )  # fmt: skip
    return form


def termination() -> Form:
    form = Form("终止调解通知书")
    form.no("{{ case.no }}")
    form.to("{{ sides.all | line(12) }}：")
    form.text("你们之间的{{ dossier.name }}，{{ office.committee }}于{{ case.accepted_on | line(8) }}接受调解，现于{{ end.on | line(8) }}终止调解。")
    form.head("一、案件过程")
    form.text("{{ end.course }}")
    form.head("二、争议焦点")
    form.text("{{ end.focus | line(20) }}")
    form.head("三、终止原因")
    form.text("{{ end.reason | line(20) }}")
    form.head("四、无争议事实")
    form.text("{{ end.undisputed | line(20) }}")
    form.head("五、其他救济途径告知")
    form.text("依照《中华人民共和国人民调解法》第二十六条，调解不成的，你们可以依法通过仲裁、行政、司法等途径维护自己的权利。具体途径：{{ end.routes | line(12) }}。请注意向人民法院、仲裁机构提出请求的时效期间。")
    form.sign("当事人签收：________________　　________________", DAY)
    form.seal("{{ office.committee }}")
    return form


def withdrawal() -> Form:
    form = Form("撤回调解申请书")
    form.to("{{ office.committee }}：")
    form.text("申请人{{ sides.first | line(8) }}与{{ sides.second | line(8) }}之间的{{ case.subject }}（{{ case.no }}），现自愿申请撤回人民调解申请。原因（在□内打√，可多选）：")
    form.text("□ 双方已自行和解；", "□ 不再主张原请求；", "□ 选择仲裁、行政或者司法途径；", "□ 需要补充材料后另行申请；", "□ 其他：{{ end.reason | line(16) }}")
    form.sign("申请人（签名盖章或按指印）：____________________", DAY)
    return form


def closing() -> Form:
    form = Form("人民调解结案报告表")
    form.grid(
        (2.4, 4.2, 2.4, 4.2),
        ("卷　　号", "{{ dossier.number }}", "案件编号", "{{ case.no }}"),
        ("承办单位", "{{ case.lead_unit }}", "承 办 人", "{{ case.handler }}"),
        ("受案时间", "{{ case.accepted_on }}", "结案时间", "{{ case.closed_on }}"),
        ("案件来源", "{{ case.channel }}", "纠纷类型", "{{ case.category }}"),
        ("当事人姓名、\n地址、电话", "{%p for p in parties %}\n{{ p.role }}：{{ p.name }}，{{ p.address }}，{{ p.mobile }}\n{%p endfor %}", None, None),
        ("纠纷简要\n事　　实", "{{ case.summary }}", None, None),
        ("调解经过", "{{ end.story }}", None, None),
        ("调解结果", "{{ case.outcome }}　化解层级：{{ case.solved_at }}\n{{ case.result }}", None, None),
        ("承 办 人\n意　　见", "　\n签名：________________　" + DAY.strip(), None, None),
        ("负 责 人\n意　　见", "　\n签名：________________　" + DAY.strip(), None, None),
        tall={4: 1.8, 5: 4, 6: 3.4, 7: 3, 8: 2, 9: 2},
    )  # fmt: skip
    form.small("填表时间：" + DAY.strip())
    return form


def transfer() -> Form:
    form = Form("移送（委托）调解函")
    form.no("{{ case.no }}")
    form.to("____________________：")
    form.text("{{ sides.all | line(10) }}之间的{{ case.subject }}，根据纠纷性质和你单位职责，经当事人同意，现移送（委托）你单位调解。纠纷简要情况如下：", "{{ case.summary }}")
    form.text("请自收到本函之日起____个工作日内将是否接受函复我单位，并在调解结束后反馈结果。", "附件：1．受理登记表；2．当事人同意移送（委托）的说明；3．有关材料____份。")
    form.sign("当事人同意移送（委托）：____________　____________", "联系人：{{ case.handler | line(8) }}")
    form.seal("{{ office.committee }}")
    form.small("………………………………………………………………………………………………", "回　执　　收到时间：____________　□ 接受　□ 不接受，理由：________________________　签收人：____________")
    return form


def decline() -> Form:
    form = Form("不予受理调解告知书")
    form.no("{{ case.no }}")
    form.to("{{ sides.first | line(10) }}：")
    form.text("你于{{ case.received_on }}提出的{{ case.subject }}，经审查不予受理。理由：", "{{ end.reason | line(24) }}")
    form.text("你可以依法通过仲裁、行政、司法等途径维护自己的权利。建议向{{ end.routes | line(10) }}提出。")
    form.sign("当事人签收：________________　　" + DAY.strip())
    form.seal("{{ office.committee }}")
    return form


def delivery() -> Form:
    form = Form("送 达 回 证")
    form.grid(
        (3, 4, 2.6, 3.6),
        ("案件编号及事由", "{{ case.no }}　{{ case.subject }}", None, None),
        ("送达文书名称", "{{ delivery.papers }}", None, None),
        ("受送达人", "{{ sides.all }}", None, None),
        ("送达地点", "", None, None),
        ("送达方式", "□ 直接　□ 留置　□ 邮寄　□ 电子　□ 委托　□ 公告", None, None),
        ("收到时间", DAY.strip() + "　　时", "受送达人签名", ""),
        ("代收人及\n与受送达人关系", "", "代收理由", ""),
        ("送 达 人", "", "见 证 人", ""),
        ("备　　注", "", None, None),
        tall={i: 1.5 for i in range(9)} | {1: 3, 8: 2.4},
    )  # fmt: skip
    form.seal("{{ office.committee }}")
    return form


def forms() -> dict[str, Form]:
    """{template key: form}."""
    return {
        "dossier_cover": cover(), "dossier_index": index(), "mediation_application": application(),
        "acceptance_register": register(), "rights_notice": rights(), "power_of_attorney": power(),
        "investigation_record": investigation(), "evidence_list": evidence(), "mediation_record": record(),
        "mediation_agreement": agreement(), "oral_agreement_register": oral(), "followup_record": followup(),
        "confirmation_persons": confirmation_persons(), "confirmation_company": confirmation_company(),
        "dossier_statement": statement(), "dossier_back": back(), "termination_notice": termination(),
        "withdrawal_application": withdrawal(), "closing_report": closing(), "transfer_letter": transfer(),
        "decline_notice": decline(), "delivery_receipt": delivery(),
    }  # fmt: skip
