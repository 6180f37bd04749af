"""Roles and the permissions they are made of, as a company finds them.

What a company adjusts, and the roles it adds, are rows of `TenantRole`; `tenants.role_book` reads
both. A new permission needs its place and its sentence in `tenants.permission_words`.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ACCOUNTANT = "accountant", _("Accountant")
    MANAGER = "manager", _("Project manager")
    MEMBER = "member", _("Member")
    AUDITOR = "auditor", _("Auditor")


class Permission(models.TextChoices):
    RECORD_HOURS = "record_hours", _("Record own hours")
    VIEW_HOURS = "view_hours", _("See everybody's hours")
    VIEW_PROJECT_HOURS = "view_project_hours", _("See hours of own projects")
    EDIT_HOURS = "edit_hours", _("Correct everybody's hours")
    EDIT_PROJECT_HOURS = "edit_project_hours", _("Correct hours of own projects")
    LOCK_HOURS = "lock_hours", _("Lock everybody's hours")
    LOCK_PROJECT_HOURS = "lock_project_hours", _("Lock hours of own projects")
    MANAGE_ORDERS = "manage_orders", _("Plan everybody's service orders")
    MANAGE_PROJECT_ORDERS = "manage_project_orders", _("Plan service orders of own projects")
    SET_RATES = "set_rates", _("Set rates")
    MANAGE_TAGS = "manage_tags", _("Manage tags")
    IMPORT_HOURS = "import_hours", _("Import hours")
    VIEW_INVOICE = "view_invoice", _("See invoices")
    VIEW_PROJECT_INVOICE = "view_project_invoice", _("See drafts of own projects")
    CREATE_INVOICE = "create_invoice", _("Make and edit drafts")
    CREATE_PROJECT_INVOICE = "create_project_invoice", _("Make drafts of own projects")
    MANAGE_QUOTATIONS = "manage_quotations", _("Write and send quotations")
    POST_INVOICE = "post_invoice", _("Post invoices")
    CREDIT_INVOICE = "credit_invoice", _("Credit and cancel invoices")
    DELETE_INVOICE = "delete_invoice", _("Delete drafts")
    MARK_BILLED = "mark_billed", _("Mark hours as billed elsewhere")
    WRITE_OFF = "write_off", _("Write off hours")
    MANAGE_SCHEDULES = "manage_schedules", _("Manage schedules and runs")
    REGISTER_PAYMENT = "register_payment", _("Register payments")
    SEND_REMINDERS = "send_reminders", _("Send reminders")
    VIEW_BOOKS = "view_books", _("See the books")
    MANAGE_BOOKS = "manage_books", _("Manage accounts and tax codes")
    CLOSE_PERIODS = "close_periods", _("Close and reopen periods")
    MANAGE_NUMBERING = "manage_numbering", _("Manage number series")
    MANAGE_INVOICE_TEMPLATE = "manage_invoice_template", _("Manage templates of documents")
    UPLOAD_INVOICE_TEMPLATE = "upload_invoice_template", _("Upload templates of documents")
    VIEW_CUSTOMERS = "view_customers", _("See customers and projects")
    VIEW_PROJECT_CUSTOMERS = "view_project_customers", _("See own projects and their customers")
    EDIT_CUSTOMERS = "edit_customers", _("Edit customers and projects")
    MANAGE_PRODUCTS = "manage_products", _("Manage products")
    MANAGE_INTEGRATIONS = "manage_integrations", _("Manage accounting systems")
    VIEW_EXPORTS = "view_exports", _("See exports")
    MANAGE_MEMBERS = "manage_members", _("Manage members")
    MANAGE_ROLES = "manage_roles", _("Adjust roles")
    MANAGE_SETTINGS = "manage_settings", _("Change the company's settings")
    VIEW_AUDIT = "view_audit", _("See the audit log")
    USE_ADMIN = "use_admin", _("Use the administration")


_P = Permission
_READ = frozenset(
    {
        _P.VIEW_HOURS,
        _P.VIEW_INVOICE,
        _P.VIEW_CUSTOMERS,
        _P.VIEW_BOOKS,
        _P.VIEW_EXPORTS,
        _P.VIEW_AUDIT,
    }
)
# Nobody's until an owner gives it to somebody, to themselves if need be.
_OFF = {_P.DELETE_INVOICE}
PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission) - _OFF,
    Role.ACCOUNTANT: frozenset(Permission)
    - _OFF
    - {_P.MANAGE_MEMBERS, _P.MANAGE_ROLES, _P.USE_ADMIN},
    Role.MANAGER: frozenset(
        {
            _P.RECORD_HOURS,
            _P.VIEW_PROJECT_HOURS,
            _P.EDIT_PROJECT_HOURS,
            _P.LOCK_PROJECT_HOURS,
            _P.MANAGE_PROJECT_ORDERS,
            _P.MANAGE_TAGS,
            _P.VIEW_PROJECT_INVOICE,
            _P.CREATE_PROJECT_INVOICE,
            _P.VIEW_PROJECT_CUSTOMERS,
        }
    ),
    Role.MEMBER: frozenset({_P.RECORD_HOURS}),
    Role.AUDITOR: _READ,
}


def role_permissions(role: str) -> frozenset[Permission]:
    """What the program gives a role of its own, before a company adjusts it."""
    return PERMISSIONS.get(role, frozenset())
