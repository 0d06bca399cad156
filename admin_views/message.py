"""The outbox as the system administrator sees it: what waits, what went out, what did not and why."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_admin import expose

from extensions import now, transaction
from models.message import MessageState
from services.background import outbox
from services.access import Permission
from services.errors import Refused

from .acting import actor
from .system import ReadOnlyView

_TONES = {MessageState.WAITING: "info", MessageState.SENT: "ok", MessageState.FAILED: "bad"}


class MessageView(ReadOnlyView):
    tones = _TONES
    presets = {"全部": "", "待发": "state=waiting", "没有发出": "state=failed", "已发出": "state=sent"}

    def badges(self, row):
        return [{"text": row.state.label, "tone": _TONES[row.state]}]

    def buttons(self, row):
        if row.state is not MessageState.FAILED or not actor().may(Permission.RESEND):
            return []
        return [{"label": "重发", "url": self.link("again_view", id=row.id), "is_primary": True, "method": "post", "confirm": None}]

    @expose("/again/", methods=("POST",))
    def again_view(self):
        """Try a failed message again."""
        row = self.find(request.args.get("id"))
        try:
            with transaction() as session:
                outbox.again(session, row, actor(), now())
            flash("已重新排队，几秒后发送", "success")
        except Refused as no:
            flash(no.sentence, "error")
        return redirect(self.link("details_view", id=row.id))
