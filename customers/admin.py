from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from customers.custom_admin import CustomFieldsAdmin
from customers.models import Contact, Customer, CustomerGroup, CustomField, Project
from tenants.admin_base import (
    ReadOnlyAdmin,
    TenantModelAdmin,
    TenantTabularInline,
    tenant_admin,
)
from tenants.billing_terms_forms import TERMS_FIELDS


class TermsLastAdmin(CustomFieldsAdmin):
    """The columns of the billing terms stand before a model's own ones; here they go last."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return sorted(super().get_fields(request, obj), key=TERMS_FIELDS.__contains__)


class ContactInline(TenantTabularInline):
    model = Contact


@admin.register(Customer, site=tenant_admin)
class CustomerAdmin(TermsLastAdmin):
    custom_target = "customer"
    page_url_name = "customers:customer_detail"
    list_display = ["number", "name", "business_id", "city", "country", "email", "is_active"]
    list_display_links = ["number", "name"]
    list_filter = ["is_active", "language", "currency"]
    search_fields = ["number", "name", "business_id", "vat_id", "email", "city"]
    autocomplete_fields = ["tax_rate", "group"]
    inlines = [ContactInline]

    def get_readonly_fields(self, request: object, obj: Customer | None = None) -> list[str]:
        """Hours are priced in it; the customer's page changes it where there are none."""
        return ["currency"] if obj is not None else []


@admin.register(CustomerGroup, site=tenant_admin)
class CustomerGroupAdmin(TenantModelAdmin):
    list_display = ["name"]
    search_fields = ["name"]


@admin.register(Contact, site=tenant_admin)
class ContactAdmin(TenantModelAdmin):
    list_display = ["name", "customer", "email", "phone", "gets_invoices"]
    list_filter = ["gets_invoices"]
    list_select_related = ["customer"]
    search_fields = ["name", "email", "customer__name"]
    autocomplete_fields = ["customer"]


@admin.register(Project, site=tenant_admin)
class ProjectAdmin(TermsLastAdmin):
    custom_target = "project"
    page_url_name = "customers:project_detail"
    list_display = ["name", "number", "customer", "manager", "is_billable", "is_active"]
    list_filter = ["is_active", "is_billable"]
    list_select_related = ["customer", "manager"]
    search_fields = ["name", "number", "customer__name", "order_reference"]
    autocomplete_fields = ["customer", "manager", "tax_rate"]

    def get_readonly_fields(self, request: object, obj: Project | None = None) -> list[str]:
        """A project stays with its customer: hours and documents were made for them."""
        return ["customer"] if obj is not None else []


@admin.register(CustomField, site=tenant_admin)
class CustomFieldAdmin(ReadOnlyAdmin):
    """Changes of a field go with its stored values: the settings make them."""

    list_display = ["label", "target", "name", "kind", "is_required", "is_printed", "is_active"]
    list_filter = ["target", "kind", "is_active"]
    search_fields = ["name", "label"]
