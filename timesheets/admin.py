from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from customers.custom_admin import CustomFieldsAdmin
from customers.custom_forms import PREFIX
from tenants.admin_base import ReadOnlyAdmin, TenantModelAdmin, tenant_admin
from tenants.roles import Permission
from timesheets.models import (
    BillingState,
    Charge,
    ComponentPrice,
    EntryTag,
    HoursLock,
    HoursReminder,
    OwnTerms,
    Package,
    PackageComponent,
    Rate,
    Receipt,
    ServiceOrder,
    ServiceOrderCounter,
    ServiceOrderPhoto,
    Subscription,
    SubscriptionFee,
    Tag,
    Task,
    TermsToFollow,
    TimeEntry,
    TimeImport,
    UsageCharge,
    UsageImport,
    UsageMapping,
    UsageProblem,
    UsageRecord,
)


@admin.register(Task, site=tenant_admin)
class TaskAdmin(CustomFieldsAdmin):
    changed_with = Permission.SET_RATES
    custom_target = "task"
    list_display = ["name", "project", "is_billable", "is_active"]
    list_filter = ["is_active", "is_billable"]
    list_select_related = ["project"]
    search_fields = ["name", "project__name"]
    autocomplete_fields = ["project"]


@admin.register(Tag, site=tenant_admin)
class TagAdmin(ReadOnlyAdmin):
    """They are changed, merged and deleted on their own page, which looks at the hours."""

    page_url_name = "timesheets:tag_edit"
    list_display = ["name", "colour", "is_active", "merged_into"]
    list_filter = ["is_active", "colour"]
    list_select_related = ["merged_into"]
    search_fields = ["name"]


@admin.register(EntryTag, site=tenant_admin)
class EntryTagAdmin(ReadOnlyAdmin):
    list_display = ["tag", "time_entry"]
    list_select_related = ["tag", "time_entry"]
    search_fields = ["tag__name", "time_entry__description"]


@admin.register(Rate, site=tenant_admin)
class RateAdmin(TenantModelAdmin):
    changed_with = Permission.SET_RATES
    list_display = [
        "amount", "currency", "customer", "project", "task", "member", "start_date", "end_date",
    ]  # fmt: skip
    list_filter = ["currency"]
    list_select_related = ["customer", "project", "task", "member"]
    search_fields = ["customer__name", "project__name", "task__name", "member__name"]
    autocomplete_fields = ["customer", "project", "task", "member"]


