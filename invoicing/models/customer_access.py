"""Links that open a customer's own page, and what customers ask there."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from invoicing.models.documents import Invoice
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User


class CustomerAccess(TenantModel):
    """Whoever has the link sees this customer's posted documents, until it expires or is revoked.

    The link itself is signed and kept nowhere; without `key` it can neither be made nor guessed.
    """

    customer = TenantForeignKey(Customer, related_name="accesses", verbose_name=_("customer"))
    # The one the link was made for, which its page shows first.
    invoice = TenantForeignKey(Invoice, related_name="accesses", verbose_name=_("document"))
    key = models.CharField(max_length=43, editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("made"), editable=False)
    expires_at = models.DateTimeField(_("expires"), editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    opened_at = models.DateTimeField(_("last opened"), null=True, editable=False)

    class Meta:
        verbose_name = _("link for a customer")
        verbose_name_plural = _("links for customers")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("customeraccess_tenant_id"),
        ]
        indexes = [
            models.Index(fields=["tenant", "invoice", "id"], name="customeraccess_of_invoice"),
            models.Index(fields=["tenant", "customer", "id"], name="customeraccess_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class CustomerQuestion(TenantModel):
    """What a customer asks about a document; answered elsewhere, and marked so here."""

    access = TenantForeignKey(CustomerAccess, related_name="questions")
    invoice = TenantForeignKey(Invoice, related_name="questions", verbose_name=_("document"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    text = models.TextField(_("question"), max_length=2000)
    asked_at = models.DateTimeField(_("asked"), editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("question of a customer")
        verbose_name_plural = _("questions of customers")
        ordering = ["-id"]
        constraints = [
            tenant_id_unique("customerquestion_tenant_id"),
            models.CheckConstraint(
                condition=Q(answered_by=None) | Q(answered_at__isnull=False),
                name="customerquestion_answered_at_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "invoice", "id"], name="customerquestion_of_invoice"),
            models.Index(fields=["tenant", "access", "asked_at"], name="customerquestion_of_link"),
            models.Index(
                fields=["tenant", "id"],
                condition=Q(answered_at=None),
                name="customerquestion_open",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]
