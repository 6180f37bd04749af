"""What customers have to their credit: money that settles nothing yet."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.money import MoneyField
from customers.models import Customer
from tenants.base import TenantForeignKey, TenantModel


class CustomerCredit(TenantModel):
    """Follows payments and allocations by triggers, which add to it in their own transaction: who
    looks at it would otherwise add up all that was ever paid. `verify_books` does.
    """

    customer = TenantForeignKey(Customer, related_name="+", verbose_name=_("customer"))
    currency = models.CharField(_("currency"), max_length=3)
    amount = MoneyField(_("amount"))

    class Meta:
        verbose_name = _("customers' credit")
        verbose_name_plural = _("customers' credit")
        ordering = ["customer", "currency", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer", "currency"], name="customercredit_one_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
