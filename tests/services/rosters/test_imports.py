"""A file handed in is read, matched, planned, confirmed, written whole, and taken back whole."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from formats import child
from models.area import Area
from models.audit import AccessEvent, AuditEvent
from models.codes import AuditVerb, JobStatus
from models.household import Household, HouseholdMember
from models.job import Job
from models.neighbor import Chief
from models import sealed
from models.residence import ResidentialArea
from models.roster_import import RosterImport
from services import access
from services.background import jobs
from services.keeping import audit, custom
from services.rosters.decisions import Decision, Held
from services.rosters.planning import Planner
from services.rosters import columns, importing, imports
from services.errors import Conflict, Missing, Refused
from services.lists.listing import Listing
from services.lists import indexing
from services.lists.queries import Query
from services.keeping.records import save
from tests.support.builders import build_user, build_world

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HEAD = ["户号", "户主", "联系电话", "所属邻", "门牌地址"]
once = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # where the database cannot matter
EAST = "东里社区/第1片/第1组/第1邻"


class Office(Session):
    """The program's session, opened anew by the worker and by each request."""


for _part in (access, audit, indexing, custom):
    _part.install(Office)


class Desk:
    """One person who imports, and the worker behind the scenes."""

    def __init__(self, engine, folder: Path):
        self.engine, self.folder, self.now = engine, folder, NOW

    def session(self) -> Session:
        return Office(self.engine, autoflush=False)

    def open(self) -> Session:
        return access.bind(self.session(), self.actor, self.now)

    def upload(self, *lines, head=HEAD, name="住户.csv", roster="household", content: bytes | None = None) -> str:
        text = "\n".join(",".join("" if cell is None else str(cell) for cell in line) for line in (head, *lines))
        digest, size = imports.keep(self.folder / "imports", [content or text.encode()])
        with self.open() as session:
            kept = imports.receive(session, imports.layout_of(roster), name, digest, size, self.actor, self.now)
            session.commit()
            import_id = kept.id
        self.work()
        return import_id

    def work(self) -> None:
        jobs.run_waiting(self.session, lambda: self.now, self.folder)

    def kept(self, import_id: str) -> RosterImport:
        with self.open() as session:
            found = imports.find(session, import_id, self.actor)
            session.expunge(found)
            return found

    def counts(self, import_id: str) -> tuple:
        kept = self.kept(import_id)
        return kept.add_count, kept.change_count, kept.same_count, kept.conflict_count, kept.error_count

    def do(self, act, *arguments) -> None:
        import_id, *rest = arguments
        with self.open() as session:
            act(session, imports.own(session, import_id, self.actor), *rest, self.actor, self.now)
            session.commit()
        self.work()

    def confirm(self, import_id: str, takes=False, skips=False) -> RosterImport:
        kept = self.kept(import_id)
        self.do(imports.confirm, import_id, kept.digest, kept.sha256, takes, skips)
        return self.kept(import_id)

    def marked(self, import_id: str) -> io.BytesIO:
        """The workbook with its errors marked, as the worker makes it."""
        with self.open() as session:
            job = imports.ask_marked(session, imports.own(session, import_id, self.actor), self.actor, self.now)
            session.commit()
            job_id = job.id
        self.work()
        with self.open() as session:
            assert session.get(Job, (self.actor.subdistrict_id, job_id)).problem is None
        return io.BytesIO((self.folder / "kept" / job_id).read_bytes())

    def undo(self, import_id: str) -> RosterImport:
        self.do(imports.ask_undo, import_id)
        return self.kept(import_id)

    def one(self, number: str) -> Household:
        with self.open() as session:
            return session.scalars(select(Household).where(Household.household_no == number)).one()

    def numbers(self) -> list[str]:
        with self.open() as session:
            return list(session.scalars(select(Household.household_no).order_by(Household.household_no)))

    def change(self, number: str, **values) -> None:
        """Somebody else changes a household a minute later."""
        self.now += timedelta(minutes=1)
        with access.bind(self.session(), access.system("430181002"), self.now) as session:
            row = session.scalars(select(Household).where(Household.household_no == number)).one()
            for name, value in values.items():
                setattr(row, name, value)
            save(session, row, session.info["actor"], self.now)
            session.commit()


