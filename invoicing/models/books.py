"""The journal, and where the chain of documents ends."""

import pgtrigger
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES, MoneyField
from invoicing.models.documents import Invoice
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique


class Books(TenantModel):
    """Where the tenant's chain of documents and its journal end; locked late in every posting."""

    chain_position = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)
    last_entry_number = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("books")
        ordering = ["id"]
        constraints = [
            tenant_id_unique("books_tenant_id"),
            models.UniqueConstraint(fields=["tenant"], name="books_one_per_tenant"),
        ]

    def __str__(self) -> str:
        return str(self.chain_position)


class JournalEntry(TenantModel):
    """A dated set of postings adding up to nought, which a deferred constraint checks."""

    number = models.PositiveBigIntegerField(_("number"))
    date = models.DateField(_("date"))
    text = models.CharField(_("text"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    invoice = TenantForeignKey(
        Invoice, null=True, blank=True, related_name="journal_entries", verbose_name=_("invoice")
    )
    # The beginning of its transaction, as PostgreSQL says it.
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        ordering = ["-number"]
        constraints = [
            tenant_id_unique("journalentry_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "number"], name="journalentry_number"),
        ]
        indexes = [
            models.Index(fields=["tenant", "date", "number"], name="journalentry_by_date"),
            models.Index(fields=["tenant", "invoice"], name="journalentry_of_invoice"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # The row lock is the one that whoever closes a month waits for.
            pgtrigger.Trigger(
                name="not_into_a_closed_month",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="written"),
                declare=[("closed", "date")],
                func="""
                    PERFORM FROM invoicing_books
                        WHERE tenant_id IN (SELECT tenant_id FROM written) FOR UPDATE;
                    SELECT closing.month INTO closed
                    FROM written
                    JOIN invoicing_periodclosing closing
                        ON closing.tenant_id = written.tenant_id
                        AND closing.month = date_trunc('month', written.date)::date
                        AND closing.reopened_at IS NULL
                    LIMIT 1;
                    IF closed IS NOT NULL THEN
                        RAISE EXCEPTION 'the month of % is closed', closed
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'journal_month_is_open';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.text}"


class Posting(TenantModel):
    """One account of a journal entry: debit > 0, credit < 0, in the entry's currency."""

    entry = TenantForeignKey(JournalEntry, related_name="postings")
    account = models.CharField(_("account"), max_length=10)
    amount = MoneyField(_("amount"))
    text = models.CharField(_("text"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["tenant", "entry"], name="posting_of_entry"),
            models.Index(fields=["tenant", "account"], name="posting_by_account"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # Else a pair of postings could join an old entry, and with it a closed month.
            pgtrigger.Trigger(
                name="with_their_entry",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="written"),
                func="""
                    IF EXISTS (
                        SELECT FROM written
                        JOIN invoicing_journalentry entry ON entry.tenant_id = written.tenant_id
                            AND entry.id = written.entry_id
                        WHERE entry.created_at <> now()
                    ) THEN
                        RAISE EXCEPTION 'postings are written together with their entry'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_whole';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="balanced",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF (
                        SELECT sum(amount) FROM invoicing_posting
                        WHERE tenant_id = NEW.tenant_id AND entry_id = NEW.entry_id
                    ) <> 0 THEN
                        RAISE EXCEPTION 'journal entry % does not balance', NEW.entry_id
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balanced';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"
