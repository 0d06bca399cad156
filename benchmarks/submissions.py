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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from benchmarks import crowd
from benchmarks.crowd import Answer
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
_START = 0.5  # seconds until the crowd's process is there
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Door:
    """A served console: where it listens, codes that hang somewhere, and somebody's cookie."""

    port: int
    tokens: list[str]
    cookie: str

    def tell(self, people: int, count: int, key: str = "", tries: int = 1) -> tuple[list[Answer], float]:
        return crowd.at_once(self.port, people, crowd.letters(self.tokens, count, key), tries)

    def staff_page(self) -> float:
        """Seconds one of the staff waits for the list of appeals."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", PAGE, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{PAGE}: {answer.status}")
        return time.perf_counter() - began


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
    door.tell(4, 40)  # so that what is read once has been read
    idle = _p95([door.staff_page() for _ in range(100)])
    waits, is_over = [], threading.Event()

    def work_on() -> None:
        while not is_over.is_set():
            waits.append(door.staff_page())
            time.sleep(0.05)

    clerk = threading.Thread(target=work_on)
    clerk.start()
    answers, took = door.tell(50, count)
    is_over.set()
    clerk.join()
    _report(f"{count:,}件，50人同时", answers, config, f"{count / took:.0f} 件/秒，居民等待 p95 {_p95([s for _, _, s in answers]) * 1000:.0f} ms")
    busy = _p95(waits)
    print(f"工作人员列表页 p95：空闲 {idle * 1000:.0f} ms，提交时 {busy * 1000:.0f} ms，{busy / idle:.1f} 倍（{len(waits)} 次）")
    answers, took = door.tell(50, count)
    _report(f"{count:,}件，50人同时，没有工作人员", answers, config, f"{count / took:.0f} 件/秒")
    _report("200件，同一时刻", door.tell(200, 200)[0], config)
    answers, _ = door.tell(20, 100, key=str(uuid4()))
    numbers = {number for _, number, _ in answers}
    print(f"同一件重发100次：{dict(Counter(status for status, _, _ in answers))}，{len(numbers)} 个编号，库里 {_count(config, numbers)} 件")
    guessed = ["b" * 20 + uuid4().hex[:6].translate(str.maketrans("0189", "abcd")) for _ in range(500)]
    guesses = Counter(status for status, _, _ in crowd.at_once(door.port, 20, crowd.scans(guessed))[0])
    print(f"猜码500次：{dict(guesses)}，猜中 {guesses[200]}；真码仍打开：{crowd.at_once(door.port, 1, crowd.scans(door.tokens[:1]))[0][0][0]}")


def _restarted(door: Door, config: Config, count: int, server: Path) -> None:
    """People go on telling while the database is stopped and started again; each phone comes again with its key."""
    threading.Timer(1.0 + _START, restart, [server]).start()
    answers, took = door.tell(50, count, tries=30)
    _report(f"{count:,}件，中途重启 PostgreSQL", answers, config, f"{took:.0f} 秒")


def _report(what: str, answers: list[Answer], config: Config, more: str = "") -> None:
    numbers = [number for status, number, _ in answers if status == 200]
    kept = _count(config, set(numbers))
    print(f"{what}：{dict(Counter(status for status, _, _ in answers))}，回执 {len(numbers)} 张，不同编号 {len(set(numbers))} 个，库里找到 {kept} 件　{more}")


def _count(config: Config, numbers: set[str]) -> int:
    with _session(config) as session:
        wanted = list(numbers)
        parts = [wanted[i : i + 500] for i in range(0, len(wanted), 500)]
        return sum(session.scalar(select(func.count()).select_from(Appeal).where(Appeal.appeal_no.in_(part))) for part in parts)


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
        tokens = session.scalars(select(DoorCode.token).where(DoorCode.is_active.is_(True)).order_by(DoorCode.token).limit(100)).all()
        session.commit()
    environment = os.environ | {
        "INSTANCE": str(config.instance), "DATABASE_URL": config.database_url, "PORT": str(config.port), "DEMO": "0", "THREADS": "8",
    }
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(config.port)
        yield Door(config.port, tokens, _sign_in(config.port, password))
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
