from tenants.models import Tenant
from tenants.selectors import active_tenant_ids
from tests.factories import TenantFactory


def test_a_company_that_is_switched_off_is_left_alone(db: None) -> None:
    on = TenantFactory()
    off = TenantFactory()
    Tenant.objects.filter(pk=off.pk).update(is_active=False)
    assert active_tenant_ids() == [on.pk]
