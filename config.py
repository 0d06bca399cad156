"""Settings: defaults here, overridden by the environment; secrets live in instance/ (0600)."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent


@dataclass
class Config:
    """Everything an installation can set. Names of environment variables are upper case."""

    instance: Path = field(default_factory=lambda: Path(os.environ.get("INSTANCE", ROOT / "instance")))
    database_url: str = field(default_factory=lambda: os.environ.get("DATABASE_URL", ""))
    host: str = field(default_factory=lambda: os.environ.get("HOST", "127.0.0.1"))
    port: int = field(default_factory=lambda: int(os.environ.get("PORT", "8000")))
    threads: int = field(default_factory=lambda: int(os.environ.get("THREADS", "8")))
    public_threads: int = field(default_factory=lambda: int(os.environ.get("PUBLIC_THREADS", "2")))
    is_https: bool = field(default_factory=lambda: os.environ.get("HTTPS", "") == "1")
    trusted_hosts: str = field(default_factory=lambda: os.environ.get("TRUSTED_HOSTS", ""))
    public_url: str = field(default_factory=lambda: os.environ.get("PUBLIC_URL", ""))
    """Where residents' phones reach this console, for the codes on doors; by default the address the staff use."""
    subdistrict: str = field(default_factory=lambda: os.environ.get("SUBDISTRICT", "430181002"))
    has_components: bool = field(default_factory=lambda: os.environ.get("COMPONENTS", "") == "1")
    max_upload_bytes: int = 21 * 1024 * 1024  # the largest file, 20 MB, and the form around it
    is_testing: bool = False

    @property
    def url(self) -> str:
        """The database: PostgreSQL by DATABASE_URL, else SQLite in instance/."""
        if not self.database_url:
            return f"sqlite:///{self.instance / 'console.db'}"
        for plain in ("postgresql://", "postgres://"):
            if self.database_url.startswith(plain):
                return "postgresql+psycopg://" + self.database_url[len(plain) :]
        return self.database_url

    def secret(self, name: str, size: int) -> bytes:
        """A random secret kept in instance/<name>, made on first use, readable by its owner only.

        Refuses to go on when others may read the file.
        """
        path = self.instance / name
        self.instance.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if path.stat().st_mode & 0o077:
                raise SystemExit(f"{path} can be read by others; run: chmod 600 {path}") from None
            value = path.read_bytes()
            if len(value) != size:
                raise SystemExit(f"{path} is damaged: {len(value)} bytes instead of {size}") from None
            return value
        with os.fdopen(handle, "wb") as file:
            value = secrets.token_bytes(size)
            file.write(value)
        return value
