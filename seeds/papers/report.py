"""The report of a month in Word: figures and tables filled in, words as people have written them."""

from __future__ import annotations

from .forms import Form


def monthly() -> Form:
    form = Form("{{ report.name }}")
    form.no("{{ report.unit }}")
    form.head("一、总体情况")
    _paragraphs(form, "overview")
    form.text("{%p for part in report.sections %}", indent=0)
    form.text("{{ part.title }}", indent=0, align="center", size=14, before=6).keep()
    form.grid(
        (3.4, 4, 4, 2.6),
        ("指　　标", "本　　月", "上　　月", "环　　比"),
        ("{%tr for r in part.rows %}",),
        ("{{ r.label }}", "{{ r.now }}", "{{ r.before }}", "{{ r.change }}"),
        ("{%tr endfor %}",),
        head=1,
        middle=True,
    )
    form.text("{%p endfor %}", indent=0)
    form.head("二、主要特点")
    _paragraphs(form, "features")
    form.text("{%p for table in report.tables %}", indent=0)
    form.text("{{ table.title }}", indent=0, align="center", size=14, before=6).keep()
    form.grid(
        (4.4, 1.8, 1.8, 2.2, 1.8, 1.8, 1.8),
        ("{{ table.head }}", "本月新收", "上月新收", "环　　比", "本月办结", "月末在办", "超期在办"),
        ("{%tr for r in table.rows %}",),
        ("{{ r.label }}", "{{ r.new }}", "{{ r.new_before }}", "{{ r.change }}", "{{ r.closed }}", "{{ r.open }}", "{{ r.late }}"),
        ("{%tr endfor %}",),
        head=1,
        middle=True,
    )
    form.text("{%p endfor %}", indent=0)
    form.head("三、存在问题")
    _paragraphs(form, "problems")
    form.head("四、下一步工作")
    _paragraphs(form, "plans")
    form.small("数字截至{{ report.made_on }}由系统统计；比率写明分子和分母，没有分母的写“—”。")
    return form.seal("{{ report.unit }}", "{{ report.made_on }}")


def _paragraphs(form: Form, name: str) -> None:
    form.text(f"{{%p for line in report.{name} %}}", indent=0)
    form.text("{{ line }}")
    form.text("{%p endfor %}", indent=0)


def forms() -> dict[str, Form]:
    return {"monthly_report": monthly()}
