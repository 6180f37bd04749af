"""The pages that share a line of tabs."""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

ACCOUNTS: tuple[tuple[str, Any, str], ...] = (
    ("accounts", _("Accounts"), "invoicing:account_list"),
    ("tax_codes", _("Tax codes"), "invoicing:tax_code_list"),
    ("rules", _("Revenue accounts"), "invoicing:revenue_rules"),
)
REPORTS: tuple[tuple[str, Any, str], ...] = (
    ("balances", _("Trial balance"), "invoicing:trial_balance"),
    ("vat", _("Revenue and VAT"), "invoicing:vat_report"),
)


def tabs_of(group: tuple[tuple[str, Any, str], ...], active: str) -> list[dict[str, Any]]:
    found = []
    for key, label, name in group:
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        found.append({"label": label, "url": address, "active": key == active})
    return found
