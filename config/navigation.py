"""The side navigation. Each app's pages have their line here, with who may see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from core.root_urls import root_reverse
from tenants.access import TenantRequest, member_required
from tenants.models import Membership, Tenant
from tenants.roles import Permission
from tenants.settings_tabs import SETTINGS_TABS, settings_address
from timesheets.domain.orders.access import SEE as ORDERS_SEEN_BY
from timesheets.domain.orders.access import sees_all as sees_all_orders
from timesheets.domain.orders.access import sees_projects as sees_project_orders


@dataclass(frozen=True, kw_only=True)
class Item:
    """One link. `also`: further URL names, or whole namespaces, where it is the current one."""

    label: Any
    icon: str
    url_name: str
    permissions: frozenset[Permission] = frozenset()
    also: frozenset[str] = frozenset()
    shortcut: str = ""
    # Where the address depends on what the reader may open.
    address: Callable[[Membership], str] | None = None

    def is_for(self, membership: Membership) -> bool:
        return not self.permissions or any(membership.may(p) for p in self.permissions)

    def covers(self, view_name: str) -> bool:
        names = {self.url_name} | self.also
        return view_name in names or view_name.partition(":")[0] in names


@dataclass(frozen=True)
class Group:
    label: Any
    items: tuple[Item, ...]


def allow(*permissions: Permission) -> frozenset[Permission]:
    """Any one of them opens the link; what the page shows is narrowed by the page."""
    return frozenset(permissions)


def _orders_address(membership: Membership) -> str:
    """Who is only sent to orders begins with what is to be done today."""
    plans = sees_all_orders(membership) or sees_project_orders(membership)
    return reverse("timesheets:order_list" if plans else "timesheets:order_mine")


NAVIGATION = (
    Group(
        "",
        (
            Item(
                label=_("My hours"),
                icon="clock",
                url_name="timesheets:week",
                permissions=allow(Permission.RECORD_HOURS),
                shortcut="g h",
            ),
            Item(
                label=_("Everybody's hours"),
                icon="users",
                url_name="timesheets:entry_list",
                permissions=allow(Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS),
                also=frozenset({"timesheets:settle"}),
                shortcut="g e",
            ),
            Item(
                label=_("Where the work went"),
                icon="report",
                url_name="timesheets:work_report",
                permissions=allow(Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS),
                shortcut="g w",
            ),
            Item(
                label=_("Service orders"),
                icon="tool",
                url_name="timesheets:order_list",
                permissions=allow(*ORDERS_SEEN_BY),
                also=frozenset(
                    {
                        "timesheets:order_mine",
                        "timesheets:order_new",
                        "timesheets:order_detail",
                        "timesheets:order_edit",
                        "timesheets:order_work",
                        # Where a refusal shows the order's page again.
                        "timesheets:order_check",
                        "timesheets:order_done",
                        "invoicing:order_draft",
                    }
                ),
                address=_orders_address,
                shortcut="g o",
            ),
            Item(
                label=_("Charges"),
                icon="receipt-tax",
                url_name="timesheets:charge_list",
                permissions=allow(
                    Permission.RECORD_HOURS, Permission.VIEW_HOURS, Permission.VIEW_PROJECT_HOURS
                ),
                also=frozenset({"timesheets:charge_new", "timesheets:charge_edit"}),
                shortcut="g a",
            ),
            Item(
                label=_("Packages"),
                icon="package",
                url_name="timesheets:package_list",
                permissions=allow(Permission.VIEW_CUSTOMERS, Permission.SET_RATES),
                also=frozenset(
                    {
                        "timesheets:package_detail",
                        "timesheets:subscription_list",
                        "timesheets:subscription_new",
                        "timesheets:subscription_detail",
                        "timesheets:subscription_edit",
                    }
                ),
                shortcut="g k",
            ),
            Item(
                label=_("Usage"),
                icon="activity",
                url_name="timesheets:usage_summary",
                permissions=allow(Permission.VIEW_HOURS),
                also=frozenset({"timesheets:usage_imports", "timesheets:usage_import_detail"}),
                shortcut="g u",
            ),
            Item(
                label=_("Locks"),
                icon="lock",
                url_name="timesheets:lock_list",
                shortcut="g l",
            ),
        ),
    ),
    Group(
        _("Invoicing"),
        (
            Item(
                label=_("Quotations"),
                icon="file-description",
                url_name="invoicing:quotation_list",
                permissions=allow(Permission.MANAGE_QUOTATIONS, Permission.VIEW_INVOICE),
                also=frozenset(
                    {
                        "invoicing:quotation_detail",
                        "invoicing:quotation_new",
                        "invoicing:quotation_send",
                        "invoicing:quotation_decide",
                    }
                ),
                shortcut="g q",
            ),
            Item(
                label=_("Ready to invoice"),
                icon="checklist",
                url_name="invoicing:ready",
                permissions=allow(
                    Permission.CREATE_INVOICE,
                    Permission.CREATE_PROJECT_INVOICE,
                    Permission.VIEW_INVOICE,
                ),
                shortcut="g r",
            ),
            Item(
                label=_("Drafts"),
                icon="pencil",
                url_name="invoicing:draft_list",
                permissions=allow(
                    Permission.CREATE_INVOICE,
                    Permission.VIEW_PROJECT_INVOICE,
                    Permission.VIEW_INVOICE,
                ),
                also=frozenset(
                    {"invoicing:draft_edit", "invoicing:draft_new", "invoicing:posting_run"}
                ),
                shortcut="g d",
            ),
            Item(
                label=_("Invoices"),
                icon="file-invoice",
                url_name="invoicing:archive",
                permissions=allow(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE),
                also=frozenset(
                    {
                        "invoicing:invoice_detail",
                        "invoicing:invoice_hours",
                        "invoicing:invoice_charges",
                        "invoicing:invoice_payments",
                        "invoicing:invoice_pay",
                        "invoicing:invoice_give_up",
                        "invoicing:invoice_journal",
                        "invoicing:invoice_history",
                        "invoicing:invoice_exports",
                        "invoicing:invoice_send",
                        "invoicing:invoice_mark_sent",
                        "invoicing:follow_up",
                        "invoicing:send_many",
                        "invoicing:sending_run",
                        "invoicing:archive_zip",
                    }
                ),
                shortcut="g i",
            ),
            Item(
                label=_("Prepaid hours"),
                icon="hourglass",
                url_name="invoicing:prepaid_list",
                permissions=allow(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE),
                also=frozenset(
                    {
                        "invoicing:prepaid_new",
                        "invoicing:prepaid_detail",
                        "invoicing:prepaid_edit",
                        "invoicing:prepaid_draw",
                        "invoicing:prepaid_undo",
                    }
                ),
                shortcut="g z",
            ),
            Item(
                label=_("Payments"),
                icon="coins",
                url_name="invoicing:payment_list",
                permissions=allow(Permission.VIEW_INVOICE),
                also=frozenset(
                    {
                        "invoicing:payment_new",
                        "invoicing:payment_detail",
                        "invoicing:payment_allocate",
                        "invoicing:payment_refund",
                        "invoicing:payment_reverse",
                    }
                ),
                shortcut="g y",
            ),
            Item(
                label=_("Bank statements"),
                icon="building-bank",
                url_name="invoicing:bank_imports",
                permissions=allow(Permission.VIEW_INVOICE),
                also=frozenset(
                    {
                        "invoicing:bank_import",
                        "invoicing:bank_import_answer",
                        "invoicing:bank_lines",
                        "invoicing:bank_line",
                        "invoicing:bank_line_book",
                        "invoicing:bank_line_undo",
                        "invoicing:bank_line_ignore",
                        "invoicing:bank_accounts",
                        "invoicing:bank_account_new",
                        "invoicing:bank_account_edit",
                    }
                ),
                shortcut="g b",
            ),
            Item(
                label=_("Receivables"),
                icon="scale",
                url_name="invoicing:receivables",
                permissions=allow(Permission.VIEW_INVOICE),
                also=frozenset({"invoicing:receivables_customer"}),
                shortcut="g v",
            ),
            Item(
                label=_("Schedules"),
                icon="calendar",
                url_name="invoicing:schedule_list",
                permissions=allow(Permission.VIEW_INVOICE),
                also=frozenset(
                    {
                        "invoicing:schedule_new",
                        "invoicing:schedule_detail",
                        "invoicing:schedule_edit",
                        # Where a refusal shows the page again.
                        "invoicing:schedule_run",
                        "invoicing:schedule_approve",
                        "invoicing:schedule_remove",
                        "invoicing:run_list",
                        "invoicing:run_detail",
                        "invoicing:run_stop",
                        "invoicing:run_resume",
                        "invoicing:run_retry",
                    }
                ),
                shortcut="g u",
            ),
            Item(
                label=_("Reminders"),
                icon="mail-forward",
                url_name="invoicing:reminders",
                permissions=allow(Permission.SEND_REMINDERS),
                also=frozenset({"invoicing:invoice_reminder"}),
                shortcut="g n",
            ),
            Item(
                label=_("Exports"),
                icon="transfer",
                url_name="integrations:export_list",
                permissions=allow(Permission.VIEW_EXPORTS, Permission.MANAGE_INTEGRATIONS),
                also=frozenset(
                    {
                        "integrations:export_detail",
                        "integrations:export_done_many",
                        "integrations:payment_list",
                        "integrations:trouble_mail",
                    }
                ),
                shortcut="g x",
            ),
        ),
    ),
    Group(
        _("Books"),
        (
            Item(
                label=_("Journal"),
                icon="notes",
                url_name="invoicing:journal",
                permissions=allow(Permission.VIEW_BOOKS),
                also=frozenset(
                    {
                        "invoicing:journal_entry",
                        "invoicing:datev",
                        "invoicing:datev_export",
                        "invoicing:datev_settings",
                    }
                ),
                shortcut="g j",
            ),
            Item(
                label=_("Balances and VAT"),
                icon="scale",
                url_name="invoicing:trial_balance",
                permissions=allow(Permission.VIEW_BOOKS),
                also=frozenset({"invoicing:vat_report"}),
                shortcut="g f",
            ),
            Item(
                label=_("Periods"),
                icon="lock-check",
                url_name="invoicing:period_list",
                permissions=allow(Permission.VIEW_BOOKS),
                also=frozenset({"invoicing:period_close", "invoicing:period_reopen"}),
            ),
            Item(
                label=_("Accounts"),
                icon="list-details",
                url_name="invoicing:account_list",
                permissions=allow(Permission.VIEW_BOOKS),
                also=frozenset(
                    {
                        "invoicing:account_new",
                        "invoicing:account_edit",
                        "invoicing:account_delete",
                        "invoicing:account_import",
                        "invoicing:account_postings",
                        "invoicing:tax_code_list",
                        "invoicing:tax_code_new",
                        "invoicing:tax_code_edit",
                        "invoicing:tax_code_next",
                        "invoicing:tax_code_delete",
                        "invoicing:revenue_rules",
                        "invoicing:rule_new",
                        "invoicing:rule_edit",
                    }
                ),
                shortcut="g q",
            ),
        ),
    ),
    Group(
        _("Registers"),
        (
            Item(
                label=_("Customers"),
                icon="building",
                url_name="customers:customer_list",
                permissions=allow(Permission.VIEW_CUSTOMERS, Permission.VIEW_PROJECT_CUSTOMERS),
                also=frozenset(
                    {
                        "customers:customer_detail",
                        "customers:customer_edit",
                        "customers:customer_new",
                        "customers:contact_new",
                        "customers:contact_edit",
                    }
                ),
                shortcut="g c",
            ),
            Item(
                label=_("Products"),
                icon="tag",
                url_name="catalog:product_list",
                permissions=allow(
                    Permission.MANAGE_PRODUCTS,
                    Permission.VIEW_INVOICE,
                    Permission.CREATE_INVOICE,
                    Permission.CREATE_PROJECT_INVOICE,
                ),
                also=frozenset({"catalog"}),
                shortcut="g t",
            ),
            Item(
                label=_("Projects"),
                icon="folder",
                url_name="customers:project_list",
                permissions=allow(Permission.VIEW_CUSTOMERS, Permission.VIEW_PROJECT_CUSTOMERS),
                also=frozenset(
                    {
                        "customers:project_detail",
                        "customers:project_edit",
                        "customers:project_new",
                    }
                ),
                shortcut="g p",
            ),
            Item(
                label=_("Rates and tasks"),
                icon="tags",
                url_name="timesheets:rate_list",
                permissions=allow(Permission.SET_RATES),
                also=frozenset(
                    {
                        "timesheets:rate_new",
                        "timesheets:rate_edit",
                        "timesheets:rate_explain",
                        "timesheets:recalculate",
                        "timesheets:task_list",
                        "timesheets:task_new",
                        "timesheets:task_edit",
                    }
                ),
            ),
            Item(
                label=_("Tags"),
                icon="label",
                url_name="timesheets:tag_list",
                permissions=allow(Permission.MANAGE_TAGS),
                also=frozenset(
                    {
                        "timesheets:tag_new",
                        "timesheets:tag_edit",
                        "timesheets:tag_merge",
                        # Where a refusal shows the tag again.
                        "timesheets:tag_remove",
                        "timesheets:tag_archive",
                        "timesheets:tag_reactivate",
                    }
                ),
            ),
            Item(
                label=_("Import hours"),
                icon="table-import",
                url_name="timesheets:import",
                permissions=allow(Permission.IMPORT_HOURS),
                also=frozenset(
                    {
                        "timesheets:import_detail",
                        "timesheets:import_options",
                        "timesheets:import_start",
                        "timesheets:import_discard",
                        "timesheets:import_take_back",
                    }
                ),
            ),
        ),
    ),
    Group(
        _("Company"),
        (
            Item(
                label=_("Members"),
                icon="user-cog",
                url_name="tenants:member_list",
                permissions=allow(Permission.MANAGE_MEMBERS),
                also=frozenset({"tenants:member_new", "tenants:member_edit"}),
                shortcut="g m",
            ),
            Item(
                label=_("Roles"),
                icon="shield-check",
                url_name="tenants:role_list",
                permissions=allow(Permission.MANAGE_ROLES, Permission.VIEW_AUDIT),
                also=frozenset({"tenants:role_new", "tenants:role_rename"}),
            ),
            Item(
                label=_("Accounting systems"),
                icon="plug-connected",
                url_name="integrations:connection_list",
                permissions=allow(Permission.MANAGE_INTEGRATIONS),
                also=frozenset(
                    {
                        "integrations:connection_new",
                        "integrations:connection_edit",
                        "integrations:link_list",
                    }
                ),
            ),
            Item(
                label=_("Custom fields"),
                icon="text-plus",
                url_name="customers:field_list",
                permissions=allow(Permission.MANAGE_SETTINGS),
                also=frozenset(
                    {"customers:field_new", "customers:field_edit", "customers:field_remove"}
                ),
            ),
            Item(
                label=_("Audit log"),
                icon="history",
                url_name="tenants:audit_list",
                permissions=allow(Permission.VIEW_AUDIT),
            ),
            Item(
                label=_("Settings"),
                icon="settings",
                url_name="tenants:settings",
                permissions=allow(*(one for tab in SETTINGS_TABS for one in tab.permissions)),
                also=frozenset(name for tab in SETTINGS_TABS for name in (tab.url_name, *tab.also)),
                address=settings_address,
                shortcut="g s",
            ),
            Item(
                label=_("Administration"),
                icon="database",
                url_name="admin:index",
                permissions=allow(Permission.USE_ADMIN),
            ),
        ),
    ),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context for `components/sidebar.html`: what this person may open, and what is open."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": [], "my_tenants": []}
    return {
        # Lazy: an answer that is only a part of a page shows no menu.
        "navigation": SimpleLazyObject(lambda: _groups(request)),
        "my_tenants": SimpleLazyObject(lambda: _tenants_of(request)),
    }


def _tenants_of(request: HttpRequest) -> list[Tenant]:
    if getattr(request, "tenant", None):
        return []
    return list(
        Tenant.objects.filter(
            is_active=True, memberships__user=request.user.pk, memberships__is_active=True
        )
    )


def _groups(request: HttpRequest) -> list[dict[str, Any]]:
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return []
    match = request.resolver_match
    view_name = match.view_name if match else ""
    groups = []
    for group in NAVIGATION:
        items = [
            {
                "label": item.label,
                "icon": item.icon,
                "url": item.address(membership) if item.address else reverse(item.url_name),
                "shortcut": item.shortcut,
                "is_current": item.covers(view_name),
            }
            for item in group.items
            if item.is_for(membership)
        ]
        if items:
            groups.append({"label": group.label, "links": items})
    return groups


@member_required
def home(request: TenantRequest) -> HttpResponse:
    """Open the page this person works in: what is to be invoiced, or their own hours."""
    if request.membership.may(Permission.CREATE_INVOICE):
        return redirect("invoicing:ready")
    links = [link for group in _groups(request) for link in group["links"]]
    return redirect(links[0]["url"] if links else root_reverse("profile"))