@pytest.fixture
def desk(engine, tmp_path):
    from tests.conftest import _KEY, _empty

    sealed.use_keys({"1": _KEY})
    desk = Desk(engine, tmp_path)
    with access.bind(desk.session(), access.system("430181002"), NOW) as session:
        build_world(session)
        user = build_user(session, "clerk", ["personal:name", "import:all", *(f"household:{a}" for a in ("view", "create", "edit", "import")), "area:create", "residential_area:create", "chief:import", "chief:create", "chief:edit"], is_scoped=False)
        session.commit()
        desk.actor = access.actor_of(user, None)
        session.connection().execute(update(Household.__table__).values(updated_at=NOW - timedelta(days=30)))
        session.commit()
    desk.now = NOW + timedelta(minutes=5)
    yield desk
    _empty(engine)


# ---- from the file to the records ---------------------------------------------------


def test_an_import_adds_changes_and_leaves_alone_and_can_be_undone(desk):
    done = desk.upload(["H001", "甲某某", "13900000009", EAST, "东里社区1号"], ["H002", "乙某某"], ["N1", "癸某某", None, EAST, "新路1号"])
    assert (desk.counts(done), desk.numbers()) == ((1, 1, 1, 0, 0), ["H001", "H002"])
    kept = desk.confirm(done)
    assert kept.applied_at is not None and kept.notice is None
    assert (desk.numbers(), desk.one("H001").mobile, desk.one("N1").version) == (["H001", "H002", "N1"], "13900000009", 1)
    kept = desk.undo(done)
    assert (kept.undone_count, kept.left) == (2, None)
    assert (desk.numbers(), desk.one("H001").mobile) == (["H001", "H002"], "13800000001")


def test_everything_written_and_taken_back_is_in_the_trail(desk):
    done = desk.upload(["H001", "甲某某", "13900000009"], ["N1", "癸某某", None, EAST, "新路1号"])
    desk.confirm(done)
    desk.undo(done)
    with desk.open() as session:
        told = session.execute(select(AuditEvent.verb, AuditEvent.entity, AuditEvent.user_name).where(AuditEvent.user_id == desk.actor.user_id)).all()
    assert sorted(verb.value for verb, _, _ in told) == ["bulk", "bulk", "create", "delete", "revert", "update"]
    assert {entity for _, entity, _ in told} == {"household"}


@once
def test_numbers_and_phones_lie_sealed_in_record_trail_and_preview(desk, engine):
    done = desk.upload(["H001", "甲某某", "13900000009"])
    desk.confirm(done)
    with engine.connect() as connection:
        told = [str(list(row)) for table in (Household, AuditEvent, RosterImport) for row in connection.exec_driver_sql(f"SELECT * FROM {table.__tablename__}")]
    assert not any("13900000009" in row for row in told)
    assert "139****0009" in str(desk.kept(done).preview)


def test_what_was_written_in_sets_is_found_by_search(desk):
    desk.confirm(desk.upload(["N1", "癸某某", None, EAST, "柳荫街8号"]))
    with desk.open() as session:
        found = Listing(session, Household, desk.actor).page(replace(Query(), search="柳荫街", page_size=20), ["household_no"], {})
    assert [row.values["household_no"] for row in found.rows] == ["N1"]


