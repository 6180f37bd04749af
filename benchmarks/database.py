"""A database of its own, made for the run and dropped after it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from config import embedded

DATABASE = "laskuri_bench"


@contextmanager
def own_database() -> Iterator[str]:
    """Name it in the environment; gives the superuser's address, for filling tables fast."""
    embedded.write_local_env()
    server = embedded.start(embedded.VAR_DIR / "bench-postgres")
    _drop(server.get_uri())
    embedded.make_database(server, DATABASE)
    os.environ["DATABASE_URL"] = embedded.url(server, "laskuri_app", DATABASE)
    os.environ["DATABASE_OWNER_URL"] = embedded.url(server, "laskuri_owner", DATABASE)
    try:
        yield server.get_uri(DATABASE)
    finally:
        _drop(server.get_uri())


def _drop(address: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with psycopg.connect(address, autocommit=True) as superuser:
        superuser.execute(statement.format(sql.Identifier(DATABASE)))
