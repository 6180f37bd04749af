"""Accounts at banks, the statements imported of them, and what became of each line."""

from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES, ZERO, MoneyField
from invoicing.models.payments import Payment
from tenants.base import TenantForeignKey, TenantManager, TenantModel, tenant_id_unique
from tenants.models import User


class BankAccount(TenantModel):
    """An account whose statements are imported, and the account of the books it is."""

    name = models.CharField(_("name"), max_length=60)
    # An IBAN, or what the bank calls an account that has none.
    number = models.CharField(_("IBAN"), max_length=34)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    ledger_account = models.CharField(_("account in the books"), max_length=10)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        ordering = ["name", "id"]
        constraints = [
            tenant_id_unique("bankaccount_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "number", "currency"],
                name="bankaccount_number",
                violation_error_message=_("This account is there already."),
            ),
            models.CheckConstraint(
                name="bankaccount_is_in_the_books", condition=~Q(ledger_account="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CsvLayout(TenantModel):
    """Which column of a bank's CSV file means what; found again by the names of its columns."""

    fingerprint = models.CharField(max_length=64)
    header = models.JSONField(_("columns"), default=list)
    # What is read -> the places of its columns.
    columns = models.JSONField(_("mapping"), default=dict)
    date_order = models.CharField(max_length=12, blank=True)
    decimal_mark = models.CharField(max_length=1, blank=True)
    # The file itself does not say of which account it is.
    account = TenantForeignKey(
        BankAccount, null=True, blank=True, related_name="layouts", verbose_name=_("account")
    )

    class Meta:
        verbose_name = _("columns of a bank's file")
        verbose_name_plural = _("columns of banks' files")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("csvlayout_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "fingerprint"], name="csvlayout_one_of_a_header"
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(map(str, self.header))[:120]


class StatementImport(TenantModel):
    """One file of a bank: read, matched with what is open, and what is certain booked."""

    class Format(models.TextChoices):
        CAMT = "camt", "camt.053"
        CSV = "csv", "CSV"

    class State(models.TextChoices):
        READING = "reading", _("Being read")
        ASKING = "asking", _("Waiting for you")
        MATCHING = "matching", _("Being matched")
        BOOKING = "booking", _("Being booked")
        DONE = "done", _("Imported")
        REFUSED = "refused", _("Refused")

    file_name = models.CharField(_("file"), max_length=200)
    format = models.CharField(_("format"), max_length=4, choices=Format)
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveIntegerField(_("size"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.READING)
    # The file itself until it is read; its lines and its hash are what stays.
    content = models.BinaryField(null=True, editable=False)
    # What the person is asked: accounts that are not known, columns that are not mapped.
    question = models.JSONField(null=True, editable=False)
    layout = TenantForeignKey(CsvLayout, null=True, editable=False, related_name="imports")
    new_count = models.PositiveIntegerField(_("new lines"), default=0)
    repeated_count = models.PositiveIntegerField(_("known before"), default=0)
    # Announced and not booked, or for sums: rows of a CSV file that are no lines.
    skipped_count = models.PositiveIntegerField(_("rows left out"), default=0)
    refusal = models.TextField(_("reason"), blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("imported"), auto_now_add=True)
    # In whose name the lines that wait to be booked are: who accepted them, or who imported.
    booked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    # Moved on with every step, so that an import no worker is at can be told from a busy one.
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    resumed = models.PositiveSmallIntegerField(_("taken up again"), default=0, editable=False)

    class Meta:
        verbose_name = _("import of a bank statement")
        verbose_name_plural = _("imports of bank statements")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("statementimport_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "sha256"],
                condition=~Q(state="refused"),
                name="statementimport_once_a_file",
            ),
            models.CheckConstraint(
                name="statementimport_keeps_the_file_until_read",
                condition=Q(state__in=["reading", "asking"], content__isnull=False)
                | (~Q(state__in=["reading", "asking"]) & Q(content=None)),
            ),
            models.CheckConstraint(
                name="statementimport_refused_says_why",
                condition=(Q(state="refused") & ~Q(refusal=""))
                | (~Q(state="refused") & Q(refusal="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "updated_at"],
                condition=Q(state__in=["reading", "matching", "booking"]),
                name="statementimport_at_work",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        return self.state in (self.State.READING, self.State.MATCHING, self.State.BOOKING)


class BankStatement(TenantModel):
    """A statement of an account as the bank numbers it, and what it says of the balance."""

    source = TenantForeignKey(StatementImport, on_delete=models.CASCADE, related_name="statements")
    account = TenantForeignKey(BankAccount, related_name="statements", verbose_name=_("account"))
    number = models.CharField(_("number"), max_length=40, blank=True)
    first_date = models.DateField(_("from"), null=True)
    last_date = models.DateField(_("to"), null=True)
    opening_balance = MoneyField(_("opening balance"), null=True)
    closing_balance = MoneyField(_("closing balance"), null=True)
    # Of all lines in the file, those that were known before among them.
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    line_total = MoneyField(_("sum of the lines"), default=ZERO)

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["id"]
        constraints = [tenant_id_unique("bankstatement_tenant_id")]
        indexes = [
            models.Index(fields=["tenant", "source"], name="bankstatement_of_import"),
            models.Index(
                fields=["tenant", "account", "last_date"], name="bankstatement_of_account"
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self._meta.verbose_name} {self.pk}"


class LineState(models.TextChoices):
    """Follows from what is booked, put aside and found; see `BankLineQuerySet.with_state`."""

    OFFERED = "offered", _("Offered")
    OPEN = "open", _("Open")
    BOOKED = "booked", _("Booked")
    RETURNED = "returned", _("Taken back")
    IGNORED = "ignored", _("Not ours")
    OUT = "out", _("Money out")


class BankLineQuerySet(models.QuerySet["BankLine"]):
    def with_state(self) -> Self:
        """With `is_booked` and `state`.

        A line is booked as long as a payment of it stands: one that is reversed, on whatever page,
        opens its line again. Money that the bank took back, with a line of its own, is settled.
        """
        links = BankLinePayment.objects.filter(line=OuterRef("pk"))
        live, taken_back = links.live(), links.taken_back()
        return self.annotate(
            is_booked=Exists(live),
            state=Case(
                When(is_booked=True, then=Value(LineState.BOOKED)),
                When(Exists(taken_back), then=Value(LineState.RETURNED)),
                When(ignored_at__isnull=False, then=Value(LineState.IGNORED)),
                When(match__isnull=False, then=Value(LineState.OFFERED)),
                When(amount__lt=0, then=Value(LineState.OUT)),
                default=Value(LineState.OPEN),
                output_field=models.CharField(),
            ),
        )


class BankLine(TenantModel):
    """Money that came in (positive) or went out, as the bank says it."""

    source = TenantForeignKey(StatementImport, related_name="lines")
    statement = TenantForeignKey(
        BankStatement, related_name="lines", verbose_name=_("bank statement")
    )
    account = TenantForeignKey(BankAccount, related_name="lines", verbose_name=_("account"))
    # Says which lines are the same in files that overlap; `domain.banking.entries.Keys`.
    key = models.CharField(max_length=60, editable=False)
    position = models.PositiveIntegerField()
    booking_date = models.DateField(_("date"))
    value_date = models.DateField(_("value date"), null=True)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    name = models.CharField(_("name"), max_length=140, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    text = models.CharField(_("text"), max_length=1000, blank=True)
    end_to_end_id = models.CharField(_("end-to-end id"), max_length=80, blank=True)
    bank_reference = models.CharField(_("bank's reference"), max_length=100, blank=True)
    charges = MoneyField(_("charges"), default=ZERO)
    sent_amount = MoneyField(_("sent"), null=True)
    sent_currency = models.CharField(max_length=3, blank=True)
    is_reversal = models.BooleanField(_("takes an entry back"), default=False)

    # What it was found to pay (`domain.banking.matching.Match`), and whether that waits to be
    # booked without anybody being asked.
    match = models.JSONField(null=True, editable=False)
    waits = models.BooleanField(default=False, editable=False)
    refusal = models.CharField(_("why it was not booked"), max_length=300, blank=True)
    ignored_at = models.DateTimeField(_("put aside"), null=True, editable=False)
    ignored_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects: ClassVar[Any] = TenantManager.from_queryset(BankLineQuerySet)()

    class Meta:
        verbose_name = _("line of a bank statement")
        verbose_name_plural = _("lines of bank statements")
        ordering = ["-booking_date", "-id"]
        constraints = [
            tenant_id_unique("bankline_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "account", "key"], name="bankline_once_an_account"
            ),
            models.CheckConstraint(
                name="bankline_put_aside_says_why",
                condition=Q(ignored_at=None, ignored_by=None)
                | (Q(ignored_at__isnull=False) & ~Q(note="")),
            ),
            models.CheckConstraint(
                name="bankline_waits_with_a_match",
                condition=Q(waits=False) | Q(match__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "source", "position"], name="bankline_of_import"),
            models.Index(
                fields=["tenant", "source"], condition=Q(waits=True), name="bankline_waiting"
            ),
            models.Index(fields=["tenant", "booking_date", "id"], name="bankline_by_date"),
            models.Index(
                fields=["tenant", "iban"], condition=~Q(iban=""), name="bankline_of_payer"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="stays_as_the_bank_said", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="facts_stay",
                operation=pgtrigger.UpdateOf(
                    "account_id", "key", "booking_date", "amount", "currency", "name", "iban",
                    "reference", "text", "end_to_end_id", "bank_reference", "charges",
                ),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.booking_date} {self.name or self.text}"[:80]


class BankLinePaymentQuerySet(models.QuerySet["BankLinePayment"]):
    def live(self) -> Self:
        """Those whose payment stands."""
        reversals = Payment.objects.filter(reverses=OuterRef("payment"))
        return self.filter(undone_at=None).exclude(Exists(reversals))

    def taken_back(self) -> Self:
        """Those whose payment was reversed by a line with which the bank took it back."""
        returns = BankLinePayment.objects.filter(
            payment__reverses=OuterRef("payment"), undone_at=None
        )
        return self.filter(Exists(returns), undone_at=None)


class BankLinePayment(TenantModel):
    """A payment that a line made, or that was there already and is this line's money."""

    line = TenantForeignKey(BankLine, related_name="line_payments")
    payment = TenantForeignKey(Payment, related_name="line_payments")
    was_made = models.BooleanField(_("made by the line"), default=True)
    undone_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = TenantManager.from_queryset(BankLinePaymentQuerySet)()

    class Meta:
        verbose_name = _("payment of a bank line")
        verbose_name_plural = _("payments of bank lines")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "payment"],
                condition=Q(undone_at=None),
                name="banklinepayment_one_line",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "line"], name="banklinepayment_of_line")]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.line_id} {self.payment_id}"
