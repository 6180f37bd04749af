from django.contrib import admin

from catalog.models import Product, ProductName, ProductPrice, TaxRate
from tenants.admin_base import (
    ReadOnlyAdmin,
    TenantModelAdmin,
    TenantTabularInline,
    tenant_admin,
)


@admin.register(TaxRate, site=tenant_admin)
class TaxRateAdmin(TenantModelAdmin):
    list_display = [
        "name", "code", "percent", "category", "revenue_account", "tax_account", "valid_from",
        "valid_to", "is_default",
    ]  # fmt: skip
    list_filter = ["category", "is_default"]
    search_fields = ["name", "code", "revenue_account", "tax_account"]


class ProductNameInline(TenantTabularInline):
    model = ProductName
    fields = ["language", "name"]


class ProductPriceInline(TenantTabularInline):
    model = ProductPrice
    fields = ["currency", "unit_price"]


@admin.register(Product, site=tenant_admin)
class ProductAdmin(TenantModelAdmin):
    list_display = ["number", "name", "unit", "unit_price", "currency", "account", "is_active"]
    list_filter = ["is_active", "unit"]
    search_fields = ["number", "name", "names__name", "account"]
    autocomplete_fields = ["tax_rate"]
    inlines = [ProductNameInline, ProductPriceInline]


@admin.register(ProductName, site=tenant_admin)
class ProductNameAdmin(ReadOnlyAdmin):
    list_display = ["product", "language", "name"]
    list_select_related = ["product"]
    search_fields = ["name", "product__number", "product__name"]


@admin.register(ProductPrice, site=tenant_admin)
class ProductPriceAdmin(ReadOnlyAdmin):
    list_display = ["product", "currency", "unit_price"]
    list_select_related = ["product"]
    search_fields = ["currency", "product__number", "product__name"]