def test_rows_changed_or_used_since_are_named_and_kept(desk):
    done = desk.upload(["H001", "甲某某", "13900000009"], ["H002", "乙某某", "13900000008"], ["N1", "癸某某", None, EAST, "新路1号"], ["N2", "丑某某", None, EAST, "新路2号"])
    desk.confirm(done)
    desk.change("H001", mobile="13700000000")
    with access.bind(desk.session(), access.system("430181002"), desk.now) as session:
        session.add(HouseholdMember(household_id=desk.one("N1").id, name="小癸"))
        session.commit()
    kept = desk.undo(done)
    assert (kept.undone_count, desk.one("H001").mobile, desk.one("H002").mobile, desk.numbers()) == (2, "13700000000", "13800000001", ["H001", "H002", "N1"])
    assert sorted(kept.left) == [["住户 甲某某 东里社区1号", "“联系电话”之后又改过"], ["住户 癸某某 新路1号", "已有家庭成员用到它"]]


@once
def test_an_import_is_undone_once(desk):
    done = desk.upload(["H001", "甲某某", "13900000009"])
    desk.confirm(done)
    desk.undo(done)
    with pytest.raises(Refused, match="已经撤销过"):
        desk.undo(done)


# ---- errors -------------------------------------------------------------------------


@once
def test_a_wrong_cell_is_named_by_its_address_and_nothing_can_be_written(desk):
    done = desk.upload(["H001", "甲某某", "13800"], ["N1", "癸某某", None, EAST, "新路1号"])
    assert desk.kept(done).preview["problems"] == [[2, 2, "C2", "联系电话", "****00", "手机号码应为11位数字，以1开头，例如13800000000"]]
    with pytest.raises(Refused, match="还有1行有误"):
        desk.confirm(done)


@once
def test_the_other_rows_come_in_when_the_person_says_so(desk):
    done = desk.upload(["H001", "甲某某", "13800"], ["N1", "癸某某", None, EAST, "新路1号"])
    kept = desk.confirm(done, skips=True)
    assert (kept.add_count, kept.error_count, desk.numbers(), desk.one("H001").mobile) == (1, 1, ["H001", "H002", "N1"], "13800000001")


def test_a_household_that_comes_again_without_a_number_is_known_by_its_door_and_head(desk):
    new, known = [None, "癸某某", "13900000006", EAST, "新路1号"], [None, "甲某某", "13900000009", EAST, "东里社区1号"]
    done = desk.upload(new, known)
    assert desk.counts(done) == (1, 1, 0, 0, 0)
    desk.confirm(done)
    assert (desk.one("H001").mobile, len(desk.numbers())) == ("13900000009", 3)
    assert desk.counts(desk.upload(new, known)) == (0, 0, 2, 0, 0)


@once
def test_two_rows_of_one_door_and_head_without_numbers_are_named(desk):
    row = [None, "癸某某", None, EAST, "新路1号"]
    done = desk.upload(row, [*row[:2], "13900000009", *row[3:]])
    assert [problem[5] for problem in desk.kept(done).preview["problems"]] == ["与第2行的“门牌地址、户主”相同，请只保留一行；确是两条的，请填上户号"]


@once
def test_what_the_rules_will_refuse_is_named_before(desk):
    done = desk.upload(["N1", "甲某某", None, EAST, "东里社区1号"])
    assert [problem[3:] for problem in desk.kept(done).preview["problems"]] == [["门牌地址", "东里社区1号", "这个门牌地址已有同名户主，户号H001，请核对是否重复；确是另一户请把门牌写得更细"]]


def test_rules_that_look_at_one_row_are_tried_and_leave_nothing(desk):
    done = desk.upload(["癸", "13800000021", "2025-01-01", "2024-01-01", EAST], head=["姓名", "联系电话", "任职日期", "卸任日期", "任职区域"], roster="chief")
    assert [problem[3:] for problem in desk.kept(done).preview["problems"]] == [["卸任日期", "2024-01-01", "卸任日期不能早于任职日期"]]
    with desk.open() as session:
        assert session.scalar(select(func.count()).select_from(Chief)) == 0


@once
def test_a_file_that_is_no_sheet_gets_a_sentence(desk):
    kept = desk.kept(desk.upload(name="名册.xlsx", content=b"PK\x03\x04 broken"))
    assert (kept.notice[:10], kept.digest) == ("这个文件读不出来，可", None)


