from tenants.models import Tenant


def active_tenant_ids() -> list[int]:
    """Those whose work goes on by itself; a company that is switched off waits as it is."""
    return list(Tenant.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
