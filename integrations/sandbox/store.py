"""JSON documents and files by kind, company and number in one SQLite file."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from integrations.sandbox.web import dump

type Document = dict[str, Any]

KEPT_REQUESTS = 2000

SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL,
    company TEXT NOT NULL,
    id INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, company, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (
    kind TEXT NOT NULL,
    company TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (kind, company)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (
    company TEXT NOT NULL,
    id INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE TABLE IF NOT EXISTS token (
    value TEXT PRIMARY KEY,
    company TEXT NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS subject (
    company TEXT NOT NULL,
    document INTEGER NOT NULL,
    request INTEGER NOT NULL REFERENCES request ON DELETE CASCADE,
    PRIMARY KEY (company, document, request)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS subject_request ON subject (request);
COMMIT;
"""


@lru_cache(maxsize=20_000)
def decoded(text: str) -> Document:
    """A document of `Store.texts`, for who changes nothing of it: made once of the same text."""
    document: Document = json.loads(text)
    return document


class Store:
    """One connection behind a lock; `transaction` makes several steps one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(
            folder / "sandbox.sqlite3", isolation_level=None, check_same_thread=False, timeout=20
        )
        # SQLite's own lower() knows no letters beyond ASCII.
        self._db.create_function("fold", 1, _fold, deterministic=True)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def next_number(self, kind: str, company: str, first: int) -> int:
        with self._lock:
            (value,) = self._db.execute(
                "INSERT INTO counter VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
                [kind, company, first],
            ).fetchone()
        return int(value)

    def put(self, kind: str, company: str, document: Document) -> None:
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?)",
                [kind, company, document["id"], dump(document)],
            )

    def get(self, kind: str, company: str, number: int) -> Document | None:
        found = self.find(kind, company, [("id = ?", number)])
        return found[0] if found else None

    def remove(self, kind: str, company: str, number: int) -> None:
        with self._lock:
            self._db.execute(
                "DELETE FROM document WHERE kind = ? AND company = ? AND id = ?",
                [kind, company, number],
            )

    def find(
        self,
        kind: str,
        company: str,
        conditions: Sequence[tuple[str, Any]] = (),
        *,
        order: str = "id DESC",
        limit: int = -1,
        offset: int = 0,
    ) -> list[Document]:
        """Conditions and order are our own SQL; values are bound. A list is bound with `IN`."""
        found = self.texts(kind, company, conditions, order=order, limit=limit, offset=offset)
        return [json.loads(body) for body in found]

    def texts(
        self,
        kind: str,
        company: str,
        conditions: Sequence[tuple[str, Any]] = (),
        *,
        order: str = "id DESC",
        limit: int = -1,
        offset: int = 0,
    ) -> list[str]:
        """The same as JSON, for who remembers what it made of one."""
        where, values = _where(kind, company, conditions)
        with self._lock:
            rows = self._db.execute(
                f"SELECT body FROM document WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
                [*values, limit, offset],
            ).fetchall()
        return [body for (body,) in rows]

    def newest(self, kind: str, *, limit: int, offset: int = 0) -> list[Document]:
        """Of all companies."""
        with self._lock:
            rows = self._db.execute(
                "SELECT company, body FROM document WHERE kind = ?"
                " ORDER BY json_extract(body, '$.created') DESC, id DESC LIMIT ? OFFSET ?",
                [kind, limit, offset],
            ).fetchall()
        return [{**json.loads(body), "company": company} for company, body in rows]

    def count(self, kind: str, company: str, conditions: Sequence[tuple[str, Any]] = ()) -> int:
        where, values = _where(kind, company, conditions)
        with self._lock:
            row = self._db.execute(
                f"SELECT count(*) FROM document WHERE {where}",  # noqa: S608
                values,
            ).fetchone()
        return int(row[0])

    def put_file(self, company: str, number: int, content: bytes) -> None:
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?)", [company, number, content]
            )

    def file(self, company: str, number: int) -> bytes | None:
        with self._lock:
            row = self._db.execute(
                "SELECT content FROM file WHERE company = ? AND id = ?", [company, number]
            ).fetchone()
        return None if row is None else bytes(row[0])

    def remove_file(self, company: str, number: int) -> None:
        with self._lock:
            self._db.execute("DELETE FROM file WHERE company = ? AND id = ?", [company, number])

    def put_token(self, value: str, company: str, document: Document) -> None:
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO token VALUES (?, ?, ?)", [value, company, dump(document)]
            )

    def token(self, value: str) -> tuple[str, Document] | None:
        with self._lock:
            row = self._db.execute(
                "SELECT company, body FROM token WHERE value = ?", [value]
            ).fetchone()
        return None if row is None else (row[0], json.loads(row[1]))

    def remove_tokens(self, value: str | None = None) -> None:
        with self._lock:
            if value is None:
                self._db.execute("DELETE FROM token")
            else:
                self._db.execute("DELETE FROM token WHERE value = ?", [value])

    def keep_request(self, request: Document, company: str, documents: Sequence[int]) -> None:
        with self.transaction():
            cursor = self._db.execute("INSERT INTO request (body) VALUES (?)", [dump(request)])
            self._db.executemany(
                "INSERT OR IGNORE INTO subject VALUES (?, ?, ?)",
                [(company, document, cursor.lastrowid) for document in documents],
            )
            oldest = (cursor.lastrowid or 0) - KEPT_REQUESTS
            self._db.execute("DELETE FROM request WHERE id <= ?", [oldest])

    def requests(self, *, limit: int, before: int | None = None) -> list[Document]:
        with self._lock:
            rows = self._db.execute(
                "SELECT id, body FROM request WHERE ? IS NULL OR id < ? ORDER BY id DESC LIMIT ?",
                [before, before, limit],
            ).fetchall()
        return [{**json.loads(body), "id": number} for number, body in rows]

    def request(self, number: int) -> Document | None:
        found = self.requests(limit=1, before=number + 1)
        return found[0] if found and found[0]["id"] == number else None

    def requests_about(self, company: str, document: int) -> list[Document]:
        with self._lock:
            rows = self._db.execute(
                "SELECT request.id, body FROM subject JOIN request ON request.id = subject.request"
                " WHERE company = ? AND document = ? ORDER BY request.id",
                [company, document],
            ).fetchall()
        return [{**json.loads(body), "id": number} for number, body in rows]

    def clear(self) -> None:
        with self.transaction():
            for table in ("subject", "request", "token", "file", "counter", "document"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 (our own names)


def _where(kind: str, company: str, conditions: Sequence[tuple[str, Any]]) -> tuple[str, list[Any]]:
    parts, values = ["kind = ?", "company = ?"], [kind, company]
    for text, value in conditions:
        if isinstance(value, list):
            parts.append(f"{text} IN ({', '.join('?' * len(value))})")
            values.extend(value)
        else:
            parts.append(text)
            values.append(value)
    return " AND ".join(parts), values


def _fold(text: str | None) -> str:
    return (text or "").casefold()
