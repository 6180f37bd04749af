"""Statements of account that went to their customers."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from invoicing.models.mails import QueuedMail, returned_after_it_left
from tenants.base import TenantForeignKey


class StatementSending(QueuedMail):
    """One e-mail with a statement, whose paper is kept as it left: made anew it would say what has
    changed since."""

    customer = TenantForeignKey(
        Customer, related_name="statement_sendings", verbose_name=_("customer")
    )
    currency = models.CharField(_("currency"), max_length=3)
    start_date = models.DateField(_("from"))
    end_date = models.DateField(_("to"))
    file = models.FileField(max_length=200, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("e-mail with a statement")
        verbose_name_plural = _("e-mails with statements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "token"], name="statementsending_once"),
            models.CheckConstraint(
                condition=Q(recipients__len__gt=0), name="statementsending_has_recipients"
            ),
            returned_after_it_left("statementsending_returned_after_it_left"),
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "id"], name="statementsending_of_one"),
            models.Index(
                fields=["tenant", "due_at"],
                condition=Q(status__in=["waiting", "sending"]),
                name="statementsending_under_way",
            ),
            # What `selectors.follow_ups` looks for.
            models.Index(
                fields=["tenant", "id"],
                condition=Q(status__in=["failed", "unclear"]) | Q(bounced_at__isnull=False),
                name="statementsending_follow_up",
            ),
        ]
        triggers = [pgtrigger.Protect(name="stays_in_the_log", operation=pgtrigger.Delete)]
