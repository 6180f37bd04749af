"""One local PostgreSQL for all workers; each has its own database, copied from a template that
is migrated once and kept until a migration changes. Tests sign in as the application's role, so
row-level security is at work."""

import gc
import hashlib
import os
import warnings
from collections.abc import Callable, Iterator
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

# A busy machine is no fault of the code. Whoever works here tries new examples with each run; what
# decides on a change is the same each time.
hypothesis.settings.register_profile(
    "laskuri",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
hypothesis.settings.load_profile("laskuri")
TEMPLATE = "laskuri_test_template"
COPIES = "laskuri_test_filled"
WHAT_MIGRATES = (
    "uv.lock", "tenants/rls.py", "config/roles.sql", "core/migrating.py",
    "tenants/management/commands/migrate.py",
)  # fmt: skip
pytest_plugins = ["tests.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-access", action="store_true", help="write tests/isolation/access.csv anew"
    )
    parser.addoption(
        "--write-pictures", action="store_true", help="write tests/documents/pictures anew"
    )


def pytest_configure(config: pytest.Config) -> None:
    # Relative to the checkout, so that parallel checkouts do not meet.
    settings.MEDIA_ROOT = embedded.VAR_DIR / "test-documents"
    # Of each worker its own: tests empty it, and would take what another one has just counted.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    settings.CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": embedded.VAR_DIR / "test-cache" / worker,
    }
    settings.CELERY_TASK_ALWAYS_EAGER = True
    # One that nobody could guess takes a third of a second, also for a password that is wrong.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Static files are served from where they lie; nothing is collected for a test.
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: looking through it again and again for what nobody
    refers to any more took a tenth of all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class TestServer:
    """The superuser's view of the local server; tests themselves never see it."""

    __test__ = False

    def __init__(self) -> None:
        self.server = embedded.start(embedded.VAR_DIR / "test-postgres")
        # Nothing in it has to outlive a power cut.
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            self.run(sql.SQL("ALTER SYSTEM SET {} TO off").format(sql.Identifier(name)))
        self.run(sql.SQL("SELECT pg_reload_conf()"))

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

    def fill_once(self, what: str, fill: Callable[[], object]) -> None:
        """Fill the worker's empty database: one worker of the run does, the others copy its."""
        own, kept = connection.settings_dict["NAME"], f"{COPIES}_{what}_{_run()}"
        with _file_lock(str(embedded.VAR_DIR / f"test-{what}.lock")):
            found = _databases(self, f"{COPIES}_{what}_")
            if kept in found:
                connection.close()
                self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(own)))
                _make_copy(self, own, kept)
                return
            for outdated in found:
                self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(outdated)))
            fill()
            connection.close()
            _make_copy(self, kept, own)


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
    name = f"laskuri_test_{_run()}_{worker_id}"
    with (
        django_db_blocker.unblock(),
        _file_lock(str(embedded.VAR_DIR / "test-template.lock")),
    ):
        _make_copy(database_server, name, _template(database_server))
        database_server.connect_as("laskuri_app", name)
    yield
    with django_db_blocker.unblock():
        connection.close()
    database_server.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _run() -> str:
    """The same in all workers of one run."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]


def _template(server: TestServer) -> str:
    """The name of the migrated database; it is made where what migrates was changed."""
    name = f"{TEMPLATE}_{_digest_of_migrations()}"
    found = _databases(server, TEMPLATE)
    if name in found:
        return name
    for outdated in found:
        server.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(outdated)))
    unfinished = f"{TEMPLATE}_unfinished"
    embedded.make_database(server.server, unfinished)
    server.connect_as("laskuri_owner", unfinished)
    _let_application_role_in()
    settings.DATABASE_OWNER_URL = None
    call_command("migrate", verbosity=0, skip_checks=True)
    connection.close()
    server.run(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(unfinished), sql.Identifier(name)
        )
    )
    return name


def _digest_of_migrations() -> str:
    """Of all that they are made of: our own, the packages', roles and helpers."""
    files = [
        *settings.BASE_DIR.glob("*/migrations/*.py"),
        *(settings.BASE_DIR / name for name in WHAT_MIGRATES),
    ]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _file_lock(path: str) -> Iterator[None]:
    import fasteners

    with fasteners.InterProcessLock(path):
        yield


def _databases(server: TestServer, begin: str) -> set[str]:
    """Those whose names begin so."""
    with psycopg.connect(server.server.get_uri()) as superuser:
        found = superuser.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [begin]
        )
        return {name for (name,) in found}


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
            DECLARE
                name text;
                is_filled boolean;
                filled text[];
            BEGIN
                -- Who still holds a row then has broken the test that left it so; nobody waits on.
                PERFORM set_config('lock_timeout', '30s', true);
                -- Emptying all of them, most of them empty, would take longer than most tests.
                FOR name IN SELECT relname FROM pg_class
                    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                        AND relname NOT IN
                            ('django_migrations', 'django_content_type', 'auth_permission')
                LOOP
                    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO is_filled;
                    IF is_filled THEN
                        filled := filled || format('%I', name);
                    END IF;
                END LOOP;
                SET session_replication_role = replica;
                FOREACH name IN ARRAY coalesce(filled, '{}') LOOP
                    EXECUTE 'DELETE FROM ' || name;
                END LOOP;
            END
            $$;
        """),
        database=name,
    )


warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
