"""Documents are made and posted on their pages; here they are found, and drafts reworded."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest

from customers.custom_admin import CustomFieldsAdmin
from invoicing.models import (
    Account,
    Addition,
    Allocation,
    BankAccount,
    BankLine,
    BankLinePayment,
    BankStatement,
    Books,
    Composition,
    CsvLayout,
    CustomerAccess,
    CustomerCredit,
    CustomerQuestion,
    DatevExport,
    DatevExportRow,
    DatevSettings,
    DebtorAccount,
    Deduction,
    Dispute,
    DocumentBundle,
    DocumentIndex,
    DocumentTemplate,
    DocumentTemplateVersion,
    FixedPrice,
    Invoice,
    InvoiceFile,
    InvoiceLine,
    InvoiceTax,
    InvoicingRun,
    InvoicingRunItem,
    JournalEntry,
    Logo,
    MailSettings,
    MailText,
    Milestone,
    NumberCounter,
    NumberSeries,
    Payment,
    PeriodClosing,
    Posting,
    PostingRun,
    PostingRunItem,
    PrepaidDraw,
    PrepaidHours,
    ProjectAccount,
    Quotation,
    QuotationCounter,
    QuotationLine,
    QuotationSending,
    ReferenceRate,
    Reminder,
    ReminderLevel,
    ReminderTerms,
    ReminderText,
    SavedFilter,
    Schedule,
    ScheduleTag,
    ScheduleTarget,
    Sending,
    SendingAttempt,
    SendingRun,
    SendingRunItem,
    SkippedNumbers,
    Source,
    StatementImport,
    StatementSending,
    TemplateChoice,
)
from tenants.admin_base import ReadOnlyAdmin, ReadOnlyInline, tenant_admin


class LineInline(ReadOnlyInline):
    model = InvoiceLine
    fields = ["position", "kind", "text", "quantity", "unit", "unit_price", "tax_rate", "net"]


class TaxInline(ReadOnlyInline):
    model = InvoiceTax
    fields = ["category", "percent", "taxable", "tax", "account"]


@admin.register(Invoice, site=tenant_admin)
class InvoiceAdmin(CustomFieldsAdmin):
    """Amounts follow from the lines, which only the draft's page recalculates."""

    custom_target = "document"

    WORDS: ClassVar[list[str]] = [
        "contact_name", "contact_email", "order_reference", "contract_reference",
        "buyer_reference", "comment", "internal_note",
    ]  # fmt: skip
    page_url_name = "invoicing:invoice_detail"
    list_display = [
        "__str__", "kind", "status", "customer", "issue_date", "due_date", "gross_total",
        "currency",
    ]  # fmt: skip
    list_filter = ["status", "kind", "currency"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__name", "billing_name", "payment_reference"]
    date_hierarchy = "issue_date"
    inlines = [LineInline, TaxInline]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invoice | None = None) -> bool:
        return super().has_change_permission(request) and (obj is None or obj.is_draft)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [
            field.name
            for field in Invoice._meta.fields
            if field.name not in (*self.WORDS, "id", "tenant", "custom_values", "printed_fields")
        ]

    def save_model(self, request: HttpRequest, obj: Invoice, form: Any, change: bool) -> None:
        """Count the version up, so that a form opened before is told."""
        Invoice.objects.filter(pk=obj.pk, status=Invoice.Status.DRAFT).update(
            **{name: getattr(obj, name) for name in (*self.WORDS, "custom_values")},
            version=F("version") + 1,
            changed_by=request.user,
        )


@admin.register(InvoiceLine, site=tenant_admin)
class InvoiceLineAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "position", "text", "quantity", "unit", "unit_price", "net"]
    list_select_related = ["invoice"]
    search_fields = ["text", "invoice__number"]


@admin.register(InvoiceTax, site=tenant_admin)
class InvoiceTaxAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "category", "percent", "taxable", "tax", "account"]
    list_select_related = ["invoice"]
    search_fields = ["invoice__number", "account"]


@admin.register(Source, site=tenant_admin)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ["line", "time_entry", "charge", "minutes", "released_at"]
    list_select_related = ["line", "time_entry", "charge"]
    search_fields = ["line__text", "line__invoice__number"]


@admin.register(InvoiceFile, site=tenant_admin)
class InvoiceFileAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "kind", "format", "size", "sha256", "created_at"]
    list_select_related = ["invoice"]
    search_fields = ["invoice__number", "sha256"]
    # The file itself is handed out by the document's page, which asks for the role.
    fields = ["invoice", "kind", "format", "size", "sha256", "created_at"]


