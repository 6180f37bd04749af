from django.contrib import admin

from integrations.models import (
    Connection,
    CustomerLink,
    DocumentAnswers,
    Export,
    ExportAttempt,
    ExportStep,
    HeardEvent,
    PaymentThere,
    ProductMapping,
    SignIn,
    TroubleMail,
)
from tenants.admin_base import ReadOnlyAdmin, ReadOnlyInline, tenant_admin


@admin.register(Connection, site=tenant_admin)
class ConnectionAdmin(ReadOnlyAdmin):
    """Changed on its page, which checks what is entered; its secrets are shown nowhere."""

    page_url_name = "integrations:connection_edit"
    list_display = ["name", "system", "environment", "is_active", "checked_at", "trouble"]
    list_filter = ["system", "is_active"]
    search_fields = ["name", "system"]
    exclude = ["sealed_credentials"]


@admin.register(CustomerLink, site=tenant_admin)
class CustomerLinkAdmin(ReadOnlyAdmin):
    list_display = ["customer", "connection", "remote_name", "remote_number", "remote_id"]
    list_select_related = ["customer", "connection"]
    search_fields = ["customer__name", "customer__number", "remote_name", "remote_number"]
    autocomplete_fields = ["customer", "connection"]


@admin.register(ProductMapping, site=tenant_admin)
class ProductMappingAdmin(ReadOnlyAdmin):
    list_display = ["connection", "product", "task", "tax_rate", "remote_name", "remote_number"]
    list_select_related = ["connection", "product", "task", "tax_rate"]
    search_fields = ["remote_name", "remote_number", "product__number", "product__name"]
    autocomplete_fields = ["connection", "product", "task", "tax_rate"]


class StepInline(ReadOnlyInline):
    model = ExportStep


@admin.register(Export, site=tenant_admin)
class ExportAdmin(ReadOnlyAdmin):
    page_url_name = "integrations:export_detail"
    list_display = ["invoice", "connection", "status", "remote_number", "attempts", "sent_at"]
    list_filter = ["status", "problem"]
    list_select_related = ["invoice", "connection"]
    search_fields = ["invoice__number", "invoice__billing_name", "remote_number", "error"]
    autocomplete_fields = ["invoice", "connection"]
    inlines = [StepInline]


@admin.register(ExportStep, site=tenant_admin)
class ExportStepAdmin(ReadOnlyAdmin):
    list_display = ["export", "key", "begun_at", "done_at", "remote_id", "was_found"]
    list_select_related = ["export__invoice", "export__connection"]
    search_fields = ["export__invoice__number", "remote_id"]
    autocomplete_fields = ["export"]


@admin.register(ExportAttempt, site=tenant_admin)
class ExportAttemptAdmin(ReadOnlyAdmin):
    list_display = ["export", "began_at", "ended_at", "outcome", "sentence"]
    list_filter = ["outcome"]
    list_select_related = ["export__invoice", "export__connection"]
    search_fields = ["export__invoice__number", "sentence"]
    autocomplete_fields = ["export"]


@admin.register(DocumentAnswers, site=tenant_admin)
class DocumentAnswersAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "connection", "append_words", "answered_by", "answered_at"]
    list_select_related = ["invoice", "connection", "answered_by"]
    search_fields = ["invoice__number", "invoice__billing_name"]
    autocomplete_fields = ["invoice", "connection"]


@admin.register(PaymentThere, site=tenant_admin)
class PaymentThereAdmin(ReadOnlyAdmin):
    list_display = ["export", "kind", "amount", "paid_on", "payment", "sentence", "seen_at"]
    list_select_related = ["export__invoice", "export__connection", "payment"]
    search_fields = ["export__invoice__number", "sentence", "text"]
    autocomplete_fields = ["export", "payment"]


@admin.register(TroubleMail, site=tenant_admin)
class TroubleMailAdmin(ReadOnlyAdmin):
    list_display = ["member", "is_wanted", "sent_on"]
    list_select_related = ["member"]
    search_fields = ["member__name", "member__email"]
    autocomplete_fields = ["member"]


@admin.register(SignIn, site=tenant_admin)
class SignInAdmin(ReadOnlyAdmin):
    """What ties it to a browser is shown nowhere."""

    list_display = ["connection", "user", "created_at", "expires_at", "used_at"]
    list_select_related = ["connection", "user"]
    search_fields = ["connection__name", "user__name", "user__email"]
    autocomplete_fields = ["connection"]
    exclude = ["state_digest", "session_digest", "sealed_verifier"]


@admin.register(HeardEvent, site=tenant_admin)
class HeardEventAdmin(ReadOnlyAdmin):
    list_display = ["connection", "kind", "remote_id", "heard_at", "done_at", "tries", "error"]
    list_select_related = ["connection"]
    search_fields = ["connection__name", "remote_id", "error"]
    autocomplete_fields = ["connection"]
