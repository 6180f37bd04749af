"""What each permission lets people do, in a sentence, and where the page of roles shows it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from tenants.roles import Permission

P = Permission


@dataclass(frozen=True)
class Group:
    key: str
    label: Any
    sentences: dict[P, Any]


GROUPS = (
    Group(
        "hours",
        _("Hours"),
        {
            P.RECORD_HOURS: _(
                "Write one's own hours and charges, and lock the hours when the period is over."
            ),
            P.VIEW_HOURS: _("See the hours and charges of everybody on all projects, with rates."),
            P.VIEW_PROJECT_HOURS: _(
                "See the hours and charges on the projects one manages, with rates."
            ),
            P.EDIT_HOURS: _("Write, correct and delete hours and charges of anybody."),
            P.EDIT_PROJECT_HOURS: _(
                "Write and correct hours and charges on the projects one manages."
            ),
            P.LOCK_HOURS: _("Lock and unlock hours of anybody, and remind those who are late."),
            P.LOCK_PROJECT_HOURS: _("Lock and unlock hours on the projects one manages."),
            P.MANAGE_ORDERS: _(
                "Write, plan, check and cancel service orders, and see all of them."
            ),
            P.MANAGE_PROJECT_ORDERS: _(
                "Write, plan, check and cancel service orders of the projects one manages."
            ),
            P.MARK_BILLED: _("Mark work as billed outside this program, and take it back."),
            P.WRITE_OFF: _("Decide that work will never be billed, and take it back."),
            P.SET_RATES: _("Set hourly rates and the company's tasks; recalculate rates."),
            P.MANAGE_TAGS: _("Make, rename, merge, archive and delete the tags of hours."),
            P.IMPORT_HOURS: _("Read hours of many people from a file."),
        },
    ),
    Group(
        "invoicing",
        _("Invoicing"),
        {
            P.VIEW_INVOICE: _("See all drafts, invoices and what is ready to invoice."),
            P.VIEW_PROJECT_INVOICE: _(
                "See drafts, invoices and open work of the projects one manages, and no others."
            ),
            P.CREATE_INVOICE: _("Make drafts from any work, change them, and discard them."),
            P.CREATE_PROJECT_INVOICE: _(
                "Make, change and discard drafts about the projects one manages."
            ),
            P.MANAGE_QUOTATIONS: _(
                "Write, send and revise quotations, and note what customers decide."
            ),
            P.DELETE_INVOICE: _("Remove drafts for good, without a trace in the lists."),
            P.POST_INVOICE: _(
                "Give drafts their numbers and book them, which is final, and send documents to"
                " customers."
            ),
            P.MANAGE_SCHEDULES: _(
                "Let the program invoice at fixed times, start and stop its runs, and approve"
                " schedules of others."
            ),
        },
    ),
    Group(
        "posted",
        _("After posting"),
        {
            P.CREDIT_INVOICE: _("Make credit notes, and cancel invoices made by mistake."),
            P.REGISTER_PAYMENT: _("Enter payments and match them with invoices."),
            P.SEND_REMINDERS: _("Remind customers of what is overdue, and note what they dispute."),
            P.VIEW_EXPORTS: _("See what went to accounting systems, and what is stuck."),
        },
    ),
    Group(
        "books",
        _("Books"),
        {
            P.VIEW_BOOKS: _("See journal, accounts, balances, revenue and VAT, and their files."),
            P.MANAGE_BOOKS: _("Change the chart of accounts, tax codes and what is booked where."),
            P.CLOSE_PERIODS: _("Close months, and open them again with a reason."),
        },
    ),
    Group(
        "customers",
        _("Customers"),
        {
            P.VIEW_CUSTOMERS: _("See all customers and projects."),
            P.VIEW_PROJECT_CUSTOMERS: _("See the projects one manages, and their customers."),
            P.EDIT_CUSTOMERS: _("Add and change customers, contacts, projects and their tasks."),
            P.MANAGE_PRODUCTS: _("Add, change and import products, with their prices and costs."),
        },
    ),
    Group(
        "settings",
        _("Settings"),
        {
            P.MANAGE_NUMBERING: _("Change how documents are numbered."),
            P.MANAGE_INVOICE_TEMPLATE: _("Choose and change how documents look."),
            P.UPLOAD_INVOICE_TEMPLATE: _("Upload files of one's own as templates of documents."),
            P.MANAGE_INTEGRATIONS: _(
                "Connect accounting systems, link customers, and repeat what failed."
            ),
            P.MANAGE_SETTINGS: _("Change the company's details, payment terms and defaults."),
        },
    ),
    Group(
        "company",
        _("Company"),
        {
            P.MANAGE_MEMBERS: _("Add and invite people, and give them roles."),
            P.MANAGE_ROLES: _("Decide on this page what the roles may do."),
            P.VIEW_AUDIT: _("See who changed what and when, and what the roles may do."),
            P.USE_ADMIN: _(
                "Open the administration, which shows and changes the records that the other"
                " permissions allow."
            ),
        },
    ),
)

SENTENCES: dict[P, Any] = {p: words for group in GROUPS for p, words in group.sentences.items()}

# What is of no use alone: each needs one of these beside it.
NEEDS: dict[P, tuple[P, ...]] = {
    P.EDIT_HOURS: (P.VIEW_HOURS,),
    P.EDIT_PROJECT_HOURS: (P.VIEW_PROJECT_HOURS, P.VIEW_HOURS),
    P.LOCK_HOURS: (P.VIEW_HOURS,),
    P.LOCK_PROJECT_HOURS: (P.VIEW_PROJECT_HOURS, P.VIEW_HOURS),
    P.MANAGE_ORDERS: (P.VIEW_HOURS,),
    P.MANAGE_PROJECT_ORDERS: (P.VIEW_PROJECT_HOURS, P.VIEW_HOURS),
    P.MARK_BILLED: (P.VIEW_HOURS, P.VIEW_PROJECT_HOURS),
    P.WRITE_OFF: (P.VIEW_HOURS, P.VIEW_PROJECT_HOURS),
    P.CREATE_INVOICE: (P.VIEW_INVOICE,),
    P.CREATE_PROJECT_INVOICE: (P.VIEW_PROJECT_INVOICE, P.VIEW_INVOICE),
    P.DELETE_INVOICE: (P.VIEW_INVOICE, P.VIEW_PROJECT_INVOICE),
    P.POST_INVOICE: (P.VIEW_INVOICE, P.VIEW_PROJECT_INVOICE),
    P.MANAGE_SCHEDULES: (P.CREATE_INVOICE,),
    P.CREDIT_INVOICE: (P.VIEW_INVOICE, P.VIEW_PROJECT_INVOICE),
    P.REGISTER_PAYMENT: (P.VIEW_INVOICE,),
    P.SEND_REMINDERS: (P.VIEW_INVOICE,),
    P.MANAGE_BOOKS: (P.VIEW_BOOKS,),
    P.CLOSE_PERIODS: (P.VIEW_BOOKS,),
    P.EDIT_CUSTOMERS: (P.VIEW_CUSTOMERS,),
    P.MANAGE_QUOTATIONS: (P.VIEW_CUSTOMERS,),
    P.UPLOAD_INVOICE_TEMPLATE: (P.MANAGE_INVOICE_TEMPLATE,),
}


def idle(permissions: Collection[P]) -> Iterator[tuple[P, P]]:
    """Those that open little without another one, with the one that is missing."""
    for permission, needed in NEEDS.items():
        if permission in permissions and not any(one in permissions for one in needed):
            yield permission, needed[0]