@admin.register(Logo, site=tenant_admin)
class LogoAdmin(ReadOnlyAdmin):
    list_display = ["sha256", "kind", "created_at"]
    search_fields = ["sha256"]
    fields = ["sha256", "kind", "created_at"]


@admin.register(DocumentTemplate, site=tenant_admin)
class DocumentTemplateAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "design", "is_active", "created_at"]
    search_fields = ["name", "design"]


@admin.register(DocumentTemplateVersion, site=tenant_admin)
class DocumentTemplateVersionAdmin(ReadOnlyAdmin):
    list_display = ["template", "number", "file_name", "size", "uploaded_at"]
    list_select_related = ["template"]
    search_fields = ["template__name", "file_name", "sha256"]
    # The file itself is handed out by the template's page, which asks for the permission.
    fields = ["template", "number", "file_name", "sha256", "size", "findings", "uploaded_at"]


@admin.register(TemplateChoice, site=tenant_admin)
class TemplateChoiceAdmin(ReadOnlyAdmin):
    list_display = ["template", "customer", "project"]
    list_select_related = ["template", "customer", "project"]
    search_fields = ["template__name", "customer__name", "project__name"]


class PostingInline(ReadOnlyInline):
    model = Posting
    fields = ["account", "amount", "text"]
    show_change_link = False


@admin.register(JournalEntry, site=tenant_admin)
class JournalEntryAdmin(ReadOnlyAdmin):
    list_display = ["number", "date", "text", "currency", "invoice"]
    list_select_related = ["invoice"]
    search_fields = ["number", "text", "invoice__number"]
    date_hierarchy = "date"
    inlines = [PostingInline]


@admin.register(Posting, site=tenant_admin)
class PostingAdmin(ReadOnlyAdmin):
    list_display = ["entry", "account", "amount", "text"]
    list_select_related = ["entry"]
    search_fields = ["account", "text", "entry__text"]


@admin.register(NumberSeries, site=tenant_admin)
class NumberSeriesAdmin(ReadOnlyAdmin):
    """A changed format could repeat a number; series have their own page with checks."""

    list_display = ["name", "kind", "format", "is_default", "customer_group", "project"]
    list_select_related = ["customer_group", "project"]
    search_fields = ["name", "format", "customer_group__name", "project__name"]


@admin.register(NumberCounter, site=tenant_admin)
class NumberCounterAdmin(ReadOnlyAdmin):
    list_display = ["series", "window", "count"]
    list_select_related = ["series"]
    search_fields = ["window"]


@admin.register(SkippedNumbers, site=tenant_admin)
class SkippedNumbersAdmin(ReadOnlyAdmin):
    list_display = ["series", "window", "first", "last", "reason", "at", "actor"]
    list_select_related = ["series", "actor"]
    search_fields = ["series__name", "window"]


@admin.register(Books, site=tenant_admin)
class BooksAdmin(ReadOnlyAdmin):
    list_display = ["chain_position", "last_entry_number", "last_hash"]
    search_fields = ["last_hash"]


@admin.register(Payment, site=tenant_admin)
class PaymentAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:payment_detail"
    list_display = ["pk", "payment_date", "customer", "kind", "amount", "currency", "reference"]
    list_select_related = ["customer"]
    search_fields = ["customer__name", "customer__number", "reference", "text"]


@admin.register(CustomerCredit, site=tenant_admin)
class CustomerCreditAdmin(ReadOnlyAdmin):
    list_display = ["customer", "currency", "amount"]
    search_fields = ["customer__name", "customer__number"]


@admin.register(Allocation, site=tenant_admin)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ["pk", "date", "kind", "invoice", "payment", "amount"]
    list_select_related = ["invoice", "payment"]
    search_fields = ["invoice__number", "reason"]


@admin.register(BankAccount, site=tenant_admin)
class BankAccountAdmin(ReadOnlyAdmin):
    list_display = ["name", "number", "currency", "ledger_account", "is_active"]
    search_fields = ["name", "number", "ledger_account"]


@admin.register(CsvLayout, site=tenant_admin)
class CsvLayoutAdmin(ReadOnlyAdmin):
    list_display = ["pk", "header", "account", "decimal_mark", "date_order"]
    list_select_related = ["account"]
    search_fields = ["header", "account__name"]


@admin.register(StatementImport, site=tenant_admin)
class StatementImportAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:bank_import"
    list_display = [
        "file_name",
        "format",
        "state",
        "new_count",
        "repeated_count",
        "skipped_count",
        "created_at",
    ]
    search_fields = ["file_name", "sha256"]
    exclude = ["content"]


