"""The residents' door under load: `python -m benchmarks.submissions`, over real sockets, on SQLite and on PostgreSQL.

A thousand appeals told by fifty people at once (a second), the staff's list of appeals meanwhile beside the same list on
an idle server (95th percentile, as a ratio), two hundred at the very same moment, one key a hundred times, a network that
guesses codes, and with `--restart` a PostgreSQL that is stopped and started in the middle. Every receipt that somebody got
is looked up afterwards. The server is a process of its own, as in an office.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from cli import prepare
from config import ROOT, Config
from extensions import db, now
from models.appeal import Appeal
from models.area import Area
from models.codes import AreaKind, CodePlace
from models.door_code import DoorCode
from models.setting import Setting
from models.user import User
from services import access
from services.keeping import records
from services.sign_in import hash_password, new_password
from tests.support.postgres import postgres, restart

PAGE = "/admin/appeal/"
WIDE = {"public_per_address": 5000, "public_per_network": 50_000, "public_per_code": 5000, "proof_above": 100_000}
_RECEIPT = re.compile(r'<dd class="big">(\d+)</dd>')
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Door:
    """A served console: where it listens, a code that hangs somewhere, and somebody's cookie."""

    port: int
    token: str
    cookie: str

    def tell(self, key: str | None = None, tries: int = 1) -> tuple[int, str]:
        """Status and number of one appeal; like a phone, it comes again with the same key when the line breaks."""
        body = urlencode({"key": key or str(uuid4()), "words": "楼道灯不亮，请来看看"})
        status = 0
        for number in range(tries):
            status, page = self._ask("POST", f"/q/{self.token}/send", body)
            if status == 200:
                return status, _RECEIPT.search(page).group(1)
            if number + 1 < tries:
                time.sleep(1)
        return status, ""

    def staff_page(self) -> float:
        """Seconds one of the staff waits for the list of appeals."""
        began = time.perf_counter()
        status, _ = self._ask("GET", PAGE)
        if status != 200:
            raise RuntimeError(f"{PAGE}: {status}")
        return time.perf_counter() - began

    def scan(self, token: str) -> int:
        return self._ask("GET", f"/q/{token}")[0]

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": self.cookie} if path.startswith("/admin") else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except OSError:
            return 0, ""
        finally:
            connection.close()


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.submissions")
    add = parser.add_argument
    add("--count", type=int, default=1000)
    add("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    add("--small", action="store_true", help="one community instead of the demonstration street: says whether it holds, not how fast")
    add("--restart", action="store_true", help="stop and start PostgreSQL in the middle of a run of its own")
    asked = parser.parse_args()
    for database in asked.databases:
        with tempfile.TemporaryDirectory() as folder, _database(database, Path(folder)) as (url, server):
            config = Config(instance=Path(folder) / "instance", database_url=url, port=_free_port(), threads=8)
            with _served(config, asked.small) as door:
                print(f"\n## {database}\n")
                _measure(door, config, asked.count)
                if asked.restart and server is not None:
                    _restarted(door, config, asked.count, server)


@contextmanager
def _database(name: str, folder: Path) -> Iterator[tuple[str, Path | None]]:
    if name == "sqlite":
        yield "", None
        return
    folder.chmod(0o755)
    with postgres(folder / "server", is_durable=True) as url:
        yield url, folder / "server"


def _measure(door: Door, config: Config, count: int) -> None:
    idle = _p95([door.staff_page() for _ in range(60)])
    waits, is_over = [], threading.Event()

    def work_on() -> None:
        while not is_over.is_set():
            waits.append(door.staff_page())
            time.sleep(0.05)

    clerk = threading.Thread(target=work_on)
    clerk.start()
    began = time.perf_counter()
    answers = _at_once(50, count, lambda _: door.tell())
    took = time.perf_counter() - began
    is_over.set()
    clerk.join()
    _report(f"{count:,}件，50人同时", answers, config, f"{count / took:.0f} 件/秒")
    busy = _p95(waits)
    print(f"工作人员列表页 p95：空闲 {idle * 1000:.0f} ms，提交时 {busy * 1000:.0f} ms，{busy / idle:.1f} 倍（{len(waits)} 次）")
    _report("200件，同一时刻", _at_once(200, 200, lambda _: door.tell()), config)
    key = str(uuid4())
    repeats = _at_once(20, 100, lambda _: door.tell(key))
    print(f"同一件重发100次：{len({number for _, number in repeats})} 个编号，{_count(config, {number for _, number in repeats})} 行")
    guesses = Counter(_at_once(20, 500, lambda _: door.scan("b" * 20 + uuid4().hex[:6].translate(str.maketrans("0189", "abcd")))))
    print(f"猜码500次：{dict(guesses)}，猜中 {guesses[200]}；真码仍打开：{door.scan(door.token)}")


def _restarted(door: Door, config: Config, count: int, server: Path) -> None:
    """People go on telling while the database is stopped and started again; each phone comes again with its key."""
    threading.Timer(1.0, restart, [server]).start()
    began = time.perf_counter()
    answers = _at_once(50, count, lambda _: door.tell(tries=30))
    _report(f"{count:,}件，中途重启 PostgreSQL", answers, config, f"{time.perf_counter() - began:.0f} 秒")


def _report(what: str, answers: list[tuple[int, str]], config: Config, more: str = "") -> None:
    numbers = [number for status, number in answers if status == 200]
    kept = _count(config, set(numbers))
    print(f"{what}：{dict(Counter(status for status, _ in answers))}，回执 {len(numbers)} 张，不同编号 {len(set(numbers))} 个，库里找到 {kept} 件　{more}")


def _count(config: Config, numbers: set[str]) -> int:
    with _session(config) as session:
        wanted = list(numbers)
        parts = [wanted[i : i + 500] for i in range(0, len(wanted), 500)]
        return sum(session.scalar(select(func.count()).select_from(Appeal).where(Appeal.appeal_no.in_(part))) for part in parts)


def _at_once(people: int, count: int, work: Callable) -> list:
    with ThreadPoolExecutor(people) as crowd:
        return list(crowd.map(work, range(count)))


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


@contextmanager
def _served(config: Config, is_small: bool) -> Iterator[Door]:
    """The demonstration street, or a small one, in a server of its own process."""
    os.environ["DEMO"] = "0" if is_small else "1"
    with _session(config):
        prepare(config, lambda _line: None)
    with _session(config) as session:
        if is_small:
            _one_community(session, config.subdistrict)
        session.add_all(Setting(name=name, label="上限", value=value) for name, value in WIDE.items())
        user, password = session.scalar(select(User).where(User.username == "chuangkou")), new_password()
        user.password_hash, user.must_change_password = hash_password(password), False
        token = session.scalar(select(DoorCode.token).where(DoorCode.is_active.is_(True)).limit(1))
        session.commit()
    environment = os.environ | {
        "INSTANCE": str(config.instance), "DATABASE_URL": config.database_url, "PORT": str(config.port), "DEMO": "0", "THREADS": "8",
    }
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(config.port)
        yield Door(config.port, token, _sign_in(config.port, password))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _one_community(session: Session, code: str) -> None:
    """A community below the sub-district that every installation has, and a code at an entrance."""
    root = session.scalar(select(Area).where(Area.kind == AreaKind.SUBDISTRICT))
    place = Area(kind=AreaKind.COMMUNITY, name="东里社区", code=f"{code}001", full_name="东里社区", parent_id=root.id)
    session.add(place)
    session.flush()
    records.save(session, DoorCode(place="3栋入口", kind=CodePlace.ENTRANCE, area_id=place.id), access.system(code), now())


@contextmanager
def _session(config: Config):
    app = create_app(config)
    with app.app_context():
        yield access.bind(db.session, access.system(config.subdistrict), now())
        db.session.remove()
        db.engine.dispose()


def _sign_in(port: int, password: str) -> str:
    """The cookie of the window clerk."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/sign-in")
    answer = connection.getresponse()
    cookie, page = answer.getheader("Set-Cookie", "").split(";")[0], answer.read().decode()
    sent = urlencode({"username": "chuangkou", "password": password, "csrf_token": _TOKEN.search(page).group(1)})
    connection.request("POST", "/sign-in", sent, {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 302:
        raise RuntimeError(f"/sign-in: {answer.status}")
    return "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError("the server did not come up")


if __name__ == "__main__":
    main()
