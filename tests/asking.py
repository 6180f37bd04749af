"""How many statements a page costs."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def asked_by(client: Client, where: str) -> int:
    """Without those of the test's own savepoint, which no request in earnest has."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(where).status_code == 200
    return sum("SAVEPOINT" not in query["sql"] for query in queries)
