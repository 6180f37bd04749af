from django.contrib import admin

from catalog.models import TaxRate
from tenants.admin_base import TenantModelAdmin, tenant_admin


@admin.register(TaxRate, site=tenant_admin)
class TaxRateAdmin(TenantModelAdmin):
    list_display = [
        "name", "percent", "category", "revenue_account", "tax_account", "valid_from", "valid_to",
        "is_default",
    ]  # fmt: skip
    list_filter = ["category", "is_default"]
    search_fields = ["name", "revenue_account", "tax_account"]
