"""Accounts with what stands on them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from invoicing.models import Posting
from tenants.models import Tenant
from tenants.rows import rows_of
from tenants.scope import current_tenant_id


def account_names(tenant: Tenant | None = None) -> dict[str, str]:
    """What each account is called; without a chart, what settings and rates use it for. One
    statement, and one for the company where it is not given and has no chart."""
    names: dict[str, dict[str, list[str]]] = {"chart": {}, "sale": {}, "tax": {}}
    found = rows_of(
        """
        SELECT 'chart', number, name FROM invoicing_account WHERE tenant_id = %(tenant)s
        UNION ALL
        SELECT 'sale', revenue_account, name FROM catalog_taxrate WHERE tenant_id = %(tenant)s
        UNION ALL
        SELECT 'tax', tax_account, name FROM catalog_taxrate WHERE tenant_id = %(tenant)s
        """
    )
    for kind, number, name in found:
        names[kind].setdefault(number, []).append(name)
    if names["chart"]:
        return {number: called[0] for number, called in names["chart"].items()}
    tenant = tenant or Tenant.objects.get(pk=current_tenant_id())
    uses = {account: _use(_("Sales"), called) for account, called in names["sale"].items()}
    uses |= {account: _use(_("VAT"), called) for account, called in names["tax"].items()}
    return uses | {
        tenant.bad_debt_account: _("Bad debts"),
        tenant.bank_cost_account: _("Bank costs"),
        tenant.discount_account: _("Discounts given"),
        tenant.credit_account: _("Customers' credit"),
        tenant.cash_account: _("Cash"),
        tenant.bank_account: _("Bank"),
        tenant.receivables_account: _("Receivables"),
    }


def _use(word: str, rates: list[str]) -> str:
    return f"{word}, {rates[0]}" if len(rates) == 1 else word


def balances_of(
    numbers: Collection[str], *, until: date | None = None
) -> dict[str, list[tuple[str, Decimal]]]:
    """By account, (currency, sum) of its postings."""
    when = Q() if until is None else Q(entry__date__lte=until)
    found = (
        Posting.objects.filter(when, account__in=numbers)
        .order_by()
        .values_list("account", "entry__currency")
        .annotate(sum=Sum("amount"))
        .order_by("account", "entry__currency")
    )
    balances: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for account, currency, amount in found:
        balances[account].append((currency, amount))
    return balances
