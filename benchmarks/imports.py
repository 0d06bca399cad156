"""`python -m benchmarks.imports`: a roster of 46,608 changed rows, whole, beside the bare read of its file and django-import-export.

    --django PYTHON   an interpreter that has Django and django-import-export (never in our requirements)
    --rows N          a second file with so many new rows, for memory and for how pages answer meanwhile
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import xlsxwriter
from sqlalchemy import select

import worker
from app import create_app
from config import Config
from database import allow_long_work
from extensions import db, now
from models import describe
from models.area import Area
from models.household import Household
from models.residence import Building, ResidentialArea
from models.user import User
from services import access
from services.background import jobs
from services.rosters import imports
from services.colleagues import actor_of

from . import data
from .console import open_app, sign_in

ROUNDS = 3
CLERK = "shujuyuan"
_DJANGO = Path(__file__).with_name("django_import.py")


def main() -> None:
    asked = argparse.ArgumentParser("python -m benchmarks.imports")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "bench")
    asked.add_argument("--django", default="", metavar="PYTHON")
    asked.add_argument("--rows", type=int, default=0)
    given = asked.parse_args()
    store = data.Store(given.folder / "sqlite")
    store.folder.mkdir(parents=True, exist_ok=True)
    seeds = store.seeds(print)
    with tempfile.TemporaryDirectory(prefix="imports-") as place:
        folder = Path(place)
        shutil.copytree(seeds.instance, folder / "console")
        config = Config(instance=folder / "console")
        app = create_app(config)
        with app.app_context():
            allow_long_work(db.engine)
            worker.calm()
            before = _roster(folder / "before.xlsx", False)
            _compare(_roster(folder / "changed.xlsx", True), before, config, given.django)
            if given.rows:
                _large(_new(folder / "new.xlsx", given.rows), config)


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor time of one run, children included."""
    began, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    return time.perf_counter() - began, sum(after[:4]) - sum(before[:4])


def _compare(file: Path, before: Path, config: Config, django: str) -> None:
    bare, plans, applies = [], [], []
    for _ in range(ROUNDS):
        bare.append(_seconds(lambda: _read_bare(file)))
        plan, write = _import(file, config)
        plans.append(plan)
        applies.append(write)
    base = [median(times) for times in zip(*bare, strict=True)]
    print("| 项目 | 用时 s | 处理器 s | 与只读文件相比 | 处理器之比 |\n| --- | --- | --- | --- | --- |")

    def tell(label: str, runs: list[tuple[float, float]]) -> None:
        wall, cpu = (median(times) for times in zip(*runs, strict=True))
        print(f"| {label} | {wall:.2f} | {cpu:.2f} | {wall / base[0]:.1f} | {cpu / base[1]:.1f} |", flush=True)

    for label, runs in (("只用 calamine 读文件", bare), ("读取、核对、预览", plans), ("读取、核对、写入（含日志、检索）", applies)):
        tell(label, runs)
    for label, way in _WAYS if django else ():
        tell(label, [_peer(django, file, before, way)])


_WAYS = (
    ("django-import-export，use_bulk，已有行全部在内存、不比较", "lean"),
    ("django-import-export，use_bulk，其余为默认", "defaults"),
)


def _peer(django: str, file: Path, before: Path, way: str) -> tuple[float, float]:
    """Times of django-import-export on the same rows, as it reports them."""
    told = subprocess.run([django, str(_DJANGO), str(file), str(before), way], check=True, capture_output=True, text=True).stdout
    wall, cpu = map(float, told.split())
    return wall, cpu


def _read_bare(file: Path) -> None:
    from python_calamine import CalamineWorkbook

    for _line in CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).iter_rows():
        pass


def _session():
    return db.session.session_factory()


def _clerk(session):
    access.bind(session, access.system("430181002"), now())
    user = session.scalars(select(User).where(User.username == CLERK)).one()
    return actor_of(session, user.id)


def _import(file: Path, config: Config) -> tuple[tuple[float, float], tuple[float, float]]:
    """Times of the preview and of the import; undone afterwards, so that the next is alike."""
    folder = config.instance / "jobs"

    def wait() -> None:
        jobs.run_waiting(_session, now, folder)

    digest, size = imports.keep(folder / "imports", [file.read_bytes()])
    with _session() as session:
        actor = _clerk(session)
        access.bind(session, actor, now())
        import_id = imports.receive(session, imports.layout_of("household"), file.name, digest, size, actor, now()).id
        session.commit()
    plan = _seconds(wait)
    _answer(import_id, lambda session, kept, actor: imports.confirm(session, kept, kept.digest, kept.sha256, False, False, actor, now()))
    write = _seconds(wait)
    _answer(import_id, lambda session, kept, actor: imports.ask_undo(session, kept, actor, now()))
    wait()
    with _session() as session:
        actor = _clerk(session)
        access.bind(session, actor, now())
        kept = imports.own(session, import_id, actor)
        assert kept.undone_count == (kept.add_count or 0) + (kept.change_count or 0), kept.notice
    return plan, write


def _answer(import_id: str, act) -> None:
    with _session() as session:
        actor = _clerk(session)
        access.bind(session, actor, now())
        act(session, imports.own(session, import_id, actor), actor)
        session.commit()


