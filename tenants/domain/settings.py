from typing import Any

from django.db import transaction

from tenants.audit import log
from tenants.models import Tenant, User


@transaction.atomic
def change_settings(tenant: Tenant, *, actor: User, **values: Any) -> Tenant:
    """Change the company's details. Documents posted earlier keep what they were posted with."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    changes = {
        name: [getattr(tenant, name), value]
        for name, value in values.items()
        if getattr(tenant, name) != value
    }
    if not changes:
        return tenant
    for name, (_old, new) in changes.items():
        setattr(tenant, name, new)
    tenant.save(update_fields=list(changes))
    readable = {name: [str(old), str(new)] for name, (old, new) in changes.items()}
    log("settings.changed", tenant, actor=actor, changes=readable)
    return tenant
