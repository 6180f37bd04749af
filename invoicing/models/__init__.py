"""The tables of invoicing, each module a subject."""

from invoicing.models.accounts import Account, ProjectAccount
from invoicing.models.archive import DocumentBundle, DocumentIndex, Rank, SavedFilter
from invoicing.models.banking import (
    BankAccount,
    BankLine,
    BankLinePayment,
    BankStatement,
    CsvLayout,
    LineState,
    StatementImport,
)
from invoicing.models.books import Books, JournalEntry, Posting
from invoicing.models.composing import Addition, Composition
from invoicing.models.credit import CustomerCredit
from invoicing.models.customer_access import CustomerAccess, CustomerQuestion
from invoicing.models.datev import DatevExport, DatevExportRow, DatevSettings, DebtorAccount
from invoicing.models.documents import (
    Invoice,
    InvoiceFile,
    InvoiceLine,
    InvoiceQuerySet,
    InvoiceTax,
    Source,
)
from invoicing.models.fixed_prices import Deduction, FixedPrice, Milestone
from invoicing.models.kinds import DocumentKind, Unit
from invoicing.models.letterheads import Logo
from invoicing.models.numbering import NumberCounter, NumberSeries, SkippedNumbers
from invoicing.models.payments import Allocation, Payment, PaymentQuerySet
from invoicing.models.periods import PeriodClosing
from invoicing.models.prepaid import (
    PrepaidDraw,
    PrepaidHours,
    PrepaidHoursQuerySet,
    PrepaidState,
)
from invoicing.models.quotations import (
    Quotation,
    QuotationCounter,
    QuotationLine,
    QuotationSending,
    QuotationState,
)
from invoicing.models.reminders import (
    Dispute,
    ReferenceArea,
    ReferenceRate,
    Reminder,
    ReminderLevel,
    ReminderQuerySet,
    ReminderTerms,
    ReminderText,
)
from invoicing.models.runs import PostingRun, PostingRunItem
from invoicing.models.schedules import (
    InvoicingRun,
    InvoicingRunItem,
    Schedule,
    ScheduleTag,
    ScheduleTarget,
)
from invoicing.models.sendings import (
    MailSettings,
    MailText,
    Sending,
    SendingAttempt,
    SendingRun,
    SendingRunItem,
)
from invoicing.models.statements import StatementSending
from invoicing.models.templates import (
    DocumentTemplate,
    DocumentTemplateVersion,
    TemplateChoice,
)

__all__ = [
    "Account",
    "Addition",
    "Allocation",
    "BankAccount",
    "BankLine",
    "BankLinePayment",
    "BankStatement",
    "Books",
    "Composition",
    "CsvLayout",
    "CustomerAccess",
    "CustomerCredit",
    "CustomerQuestion",
    "DatevExport",
    "DatevExportRow",
    "DatevSettings",
    "DebtorAccount",
    "Deduction",
    "Dispute",
    "DocumentBundle",
    "DocumentIndex",
    "DocumentKind",
    "DocumentTemplate",
    "DocumentTemplateVersion",
    "FixedPrice",
    "Invoice",
    "InvoiceFile",
    "InvoiceLine",
    "InvoiceQuerySet",
    "InvoiceTax",
    "InvoicingRun",
    "InvoicingRunItem",
    "JournalEntry",
    "LineState",
    "Logo",
    "MailSettings",
    "MailText",
    "Milestone",
    "NumberCounter",
    "NumberSeries",
    "Payment",
    "PaymentQuerySet",
    "PeriodClosing",
    "Posting",
    "PostingRun",
    "PostingRunItem",
    "PrepaidDraw",
    "PrepaidHours",
    "PrepaidHoursQuerySet",
    "PrepaidState",
    "ProjectAccount",
    "Quotation",
    "QuotationCounter",
    "QuotationLine",
    "QuotationSending",
    "QuotationState",
    "Rank",
    "ReferenceArea",
    "ReferenceRate",
    "Reminder",
    "ReminderLevel",
    "ReminderQuerySet",
    "ReminderTerms",
    "ReminderText",
    "SavedFilter",
    "Schedule",
    "ScheduleTag",
    "ScheduleTarget",
    "Sending",
    "SendingAttempt",
    "SendingRun",
    "SendingRunItem",
    "SkippedNumbers",
    "Source",
    "StatementImport",
    "StatementSending",
    "TemplateChoice",
    "Unit",
]
