"""Wires everything: the only place that knows all parts. `python app.py` serves the console."""

from __future__ import annotations

from flask import Flask, redirect, url_for

import admin_views
import chief_views
import cli
import public_views
from admin_views import account, guard
from config import Config
from database import configure_sqlite
from formats import files
from extensions import babel, csrf, db, login, migrate
from models import sealed


def create_app(config: Config | None = None) -> Flask:
    """The console as a WSGI app; refuses to start on unsafe settings or wrong declarations."""
    config = config or Config()
    app = Flask(__name__, instance_path=str(config.instance.resolve()))
    files.use_folder(config.instance / "files")
    sealed.use_keys({"1": config.secret("field_key", 64)})
    app.config.update(
        SECRET_KEY=config.secret("secret_key", 32),
        SQLALCHEMY_DATABASE_URI=config.url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(config),
        MAX_CONTENT_LENGTH=config.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        WTF_CSRF_TIME_LIMIT=None,  # the session's own end is the limit
        TESTING=config.is_testing,
        CONSOLE=config,
    )
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            configure_sqlite(db.engine)
    migrate.init_app(app, db, render_as_batch=True)
    babel.init_app(app)
    csrf.init_app(app)
    login.init_app(app, add_context_processor=False)  # pages ask `me`; an error page must not ask the database
    guard.install(app, config)
    account.install(app, config)
    admin_views.install(app)
    guard.open_to_all(public_views.install(app))
    guard.leave_to(chief_views.install(app, config))
    cli.install(app)

    @app.get("/")
    def front():
        return redirect(url_for("admin.index"))

    return app


def _engine_options(config: Config) -> dict:
    hidden = {"hide_parameters": True}  # an error message must not carry what people typed
    if config.url.startswith("sqlite"):
        return {"connect_args": {"timeout": 10}, **hidden}
    return hidden | {
        "pool_pre_ping": True,
        "pool_size": config.threads,
        "pool_use_lifo": True,  # the connection used last knows the statements best
        "max_overflow": 4,
        "connect_args": {
            # Starting a process beside takes longer than any page of a list should.
            "options": "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000 -c max_parallel_workers_per_gather=0"
        },
    }


if __name__ == "__main__":
    cli.start()
