"""Every table and every address there is, found and not listed, with rows to try them on."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from catalog.models import Product, TaxRate
from customers.models import Contact, Customer, CustomerGroup, CustomField, Project
from integrations.models import Connection, Export, PaymentThere
from invoicing.models import (
    Account,
    Allocation,
    BankAccount,
    BankLine,
    Composition,
    CustomerQuestion,
    DatevExport,
    DocumentBundle,
    DocumentTemplate,
    Invoice,
    InvoiceLine,
    InvoicingRun,
    JournalEntry,
    NumberSeries,
    Payment,
    PostingRun,
    PrepaidHours,
    ProjectAccount,
    Quotation,
    ReferenceRate,
    Reminder,
    SavedFilter,
    Schedule,
    Sending,
    SendingRun,
    Source,
    StatementImport,
    StatementSending,
    TemplateChoice,
)
from tenants.admin_sites import tenant_admin
from tenants.base import TenantModel
from tenants.models import Membership, Tenant, TenantRole
from timesheets.models import (
    Charge,
    ComponentPrice,
    HoursLock,
    Package,
    PackageComponent,
    Rate,
    Receipt,
    ServiceOrder,
    ServiceOrderPhoto,
    Subscription,
    Tag,
    Task,
    TimeEntry,
    TimeImport,
    UsageImport,
)


class Address(NamedTuple):
    name: str  # `invoicing:draft_edit`
    route: str


def tenant_models() -> list[type[TenantModel]]:
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def addresses() -> list[Address]:
    return list(_walk(get_resolver("config.tenant_urls"), "", ()))


def _walk(resolver: URLResolver, before: str, spaces: tuple[str, ...]) -> Iterator[Address]:
    for part in resolver.url_patterns:
        route = f"{before}{part.pattern}"
        if isinstance(part, URLPattern):
            # The administration's nameless ones only lead on to those with a name.
            if part.name:
                yield Address(":".join([*spaces, part.name]), route)
        else:
            inner = (*spaces, part.namespace) if part.namespace else spaces
            yield from _walk(part, route, inner)


def first(model: type[Model], **where: Any) -> Any:
    """The key of a row of the open scope; a test without a row would prove nothing."""
    named = {"tenant_id": current_tenant(), **where}
    found = model._default_manager.filter(**named).order_by("pk").first()
    assert found is not None, f"no {model.__name__} to try addresses on"
    return found.pk


def current_tenant() -> int:
    from tenants.scope import current_tenant_id

    return current_tenant_id()


# What `pk` means, by the address's name or the first word of it.
MODELS: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "tenants:member": (Membership, {}),
    "catalog:product": (Product, {}),
    "customers:customer": (Customer, {}),
    "customers:contact": (Contact, {}),
    "customers:group": (CustomerGroup, {}),
    "customers:contact_new": (Customer, {}),
    "customers:project": (Project, {}),
    "customers:field": (CustomField, {}),
    "timesheets:import": (TimeImport, {}),
    "timesheets:charge": (Charge, {}),
    "timesheets:order": (ServiceOrder, {}),
    "timesheets:package": (Package, {}),
    "timesheets:usage": (UsageImport, {}),
    "timesheets:component": (PackageComponent, {}),
    "timesheets:price": (ComponentPrice, {}),
    "timesheets:subscription": (Subscription, {}),
    "timesheets:entry": (TimeEntry, {}),
    "timesheets:lock": (Membership, {}),
    "timesheets:unlock": (HoursLock, {}),
    "timesheets:rate": (Rate, {}),
    "timesheets:task": (Task, {}),
    "timesheets:tag": (Tag, {}),
    "timesheets:customer": (Customer, {}),
    "timesheets:project": (Project, {}),
    "invoicing:draft": (Invoice, {"status": "draft"}),
    "invoicing:invoice": (Invoice, {"status": "posted"}),
    "invoicing:work": (Invoice, {"status": "posted"}),
    "invoicing:customer": (Customer, {}),
    "invoicing:project": (Project, {}),
    "invoicing:order": (ServiceOrder, {}),
    "invoicing:schedule": (Schedule, {}),
    "invoicing:run": (InvoicingRun, {}),
    "invoicing:quotation": (Quotation, {"status": "draft"}),
    "invoicing:posting": (PostingRun, {}),
    "invoicing:prepaid": (PrepaidHours, {}),
    "invoicing:prepaid_draw": (Customer, {}),
    "invoicing:compose": (Composition, {}),
    "invoicing:series": (NumberSeries, {}),
    "invoicing:template": (DocumentTemplate, {"kind": "html"}),
    "invoicing:payment": (Payment, {}),
    "invoicing:account": (Account, {}),
    "invoicing:tax": (TaxRate, {}),
    "invoicing:rule": (ProjectAccount, {}),
    "invoicing:datev": (DatevExport, {}),
    "invoicing:journal": (JournalEntry, {}),
    "invoicing:allocation": (Allocation, {}),
    "invoicing:bank_import": (StatementImport, {}),
    "invoicing:bank_import_export": (StatementImport, {}),
    "invoicing:bank_import_answer": (StatementImport, {}),
    "invoicing:bank_import_discard": (StatementImport, {}),
    "invoicing:bank_import_accept": (StatementImport, {}),
    "invoicing:bank_import_again": (StatementImport, {}),
    "invoicing:bank_account_edit": (BankAccount, {}),
    "invoicing:bank": (BankLine, {}),
    "invoicing:archive_zip": (DocumentBundle, {}),
    "invoicing:archive_zip_file": (DocumentBundle, {}),
    "invoicing:design": (DocumentTemplate, {"kind": "design"}),
    "invoicing:filter": (SavedFilter, {}),
    "invoicing:sending": (Sending, {}),
    "invoicing:sending_run": (SendingRun, {}),
    "invoicing:run_letters": (SendingRun, {}),
    "invoicing:statement_file": (StatementSending, {}),
    "invoicing:receivables": (Customer, {}),
    "invoicing:reminder": (Reminder, {}),
    "invoicing:reference": (ReferenceRate, {}),
    "invoicing:question": (CustomerQuestion, {}),
    "invoicing:mail_bounce": (StatementSending, {}),
    "invoicing:mail_dismiss": (StatementSending, {"status": "failed"}),
    "integrations:connection": (Connection, {}),
    "integrations:sign": (Connection, {}),
    "integrations:customer": (Customer, {}),
    "integrations:link": (Customer, {}),
    "integrations:mapping": (Connection, {"system": "netvisor"}),
    "integrations:link_list": (Connection, {}),
    "integrations:link_guesses": (Connection, {}),
    "integrations:link_many": (Connection, {}),
    "integrations:draft": (Invoice, {"status": "draft"}),
    "integrations:document": (Invoice, {"status": "draft"}),
    "integrations:export": (Export, {}),
    "integrations:export_order": (Invoice, {"status": "posted"}),
    "integrations:payment": (PaymentThere, {}),
    "integrations:invoice": (Invoice, {"status": "posted"}),
}
KINDS = {
    "timesheets:entry_search": "project",
    "timesheets:charge_search": "project",
    "invoicing:draft_work_release": "hours",
    "invoicing:draft_work_return": "hours",
    "timesheets:order_search": "project",
    "invoicing:mail_bounce": "statement",
    "invoicing:mail_dismiss": "statement",
    "invoicing:template_beginning": "html",
}


def arguments(address: Address) -> dict[str, Any]:
    """Keys of the open scope's rows for an address."""
    return {name: _argument(address, name) for name in names_in(address.route)}


