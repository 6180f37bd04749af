from typing import Any

from django.db import transaction

from tenants.audit import changes_to, log
from tenants.models import Tenant, User


@transaction.atomic
def change_settings(tenant: Tenant, *, actor: User, **values: Any) -> Tenant:
    """Change the company's details. Documents posted earlier keep what they were posted with."""
    # Not the key: every row that is written meanwhile refers to it.
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    changes = changes_to(tenant, values)
    if changes:
        tenant.save(update_fields=list(changes))
        log("settings.changed", tenant, actor=actor, changes=changes)
    return tenant
