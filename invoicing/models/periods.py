"""Months that are closed: nothing is booked into them any more."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from tenants.base import TenantModel, tenant_id_unique
from tenants.models import User


class PeriodClosing(TenantModel):
    """A month that was closed, by whom and when; and why it was opened again, if it was."""

    month = models.DateField(_("month"), help_text=_("Its first day."))
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(_("closed"), default=timezone.now, editable=False)
    reopened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    reopened_at = models.DateTimeField(_("opened again"), null=True, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("closed month")
        verbose_name_plural = _("closed months")
        ordering = ["-month", "-id"]
        constraints = [
            tenant_id_unique("periodclosing_tenant_id"),
            models.UniqueConstraint(
                fields=["tenant", "month"],
                condition=Q(reopened_at=None),
                name="periodclosing_closed_once",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="periodclosing_names_the_first_day"
            ),
            models.CheckConstraint(
                condition=Q(reopened_at=None, reason="")
                | Q(reopened_at__isnull=False) & ~Q(reason=""),
                name="periodclosing_reopened_for_a_reason",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="opened_again_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__reopened_at__isnull=False)
                | pgtrigger.Q(old__month__df=pgtrigger.F("new__month"))
                | pgtrigger.Q(old__closed_at__df=pgtrigger.F("new__closed_at"))
                | pgtrigger.Q(old__closed_by__df=pgtrigger.F("new__closed_by")),
            ),
            # Whoever writes an entry holds this row as well: either sees what the other has done.
            pgtrigger.Trigger(
                name="waits_for_entries",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    PERFORM FROM invoicing_books WHERE tenant_id = NEW.tenant_id FOR UPDATE;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return date_format(self.month, "F Y")
