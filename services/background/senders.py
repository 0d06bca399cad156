"""Plug-ins of the outbox made from a file: a generic HTTP webhook, robots of WeCom and DingTalk, and SMTP.

Only hosts named in the file are called, redirects are not followed, and every try ends by a deadline.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import logging
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

from models.message import MessageChannel

from .outbox import Outgoing, Sender, Undelivered

TIMEOUT = 10.0  # seconds for a whole try
MOST_BYTES = 64 * 1024
_AGAIN = {408, 425, 429}
_log = logging.getLogger("console.outbox")


@dataclass
class Webhook:
    """POSTs {"id", "to", "text"} as JSON with the header Idempotency-Key; a 2xx answer means handed over.

    A gateway may answer {"id": "…"}. 4xx is final but for 408, 425 and 429; everything else is tried again.
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT
    is_plain: bool = False

    def __post_init__(self):
        scheme = urlsplit(self.url).scheme
        if scheme != "https" and not (scheme == "http" and self.is_plain):
            raise ValueError(f"{self.url}: the address must begin with https://, or say \"plain\": true for one inside the office")

    def send(self, message: Outgoing) -> str:
        answer = self._post(self.url, {"id": message.id, "to": message.to, "text": message.words}, message.id)
        number = answer.get("id", "")
        return str(number) if isinstance(number, str | int) else ""

    def _post(self, url: str, body: dict, number: str) -> dict:
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": number, **self.headers}
        status, raw = _exchange(url, json.dumps(body, ensure_ascii=False).encode(), headers, self.timeout)
        if not 200 <= status < 300:
            is_final = 300 <= status < 500 and status not in _AGAIN
            raise Undelivered(f"对方没有接收（{status}）" + ("，请检查地址和密钥" if is_final else ""), is_final)
        try:
            found = json.loads(raw or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass
class Robot(Webhook):
    """A robot of a WeCom or DingTalk group: it answers 200 with an error number of its own; 0 is good.

    DingTalk signs its address with a secret; both refuse with their own numbers when called too often.
    """

    secret: str = ""

    def send(self, message: Outgoing) -> str:
        body = {"msgtype": "text", "text": {"content": message.words}}
        answer = self._post(self._signed(int(time.time() * 1000)), body, message.id)
        number = answer.get("errcode", 0)
        if number:
            raise Undelivered(f"机器人没有接收（{number}）", is_final=number not in (-1, 45009, 130101))
        return ""

    def _signed(self, at: int) -> str:
        if not self.secret:
            return self.url
        digest = hmac.new(self.secret.encode(), f"{at}\n{self.secret}".encode(), hashlib.sha256).digest()
        return f"{self.url}&timestamp={at}&sign={quote_plus(base64.b64encode(digest))}"


@dataclass
class Mail:
    """Sends by SMTP with a Message-ID made from the message's id, so that a repeat is the same letter."""

    host: str
    sender: str
    port: int = 465
    user: str = ""
    password: str = ""
    subject: str = "工作提醒"
    timeout: float = TIMEOUT
    security: str = "tls"  # tls, starttls, or none for a relay inside the office

    def send(self, message: Outgoing) -> str:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"], letter["Date"] = self.sender, message.to, self.subject, formatdate()
        letter["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2]}>"
        letter.set_content(message.words)
        try:
            with self._connect() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as no:
            code = next(iter(no.recipients.values()))[0]
            raise Undelivered(f"邮件服务器没有接收这个收件邮箱（{code}）", is_final=code >= 500) from None
        except smtplib.SMTPResponseException as no:
            raise Undelivered(f"邮件服务器没有接收（{no.smtp_code}）", is_final=500 <= no.smtp_code < 600) from None
        except (OSError, smtplib.SMTPException):
            raise Undelivered("邮件服务器没有回应") from None
        return letter["Message-ID"]

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout)


def _exchange(url: str, body: bytes, headers: dict[str, str], timeout: float) -> tuple[int, bytes]:
    """One POST without redirects; ends by the deadline however slowly the other side drips."""
    parts, deadline = urlsplit(url), time.monotonic() + timeout
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request("POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, headers)
        connection.sock.settimeout(max(0.1, deadline - time.monotonic()))
        response, found = connection.getresponse(), b""
        while len(found) < MOST_BYTES and (piece := response.read1(4096)):
            found += piece
            if time.monotonic() > deadline:
                raise TimeoutError
        return response.status, found
    except (OSError, http.client.HTTPException):
        raise Undelivered("对方没有按时回应") from None
    finally:
        connection.close()


_KINDS: dict[str, Callable[..., Sender]] = {"webhook": Webhook, "wecom": Robot, "dingtalk": Robot, "smtp": Mail}


def load(path: Path) -> dict[MessageChannel, Sender]:
    """The plug-ins of a file {"sms": {"kind": "webhook", "url": …}, …}; none without the file, which keeps the outbox off.

    Raises ValueError with a sentence for the administrator when the file is wrong or others may read it.
    """
    if not path.exists():
        return {}
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path.name} holds secrets and can be read by others; run: chmod 600 {path.name}")
    found = {}
    for name, options in json.loads(path.read_text(encoding="utf-8")).items():
        given = dict(options)
        kind = given.pop("kind", "")
        if kind not in _KINDS:
            raise ValueError(f"{path.name}: {name}: kind is one of {', '.join(_KINDS)}, not {kind!r}")
        if "plain" in given:
            given["is_plain"] = bool(given.pop("plain"))
        try:
            found[MessageChannel(name)] = _KINDS[kind](**given)
        except TypeError as wrong:
            raise ValueError(f"{path.name}: {name}: {wrong}") from None
    return found