@once
def test_without_the_permission_to_add_nothing_is_planned(desk):
    with access.bind(desk.session(), access.system("430181002"), NOW) as session:
        from models.user import Role, User

        role = session.get(User, desk.actor.user_id).role_id
        session.get(Role, role).permissions = ["personal:name", "household:import", "household:view"]
        session.commit()
    done = desk.upload(["N1", "癸某某", None, EAST, "新路1号"])
    assert (desk.kept(done).notice[:12], desk.kept(done).digest) == ("您的角色不能新增住户，这", None)


# ---- columns ------------------------------------------------------------------------


@once
def test_a_choice_of_columns_is_remembered_for_the_next_file(desk):
    head = ["编号", "户主", "家里电话", "门牌地址"]
    first = desk.upload(["H001", "甲某某", "13900000009", "东里社区1号"], head=head)
    kept = desk.kept(first)
    assert (kept.columns, kept.digest) == ({"1": "head_name", "3": "address"}, kept.digest)
    desk.do(imports.match, first, "", 1, 1, {0: "household_no", 1: "head_name", 2: "mobile", 3: "address"})
    second = desk.kept(desk.upload(["H002", "乙某某", "13900000008", "西里社区1号"], head=head))
    assert second.columns == {"0": "household_no", "1": "head_name", "2": "mobile", "3": "address"}
    assert second.change_count == 1


@once
@pytest.mark.parametrize("entity, labels, names", [
    (Household, ["户主", "手机号", "身份证号"], ["head_name", "mobile", "head_id_number"]), (Chief, ["姓名", "手机"], ["name", "mobile"]),
])  # fmt: skip
def test_the_one_telephone_of_a_roster_is_known_by_what_offices_call_it(session, entity, labels, names):
    assert list(columns.matched(session, entity, labels).values()) == names


@once
def test_two_columns_for_one_thing_are_refused(desk):
    done = desk.upload(["H001", "甲某某"])
    with pytest.raises(Refused, match="有两列都对应“户主”"):
        desk.do(imports.match, done, "", 1, 1, {0: "head_name", 1: "head_name"})


@once
def test_another_row_of_headings_can_be_chosen(desk):
    book = Workbook()
    for line in (["甲", "乙", "丙"], ["户号", "户主", "联系电话"], ["H001", "甲某某", "13900000009"]):
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    done = desk.upload(name="a.xlsx", content=file.getvalue())
    assert desk.kept(done).heading_row == 2
    desk.do(imports.match, done, "Sheet", 1, 1, {})
    assert desk.kept(done).heading_row == 1


# ---- others at the same time --------------------------------------------------------


def test_what_somebody_changed_after_the_upload_is_a_conflict_and_kept(desk):
    done = desk.upload(["H001", "甲某某", "13900000009"], ["H002", "乙某某", "13900000008"])
    desk.change("H001", mobile="13700000000")
    kept = desk.confirm(done)
    assert kept.applied_at is None and kept.notice.startswith("您看过预览之后")
    assert (desk.counts(done), desk.one("H002").mobile) == ((0, 1, 0, 1, 0), "13800000001")
    desk.confirm(done)
    assert [desk.one(n).mobile for n in ("H001", "H002")] == ["13700000000", "13900000008"]


@once
def test_a_conflict_is_decided_for_the_sheet_when_the_person_says_so(desk):
    done = desk.upload(["H001", "甲某某", "13900000009"])
    desk.change("H001", mobile="13700000000")
    desk.confirm(done)
    desk.confirm(done, takes=True)
    assert desk.one("H001").mobile == "13900000009"


@once
def test_two_imports_over_each_other_lose_nothing(desk):
    first, second = (desk.upload(["H001", "甲某某", phone]) for phone in ("13900000001", "13900000002"))
    desk.now += timedelta(minutes=1)
    desk.confirm(first)
    kept = desk.confirm(second)
    assert (kept.applied_at, kept.conflict_count, desk.one("H001").mobile) == (None, 1, "13900000001")


