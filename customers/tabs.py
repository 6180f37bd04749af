"""The tabs of a customer's and a project's page, and the cards that others put on the first one.

Some are parts that other rooms serve at the named URL (with the record's id) and that are
loaded into the page: a fragment for htmx, a page of its own otherwise.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from tenants.models import Membership
from tenants.roles import Permission


@dataclass(frozen=True)
class Part:
    key: str
    label: Any
    icon: str
    url_name: str
    permissions: tuple[Permission, ...]


_ORDERS = (
    Permission.VIEW_HOURS,
    Permission.VIEW_PROJECT_HOURS,
    Permission.MANAGE_ORDERS,
    Permission.MANAGE_PROJECT_ORDERS,
)
CUSTOMER_PARTS = (
    Part(
        "hours",
        _("Hours"),
        "clock",
        "timesheets:customer_hours",
        (Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS),
    ),
    Part(
        "charges",
        _("Charges"),
        "receipt-tax",
        "timesheets:customer_charges",
        (Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS),
    ),
    Part(
        "packages",
        _("Packages"),
        "package",
        "timesheets:customer_subscriptions",
        (Permission.VIEW_CUSTOMERS,),
    ),
    Part(
        "orders",
        _("Service orders"),
        "tool",
        "timesheets:customer_orders",
        _ORDERS,
    ),
    Part(
        "quotations",
        _("Quotations"),
        "file-description",
        "invoicing:customer_quotations",
        (Permission.VIEW_INVOICE, Permission.MANAGE_QUOTATIONS),
    ),
    Part(
        "prepaid",
        _("Prepaid hours"),
        "hourglass",
        "invoicing:customer_prepaid",
        (Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE),
    ),
    Part(
        "invoices",
        _("Invoices"),
        "file-invoice",
        "invoicing:customer_invoices",
        (Permission.VIEW_INVOICE,),
    ),
    Part(
        "statement",
        _("Statement"),
        "scale",
        "invoicing:customer_statement",
        (Permission.VIEW_INVOICE,),
    ),
    Part("rates", _("Rates"), "tags", "timesheets:customer_rates", (Permission.SET_RATES,)),
    Part(
        "systems",
        _("Accounting"),
        "plug-connected",
        "integrations:customer_links",
        (Permission.MANAGE_INTEGRATIONS,),
    ),
)
PROJECT_PARTS = (
    Part(
        "hours",
        _("Hours"),
        "clock",
        "timesheets:project_hours",
        (Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS),
    ),
    Part(
        "charges",
        _("Charges"),
        "receipt-tax",
        "timesheets:project_charges",
        (Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS),
    ),
    Part(
        "orders",
        _("Service orders"),
        "tool",
        "timesheets:project_orders",
        _ORDERS,
    ),
    Part(
        "tasks",
        _("Tasks"),
        "checkbox",
        "timesheets:project_tasks",
        (Permission.VIEW_CUSTOMERS, Permission.VIEW_PROJECT_CUSTOMERS),
    ),
    Part("rates", _("Rates"), "tags", "timesheets:project_rates", (Permission.SET_RATES,)),
    Part(
        "fixed-price",
        _("Fixed price"),
        "coins",
        "invoicing:project_fixed_price",
        (Permission.VIEW_INVOICE,),
    ),
    Part(
        "quotations",
        _("Quotations"),
        "file-description",
        "invoicing:project_quotations",
        (Permission.VIEW_INVOICE, Permission.MANAGE_QUOTATIONS),
    ),
    Part(
        "prepaid",
        _("Prepaid hours"),
        "hourglass",
        "invoicing:project_prepaid",
        (Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE),
    ),
    Part(
        "invoices",
        _("Invoices"),
        "file-invoice",
        "invoicing:project_invoices",
        (Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE),
    ),
)

# Cards of the overview, which have no tab of their own.
CUSTOMER_CARDS = (
    Part(
        "template",
        _("Template of documents"),
        "template",
        "invoicing:customer_template",
        (Permission.MANAGE_INVOICE_TEMPLATE,),
    ),
)
PROJECT_CARDS = (
    Part(
        "template",
        _("Template of documents"),
        "template",
        "invoicing:project_template",
        (Permission.MANAGE_INVOICE_TEMPLATE,),
    ),
)


def parts_for(
    parts: tuple[Part, ...], membership: Membership, pk: int
) -> dict[str, tuple[Part, str]]:
    """Return the parts this person may see, with their addresses."""
    found = {}
    for part in parts:
        if not any(membership.may(permission) for permission in part.permissions):
            continue
        try:
            found[part.key] = (part, reverse(part.url_name, args=[pk]))
        except NoReverseMatch:
            continue
    return found
