"""Work that is done for all companies, one after the other."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from tenants.scope import tenant_scope
from tenants.selectors import active_tenant_ids

logger = logging.getLogger(__name__)


class TurnsBroke(Exception):
    """Some companies' work is not done; what broke stands in the log, and the others' is done."""


def for_each_tenant(
    *turns: Callable[[], Any], what: str, then: Callable[[int, Any], Any] | None = None
) -> None:
    """Do each of these in the scope of each active company and by its clock.

    Every turn has a transaction of its own, and what it returns is given to `then` after it, with
    the company's id. What breaks for one company is logged and keeps neither its other turns nor
    the other companies from theirs; in the end TurnsBroke is raised, so that the task has failed.
    """
    broken: dict[int, Exception] = {}
    for tenant_id in active_tenant_ids():
        for turn in turns:
            try:
                with clock_of(tenant_id):
                    with tenant_scope(tenant_id):
                        found = turn()
                    if then is not None and found:
                        then(tenant_id, found)
            except Exception as trouble:
                if _is_database_away(trouble):
                    raise
                logger.exception("The %s of company %s broke", what, tenant_id)
                broken.setdefault(tenant_id, trouble)
    if broken:
        ids = ", ".join(map(str, broken))
        raise TurnsBroke(f"The {what} broke for {ids}") from next(iter(broken.values()))


@contextmanager
def clock_of(tenant_id: int) -> Iterator[None]:
    """Days and hours are the company's own."""
    # By hand: every task asks it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT time_zone FROM tenants_tenant WHERE id = %s", [tenant_id])
        row = cursor.fetchone()
    with timezone.override(row[0] if row else None):
        yield


def _is_database_away(trouble: Exception) -> bool:
    """Then every other company's turn would say the same. A deadlock is one company's."""
    is_its_own = isinstance(trouble, OperationalError | InterfaceError)
    return is_its_own and not connection.is_usable()
