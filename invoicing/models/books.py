"""The journal, and where the chain of documents ends."""

import pgtrigger
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
    created_at = models.DateTimeField(auto_now_add=True)

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
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
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
