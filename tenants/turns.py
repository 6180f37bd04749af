"""Work that is done for all companies, one after the other."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.utils import timezone

from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.selectors import active_tenant_ids

logger = logging.getLogger(__name__)


def for_each_tenant(work: Callable[[], Any], *, what: str) -> None:
    """In the scope of each active company and by its clock. What breaks for one of them is logged:
    the others shall not wait for its mend."""
    zones = dict(Tenant.objects.values_list("pk", "time_zone"))
    for tenant_id in active_tenant_ids():
        try:
            with timezone.override(zones[tenant_id]), tenant_scope(tenant_id):
                work()
        except OperationalError:
            raise  # the database is away
        except Exception:
            logger.exception("The %s of company %s broke", what, tenant_id)
