"""Every failure becomes a page (or a JSON answer) with a sentence that says what to do."""

from __future__ import annotations

import errno
import secrets

from flask import Flask, current_app, g, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from extensions import db
from services.errors import BadQuery, Conflict, Denied, Missing, Refused

PAGES = {
    400: ("请求不完整", "这个地址或内容不符合要求，没有执行。请返回上一页，从页面上的链接或按钮重新操作。"),
    401: ("请重新登录", "登录已过期，没有提交。刚才填的内容还保存在本页签里：重新登录后回到那张表单，会自动填回。"),
    403: ("没有权限", "您的角色没有打开这个页面的权限；如工作需要，请联系安全管理员开通。"),
    404: ("没有找到", "没有这个页面或这条记录，可能已被删除，或不在您的负责范围内。"),
    405: ("不能这样打开", "这个地址不能直接打开，请从页面上的按钮操作。"),
    409: ("别人刚刚改过", "您打开之后别人已先保存，请返回刷新，对照后再办。"),
    413: ("内容太大", "上传的文件或提交的内容太大。文件请不超过20兆，文字请分几次保存。"),
    414: ("条件太多", "地址里的条件太长，没有执行。请回到列表，去掉几个筛选条件再查。"),
    422: ("没有保存", "内容不符合规定，请返回修改。"),
    429: ("操作太频繁", "请稍等几分钟再试。"),
    500: ("系统出错了", "这不是您的操作有误，数据没有改动。请把编号告诉系统管理员，稍后再试。"),
    503: ("正忙，请稍候", "数据库正在处理大量工作，请等半分钟后刷新重试，内容没有丢失。"),
    507: ("存储空间已满", "服务器磁盘已满，暂时不能保存，仍可查看。请马上联系系统管理员清理空间。"),
}


def install(app: Flask) -> None:
    app.register_error_handler(Refused, refused)
    app.register_error_handler(CSRFError, stale_page)
    app.register_error_handler(HTTPException, known)
    app.register_error_handler(OperationalError, database_trouble)
    app.register_error_handler(OSError, system_trouble)
    app.register_error_handler(Exception, unexpected)


def refused(error: Refused):
    """A rule said no outside a form."""
    db.session.rollback()
    if isinstance(error, BadQuery):
        return page(400, title="条件有误", sentence=error.sentence, back_url=_came_from())
    code = {Denied: 403, Missing: 404, Conflict: 409}.get(type(error), 422)
    return page(code, sentence=error.sentence)


def stale_page(_error: CSRFError):
    return page(
        400, title="页面已过期", is_lost=True,
        sentence="这一页打开太久或登录已失效，没有提交。刚才填的内容还保存在本页签里：重新登录后回到那张表单，会自动填回。",
    )  # fmt: skip


def known(error: HTTPException):
    if error.code is not None and error.code < 400:
        return error
    own = error.description if error.code == 400 and _is_chinese(error.description) else None
    return page(error.code or 500, sentence=own)


def _is_chinese(text: str | None) -> bool:
    return bool(text) and "\u4e00" <= text[0] <= "\u9fff"


def database_trouble(error: OperationalError):
    """A busy database is a matter of waiting; a full disk of clearing; else it is our fault."""
    _roll_back()
    words = str(error.orig).lower()
    if "locked" in words or "busy" in words or "timeout" in words:
        answer = page(503)
        return *answer, {"Retry-After": "10"}
    if "full" in words or "no space" in words:
        return page(507)
    return unexpected(error)


def system_trouble(error: OSError):
    _roll_back()
    return page(507) if error.errno == errno.ENOSPC else unexpected(error)


def unexpected(error: Exception):
    """Nothing of the error reaches the screen; the log has it under the reference."""
    _roll_back()
    reference = secrets.token_hex(4)
    current_app.logger.exception("unexpected error %s", reference, extra={"reference": reference})
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return page(500, reference=reference)


def _roll_back() -> None:
    try:
        db.session.rollback()
    except Exception:  # the connection itself may be gone
        db.session.remove()


def is_known() -> bool:
    """Whether it is known already that somebody has signed in; asks no database, which may be what is in trouble."""
    return getattr(g.get("_login_user"), "is_authenticated", False)


def _came_from() -> str | None:
    """The page of ours that led here."""
    return request.referrer if (request.referrer or "").startswith(request.host_url) else None


def page(
    code: int, title: str | None = None, sentence: str | None = None, reference: str | None = None,
    is_lost: bool = False, back_url: str | None = None,
):
    """The answer for a status code; needs no database. `is_lost`: one has to sign in again; `back_url`: where to put it right."""
    known_title, known_sentence = PAGES.get(code, PAGES[400 if code < 500 else 500])
    sentence = sentence or known_sentence
    if request.accept_mimetypes.best == "application/json":
        return {"sentence": sentence, "reference": reference}, code
    is_lost = is_lost or code == 401
    sign_in_url = url_for("account.sign_in", next=request.full_path.rstrip("?")) if is_lost else None
    home = "/admin/" if is_known() else "/"
    return render_template(
        "error.html", code=code, title=title or known_title, sentence=sentence, home_url=home, reference=reference,
        sign_in_url=sign_in_url, back_url=back_url,
    ), code  # fmt: skip