# ---- the files ----------------------------------------------------------------------


def _roster(file: Path, is_changed: bool) -> Path:
    """The roster as it is, or with another phone, room, number of people and note in each row: 14 columns and a running number."""
    described = describe(Household)
    with _session() as session:
        access.bind(session, access.system("430181002"), now())
        names = {
            "neighborhood": dict(session.execute(select(Area.id, Area.full_name)).all()),
            "residential_area": dict(session.execute(select(ResidentialArea.id, ResidentialArea.name)).all()),
            "building": dict(session.execute(select(Building.id, Building.name)).all()),
        }  # fmt: skip
        rows = session.execute(select(*(d.of(Household) for d in described.values()))).all()
    with xlsxwriter.Workbook(str(file), {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("住户")
        sheet.write_row(0, 0, [*(d.label for d in described.values()), "序号"])
        for number, row in enumerate(rows, 1):
            values = dict(zip(described, row, strict=True))
            if is_changed:
                values |= {"mobile": f"139{number:08d}", "member_count": (values["member_count"] or 0) % 49 + 1, "note": f"第{number}次核对", "room_no": str(number % 900)}
            for column, (name, value) in enumerate(values.items()):
                value = names[name].get(value) if name in names else getattr(value, "label", value)
                if value is not None:
                    sheet.write(number, column, value)
            sheet.write(number, len(values), number)
    return file


def _new(file: Path, count: int) -> Path:
    """So many households that are not there yet."""
    with xlsxwriter.Workbook(str(file), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("住户")
        sheet.write_row(0, 0, ["户号", "户主", "联系电话", "门牌地址", "居住状态", "人口数", "单元", "楼层", "室号", "备注"])
        for n in range(1, count + 1):
            sheet.write_row(n, 0, [f"X{n:08d}", f"户主{n % 9973}", f"138{n % 10**8:08d}", f"新城路{n}号", "自住", n % 9 + 1, str(n % 4 + 1), n % 30, str(n % 900), f"备注{n}"])
    return file


# ---- a million rows -----------------------------------------------------------------


def _large(file: Path, config: Config) -> None:
    """Memory of each process, and how pages answer while the worker (a process of its own) imports."""
    browser = sign_in(open_app(config), CLERK)

    def page() -> float:
        began = time.perf_counter()
        browser.get("/admin/household/")
        return time.perf_counter() - began

    idle = [page() for _ in range(100)]
    resident = _resident(os.getpid())
    digest, size = imports.keep(config.instance / "jobs" / "imports", _pieces(file))
    with _session() as session:
        actor = _clerk(session)
        access.bind(session, actor, now())
        import_id = imports.receive(session, imports.layout_of("household"), file.name, digest, size, actor, now()).id
        session.commit()
    environment = os.environ | {"INSTANCE": str(config.instance)}
    process = subprocess.Popen([sys.executable, "-m", "flask", "--app", "app", "worker"], env=environment)
    peaks, busy, is_over = {"worker": 0.0, "child": 0.0}, [], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.2):
            peaks["worker"] = max(peaks["worker"], _resident(process.pid))
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            peaks["child"] = max([peaks["child"], *(_resident(int(child)) for child in children)])

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.perf_counter()
    for step in ("preview", "apply"):
        while _is_open(import_id):
            busy.append(page())
            time.sleep(0.05)
        print(f"{step}: {time.perf_counter() - began:.0f} s", flush=True)
        if step == "preview":
            _answer(import_id, lambda session, kept, actor: imports.confirm(session, kept, kept.digest, kept.sha256, False, False, actor, now()))
    is_over.set()
    watcher.join()
    process.terminate()
    process.wait()
    with _session() as session:
        actor = _clerk(session)
        access.bind(session, actor, now())
        kept = imports.own(session, import_id, actor)
        print(f"新增 {kept.add_count:,}，导入时间 {kept.applied_at}，{kept.notice or ''}")
    print(f"解析进程 {peaks['child']:,.0f} MB，后台进程 {peaks['worker']:,.0f} MB，页面进程 {resident:,.0f} → {_resident(os.getpid()):,.0f} MB")
    print(f"页面 p95：空闲 {_p95(idle) * 1000:.0f} ms，导入时 {_p95(busy) * 1000:.0f} ms（{len(busy)} 次），比值 {_p95(busy) / _p95(idle):.2f}")


def _pieces(file: Path):
    with file.open("rb") as content:
        while piece := content.read(1 << 20):
            yield piece


def _is_open(import_id: str) -> bool:
    from models.job import Job

    with _session() as session:
        session.connection(execution_options={"only_reads": True})  # the worker may hold the one write lock
        actor = _clerk(session)
        access.bind(session, actor, now())
        kept = imports.own(session, import_id, actor)
        return session.get(Job, (kept.subdistrict_id, kept.job_id)).status in jobs.OPEN


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _resident(pid: int) -> float:
    try:
        line = next(s for s in Path(f"/proc/{pid}/status").read_text().splitlines() if s.startswith("VmRSS"))
    except (OSError, StopIteration):
        return 0.0
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
