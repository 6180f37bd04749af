"""One local PostgreSQL for all workers; each has its own database, copied from a template that
is migrated once. Tests sign in as the application's role, so row-level security is at work."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from config import embedded

# A busy machine is no fault of the code.
hypothesis.settings.register_profile(
    "laskuri", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("laskuri")
TEMPLATE = "laskuri_test_template"
pytest_plugins = ["tests.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-access", action="store_true", help="write tests/isolation/access.csv anew"
    )


def pytest_configure(config: pytest.Config) -> None:
    # Relative to the checkout, so that parallel checkouts do not meet.
    settings.MEDIA_ROOT = embedded.VAR_DIR / "test-documents"
    settings.CELERY_TASK_ALWAYS_EAGER = True
    # Static files are served from where they lie; nothing is collected for a test.
    settings.WHITENOISE_AUTOREFRESH = True


class TestServer:
    """The superuser's view of the local server; tests themselves never see it."""

    __test__ = False

    def __init__(self) -> None:
        self.server = embedded.start(embedded.VAR_DIR / "test-postgres")

    def run(self, statement: sql.SQL | sql.Composed, database: str = "postgres") -> None:
        uri = self.server.get_uri(database)
        with psycopg.connect(uri, autocommit=True) as superuser:
            superuser.execute(statement)

    def connect_as(self, role: str, database: str) -> None:
        info = self.server.get_postmaster_info()
        connection.close()
        connection.settings_dict |= {"NAME": database, "USER": role, "PASSWORD": "", "PORT": ""}
        connection.settings_dict["HOST"] = str(info.socket_dir)
        connection.settings_dict["OPTIONS"] = {"prepare_threshold": None}


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """The names of the databases are made below."""


@pytest.fixture(scope="session")
def database_server() -> TestServer:
    return TestServer()


@pytest.fixture(scope="session")
def django_db_setup(
    database_server: TestServer, django_db_blocker: Any, worker_id: str
) -> Iterator[None]:
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    template, name = f"{TEMPLATE}_{run}", f"laskuri_test_{run}_{worker_id}"
    lock = embedded.VAR_DIR / f"test-template-{run}.lock"
    with django_db_blocker.unblock(), _file_lock(str(lock)):
        if not _exists(database_server, template):
            embedded.make_database(database_server.server, template)
            database_server.connect_as("laskuri_owner", template)
            _let_application_role_in()
            settings.DATABASE_OWNER_URL = None
            call_command("migrate", verbosity=0, skip_checks=True)
            connection.close()
        _make_copy(database_server, name, template)
        database_server.connect_as("laskuri_app", name)
    yield
    with django_db_blocker.unblock():
        connection.close()
    database_server.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    if worker_id in ("master", "gw0"):
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with _file_lock(str(lock)):
            database_server.run(drop.format(sql.Identifier(template)))
        lock.unlink(missing_ok=True)


@contextmanager
def _file_lock(path: str) -> Iterator[None]:
    import fasteners

    with fasteners.InterProcessLock(path):
        yield


def _exists(server: TestServer, name: str) -> bool:
    with psycopg.connect(server.server.get_uri()) as superuser:
        found = superuser.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def _let_application_role_in() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "GRANT USAGE ON SCHEMA public TO laskuri_app;"
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
            " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO laskuri_app;"
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
            " GRANT USAGE, SELECT ON SEQUENCES TO laskuri_app;"
        )


def _make_copy(server: TestServer, name: str, template: str) -> None:
    server.run(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER laskuri_owner").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


@pytest.fixture
def committed_db(
    django_db_setup: None, django_db_blocker: Any, database_server: TestServer
) -> Iterator[None]:
    """For tests whose other processes or threads must see the data; all tables are emptied after.

    Use it instead of the mark `django_db`.
    """
    with django_db_blocker.unblock():
        yield
        connection.close()
    empty_tables(database_server)


def empty_tables(database_server: TestServer) -> None:
    name = connection.settings_dict["NAME"]
    database_server.run(
        sql.SQL("""
            DO $$
            DECLARE names text;
            BEGIN
                SELECT string_agg(format('%I', relname), ', ') INTO names FROM pg_class
                WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                    AND relname NOT IN
                        ('django_migrations', 'django_content_type', 'auth_permission');
                SET session_replication_role = replica;
                EXECUTE 'TRUNCATE ' || names || ' RESTART IDENTITY CASCADE';
            END
            $$;
        """),
        database=name,
    )


warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
