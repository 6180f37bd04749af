"""Which account a sale is booked on: the line's own or its product's, else its project's for the
rate, the project's for all rates, the rate's."""

from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from catalog.models import TaxRate
from invoicing.models import Account, ProjectAccount
from tenants import audit
from tenants.books import check_account
from tenants.models import User


class RevenueAccounts:
    """The rules of projects, read once for any number of lines."""

    def __init__(self) -> None:
        automatic = Account.objects.filter(number=OuterRef("account")).values("automatic_percent")
        found: Any = ProjectAccount.objects.annotate(own_percent=Subquery(automatic))
        self.rules: dict[int, list[Any]] = {}
        for rule in found.select_related("tax_rate").order_by("pk"):
            self.rules.setdefault(rule.project_id, []).append(rule)

    def of(self, project_id: int | None, rate: TaxRate) -> str:
        """The project's account for sales at this rate, or nothing: then the rate's is taken.

        An account that computes VAT itself is for sales of that rate alone.
        """
        fit = [
            rule
            for rule in self.rules.get(project_id or 0, [])
            if _is_for(rule, rate) and rule.own_percent in (None, rate.percent)
        ]
        fit.sort(key=lambda rule: rule.tax_rate_id is None)
        return str(fit[0].account) if fit else ""


def _is_for(rule: Any, rate: TaxRate) -> bool:
    named = rule.tax_rate
    if named is None or named.pk == rate.pk:
        return True
    return bool(named.code) and named.code == rate.code


@transaction.atomic
def save_rule(rule: ProjectAccount, *, actor: User | None) -> ProjectAccount:
    is_new = rule._state.adding
    check_account(rule.account, field="account")
    rule.save()
    audit.log(
        "revenue_account.added" if is_new else "revenue_account.changed",
        rule,
        actor=actor,
        account=rule.account,
        rate=str(rule.tax_rate or ""),
    )
    return rule


@transaction.atomic
def remove_rule(rule: ProjectAccount, *, actor: User | None) -> None:
    audit.log("revenue_account.removed", rule, actor=actor)
    rule.delete()
