"""Word to PDF through LibreOffice where it is installed: a child process with a time limit."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

_TIMEOUT = 60
_one_at_a_time = threading.Lock()


class NoPdf(Exception):
    """The conversion did not work."""


def program() -> str | None:
    """Where LibreOffice lies, or None when it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def of(document: bytes) -> bytes:
    """A Word document as PDF; raises `NoPdf` without LibreOffice, or when it fails or takes too long."""
    office = program()
    if office is None:
        raise NoPdf
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="paper-") as name:
        folder = Path(name)
        (folder / "paper.docx").write_bytes(document)
        # A profile of its own: the program would wait for another instance of the same profile.
        command = [
            office, "--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--convert-to", "pdf:writer_pdf_Export", "--outdir", name, str(folder / "paper.docx"),
        ]  # fmt: skip
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "SYSTEMROOT") if key in os.environ}
        try:
            subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=False, env=kept | {"HOME": name})
        except subprocess.TimeoutExpired:
            raise NoPdf from None
        result = folder / "paper.pdf"
        if not result.exists():
            raise NoPdf
        return result.read_bytes()