@admin.register(BankStatement, site=tenant_admin)
class BankStatementAdmin(ReadOnlyAdmin):
    list_display = ["pk", "account", "number", "first_date", "last_date", "closing_balance"]
    list_select_related = ["account"]
    search_fields = ["number", "account__number", "account__name"]


@admin.register(BankLine, site=tenant_admin)
class BankLineAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:bank_line"
    list_display = ["booking_date", "name", "amount", "currency", "reference", "account"]
    list_select_related = ["account"]
    search_fields = ["name", "reference", "text", "iban"]


@admin.register(BankLinePayment, site=tenant_admin)
class BankLinePaymentAdmin(ReadOnlyAdmin):
    list_display = ["line", "payment", "was_made", "undone_at", "created_at"]
    list_select_related = ["line", "payment"]
    search_fields = ["line__name", "payment__reference"]


@admin.register(DocumentIndex, site=tenant_admin)
class DocumentIndexAdmin(ReadOnlyAdmin):
    """What the archive's search sees of each document."""

    list_display = ["invoice", "kind", "status", "number", "customer_text", "open_amount"]
    list_select_related = ["invoice"]
    search_fields = ["number", "customer_text"]


@admin.register(SavedFilter, site=tenant_admin)
class SavedFilterAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "is_shared", "is_default", "query"]
    list_select_related = ["owner"]
    search_fields = ["name", "query"]


@admin.register(DocumentBundle, site=tenant_admin)
class DocumentBundleAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:archive_zip"
    list_display = ["pk", "started_by", "started_at", "finished_at", "size"]
    list_select_related = ["started_by"]
    search_fields = ["started_by__name", "started_by__email"]


@admin.register(PostingRun, site=tenant_admin)
class PostingRunAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:posting_run"
    list_display = ["pk", "started_by", "started_at", "finished_at", "resumed"]
    list_select_related = ["started_by"]
    search_fields = ["started_by__name", "started_by__email"]


@admin.register(PostingRunItem, site=tenant_admin)
class PostingRunItemAdmin(ReadOnlyAdmin):
    list_display = ["run", "position", "name", "invoice", "outcome", "refusal"]
    list_select_related = ["run", "invoice"]
    search_fields = ["name", "invoice__number"]


@admin.register(Addition, site=tenant_admin)
class AdditionAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "entries", "minutes", "added_by", "added_at"]
    list_select_related = ["invoice", "added_by"]
    search_fields = ["invoice__billing_name", "invoice__number"]


@admin.register(Composition, site=tenant_admin)
class CompositionAdmin(ReadOnlyAdmin):
    list_display = ["created_by", "customer", "draft", "updated_at"]
    list_select_related = ["created_by", "customer", "draft"]
    search_fields = ["customer__name"]


class SendingAttemptInline(ReadOnlyInline):
    model = SendingAttempt
    fields = ["began_at", "ended_at", "outcome", "answer"]


@admin.register(Sending, site=tenant_admin)
class SendingAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "channel", "status", "recipients", "requested_at", "sent_at"]
    list_filter = ["channel", "status"]
    list_select_related = ["invoice"]
    search_fields = ["invoice__number", "subject"]
    inlines = [SendingAttemptInline]


@admin.register(SendingAttempt, site=tenant_admin)
class SendingAttemptAdmin(ReadOnlyAdmin):
    list_display = ["sending", "began_at", "ended_at", "outcome", "answer"]
    list_select_related = ["sending"]
    search_fields = ["sending__invoice__number", "answer"]


@admin.register(MailText, site=tenant_admin)
class MailTextAdmin(ReadOnlyAdmin):
    list_display = ["kind", "language", "subject"]
    search_fields = ["subject", "text"]


@admin.register(MailSettings, site=tenant_admin)
class MailSettingsAdmin(ReadOnlyAdmin):
    list_display = ["pk", "own_copy"]
    search_fields = ["own_copy"]


@admin.register(CustomerAccess, site=tenant_admin)
class CustomerAccessAdmin(ReadOnlyAdmin):
    list_display = ["customer", "invoice", "created_at", "expires_at", "revoked_at", "opened_at"]
    list_select_related = ["customer", "invoice"]
    search_fields = ["customer__name", "invoice__number"]
    # Its key is half of what the link is made of.
    exclude = ["key"]


@admin.register(CustomerQuestion, site=tenant_admin)
class CustomerQuestionAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "name", "email", "text", "asked_at", "answered_at"]
    list_select_related = ["invoice"]
    search_fields = ["invoice__number", "name", "email", "text"]


@admin.register(SendingRun, site=tenant_admin)
class SendingRunAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:sending_run"
    list_display = ["pk", "started_by", "started_at", "due_at", "finished_at", "resumed"]
    list_select_related = ["started_by"]
    search_fields = ["started_by__name", "started_by__email"]