def names_in(route: str) -> set[str]:
    resolved = [part.split(">")[0] for part in route.split("<")[1:]]
    return {part.partition(":")[2] or part for part in resolved}


def _argument(address: Address, name: str) -> Any:
    space, _, own = address.name.partition(":")
    if space == "admin":
        return _admin_argument(own, name)
    if name == "pk":
        model, where = MODELS.get(address.name) or MODELS[f"{space}:{own.partition('_')[0]}"]
        return first(model, **where)
    if name == "kind":
        return KINDS.get(address.name, "csv")
    if name == "key":
        return "procountor" if space == "integrations" else f"p{first(Project)}"
    if name == "number":
        return Account.objects.earliest("pk").number
    if name == "which":
        return "invoice-fi"
    if name == "country":
        return "FI"
    if name == "words":
        return "1-fi"
    if name == "version":
        return 1
    if name == "choice":
        return first(TemplateChoice)
    if name == "part":
        return "report"
    if name == "receipt":
        return first(Receipt)
    if name == "photo":
        return first(ServiceOrderPhoto)
    if name == "step":
        return "copy" if own == "quotation_step" else "billed"
    if name == "role":
        return TenantRole.objects.exclude(name="").earliest("pk").key
    if name == "connection":
        return first(Connection)
    if name == "work":
        draft = first(Invoice, status="draft")
        source = Source.objects.filter(line__invoice_id=draft, charge=None).first()
        assert source is not None
        return source.time_entry_id
    if name == "line":
        model, where = MODELS[f"{space}:{own.partition('_')[0]}"]
        line = InvoiceLine.objects.filter(invoice_id=first(model, **where)).first()
        assert line is not None
        return line.pk
    raise AssertionError(f"say in tests/isolation/walking.py what {name} of {address} is")


def _admin_argument(own: str, name: str) -> Any:
    if own == "view_on_site" and name == "object_id":
        return first(Customer)
    if name == "object_id":
        for model in tenant_admin._registry:
            if own.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
                return first(model) if model is not Tenant else current_tenant()
    if own == "view_on_site":
        return ContentType.objects.get_for_model(Customer).pk
    if name == "app_label":
        return "customers"
    if name == "url":
        return "nothing"
    raise AssertionError(f"say in tests/isolation/walking.py what {name} of admin:{own} is")


def fingerprint(tenant_id: int) -> dict[str, str]:
    """A hash per table over the rows of the tenant, which must be that of the open scope."""
    found = {}
    with connection.cursor() as cursor:
        for model in tenant_models():
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY id), ''))"
                f" FROM {model._meta.db_table} t WHERE tenant_id = %s",
                [tenant_id],
            )
            found[model._meta.label] = cursor.fetchone()[0]
    return found