@admin.register(TimeEntry, site=tenant_admin)
class TimeEntryAdmin(CustomFieldsAdmin):
    """Corrections of open hours. Whose, where and when is changed on the page of hours, which
    looks for locks and rates."""

    custom_target = "time_entry"
    list_display = [
        "work_date", "member", "project", "task", "minutes", "is_billable", "rate",
        "billing_state", "is_locked",
    ]  # fmt: skip
    list_filter = ["billing_state", "is_billable", "is_locked"]
    list_select_related = ["member", "project", "task"]
    search_fields = ["description", "member__name", "project__name", "task__name"]
    date_hierarchy = "work_date"
    fields = [
        "work_date", "member", "project", "task", "minutes", "description", "is_billable",
        "rate", "rate_level", "billing_state", "is_locked", "created_at", "updated_at",
    ]  # fmt: skip
    readonly_fields = [
        "work_date", "member", "project", "task", "rate", "rate_level", "billing_state",
        "is_locked", "created_at", "updated_at",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: TimeEntry | None = None) -> bool:
        return super().has_change_permission(request) and (obj is None or _is_free(obj))

    def save_model(self, request: HttpRequest, obj: TimeEntry, form: Any, change: bool) -> None:
        """Nothing but the form's own: meanwhile the hours may have come onto a draft."""
        columns = {name for name in form.changed_data if not name.startswith(PREFIX)}
        obj.save(update_fields=[*columns, "custom_values", "updated_at"])

    def has_delete_permission(self, request: HttpRequest, obj: TimeEntry | None = None) -> bool:
        return super().has_delete_permission(request) and (obj is None or _is_free(obj))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Hours that were once on a document stay with it; their tags go with them."""
        found, counts, needed, kept = super().get_deleted_objects(objs, request)
        needed.discard(EntryTag._meta.verbose_name)
        ids = [entry.pk for entry in objs]
        invoiced = TimeEntry.objects.filter(pk__in=ids, sources__isnull=False).distinct()
        return found, counts, needed, [*kept, *map(str, invoiced)]


def _is_free(entry: TimeEntry) -> bool:
    return entry.billing_state == BillingState.OPEN and not entry.is_locked


@admin.register(Charge, site=tenant_admin)
class ChargeAdmin(ReadOnlyAdmin):
    """They are changed on their own page, which looks for whose they are and where they went."""

    list_display = [
        "charge_date", "kind", "customer", "project", "text", "destination", "quantity", "unit",
        "unit_price", "is_billable", "billing_state",
    ]  # fmt: skip
    list_filter = ["kind", "billing_state", "is_billable"]
    list_select_related = ["customer", "project"]
    search_fields = ["text", "destination", "customer__name", "project__name"]
    date_hierarchy = "charge_date"


@admin.register(Package, site=tenant_admin)
class PackageAdmin(ReadOnlyAdmin):
    """Packages and subscriptions are changed on their own pages, whose fees follow."""

    page_url_name = "timesheets:package_detail"
    seen_with = (Permission.VIEW_CUSTOMERS,)
    list_display = ["name", "number", "currency", "is_active"]
    list_filter = ["is_active", "currency"]
    search_fields = ["name", "number"]


@admin.register(PackageComponent, site=tenant_admin)
class PackageComponentAdmin(ReadOnlyAdmin):
    seen_with = (Permission.VIEW_CUSTOMERS,)
    list_display = ["package", "name", "quantity", "unit", "period", "due_at", "tax_rate"]
    list_filter = ["period", "due_at"]
    list_select_related = ["package", "tax_rate"]
    search_fields = ["name", "package__name"]


@admin.register(ComponentPrice, site=tenant_admin)
class ComponentPriceAdmin(ReadOnlyAdmin):
    seen_with = (Permission.VIEW_CUSTOMERS,)
    list_display = ["component", "start_date", "end_date", "unit_price", "usage_price"]
    list_select_related = ["component"]
    search_fields = ["component__name", "component__package__name"]


@admin.register(Subscription, site=tenant_admin)
class SubscriptionAdmin(ReadOnlyAdmin):
    page_url_name = "timesheets:subscription_detail"
    seen_with = (Permission.VIEW_CUSTOMERS,)
    list_display = ["customer", "package", "project", "start_date", "end_date"]
    list_select_related = ["customer", "package", "project"]
    search_fields = ["customer__name", "package__name", "note"]
    date_hierarchy = "start_date"


@admin.register(OwnTerms, site=tenant_admin)
class OwnTermsAdmin(ReadOnlyAdmin):
    seen_with = (Permission.VIEW_CUSTOMERS,)
    list_display = [
        "subscription", "component", "quantity", "unit_price", "included_quantity", "usage_price",
    ]  # fmt: skip
    list_select_related = ["subscription__customer", "subscription__package", "component"]
    search_fields = ["subscription__customer__name", "component__name"]


@admin.register(SubscriptionFee, site=tenant_admin)
class SubscriptionFeeAdmin(ReadOnlyAdmin):
    seen_with = (Permission.VIEW_CUSTOMERS,)
    list_display = ["subscription", "component", "start_date", "end_date", "charge"]
    list_select_related = [
        "subscription__customer", "subscription__package", "component", "charge",
    ]  # fmt: skip
    search_fields = ["subscription__customer__name", "component__name"]
    date_hierarchy = "start_date"


@admin.register(UsageImport, site=tenant_admin)
class UsageImportAdmin(ReadOnlyAdmin):
    page_url_name = "timesheets:usage_import_detail"
    list_display = ["file_name", "state", "rows", "added", "known", "bad", "created_at"]
    list_filter = ["state"]
    search_fields = ["file_name"]


@admin.register(UsageRecord, site=tenant_admin)
class UsageRecordAdmin(ReadOnlyAdmin):
    list_display = ["usage_date", "customer", "destination", "quantity", "unit", "unit_price"]
    list_select_related = ["customer"]
    search_fields = ["destination", "customer__name"]
    date_hierarchy = "usage_date"


@admin.register(UsageCharge, site=tenant_admin)
class UsageChargeAdmin(ReadOnlyAdmin):
    list_display = ["usage_date", "customer", "destination", "unit", "rate", "charge"]
    list_select_related = ["customer", "charge"]
    search_fields = ["destination", "customer__name"]
    date_hierarchy = "usage_date"


@admin.register(TermsToFollow, site=tenant_admin)
class TermsToFollowAdmin(ReadOnlyAdmin):
    list_display = ["customer", "asked_by", "asked_at"]
    list_select_related = ["customer", "asked_by"]
    search_fields = ["customer__name"]


@admin.register(UsageMapping, site=tenant_admin)
class UsageMappingAdmin(ReadOnlyAdmin):
    list_display = ["header", "updated_at"]
    search_fields = ["header"]


@admin.register(UsageProblem, site=tenant_admin)
class UsageProblemAdmin(ReadOnlyAdmin):
    list_display = ["usage_import", "line", "reason"]
    list_select_related = ["usage_import"]
    search_fields = ["reason", "usage_import__file_name"]


@admin.register(ServiceOrder, site=tenant_admin)
class ServiceOrderAdmin(ReadOnlyAdmin):
    """Planned, worked on and checked on its own pages."""

    page_url_name = "timesheets:order_detail"
    list_display = [
        "number", "customer", "project", "title", "technician", "planned_start_at", "status",
    ]  # fmt: skip
    list_filter = ["status"]
    list_select_related = ["customer", "project", "technician"]
    search_fields = ["title", "customer__name", "project__name", "technician__name"]
    date_hierarchy = "planned_start_at"


@admin.register(ServiceOrderPhoto, site=tenant_admin)
class ServiceOrderPhotoAdmin(ReadOnlyAdmin):
    list_display = ["order", "caption", "taken_by", "created_at"]
    list_select_related = ["order", "taken_by"]
    search_fields = ["caption", "order__title"]


@admin.register(Receipt, site=tenant_admin)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ["charge", "name", "kind", "size", "added_by", "created_at"]
    list_select_related = ["charge", "added_by"]
    search_fields = ["name", "charge__text", "sha256"]


@admin.register(ServiceOrderCounter, site=tenant_admin)
class ServiceOrderCounterAdmin(ReadOnlyAdmin):
    list_display = ["last"]
    search_fields = ["=last"]


@admin.register(HoursLock, site=tenant_admin)
class HoursLockAdmin(ReadOnlyAdmin):
    """Unlocking takes a reason, so it has its own page."""

    list_display = ["member", "project", "start_date", "end_date", "locked_by", "locked_at"]
    list_select_related = ["member", "project", "locked_by"]
    search_fields = ["member__name", "project__name"]
    date_hierarchy = "start_date"


@admin.register(HoursReminder, site=tenant_admin)
class HoursReminderAdmin(ReadOnlyAdmin):
    list_display = ["member", "start_date", "end_date", "asked_by", "asked_at", "sent_at"]
    list_select_related = ["member", "asked_by"]
    search_fields = ["member__name"]
    date_hierarchy = "start_date"


@admin.register(TimeImport, site=tenant_admin)
class TimeImportAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "program", "state", "created_at", "finished_at"]
    list_filter = ["state"]
    search_fields = ["file_name", "program"]
