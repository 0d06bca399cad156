"""The first draft of a monthly report: sentences made of the figures, for people to check and to write on."""

from __future__ import annotations

from .measures import NOTHING, Figures, Line, Measure, rate

_MOST = 3


def overview(figures: Figures) -> str:
    new, closed, opened, late = (figures.measure(label) for label in ("新收", "办结", "月末在办", "月末超期在办"))
    kinds = "、".join(f"{m.label.removeprefix('其中')}{m.part}件" for _, ms in figures.sections for m in ms if m.label.startswith("其中"))
    lines = [
        f"{_month(figures)}，{figures.place}新收{new.part}件，{_compared(new)}。其中{kinds}。",
        f"办结{closed.part}件，{_compared(closed)}；{_rated(figures, '按期办结率')}，{_rated(figures, '化解成功率')}。",
        f"月末在办{opened.part}件" + (f"，其中超期{late.part}件。" if late.part else "，没有超期。"),
    ]
    return "\n".join(lines)


def features(figures: Figures) -> str:
    lines = [
        _leading(figures, "category", "从类别看，{most}较多"), _leading(figures, "channel", "从来源看，{most}较多"),
        _leading(figures, "place", "从区域看，{most}较多"), _risen(figures),
        f"群众评价：{_rated(figures, '满意率')}，{_rated(figures, '参评率')}；{_rated(figures, '协议履行率')}。",
    ]  # fmt: skip
    return "\n".join(line for line in lines if line)


def problems(figures: Figures) -> str:
    late, met = figures.measure("月末超期在办"), figures.measure("时限按期率")
    lines = []
    if late.part:
        where = "、".join(f"{line.label}{line.late}件" for line in sorted(figures.table("place").lines, key=lambda x: -(x.late or 0))[:_MOST] if line.late)
        lines.append(f"月末超期在办{late.part}件" + (f"，其中{where}。" if where else "。"))
    if met.whole and met.part < met.whole:
        lines.append(f"当月到期的{met.whole}个时限中，{met.whole - met.part}个没有按期完成。")
    return "\n".join(lines) or "当月没有超期在办的案件，到期的时限都按期完成。"


def _month(figures: Figures) -> str:
    year, month = figures.month.split("-")
    return f"{year}年{int(month)}月"


def _compared(measure: Measure) -> str:
    difference = measure.part - measure.before_part
    if not difference:
        return "与上月持平"
    word = "增加" if difference > 0 else "减少"
    share = "" if measure.change == NOTHING else f"（{measure.change}）"
    return f"比上月{word}{abs(difference)}件{share}"


def _rated(figures: Figures, label: str) -> str:
    m = figures.measure(label)
    return f"{label}{rate(m.part, m.whole or 0)}（{m.part}/{m.whole}）" if m.whole else f"{label}无可计算的件数"


def _leading(figures: Figures, key: str, sentence: str) -> str:
    lines = sorted((line for line in figures.table(key).lines if line.new), key=lambda line: -line.new)[:_MOST]
    total = figures.measure("新收").part
    most = "、".join(f"{line.label}{line.new}件（{rate(line.new, total)}）" for line in lines)
    return f"{sentence.format(most=most)}。" if most else ""


def _risen(figures: Figures) -> str:
    """The category that has grown most; one or two more are no trend."""
    grown: list[Line] = sorted(figures.table("category").lines, key=lambda line: line.new_before - line.new)
    if not grown or grown[0].new - grown[0].new_before < 3:
        return ""
    line = grown[0]
    return f"与上月比，{line.label}增加最多，由{line.new_before}件增加到{line.new}件。"