@admin.register(SendingRunItem, site=tenant_admin)
class SendingRunItemAdmin(ReadOnlyAdmin):
    list_display = ["run", "position", "invoice", "outcome", "refusal"]
    list_select_related = ["run", "invoice"]
    search_fields = ["invoice__number"]


class TargetInline(ReadOnlyInline):
    model = ScheduleTarget
    fields = ["customer", "group", "project"]


class TagInline(ReadOnlyInline):
    model = ScheduleTag
    fields = ["tag"]


@admin.register(Schedule, site=tenant_admin)
class ScheduleAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:schedule_detail"
    list_display = ["name", "is_active", "every", "result", "next_run_at", "author"]
    list_filter = ["is_active", "every", "result"]
    list_select_related = ["author"]
    search_fields = ["name"]
    inlines = [TargetInline, TagInline]


@admin.register(ScheduleTarget, site=tenant_admin)
class ScheduleTargetAdmin(ReadOnlyAdmin):
    list_display = ["schedule", "customer", "group", "project"]
    list_select_related = ["schedule", "customer", "group", "project"]
    search_fields = ["schedule__name", "customer__name", "group__name", "project__name"]


@admin.register(ScheduleTag, site=tenant_admin)
class ScheduleTagAdmin(ReadOnlyAdmin):
    list_display = ["schedule", "tag"]
    list_select_related = ["schedule", "tag"]
    search_fields = ["schedule__name", "tag__name"]


@admin.register(InvoicingRun, site=tenant_admin)
class InvoicingRunAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:run_detail"
    list_display = [
        "pk", "name", "start_date", "end_date", "cause", "is_trial", "started_at", "finished_at",
        "resumed",
    ]  # fmt: skip
    list_filter = ["cause", "is_trial"]
    search_fields = ["name", "started_by__name", "started_by__email"]


@admin.register(InvoicingRunItem, site=tenant_admin)
class InvoicingRunItemAdmin(ReadOnlyAdmin):
    list_display = ["run", "position", "name", "about", "outcome", "invoice", "net_total", "reason"]
    list_filter = ["outcome"]
    list_select_related = ["run", "invoice"]
    search_fields = ["name", "about", "invoice__number"]


@admin.register(FixedPrice, site=tenant_admin)
class FixedPriceAdmin(ReadOnlyAdmin):
    """Fixed prices are agreed on and invoiced on their project's page."""

    list_display = ["project", "text", "amount", "tax_rate"]
    list_select_related = ["project", "tax_rate"]
    search_fields = ["text", "project__name"]


@admin.register(Milestone, site=tenant_admin)
class MilestoneAdmin(ReadOnlyAdmin):
    list_display = ["fixed_price", "name", "amount", "line"]
    list_select_related = ["fixed_price", "line"]
    search_fields = ["name", "fixed_price__project__name"]


@admin.register(Deduction, site=tenant_admin)
class DeductionAdmin(ReadOnlyAdmin):
    list_display = ["line", "advance"]
    list_select_related = ["line", "advance"]
    search_fields = ["line__text", "advance__text"]


@admin.register(PrepaidHours, site=tenant_admin)
class PrepaidHoursAdmin(ReadOnlyAdmin):
    """Prepaid hours are sold, drawn and given back on their own pages."""

    page_url_name = "invoicing:prepaid_detail"
    list_display = ["customer", "project", "line", "minutes", "valid_from", "valid_until"]
    list_select_related = ["customer", "project", "line"]
    search_fields = ["customer__name", "project__name", "line__text", "note"]


@admin.register(PrepaidDraw, site=tenant_admin)
class PrepaidDrawAdmin(ReadOnlyAdmin):
    list_display = ["prepaid", "time_entry", "minutes", "drawn_at"]
    list_select_related = ["prepaid__line", "time_entry"]
    search_fields = ["prepaid__line__text", "time_entry__description"]


class ReminderLevelInline(ReadOnlyInline):
    model = ReminderLevel
    fields = ["number", "days", "consumer_fee", "business_fee", "has_interest", "has_lump_sum"]


@admin.register(ReminderTerms, site=tenant_admin)
class ReminderTermsAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "interest", "area", "gap_days", "pay_within_days"]
    search_fields = ["country"]
    inlines = [ReminderLevelInline]


@admin.register(ReminderLevel, site=tenant_admin)
class ReminderLevelAdmin(ReadOnlyAdmin):
    list_display = ["terms", "number", "days", "consumer_fee", "business_fee"]
    list_select_related = ["terms"]
    search_fields = ["terms__country"]


