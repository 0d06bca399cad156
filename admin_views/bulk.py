"""Doing one thing to many rows of a list: ask, show what would happen, do it on a second word."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, urlencode

from flask import redirect, request, url_for
from flask_admin import expose

from extensions import db, now, transaction
from services.keeping import bulk, bulk_jobs
from services.lists import lookups
from services.keeping.bulk_deeds import Deed
from services.keeping.bulk_jobs import Foreseen
from services.due_dates import local_day
from services.errors import Conflict, Denied, Refused

from . import progress
from .acting import actor
from .background import begun
from .bulk_actions import TICK, Action, Activate, Archive, Change, Delete
from .notes import flash_link

_OWN = ("csrf_token", "bulk_step", "bulk_digest")
_WHICH = ("id", "all", "query")


class Bulk:
    """Mixed into `EntityView`; `bulk_kinds` are the actions of its list."""

    bulk_kinds: tuple[type[Action], ...] = (Change, Archive, Activate, Delete)

    def bulk_actions(self) -> list[dict]:
        """What this person may do to ticked rows, as {name, label, url, confirm}."""
        return [
            {"name": a.name, "label": a.label, "url": self.link("bulk_view", what=a.name), "confirm": None}
            for a in self._bulk_open()
        ]

    def _bulk_open(self) -> list[Action]:
        return [action for action in (kind(self) for kind in self.bulk_kinds) if action.is_open()]

    @expose("/bulk/<what>/", methods=("GET", "POST"))
    def bulk_view(self, what: str):
        self.require("view")
        action = next((a for a in self._bulk_open() if a.name == what), None)
        if action is None:
            raise Denied("您的角色不能对这些记录做批量操作；如工作需要，请联系安全管理员开通")
        if request.method == "GET":
            return redirect(self.link())
        if not request.form.get("all") and not request.form.getlist("id"):
            raise Refused("还没有选择记录。请回到列表勾选要处理的记录，再点批量操作")
        step = request.form.get("bulk_step", "")
        form = action.form(request.form if step else None)
        if action.asks and not (step and action.is_valid(form)):
            return self._bulk_ask(action, form, is_wrong=bool(step)), 422 if step else 200
        if request.form.get("all"):
            deed = action.deed(form)
            found = bulk_jobs.foresee(db.session, deed, self._bulk_query(), actor(), local_day(now()))
            if found is not None:
                return self._bulk_preview_or_ask(action, form, step, deed, found)
        return self._bulk_preview_or_do(action, form, step)

    @staticmethod
    def _bulk_query() -> dict[str, list[str]]:
        """The query of the list it was asked from."""
        return parse_qs(request.form.get("query", "")[:4000])

    def _bulk_preview_or_ask(self, action: Action, form, step: str, deed: Deed, found: Foreseen):
        """More rows than a request can write: the worker does it, the person may go on."""
        warnings, status = [], 200
        if step == "confirm":
            if found.digest == request.form.get("bulk_digest"):
                with transaction() as session:
                    return begun(bulk_jobs.ask(session, deed, self._bulk_query(), found, actor(), now()))
            warnings, status = ["您看过预览之后，符合条件的记录变了。请核对下面新的预览，再确定"], 409
        plan = action.plan(db.session, found.sample, form)
        return self._bulk_preview(action, form, plan, 0, found.digest, warnings, found), status

    def _bulk_preview_or_do(self, action: Action, form, step: str):
        plan, missing = self._bulk_plan(action, form)
        digest, warnings, status = plan.digest(_mark()), [], 200
        if step == "confirm" and plan.rows:
            if digest == request.form.get("bulk_digest"):
                try:
                    with progress.told(_key(digest), len(plan.rows)) as tell, transaction() as session:
                        batch = action.apply(session, plan.rows, form, tell)
                    flash_link(f"已{action.verb} {len(plan.rows):,} 条", "查看这次操作", url_for("batch.index_view", id=batch))
                    return redirect(self._bulk_back())
                except Refused as no:
                    warnings, status = [no.sentence], 409 if isinstance(no, Conflict) else 422
                    db.session.rollback()
                    plan, missing = self._bulk_plan(action, form)
                    digest = plan.digest(_mark())
            else:
                warnings, status = ["您看过预览之后，有的记录已被别人修改。请核对下面新的预览，再确定"], 409
        return self._bulk_preview(action, form, plan, missing, digest, warnings), status

    @expose("/bulk-progress/")
    def bulk_progress_view(self):
        """How many of how many rows are done, for the page that waits."""
        self.require("view")
        done, count = progress.of(_key(request.args.get("of", ""))) or (0, 0)
        return {"done": done, "count": count}

    def _bulk_plan(self, action: Action, form) -> tuple[bulk.Plan, int]:
        if request.form.get("all"):
            rows, missing = bulk.matching(db.session, self.entity, self._bulk_query(), actor(), local_day(now()), action.most), 0
        else:
            rows, missing = bulk.picked(db.session, self.entity, request.form.getlist("id")[: action.most])
        return action.plan(db.session, rows, form), missing

    def _bulk_back(self) -> str:
        """The list as it was, its query written anew."""
        args = urlencode(self._bulk_query(), doseq=True)
        return f"{self.link()}?{args}" if args else self.link()

    def _bulk_page(self, action: Action, **more):
        return self.render(
            "admin/bulk.html", heading=f"{action.label}：{self.entity.__label__}", action=action,
            post_url=self.link("bulk_view", what=action.name), cancel_url=self._bulk_back(), **more,
        )  # fmt: skip

    def _bulk_ask(self, action: Action, form, is_wrong: bool):
        ticked = getattr(form, "ticked", None)
        return self._bulk_page(
            action, stage="ask", form=form, tick_name=TICK, ticked=ticked,
            count=f"符合条件的全部{self.entity.__label__}" if request.form.get("all") else f"{len(set(request.form.getlist('id'))):,} 条",
            warnings=["请至少勾选一项要修改的内容"] if is_wrong and ticked == [] else [],
            hidden=[(n, v) for n, v in request.form.items(multi=True) if n in _WHICH],
        )  # fmt: skip

    def _bulk_preview(self, action: Action, form, plan: bulk.Plan, missing: int, digest: str, warnings, found: Foreseen | None = None):
        """`found` is given where the worker will do it; the plan then shows the first of the rows."""
        count, left = found.count if found else len(plan.rows), {}
        looked_at = len(found.sample) if found else 0
        for row, reason in plan.left:
            left.setdefault(reason, []).append(row)
        return self._bulk_page(
            action, stage="preview", warnings=warnings, count=f"至多 {count:,} 条" if found and plan.left else f"{count:,} 条",
            is_empty=not plan.rows and count <= looked_at, is_long=found is not None, looked_at=looked_at, unfit=found.left.most_common(20) if found else (),
            sample=[self._bulk_name(row) | {"lines": action.lines(row, form)} for row in plan.rows[:20]],
            more=max(count - 20, 0) if plan.rows else 0,
            left=[
                {"reason": reason, "count": len(rows), "rows": [self._bulk_name(row) for row in rows[:20]], "more": max(len(rows) - 20, 0)}
                for reason, rows in left.items()
            ],
            missing=missing, digest=digest, progress_url="" if found else self.link("bulk_progress_view", of=digest),
            hidden=[(n, v) for n, v in request.form.items(multi=True) if n not in _OWN],
        )  # fmt: skip

    def _bulk_name(self, row) -> dict:
        return {"title": lookups.label_of(row, actor()), "url": self.link("details_view", id=row.id)}


def _key(digest: str) -> str:
    return f"{actor().user_id}:{digest}"


def _mark() -> str:
    """What is to be done, as sent: the same words must come back on confirming."""
    sent = sorted((n, v) for n, v in request.form.items(multi=True) if n not in (*_OWN, *_WHICH))
    return hashlib.sha256(repr((request.path, sent)).encode()).hexdigest()
