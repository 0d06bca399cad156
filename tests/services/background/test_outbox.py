"""The outbox against a gateway of our own that fails, hangs and repeats: at least once, under one number, never a second message."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from models import sealed
from models.message import Message, MessageChannel, MessageState
from models.setting import Setting
from models.urge import Urge
from models.user import Role, User
from services import access
from services.background import messages, outbox, senders
from services.access import Actor
from services.errors import Refused
from services.background.outbox import Outgoing, Undelivered
from tests.conftest import ServiceSession

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SYSTEM = access.system("430181002")
ONE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class Gateway(BaseHTTPRequestHandler):
    """Answers what `server.answers` says next, (status, body, seconds to wait); keeps what it was told, once a number."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.told.append((self.headers["Idempotency-Key"], body))
        status, answer, wait = self.server.answers.pop(0) if self.server.answers else (200, {}, 0)
        time.sleep(wait)
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        pass


@pytest.fixture
def gateway():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    server.answers, server.told, server.daemon_threads = [], [], True
    server.url = f"http://127.0.0.1:{server.server_port}/send"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hook(gateway):
    return senders.Webhook(gateway.url, {"Authorization": "secret"}, timeout=0.4, is_plain=True)


@pytest.fixture
def post(engine):
    """Messages as the worker sees them: committed, in sessions of its own. The clock stands at `post.now`."""
    sealed.use_keys({"1": bytes(range(64))})

    class Post:
        now = NOW

        def sessions(self):
            return ServiceSession(engine, autoflush=False)

        def run(self, sender) -> dict:
            return outbox.run(self.sessions, lambda: self.now, {MessageChannel.SMS: sender})

        def later(self, **passed) -> None:
            self.now += timedelta(**passed)

        def rows(self) -> list[Message]:
            with self.sessions() as s:
                return access.bind(s, SYSTEM, NOW).scalars(select(Message)).all()

    found = Post()
    with found.sessions() as s:
        access.bind(s, SYSTEM, NOW)
        role = Role(code="nobody", name="某", permissions=[])
        s.add(role)
        s.flush()
        s.add(User(username="somebody", name="某", role_id=role.id, subdistrict_id="430181002", password_hash="-", must_change_password=False, is_scoped=False))
        outbox.put(s, MessageChannel.SMS, "已有答复", "answered:1", NOW, mobile="13800000001")
        s.commit()
    yield found
    with engine.begin() as connection:
        for table in (Message.__table__, User.__table__, Role.__table__):
            connection.execute(delete(table))


def test_a_message_goes_out_once_with_its_number(post, hook, gateway):
    gateway.answers = [(200, {"id": "G-1"}, 0)]
    assert [post.run(hook), post.run(hook)] == [{"sent": 1, "failed": 0, "later": 0}, {"sent": 0, "failed": 0, "later": 0}]
    [row] = post.rows()
    [(number, body)] = gateway.told
    assert (row.state, row.gateway_no, row.attempts) == (MessageState.SENT, "G-1", 1)
    assert (number, body) == (row.id, {"id": row.id, "to": "13800000001", "text": "已有答复"})


@ONE
def test_a_gateway_that_fails_is_tried_again_after_1_5_30_and_120_minutes(post, hook, gateway):
    gateway.answers = [(500, {}, 0)] * 5
    for minutes in (0, 1, 5, 30, 120):
        post.later(minutes=minutes, seconds=-1 if minutes else 0)
        early = post.run(hook) if minutes else None
        post.later(seconds=1 if minutes else 0)
        last = post.run(hook)
        assert early in (None, {"sent": 0, "failed": 0, "later": 0})
    [row] = post.rows()
    assert (last["failed"], row.state, row.attempts, row.problem) == (1, MessageState.FAILED, 5, "对方没有接收（500）")
    assert {number for number, _ in gateway.told} == {row.id} and len(gateway.told) == 5


@ONE
def test_a_gateway_that_hangs_is_left_in_time_and_told_the_same_number_again(post, hook, gateway):
    gateway.answers = [(200, {}, 1.5)]
    began = time.monotonic()
    assert post.run(hook)["later"] == 1 and time.monotonic() - began < 1.2
    post.later(minutes=1)
    assert post.run(hook)["sent"] == 1
    assert len({number for number, _ in gateway.told}) == 1 and len(gateway.told) == 2


@ONE
def test_what_is_refused_for_good_is_not_tried_again(post, hook, gateway):
    gateway.answers = [(403, {}, 0)]
    assert post.run(hook)["failed"] == 1
    assert post.rows()[0].problem == "对方没有接收（403），请检查地址和密钥"


@ONE
def test_a_redirect_is_not_followed(post, hook, gateway):
    gateway.answers = [(302, {}, 0)]
    assert (post.run(hook)["failed"], len(gateway.told)) == (1, 1)


def test_a_worker_that_died_in_the_middle_is_followed_by_one_after_the_lease(post, hook, gateway):
    class Dies:
        def send(self, message: Outgoing) -> str:
            hook.send(message)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        post.run(Dies())
    assert post.run(hook)["sent"] == 0  # the lease still holds
    post.later(seconds=61)
    assert post.run(hook)["sent"] == 1
    assert len({number for number, _ in gateway.told}) == 1 and len(gateway.told) == 2


def test_two_workers_send_one_message_once(post, gateway, hook):
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        post.run(hook)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(gateway.told) == 1


@ONE
def test_an_outcome_that_comes_after_the_lease_was_taken_over_changes_nothing(post, hook, gateway):
    class Slow:
        def send(self, message: Outgoing) -> str:
            post.later(seconds=61)
            assert post.run(hook)["sent"] == 1
            raise Undelivered("没有回应")

    post.run(Slow())
    assert post.rows()[0].state is MessageState.SENT