@once
def test_an_old_preview_cannot_be_confirmed(desk):
    done = desk.upload(["H001", "甲某某", "13900000009"])
    with pytest.raises(Conflict):
        desk.do(imports.confirm, done, "0" * 64, desk.kept(done).sha256, False, False)


# ---- whole or not at all ------------------------------------------------------------


@once
def test_others_may_save_while_a_confirmed_sheet_is_read_and_planned(desk, monkeypatch):
    done = desk.upload(["H001", "甲某某", "13900000009"])
    settle = Planner.settle

    def meanwhile(planner, rows):
        desk.change("H002", mobile="13700000002")
        return settle(planner, rows)

    monkeypatch.setattr(Planner, "settle", meanwhile)
    assert desk.confirm(done).applied_at is not None
    assert (desk.one("H001").mobile, desk.one("H002").mobile) == ("13900000009", "13700000002")


@once
def test_a_row_changed_between_plan_and_writing_stops_the_import(desk, monkeypatch):
    done = desk.upload(["H001", "甲某某", "13900000009"])
    ready = importing._ready

    def changed_then(*arguments):
        found = ready(*arguments)
        desk.change("H001", mobile="13700000001")
        return found

    monkeypatch.setattr(importing, "_ready", changed_then)
    kept = desk.confirm(done)
    assert (kept.applied_at, kept.conflict_count, desk.one("H001").mobile) == (None, 1, "13700000001")
    assert "别人也修改了" in kept.notice


@pytest.mark.parametrize("where", ["_trail", "_update", "bare"])
@once
def test_cut_off_while_writing_nothing_is_half_done_and_the_job_says_so(desk, monkeypatch, where):
    done = desk.upload(["H001", "甲某某", "13900000009"], ["N1", "癸某某", None, EAST, "新路1号"])

    def dies(*_others):
        raise RuntimeError("cut off")

    monkeypatch.setattr(importing.imports.RosterLayout.write.__globals__["writing"], where, dies)
    kept = desk.confirm(done)
    with desk.open() as session:
        job = session.get(Job, (kept.subdistrict_id, kept.job_id))
        assert (job.status, bool(job.problem)) == (JobStatus.FAILED, True)
        assert session.scalar(select(func.count()).where(AuditEvent.verb == AuditVerb.UPDATE)) == 0
    assert (kept.applied_at, desk.numbers(), desk.one("H001").mobile) == (None, ["H001", "H002"], "13800000001")
    monkeypatch.undo()
    assert desk.confirm(done).applied_at is not None


UNDONE = [
    "begun", "the file being read", "half planned", "planned", "first rows without their trail", "first rows without their index",
    "half written", "in the second half", "all rows written", "all but the end of the job", "all and the end of the job", "before the commit",
]  # fmt: skip


def killed(desk: Desk, point: str) -> str:
    """Confirm a changed row and 2,000 new ones, and kill the worker with -9 at a point; returns the import."""
    rows = [["H001", "甲某某", "13900000009"], *([f"N{n:04d}", "癸某某", None, EAST, f"新路{n}号"] for n in range(2000))]
    done = desk.upload(*rows)
    kept = desk.kept(done)
    with desk.open() as session:
        imports.confirm(session, imports.own(session, done, desk.actor), kept.digest, kept.sha256, False, False, desk.actor, desk.now)
        session.commit()
    url, mark = desk.engine.url.render_as_string(hide_password=False), desk.folder / "halted"
    command = [sys.executable, "-m", "tests.support.halting_worker", url, str(desk.folder), desk.now.isoformat(), point]
    with subprocess.Popen(command, cwd=ROOT) as process:
        end = time.monotonic() + 30
        while not mark.exists():
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.02)
        process.kill()
    return done


