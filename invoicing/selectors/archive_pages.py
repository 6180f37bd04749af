"""One page of the archive without reading all of it.

The first fifty rows come from the index that the list is sorted by, which stops there. Counting and
adding up has to read everything that the filters let through, so a long list is shown first and
counted in a request of its own. What few documents match is neither: it is looked for in one pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import QuerySet

from invoicing.selectors.conditions import AmongKeys
from tenants.scope import current_tenant_id

# So many documents are counted and summed up in a few milliseconds.
FEW = 5000
# Where fewer than one of so many match, walking along a sorted index takes longer than one pass.
RARE = 200


def is_small() -> bool:
    """Whether the whole archive is; and, for this transaction, the price of reading an index.

    With PostgreSQL's own, which is that of a turning disk, it sums up two hundred thousand
    documents from their wide rows and not from the index that has all that is summed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('random_page_cost', '1.1', true), NOT EXISTS ("
            " SELECT FROM invoicing_documentindex WHERE tenant_id = %s"
            " ORDER BY invoice_id LIMIT 1 OFFSET %s)",
            [current_tenant_id(), FEW],
        )
        found: bool = cursor.fetchone()[1]
    return found


def narrowed(rows: QuerySet[Any]) -> QuerySet[Any] | None:
    """The same rows by their keys, when a sample says that they are few; else None."""
    sample = _sample()
    alike = rows.order_by().filter(AmongKeys("invoice_id", sample)).count()
    if alike * RARE > len(sample):
        return None
    with one_pass():
        keys = rows.order_by().aggregate(keys=ArrayAgg("invoice_id", default=[]))["keys"]
    return rows.filter(AmongKeys("invoice_id", keys)) if len(keys) <= FEW else None


@contextmanager
def one_pass() -> Iterator[None]:
    """Read texts as they lie in the table.

    Each index begins with the tenant, and the tenant's rows lie together; from that PostgreSQL
    concludes that all of an index lies in the order of the table. It would fetch two hundred
    thousand pages through one, to read sixteen thousand.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        yield
        cursor.execute("SET LOCAL enable_indexscan TO DEFAULT")


def _sample() -> list[int]:
    """Forty short walks through the tenant's documents."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(array_agg(found.invoice_id), '{}') FROM ("
            " SELECT min(invoice_id) AS low, max(invoice_id) AS high"
            " FROM invoicing_documentindex WHERE tenant_id = %(tenant)s) AS ends,"
            " LATERAL generate_series(low, high, greatest((high - low) / 40, 1)) AS step,"
            " LATERAL (SELECT invoice_id FROM invoicing_documentindex"
            " WHERE tenant_id = %(tenant)s AND invoice_id >= step"
            " ORDER BY invoice_id LIMIT 25) AS found",
            {"tenant": current_tenant_id()},
        )
        keys: list[int] = cursor.fetchone()[0]
    return keys
