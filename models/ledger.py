"""Ledgers (清单式台账) as an office keeps them: which rows, which columns in which order, how they are printed."""

from __future__ import annotations

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped

from .base import Entity, Scope
from .codes import PaperSize
from .fields import choice, field
from .kinds import LongText, ShortText


class Ledger(
    Entity, label="台账设计", group="系统", title=("name",), key=("name",), order=71, sort="position", scope=Scope()
):
    """One layout. `columns` are {key, heading, band, width, is_total} in their order; keys are those of its source.

    `query` is what the address of a list would say (filters and order), `dated_by` the attribute that a
    period narrows; without one the ledger shows how things stand today.
    """

    name: Mapped[ShortText] = field("名称", listed=True, searched=True)
    source: Mapped[str] = choice("数据来源", "ledger_source", listed=True, filtered=True, help="一行是一条什么；保存后不能改")
    position: Mapped[int] = field("排序", listed=True, sorted=True, default=100, low=0, high=9999)
    title: Mapped[ShortText | None] = field(
        "表头标题", section="表头和表尾", help="印在第一行；不填用“街道名＋名称”。{单位}、{期间}会换成实际内容"
    )
    note: Mapped[LongText | None] = field("填表说明", section="表头和表尾", help="印在表的下面")
    signature: Mapped[ShortText | None] = field("签字行", section="表头和表尾", help="印在最后，例如 填表人：　审核人：　负责人：　日期：")
    empty_words: Mapped[ShortText | None] = field("没有记录时写", section="表头和表尾", help="不填写“本月无”之类")
    paper: Mapped[PaperSize] = field("纸张", section="打印", default=PaperSize.A4)
    is_portrait: Mapped[bool] = field("竖向打印", section="打印", default=False)
    is_new_page: Mapped[bool] = field("每组另起一页", section="打印", default=False)
    is_monthly: Mapped[bool] = field("每月备好", listed=True, filtered=True, section="使用", default=False, help="每月初备好上月的，放进有权取的人的待办")
    is_active: Mapped[bool] = field("启用", listed=True, filtered=True, section="使用", default=True)
    columns: Mapped[list] = field("列", type_=JSON, default=list, is_hidden=True)
    query: Mapped[str] = field("条件", type_=String(2000), default="", is_hidden=True)
    dated_by: Mapped[str | None] = field("期间按", type_=String(60), is_hidden=True)
    group_by: Mapped[str | None] = field("分组按", type_=String(60), is_hidden=True)
    is_by_place: Mapped[bool] = field("按区域先后排", default=False, is_hidden=True)