def job_of(desk: Desk, import_id: str) -> tuple[JobStatus, str | None]:
    """How the last job of an import stands, once its worker has not been heard of for a minute."""
    desk.now += timedelta(minutes=1)
    desk.work()
    with desk.open() as session:
        return session.execute(select(Job.status, Job.problem).where(Job.id == desk.kept(import_id).job_id)).one()


def written(desk: Desk) -> tuple[int, str, int]:
    """How many households there are, the telephone of the changed one, and how many entries the trail has of the clerk."""
    with desk.open() as session:
        trail = session.scalar(select(func.count()).where(AuditEvent.user_id == desk.actor.user_id))
    return len(desk.numbers()), desk.one("H001").mobile, trail


def check_killed_at(desk: Desk, point: str) -> None:
    """Nothing is written, the job says so, and it can be done again."""
    done = killed(desk, point)
    assert (written(desk), desk.kept(done).applied_at) == ((2, "13800000001", 0), None)
    assert job_of(desk, done) == (JobStatus.FAILED, "处理中途被打断（例如停电、重启或内存不足），没有完成，请重新提交")
    assert (desk.confirm(done).notice, written(desk)) == (None, (2002, "13900000009", 2002))


@once
@pytest.mark.parametrize("point", UNDONE)
def test_killed_before_the_commit_nothing_is_half_done(desk, point):
    check_killed_at(desk, point)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("point", ["half planned", "half written", "before the commit"])
def test_killed_before_the_commit_nothing_is_half_done_in_postgresql_either(desk, point):
    check_killed_at(desk, point)


def test_killed_after_the_commit_everything_is_written_once_and_the_job_is_done(desk):
    done = killed(desk, "after the commit")
    assert (written(desk), desk.kept(done).add_count) == ((2002, "13900000009", 2002), 2000)
    assert job_of(desk, done) == (JobStatus.DONE, None)
    assert written(desk) == (2002, "13900000009", 2002)


@once
def test_when_only_the_process_that_reads_the_file_is_killed_nothing_is_written_and_the_job_says_so(desk, monkeypatch):
    done = desk.upload(["H001", "甲某某", "13900000009"])
    begun = child.Child.__init__

    def dies(self, process):
        begun(self, process)
        process.kill()

    monkeypatch.setattr(child.Child, "__init__", dies)
    desk.confirm(done)
    assert (desk.one("H001").mobile, job_of(desk, done)[0]) == ("13800000001", JobStatus.FAILED)


# ---- the history and the kept file --------------------------------------------------


@once
def test_only_the_importer_and_those_with_permission_see_an_import(desk):
    done = desk.upload(["H001", "甲某某"])
    with desk.open() as session:
        stranger = replace(desk.actor, user_id="0190a6ee-0000-7000-8000-000000000000", permissions=frozenset({"household:import"}))
        with pytest.raises(Missing):
            imports.find(session, done, stranger)
        with pytest.raises(Refused, match="只有导入的人"):
            imports.own(session, done, replace(stranger, permissions=frozenset({"import:all"})))


@once
def test_a_kept_file_is_removed_when_its_time_is_over_unless_a_newer_import_has_it(desk):
    first = desk.upload(["H001", "甲某某"])
    desk.now += timedelta(days=60)
    second = desk.upload(["H001", "甲某某"])
    desk.now += timedelta(days=40)
    with desk.open() as session:
        assert imports.forget_old(session, desk.folder / "imports", desk.now) == 0
        session.commit()
    assert desk.kept(first).removed_at is not None and desk.kept(second).removed_at is None
    desk.now += timedelta(days=60)
    with desk.open() as session:
        assert imports.forget_old(session, desk.folder / "imports", desk.now) == 1
        session.commit()
    with pytest.raises(Missing, match="已过保留期限"):
        imports.path_of(desk.folder / "imports", desk.kept(second))


@once
def test_a_download_of_a_kept_file_is_noted(desk):
    done = desk.upload(["H001", "甲某某"])
    with desk.open() as session:
        imports.fetched(session, imports.find(session, done, desk.actor), "原文件")
        session.commit()
        assert session.scalars(select(AccessEvent.detail)).all() == ["下载导入的原文件：住户.csv"]


