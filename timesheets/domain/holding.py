"""Who writes many hours at once takes turns.

Drafting, posting, discarding, locking and changing several entries each lock rows in an order of
their own, that of their indexes. Two of them meeting on the same hours would wait for each other.
"""

from django.db import connection

from tenants.scope import current_tenant_id


def hold_hours() -> None:
    """Let nobody else of the tenant write many hours until the transaction ends.

    After documents and before payments, people, counters and books. It may be taken again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('timesheets.hours', %s))",
            [current_tenant_id()],
        )
