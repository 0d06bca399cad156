"""Commands of the console, and `start`: from a bare checkout to a served console in one step."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC
from pathlib import Path

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

import doors
import worker
from config import ROOT, Config
from extensions import db, now
from models.user import User
from processes import calm, kept
from services import access
from services.background import upkeep
from services.errors import Refused

Report = Callable[[str], None]
SIGN_INS = "first-sign-ins.txt"
_seed = AppGroup("seed", help="装入数据：基础代码与区划，或示例街道。")


def install(app: Flask) -> None:
    """Give `flask --app app` the project's own commands."""
    app.cli.add_command(_seed)
    app.cli.add_command(print_flow)
    app.cli.add_command(worker.worker_command)
    app.cli.add_command(doors.residents_command)
    app.cli.add_command(worker.nightly_command)


@_seed.command("base")
def seed_base() -> None:
    """装入代码表、期限和真实区划；可以重复运行。"""
    _load_base(_config(), click.echo)


@_seed.command("demo")
@click.option("--scale", default=1, show_default=True, type=click.IntRange(min=1), help="街道的个数")
@click.option("--seed", default=1, show_default=True, help="随机数种子；相同的种子得到相同的数据")
def seed_demo(scale: int, seed: int) -> None:
    """装入示例街道（虚构数据）。"""
    try:
        accounts = _seed_demo(_config(), scale, seed, click.echo)
    except Refused as no:
        raise click.ClickException(str(no)) from None
    _keep(_config(), accounts, click.echo)


@click.command("print-flow")
def print_flow() -> None:
    """把所有流程表写到 docs/flow.md，供业务人员审阅。"""
    from services.flows import print_all

    (ROOT / "docs" / "flow.md").write_text(print_all(), encoding="utf-8")
    click.echo("已写入 docs/flow.md")


def start() -> None:
    """Bring the database up to date, fill it when it is new, and serve."""
    from app import create_app

    started = time.monotonic()
    os.umask(0o077)  # the database, the log and uploads are for this user's eyes only
    config = Config()
    app = create_app(config)
    server = doors.server(app, config)  # before the long work, so that a taken port is known at once
    with app.app_context():
        prepare(config, _say)
    _say(f"启动用时 {time.monotonic() - started:.1f} 秒")
    _say(f"控制台：{_url(config)}    （按 Ctrl+C 停止）")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # let requests in hand end
    with kept("worker"), doors.residents_beside(server):
        calm()
        server.run()


def prepare(config: Config, report: Report) -> None:
    """Migrate, load what every installation needs, and fill a new database; safe to repeat."""
    report("正在检查数据库结构……")
    flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    _load_base(config, report)
    if not _is_new(config):
        kept = config.instance / SIGN_INS
        if kept.exists():
            report(f"首次登录用的账号见 {_shown(kept)}（已改过的密码以新密码为准）")
    elif os.environ.get("DEMO") == "0":
        _keep(config, _first_accounts(config), report)
    else:
        report("数据库是空的，正在装入示例街道（虚构数据；不需要时用 DEMO=0 启动）……")
        _keep(config, _seed_demo(config, 1, 1, report), report)
    with _system_session(config) as session:
        upkeep.analyse(session)
        session.commit()


def _config() -> Config:
    return current_app.config["CONSOLE"]


def _say(line: str) -> None:
    print(line, flush=True)


def _system_session(config: Config, subdistrict: str | None = None) -> Session:
    """A new session of the program itself; the caller commits and closes it."""
    return access.bind(db.session.session_factory(), access.system(subdistrict or config.subdistrict), now())


def _load_base(config: Config, report: Report) -> None:
    from seeds.base import load_base

    with _system_session(config) as session:
        load_base(session, report)
        session.commit()


def _is_new(config: Config) -> bool:
    with _system_session(config) as session:
        return session.scalar(select(User.id).limit(1)) is None


def _seed_demo(config: Config, scale: int, seed: int, report: Report) -> Sequence:
    from seeds.run import seed_demo

    return seed_demo(
        lambda subdistrict: _system_session(config, subdistrict), now=now(), first=config.subdistrict,
        scale=scale, seed=seed, report=report,
    )  # fmt: skip


def _first_accounts(config: Config) -> Sequence:
    from seeds.accounts import create_accounts

    with _system_session(config) as session:
        accounts = create_accounts(session, now())
        session.commit()
    return accounts


def _keep(config: Config, accounts: Sequence, report: Report) -> None:
    """Write the first passwords to a file that only its owner can read, and show them once."""
    if not accounts:
        return
    rows = [("登录名", "初始密码", "角色", "姓名"), *((a.username, a.password, a.role_name, a.name) for a in accounts)]
    lines = ["  ".join(_padded(cell, column, rows) for column, cell in enumerate(row)).rstrip() for row in rows]
    path = config.instance / SIGN_INS
    path.unlink(missing_ok=True)
    made = now().astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join([f"首次登录账号（{made}）；改过的密码以新密码为准，看完请删除本文件", *lines]) + "\n")
    report("\n".join(["", *lines, "", f"以上账号已存入 {_shown(path)}（仅本机当前用户可读）", ""]))


def _padded(cell: str, column: int, rows: Sequence[Sequence[str]]) -> str:
    """A cell filled with spaces to the width of its column; a Chinese character is two wide."""
    return cell + " " * (max(_width(row[column]) for row in rows) - _width(cell))


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.resolve().is_relative_to(Path.cwd()) else str(path)


def _url(config: Config) -> str:
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::", "*") else config.host
    return f"http://{host}:{config.port}/"