# ---- the file with its errors marked ------------------------------------------------


@once
def test_the_workbook_comes_back_with_the_wrong_cells_marked_and_everything_else_as_it_was(desk):
    book = Workbook()
    for line in (["住户表"], HEAD, ["H001", "甲某某", "13800", EAST, "东里社区1号"], ["N1", "癸某某", None, "无此邻", "=1+1"]):
        book.active.append(line)
    book.active["E4"] = "新路1号"
    book.active["A1"].font = Font(bold=True)
    file = io.BytesIO()
    book.save(file)
    done = desk.upload(name="住户.xlsx", content=file.getvalue())
    sheet = load_workbook(desk.marked(done)).active
    comments = {cell.coordinate: cell.comment.text for row in sheet for cell in row if cell.comment}
    assert comments == {
        "C3": "手机号码应为11位数字，以1开头，例如13800000000", "D4": "没有找到这个区域，请填区域的“全称”或“编码”",
    }  # fmt: skip
    assert (sheet["C3"].value, sheet["C3"].fill.fgColor.rgb, sheet["A1"].font.bold, sheet["A2"].fill.fill_type) == ("13800", "FFF4B6B1", True, None)


@once
def test_an_old_format_comes_back_as_a_workbook_with_marks(desk):
    done = desk.upload(["H001", "甲某某", "13800"])
    sheet = load_workbook(desk.marked(done)).active
    assert ([c.value for c in sheet[2]][:3], sheet["C2"].comment.text[:8]) == (["H001", "甲某某", "13800"], "手机号码应为11")


# ---- the wide roster of the three chiefs --------------------------------------------

WIDE = "村社区,小区,片,片长,电话,组,组长,电话,邻,邻长,电话,户主,门牌,电话".split(",")


def wide(number: int, **facts) -> list:
    """A row of the wide roster: household `number` of the first neighbourhood of a new sector, unless told otherwise."""
    given = {
        "community": "东里社区", "estate": "柳荫苑", "sector": "第2片", "a": "片甲", "ap": "13900000001", "group": "第1组", "b": "组乙",
        "bp": "13900000002", "near": "第1邻", "c": "邻丙", "cp": "13900000003", "head": f"户{chr(0x4E00 + number)}", "door": f"{number}号",
        "phone": f"138{number:08d}",
    }  # fmt: skip
    return list((given | facts).values())


def tree(desk) -> dict:
    with desk.open() as session:
        return {
            "areas": session.execute(select(Area.full_name, Area.code).where(Area.name == "第2片")).all(),
            "chiefs": sorted(session.execute(select(Chief.name, Chief.mobile, Chief.ended_on, Area.full_name).join(Chief.area)).all(), key=str),
            "homes": sorted(session.execute(select(Household.head_name, Household.address, Household.mobile, Area.full_name).join(Household.neighborhood)).all()),
            "estates": session.scalars(select(ResidentialArea.name)).all(),
        }  # fmt: skip


def test_one_wide_sheet_builds_areas_chiefs_residential_areas_and_households(desk):
    done = desk.upload(wide(1), wide(2), wide(3, near="第2邻", c="邻丁", cp="13900000004"), head=WIDE, roster="three_chiefs")
    assert desk.counts(done) == (12, 0, 0, 0, 0)  # a sector, a group, 2 neighbourhoods, 4 chiefs, an estate, 3 households
    assert desk.confirm(done).applied_at is not None
    found = tree(desk)
    assert found["areas"] == [("东里社区/第2片", "430181002001.002")]
    assert [(c[0], c[1], c[3]) for c in found["chiefs"]] == [
        ("片甲", "13900000001", "东里社区/第2片"), ("组乙", "13900000002", "东里社区/第2片/第1组"),
        ("邻丁", "13900000004", "东里社区/第2片/第1组/第2邻"), ("邻丙", "13900000003", "东里社区/第2片/第1组/第1邻"),
    ]  # fmt: skip
    assert [home for home in found["homes"] if home[1] in ("柳荫苑2号", "柳荫苑3号")] == [
        ("户丂", "柳荫苑2号", "13800000002", "东里社区/第2片/第1组/第1邻"), ("户七", "柳荫苑3号", "13800000003", "东里社区/第2片/第1组/第2邻"),
    ]  # fmt: skip
    assert found["estates"] == ["柳荫苑"]


