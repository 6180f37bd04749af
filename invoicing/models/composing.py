"""Work on its way to lines: what was looked at, and what came onto which draft when."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from invoicing.models.documents import Invoice
from tenants.base import TenantForeignKey, TenantModel, tenant_id_unique
from tenants.models import User


class Addition(TenantModel):
    """Work that came onto a draft at one time; `options` are those of its lines."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="additions")
    entries = models.PositiveIntegerField(_("entries"))
    minutes = models.PositiveIntegerField(_("minutes"))
    charges = models.PositiveIntegerField(_("charges"), default=0, db_default=0)
    options = models.JSONField(default=dict, editable=False)
    added_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("work added to a draft")
        verbose_name_plural = _("work added to drafts")
        ordering = ["id"]
        constraints = [tenant_id_unique("addition_tenant_id")]
        indexes = [models.Index(fields=["tenant", "invoice"], name="addition_of_invoice")]

    def __str__(self) -> str:
        return str(self.pk)


class Composition(TenantModel):
    """Hours and charges somebody looks at before they become lines.

    `query` is the selection, as the address of the list has it. `keys` are the billable, open work
    it had when that was last looked at: hours by their ids, charges by theirs with a minus. `marks`
    are what each was like, in the same order; `excluded` are ticked out.
    """

    query = models.TextField(blank=True)
    customer = TenantForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    keys = ArrayField(models.BigIntegerField(), default=list, editable=False)
    marks = ArrayField(models.BigIntegerField(), default=list, editable=False)
    excluded = ArrayField(models.BigIntegerField(), default=list, editable=False)
    options = models.JSONField(default=dict, editable=False)
    draft = TenantForeignKey(
        Invoice, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("selection of work")
        verbose_name_plural = _("selections of work")
        ordering = ["-id"]
        constraints = [tenant_id_unique("composition_tenant_id")]
        indexes = [models.Index(fields=["tenant", "updated_at"], name="composition_by_age")]

    def __str__(self) -> str:
        return str(self.pk)