@ONE
def test_without_a_plug_in_nothing_is_touched(post):
    assert outbox.run(post.sessions, lambda: NOW, {}) == {"sent": 0, "failed": 0, "later": 0}
    assert post.rows()[0].attempts == 0


# ---- what is said ------------------------------------------------------------------------


def test_the_same_is_never_said_twice(session):
    assert outbox.put(session, MessageChannel.SMS, "x", "k", NOW, mobile="13800000001") is not None
    assert outbox.put(session, MessageChannel.SMS, "x", "k", NOW, mobile="13800000001") is None


def test_the_database_refuses_a_second_message_about_one_thing(session):
    row = {"channel": MessageChannel.WECOM, "words": "x", "state": MessageState.WAITING, "queued_at": NOW, "next_at": NOW, "dedupe_key": "k"}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add_all([Message(**row), Message(**row)])
        session.flush()


@ONE
def test_the_office_is_silent_unless_switched_on(session):
    urge = Urge(id="01900000-0000-7000-8000-000000000001", due_on=date(2026, 3, 4))
    messages.urged(session, urge, "集里〔2026〕00001号", NOW)
    assert session.scalars(select(Message)).all() == []
    session.add(Setting(name="message_urge", label="x", value=2))
    session.flush()
    messages.urged(session, urge, "集里〔2026〕00001号", NOW)
    [row] = session.scalars(select(Message)).all()
    assert (row.channel, row.words) == (MessageChannel.DINGTALK, "【集里】催办：集里〔2026〕00001号，请于03月04日前到待办里答复。")


@ONE
def test_what_waited_for_three_days_is_given_up(session):
    row = outbox.put(session, MessageChannel.SMS, "x", "k", NOW - timedelta(days=4), mobile="13800000001")
    outbox.tidy(session, NOW)
    session.refresh(row)
    assert (row.state, row.problem) == (MessageState.FAILED, "超过3天没有发出，不再发送")


@ONE
def test_a_failed_one_can_be_sent_again_by_who_may(session):
    row = outbox.put(session, MessageChannel.SMS, "x", "k", NOW, mobile="13800000001")
    clerk = Actor(None, "管理员", "430181002", frozenset({"message:resend"}), is_scoped=False)
    with pytest.raises(Refused, match="待发，不用重发"):
        outbox.again(session, row, clerk, NOW)
    row.state, row.next_at, row.problem = MessageState.FAILED, None, "对方没有接收（500）"
    session.flush()
    outbox.again(session, row, clerk, NOW)
    assert (row.state, row.attempts, row.problem) == (MessageState.WAITING, 0, None)


# ---- plug-ins ----------------------------------------------------------------------------

MESSAGE = Outgoing("01900000-0000-7000-8000-000000000001", "", "催办")


@ONE
def test_a_robot_that_answers_with_an_error_number_did_not_send(session, gateway):
    robot = senders.Robot(gateway.url + "?key=1", secret="s", is_plain=True)
    gateway.answers = [(200, {"errcode": 45009}, 0), (200, {"errcode": 93000}, 0), (200, {"errcode": 0}, 0)]
    outcomes = []
    for _ in range(3):
        try:
            outcomes.append(robot.send(MESSAGE))
        except Undelivered as no:
            outcomes.append(no.is_final)
    assert outcomes == [False, True, ""]
    assert gateway.told[0][1] == {"msgtype": "text", "text": {"content": "催办"}}


@ONE
def test_the_signature_of_a_robot(session):
    robot = senders.Robot("https://example.com/robot?access_token=1", secret="SEC0")
    # base64(HMAC-SHA256("SEC0", "1577262236757\nSEC0")), worked out with openssl
    assert robot._signed(1577262236757) == (
        "https://example.com/robot?access_token=1&timestamp=1577262236757&sign=TuYHLoOxvhFb8W0oTO9PdN0AN2VhTk4qdnVQq6fXCRo%3D"
    )


class Letterbox(StreamRequestHandler):
    """The least of an SMTP server: answers RCPT with what `server.answers` says next, keeps the letters it took."""

    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(letter.decode())
            answer = self.server.answers.pop(0) if word == b"RCPT" and self.server.answers else b"250 fine"
            self.wfile.write((b"221 bye" if word == b"QUIT" else answer) + b"\r\n")


@ONE
def test_a_letter_that_is_tried_again_is_the_same_letter(session):
    server = ThreadingTCPServer(("127.0.0.1", 0), Letterbox)
    server.letters, server.answers, server.daemon_threads = [], [b"451 later", b"550 nobody"], True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    mail = senders.Mail("127.0.0.1", "office@example.cn", port=server.server_address[1], security="none", timeout=2)
    letter, outcomes = Outgoing(MESSAGE.id, "a@example.cn", "已有答复"), []
    for _ in range(4):
        try:
            outcomes.append(mail.send(letter))
        except Undelivered as no:
            outcomes.append(no.is_final)
    server.shutdown()
    server.server_close()
    number = f"<{MESSAGE.id}@example.cn>"
    assert outcomes == [False, True, number, number]
    assert all(f"Message-ID: {number}" in kept for kept in server.letters) and len(server.letters) == 2


@ONE
def test_plain_http_must_be_asked_for(session):
    with pytest.raises(ValueError, match="https"):
        senders.Webhook("http://example.com/")


@ONE
def test_a_file_that_others_may_read_is_refused(session, tmp_path):
    path = tmp_path / "senders.json"
    assert senders.load(path) == {}
    path.write_text(json.dumps({"sms": {"kind": "webhook", "url": "https://example.com/"}}))
    path.chmod(0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        senders.load(path)
    path.chmod(0o600)
    assert senders.load(path)[MessageChannel.SMS].url == "https://example.com/"