def test_a_wide_sheet_that_comes_back_changes_only_what_is_new_and_is_undone_whole(desk):
    before = tree(desk)
    first = desk.upload(wide(1), wide(2), head=WIDE, roster="three_chiefs")
    desk.confirm(first)
    again = desk.upload(wide(1, ap="13900000009"), wide(2, ap="13900000009", head="户新", phone="13700000000"), head=WIDE, roster="three_chiefs")
    assert desk.counts(again) == (0, 2, 1, 0, 0)  # the phone of a chief; the head of a household; one household as it was
    desk.confirm(again)
    found = tree(desk)
    assert ("户新", "柳荫苑2号", "13700000000", "东里社区/第2片/第1组/第1邻") in found["homes"]
    assert ("片甲", "13900000009", None, "东里社区/第2片") in found["chiefs"]
    desk.undo(again)
    assert desk.undo(first).left is None
    assert tree(desk) == before


@once
def test_another_person_in_a_post_is_a_change_of_person(desk):
    desk.confirm(desk.upload(wide(1), head=WIDE, roster="three_chiefs"))
    desk.confirm(desk.upload(wide(1, c="邻新", cp="13900000008"), head=WIDE, roster="three_chiefs"))
    assert [(c[0], c[2] is None) for c in tree(desk)["chiefs"] if c[3].endswith("第1邻")] == [("邻丙", False), ("邻新", True)]


@once
def test_what_is_wrong_in_a_wide_sheet_is_named_by_its_cell(desk):
    lines = [wide(1), wide(2, c="邻丁", cp="13900000004"), wide(3, community="无此社区"), wide(4, group=None), wide(5, bp="139"), wide(6, near="第3邻", c="邻戊", cp=None), wide(7, phone="4.30181E+17")]
    done = desk.upload(*lines, head=WIDE, roster="three_chiefs")
    assert [(p[2], p[5]) for p in desk.kept(done).preview["problems"]] == [
        ("J3", "东里社区/第2片/第1组/第1邻的邻长与第2行写的不一样，请改成一致"),
        ("A4", "没有这个村社区，请核对名称；新的村社区先在“区域”里新增"),
        ("F5", "请填写组"), ("H6", "手机号码应为11位数字，以1开头，例如13800000000"), ("K7", "请填写邻长电话"),
        ("N8", "Excel 把长号码变成了数字，后几位已丢失。请把这一列设为“文本”格式，再对照原件重新填写"),
    ]  # fmt: skip


@once
def test_places_in_a_wide_sheet_are_known_in_whatever_width_they_are_typed(desk):
    desk.confirm(desk.upload(wide(1), head=WIDE, roster="three_chiefs"))
    again = desk.upload(wide(1, sector="第２片", group=" 第 1 组", near="第１邻", estate="柳荫 苑"), wide(2, sector="第２片"), head=WIDE, roster="three_chiefs")
    assert desk.counts(again) == (1, 0, 1, 0, 0)  # one household more, nothing else


def test_portions_beyond_those_in_memory_come_back_from_a_file_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("services.rosters.decisions._HELD", 1)
    held = Held(tmp_path / "ready")
    for number in (1, 2, 3):
        held.add([Decision(number, {"name": f"第{number}行"}, None, [])])
    assert [(d.number, d.values["name"]) for some in held.taken() for d in some] == [(1, "第1行"), (2, "第2行"), (3, "第3行")]
