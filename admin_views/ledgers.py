"""Ledgers for whoever fetches them: which there are, of which period and place, a look, and the workbook."""

from __future__ import annotations

import hashlib
import io
from datetime import date

from flask import flash, redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from formats import papers
from models.ledger import Ledger
from models.area import Area
from services import ledgers, monthly
from services.lists import exports
from services.places import areas
from services.access import Permission
from services.due_dates import local_day
from services.errors import BadQuery, Denied, Refused
from services.lists.filters import read_day
from services.labels import dictionary_names
from services.ledgers import LedgerExport
from services.keeping.records import find

from .acting import actor
from .attachments import download
from .base import CustomView
from .sheets import handed_out

ZIP = "application/zip"
_CAP = 10_000


class LedgersView(CustomView):
    permission = "ledger:view"
    group = "解纷"

    def __init__(self):
        super().__init__(name="台账", endpoint="ledgers")

    @expose("/")
    def index_view(self):
        first, last = month_asked()
        area = area_asked()
        rows = [
            {"url": url_for(".one_view", id=row.id, **_kept(month=f"{first:%Y-%m}", area=area)),
             "cells": [row.name, dictionary_names(db.session).get(row.source, ""), wanted_period(wanted), counted(wanted),
                       "每月备好" if row.is_monthly else ""]}
            for row, wanted in monthly_ledgers(first, last, area, monthly=False)
        ]  # fmt: skip
        may_design = actor().may("ledger:edit")
        return self.render(
            "admin/ledgers.html", rows=rows, month=f"{first:%Y-%m}", places=places(), area=area or "",
            heads=("台账", "一行是一条", "期间", "条数", "用途"), may_design=may_design,
            design_url=url_for("ledger.index_view") if may_design else None,
        )  # fmt: skip

    @expose("/one/", methods=("GET", "POST"))
    def one_view(self):
        """One ledger: period, place, the first rows; posting gives the workbook."""
        row = find(db.session, Ledger, request.args.get("id", ""))
        source = ledgers.source_of(db.session, row, actor(), now())
        if not ledgers.may_fetch(actor(), source.entity):
            raise Denied(f"您的角色没有导出{source.entity.__label__}的权限；如工作需要，请联系安全管理员开通")
        wanted, problem = self._wanted(row), ""
        if request.method == "POST":
            try:
                return handed_out(wanted)
            except Refused as no:
                problem = no.sentence
                db.session.rollback()
        columns, lines = wanted.preview(db.session, actor(), now())
        count = wanted.count(db.session, actor(), now())
        offers = source.offers()
        keys = ledgers.columns_of(row, source)
        has_personal = any(offers[key.partition("#")[0]].is_personal for key in keys)
        most = exports.most_without_leave(db.session, wanted)
        return self.render(
            "admin/ledger.html", heading=wanted.title, ledger=row, wanted=wanted, problem=problem, columns=columns, lines=lines, count=count,
            is_dated=bool(row.dated_by), has_area=source.has_area, places=places(), asked=request.args,
            month=request.args.get("month") or f"{wanted.since or ''}"[:7], has_personal=has_personal,
            may_clear=has_personal and actor().may(Permission.EXPORT_CLEAR), needs_leave=count > most, most=most,
            is_long=count > exports.AT_ONCE, post_url=request.full_path, trail=[{"label": row.name, "url": None}],
            design_url=url_for("ledger.design_view", id=row.id) if actor().may("ledger:edit") else None,
        ), 422 if problem else 200  # fmt: skip

    @staticmethod
    def _wanted(row: Ledger) -> LedgerExport:
        since, until = _day("since", "起"), _day("until", "止")
        if not (since or until):
            since, until = month_asked()
        return ledgers.export_of(
            db.session, row, actor(), now(), since=since, until=until, area_id=area_asked(),
            is_clear=bool(request.form.get("clear")), reason=" ".join(request.form.get("reason", "").split())[:200],
        )  # fmt: skip

    @expose("/all/", methods=("POST",))
    def all_view(self):
        """The ledgers of a month in one ZIP; each is logged, those that need leave or time are fetched one by one."""
        first, last = month_asked()
        files, left = [], []
        for row, wanted in monthly_ledgers(first, last, area_asked(), monthly=True):
            most = min(exports.AT_ONCE, exports.most_without_leave(db.session, wanted))
            if wanted.count(db.session, actor(), now(), cap=most) > most:
                left.append(row.name)
                continue
            target = io.BytesIO()
            written = exports.write(db.session, wanted, actor(), now(), target)
            files.append((wanted, written, target.getvalue()))
        if not files:
            flash("没有可以打包的台账：条数太多的请逐个取", "warning")
            return redirect(url_for(".index_view", month=f"{first:%Y-%m}"))
        with transaction() as session:
            for wanted, written, content in files:
                exports.log(session, wanted, written, hashlib.sha256(content).hexdigest())
            monthly.fetched(session, first, actor(), now())
        if left:
            flash(f"条数太多没有打包、请逐个取：{'、'.join(left)}", "warning")
        target = io.BytesIO()
        papers.bundle(target, [(f"{wanted.title}.xlsx", content) for wanted, _, content in files])
        return download(target.getvalue(), f"{first.year}年{first.month}月台账.zip", ZIP)


def monthly_ledgers(first: date, last: date, area: str | None, monthly: bool) -> list[tuple[Ledger, LedgerExport]]:
    return [
        (row, ledgers.export_of(db.session, row, actor(), now(), since=first, until=last, area_id=area))
        for row in ledgers.all_of(db.session, actor(), now(), monthly=monthly)
    ]


def counted(wanted: LedgerExport) -> str:
    count = wanted.count(db.session, actor(), now(), cap=_CAP)
    return f"{_CAP:,}+ 条" if count > _CAP else f"{count:,} 条" if count else "本月无" if wanted.since else "无"


def wanted_period(wanted: LedgerExport) -> str:
    since, until = (date.fromisoformat(day) if day else None for day in (wanted.since, wanted.until))
    return ledgers.period_words(since, until, local_day(now()))


def month_asked(otherwise: date | None = None) -> tuple[date, date]:
    """The month the address asks for, else that of a day, else the one before the current."""
    raw = request.args.get("month", "")
    if not raw:
        return ledgers.month_of(otherwise or ledgers.month_before(local_day(now())))
    try:
        month = date.fromisoformat(f"{raw}-01")
    except ValueError:
        raise BadQuery("月份要写成 2026-01 这样，请改正后再查") from None
    if not 2000 <= month.year <= 2199:
        raise BadQuery("年份不对，请核对月份")
    return ledgers.month_of(month)


def area_asked() -> str | None:
    raw = request.args.get("area")
    return find(db.session, Area, raw).id if raw else None


def places() -> list[tuple[str, str]]:
    """Where a ledger may be narrowed to: all that the reader sees, and the branches right below."""
    top = areas.top(db.session, actor())
    return [("", f"全部（{top.name}）"), *((area.id, area.name) for area in areas.steps(db.session, top.id, actor()))]


def _day(name: str, label: str) -> date | None:
    raw = request.args.get(name)
    return read_day(raw, label) if raw else None


def _kept(**args) -> dict:
    return {name: value for name, value in args.items() if value}