@admin.register(ReminderText, site=tenant_admin)
class ReminderTextAdmin(ReadOnlyAdmin):
    list_display = ["level", "language", "subject"]
    search_fields = ["subject", "text"]


@admin.register(ReferenceRate, site=tenant_admin)
class ReferenceRateAdmin(ReadOnlyAdmin):
    list_display = ["area", "valid_from", "percent"]
    search_fields = ["area"]


@admin.register(Reminder, site=tenant_admin)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "level", "date", "open_amount", "fee", "interest", "created_by"]
    list_select_related = ["invoice", "created_by"]
    search_fields = ["invoice__number", "invoice__billing_name"]


@admin.register(Dispute, site=tenant_admin)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ["invoice", "reason", "opened_by", "opened_at", "closed_at"]
    list_select_related = ["invoice", "opened_by"]
    search_fields = ["invoice__number", "invoice__billing_name", "reason"]


class QuotationLineInline(ReadOnlyInline):
    model = QuotationLine
    fields = ["position", "text", "quantity", "unit", "unit_price", "tax_percent", "net"]


@admin.register(Quotation, site=tenant_admin)
class QuotationAdmin(ReadOnlyAdmin):
    page_url_name = "invoicing:quotation_detail"
    list_display = ["number", "version", "customer", "title", "issue_date", "status", "net_total"]
    list_select_related = ["customer"]
    list_filter = ["status", "currency"]
    search_fields = ["number", "title", "customer__name"]
    date_hierarchy = "issue_date"
    inlines = [QuotationLineInline]


@admin.register(QuotationLine, site=tenant_admin)
class QuotationLineAdmin(ReadOnlyAdmin):
    list_display = ["quotation", "position", "text", "quantity", "unit_price", "net"]
    list_select_related = ["quotation"]
    search_fields = ["text", "quotation__number"]


@admin.register(QuotationCounter, site=tenant_admin)
class QuotationCounterAdmin(ReadOnlyAdmin):
    list_display = ["year", "last"]
    search_fields = ["=year"]


@admin.register(QuotationSending, site=tenant_admin)
class QuotationSendingAdmin(ReadOnlyAdmin):
    list_display = ["quotation", "status", "requested_by", "requested_at", "sent_at"]
    list_select_related = ["quotation", "requested_by"]
    list_filter = ["status"]
    search_fields = ["subject", "quotation__number"]


@admin.register(StatementSending, site=tenant_admin)
class StatementSendingAdmin(ReadOnlyAdmin):
    list_display = ["customer", "end_date", "status", "requested_by", "requested_at", "sent_at"]
    list_select_related = ["customer", "requested_by"]
    list_filter = ["status"]
    search_fields = ["subject", "customer__name", "customer__number"]


@admin.register(Account, site=tenant_admin)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["number", "name", "kind", "automatic_percent", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["number", "name"]
    page_url_name = "invoicing:account_edit"


@admin.register(PeriodClosing, site=tenant_admin)
class PeriodClosingAdmin(ReadOnlyAdmin):
    list_display = ["month", "closed_by", "closed_at", "reopened_by", "reopened_at", "reason"]
    list_select_related = ["closed_by", "reopened_by"]
    search_fields = ["reason", "closed_by__name", "reopened_by__name"]
    date_hierarchy = "month"


@admin.register(DatevSettings, site=tenant_admin)
class DatevSettingsAdmin(ReadOnlyAdmin):
    list_display = ["advisor_number", "client_number", "chart", "account_length"]
    search_fields = ["advisor_number", "client_number"]


@admin.register(DebtorAccount, site=tenant_admin)
class DebtorAccountAdmin(ReadOnlyAdmin):
    list_display = ["number", "customer"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__name", "customer__number"]


@admin.register(DatevExport, site=tenant_admin)
class DatevExportAdmin(ReadOnlyAdmin):
    list_display = ["first", "last", "documents", "bookings", "created_by", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["sha256", "created_by__name"]
    exclude = ["content"]


@admin.register(DatevExportRow, site=tenant_admin)
class DatevExportRowAdmin(ReadOnlyAdmin):
    list_display = ["export", "invoice"]
    list_select_related = ["export", "invoice"]
    search_fields = ["invoice__number"]


@admin.register(ProjectAccount, site=tenant_admin)
class ProjectAccountAdmin(ReadOnlyAdmin):
    list_display = ["project", "tax_rate", "account"]
    list_select_related = ["project__customer", "tax_rate"]
    search_fields = ["project__name", "account"]
    page_url_name = "invoicing:rule_edit"
