"""One line of JSON for each request and error: ids only, never names, numbers, queries or bodies."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from flask import Flask, g, request

from config import Config

_log = logging.getLogger("console.requests")


class JsonLines(logging.Formatter):
    """Each record on one line, so that no text can pass for a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname, "message": record.getMessage(),
        }  # fmt: skip
        for name in ("method", "path", "status", "milliseconds", "user", "reference"):
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def install(app: Flask, config: Config) -> None:
    if not config.is_testing:
        write_to(app, config.instance / "log" / "console.log")
    app.before_request(_start)
    app.after_request(_write)


def write_to(app: Flask, path: Path) -> None:
    """What this process logs goes to this file from now on; each process has one of its own, because files are rolled over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=10_000_000, backupCount=5, encoding="utf-8", delay=True)
    handler.setFormatter(JsonLines())
    for logger in (app.logger, logging.getLogger("console")):
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)


def _start() -> None:
    g.started = time.perf_counter()


def _write(response):
    if request.endpoint != "static":
        took = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000)
        _log.info("request", extra={
            "method": request.method, "path": request.path, "status": response.status_code,
            "milliseconds": took, "user": g.get("user_id"),
        })  # fmt: skip
    return response
