"""From open work to a draft, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from core.errors import DomainError
from core.memory import without_collecting
from customers.domain import custom_fields
from customers.models import Contact, Customer, Project
from invoicing.domain.amounts import totals
from invoicing.domain.composing.claiming import (
    Entry,
    Names,
    claim_charges_of_period,
    claim_period,
    refuse_unfit,
)
from invoicing.domain.composing.options import STANDARD, LineOptions
from invoicing.domain.composing.planning import ChargeWork
from invoicing.domain.composing.terms import plan_work
from invoicing.domain.composing.writing import Writing, write_lines
from invoicing.domain.lines import TaxRates, save_totals, sums_of_planned, tax_rows
from invoicing.errors import (
    DraftHandedOver,
    InvoiceDiscarded,
    InvoiceGone,
    InvoiceNotDraft,
    MixedCustomers,
    NothingToInvoice,
    PeriodTurnedAround,
    PostingRefused,
)
from invoicing.models import Invoice, InvoiceTax
from tenants import audit
from tenants.audit import log
from tenants.models import Tenant, User
from tenants.rows import objects_where
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours
from timesheets.models import BillingState, Charge


@transaction.atomic
@without_collecting()
def draft_work(
    *,
    start: date,
    end: date,
    actor: User | None,
    project_ids: Sequence[int] | None = None,
    customer_id: int | None = None,
    loose_of: int | None = None,
    issue_date: date | None = None,
    allow_unlocked: bool = False,
    options: LineOptions = STANDARD,
) -> Invoice:
    """Put the open billable hours of the period onto a new draft, a line per project, person, rate,
    and its charges beneath them.

    Both days are included. Either the projects, all of one customer, or a customer is named;
    `loose_of` is the customer whose charges without a project come too.
    """
    if end < start:
        raise PeriodTurnedAround
    projects = _projects(project_ids, customer_id)
    claimed = claim_period(sorted(projects), start, end)
    loose = loose_of or customer_id
    charges = claim_charges_of_period(
        start, end, project_ids=sorted(projects), loose_of=[loose] if loose else []
    )
    if not claimed and not charges:
        raise NothingToInvoice
    return draft_claimed(
        claimed,
        _only_customer(projects, loose),
        charges=charges,
        actor=actor,
        issue_date=issue_date,
        allow_unlocked=allow_unlocked,
        options=options,
    )


def draft_claimed(
    claimed: Sequence[Entry],
    customer: Customer,
    *,
    charges: Sequence[ChargeWork] = (),
    actor: User | None,
    issue_date: date | None = None,
    allow_unlocked: bool = False,
    options: LineOptions = STANDARD,
) -> Invoice:
    """A new draft of entries and charges that the caller has claimed in this transaction, one of
    them at least."""
    work = ClaimedWork(customer=customer, entries=claimed, charges=charges, options=options)
    try:
        [draft] = draft_each(
            [work], actor=actor, issue_date=issue_date, allow_unlocked=allow_unlocked
        )
    except SomeRefused as some:
        [refusal] = some.refusals.values()
        raise refusal from None
    return draft


@dataclass(frozen=True, kw_only=True)
class ClaimedWork:
    """What one draft is to be made of: work of one customer, claimed in this transaction."""

    customer: Customer
    entries: Sequence[Entry]
    charges: Sequence[ChargeWork] = ()
    options: LineOptions = STANDARD

    @property
    def days(self) -> list[date]:
        worked = [entry.work_date for entry in self.entries]
        return worked + [charge.charge_date for charge in self.charges]


class SomeRefused(Exception):
    """Nothing is made, because of these works; by their places."""

    def __init__(self, refusals: Mapping[int, DomainError]) -> None:
        super().__init__(refusals)
        self.refusals = refusals


@without_collecting()
def draft_each(
    works: Sequence[ClaimedWork],
    *,
    actor: User | None,
    issue_date: date | None = None,
    allow_unlocked: bool = False,
    told: Mapping[str, Any] | None = None,
) -> list[Invoice]:
    """A new draft of each, in as many statements for fifty as for one; all, or SomeRefused is
    raised. `told` is for the log."""
    names = Names(
        chain.from_iterable(work.entries for work in works),
        chain.from_iterable(work.charges for work in works),
    )
    proposals, rates = Proposals(work.customer for work in works), TaxRates()
    drafts: list[Invoice] = []
    writings: list[Writing] = []
    taxes: list[InvoiceTax] = []
    refused: dict[int, DomainError] = {}
    for place, work in enumerate(works):
        try:
            refuse_unfit(
                work.entries, names, allow_unlocked=allow_unlocked, tenant=proposals.tenant
            )
            draft = proposals.invoice(
                work.customer,
                actor=actor,
                issue_date=issue_date,
                service_start_date=min(work.days),
                service_end_date=max(work.days),
                project=_only_project(names, work),
            )
            planned = plan_work(
                draft,
                work.entries,
                names,
                charges=work.charges,
                options=work.options,
                tenant=proposals.tenant,
                rates=rates,
            )
        except DomainError as refusal:
            refused[place] = refusal
            continue
        rows = sums_of_planned(planned.lines)
        sums = totals(rows, draft.currency)
        draft.net_total, draft.tax_total, draft.gross_total = sums.net, sums.tax, sums.gross
        taxes += tax_rows(draft, rows, sums.groups)
        drafts.append(draft)
        writings.append(Writing(draft, planned.lines, planned.kept))
    if refused:
        raise SomeRefused(refused)
    Invoice.objects.bulk_create(drafts)
    write_lines(writings, actor=actor)
    InvoiceTax.objects.bulk_create(taxes)
    audit.write(
        audit.entry("invoice.drafted", draft, actor=actor, **_told(work), **(told or {}))
        for draft, work in zip(drafts, works, strict=True)
    )
    return drafts


def _told(work: ClaimedWork) -> dict[str, int]:
    charges = {"charges": len(work.charges)} if work.charges else {}
    return {"entries": len(work.entries), **charges}


@transaction.atomic
def new_draft(
    *,
    customer: Customer,
    actor: User | None,
    issue_date: date | None = None,
    project: Project | None = None,
    currency: str = "",
) -> Invoice:
    """A draft without any hours, filled in from the customer."""
    proposals = Proposals([customer])
    invoice = proposals.invoice(customer, actor=actor, issue_date=issue_date, project=project)
    invoice.currency = currency or invoice.currency
    invoice.save()
    log("invoice.drafted", invoice, actor=actor, entries=0)
    return invoice


class Proposals:
    """What drafts of these customers begin with, read once for all of them."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        self.tenant = Tenant.objects.get(pk=current_tenant_id())
        self.contacts = _contacts_of(customers)
        self.custom_values = custom_fields.for_new("document")

    def invoice(
        self,
        customer: Customer,
        *,
        actor: User | None,
        issue_date: date | None = None,
        service_start_date: date | None = None,
        service_end_date: date | None = None,
        project: Project | None = None,
    ) -> Invoice:
        """An unsaved draft with everything that customer and company tell."""
        issue_date = issue_date or timezone.localdate()
        term = customer.payment_term_days
        days = self.tenant.payment_term_days if term is None else term
        invoice = Invoice(
            project=project,
            issue_date=issue_date,
            due_date=issue_date + timedelta(days=days),
            service_start_date=service_start_date,
            service_end_date=service_end_date,
            tax_point=service_end_date or issue_date,
            order_reference=project.order_reference if project else "",
            contract_reference=project.contract_reference if project else "",
            created_by=actor,
            changed_by=actor,
            custom_values=dict(self.custom_values),
        )
        _fill(invoice, customer, self.contacts.get(customer.pk))
        return invoice


def fill_from_customer(invoice: Invoice, customer: Customer) -> None:
    """Copy what is printed about the customer; the invoice is not saved."""
    _fill(invoice, customer, _contacts_of([customer]).get(customer.pk))


def _contacts_of(customers: Iterable[Customer]) -> dict[int, Contact]:
    """Those who get invoices; a customer has one at most."""
    ids = {customer.pk for customer in customers}
    found = Contact.objects.filter(customer__in=ids, gets_invoices=True).order_by()
    return {contact.customer_id: contact for contact in found}


def _fill(invoice: Invoice, customer: Customer, contact: Contact | None) -> None:
    invoice.customer = customer
    invoice.currency = customer.currency
    invoice.language = customer.language
    for name in ("name", "street", "postal_code", "city", "country"):
        setattr(invoice, f"billing_{name}", getattr(customer, name))
        setattr(invoice, f"delivery_{name}", getattr(customer, f"delivery_{name}"))
    invoice.buyer_business_id = customer.business_id
    invoice.buyer_vat_id = customer.vat_id
    invoice.buyer_reference = customer.buyer_reference
    invoice.contact_name = contact.name if contact else ""
    invoice.contact_email = (contact.email if contact else "") or customer.email


def append_work(
    invoice: Invoice,
    claimed: Sequence[Entry],
    names: Names,
    *,
    charges: Sequence[ChargeWork] = (),
    options: LineOptions,
    actor: User | None,
) -> None:
    """Lines at the end of the draft for entries and charges that are claimed already, and their
    sources."""
    planned = plan_work(invoice, claimed, names, charges=charges, options=options)
    write_lines([Writing(invoice, planned.lines, planned.kept)], actor=actor)
    save_totals(invoice)


def free_lines(line_ids: Iterable[int]) -> int:
    """Open the hours and charges on these draft lines again; returns how many."""
    hold_hours()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH freed AS (
                DELETE FROM invoicing_source
                WHERE tenant_id = %(tenant)s AND line_id = ANY(%(lines)s)
                RETURNING time_entry_id, charge_id
            ), opened AS (
                UPDATE timesheets_timeentry SET billing_state = 'open'
                WHERE tenant_id = %(tenant)s AND id IN (SELECT time_entry_id FROM freed)
            )
            SELECT count(*), array_agg(charge_id) FILTER (WHERE charge_id IS NOT NULL) FROM freed
            """,
            {"tenant": current_tenant_id(), "lines": list(line_ids)},
        )
        freed, charges = cursor.fetchone()
    if charges:
        Charge.objects.filter(pk__in=charges).update(billing_state=BillingState.OPEN)
    return int(freed)


def locked_documents(ids: Iterable[int]) -> list[Invoice]:
    """Those there are, in the one order in which everybody locks several documents."""
    return objects_where(Invoice, "id = ANY(%(ids)s) ORDER BY id FOR UPDATE", ids=list(ids))


def locked_draft(invoice_id: int) -> Invoice:
    """The draft, locked until the end of the transaction."""
    invoice = Invoice.objects.select_for_update().filter(pk=invoice_id).first()
    if invoice is None:
        raise InvoiceGone
    if not invoice.is_draft or invoice.number_giver:
        raise not_a_draft(invoice)
    locked: Invoice = invoice
    return locked


def not_a_draft(invoice: Invoice) -> PostingRefused:
    """Why a document that is none, or that waits for its number elsewhere, is not changed."""
    if invoice.is_draft:
        return DraftHandedOver(invoice=invoice, giver=invoice.number_giver)
    if invoice.status == Invoice.Status.DISCARDED:
        return InvoiceDiscarded(invoice=invoice)
    return InvoiceNotDraft(invoice=invoice)


def touch(invoice: Invoice, *, actor: User | None) -> None:
    """Count the version up, so that a form made before is noticed."""
    Invoice.objects.filter(pk=invoice.pk).update(
        version=F("version") + 1, changed_by=actor, changed_at=timezone.now()
    )
    invoice.version += 1


def _projects(project_ids: Sequence[int] | None, customer_id: int | None) -> dict[int, Project]:
    projects = Project.objects.select_related("customer", "manager")
    if project_ids is not None:
        projects = projects.filter(pk__in=project_ids)
    if customer_id is not None:
        projects = projects.filter(customer_id=customer_id)
    assert project_ids is not None or customer_id is not None
    found = {project.pk: project for project in projects}
    if len({project.customer_id for project in found.values()}) > 1:
        raise MixedCustomers
    return found


def _only_customer(projects: Mapping[int, Project], customer_id: int | None) -> Customer:
    """Whose work it is: the projects are of one customer already."""
    customers: dict[int, Customer] = {
        project.customer_id: project.customer for project in projects.values()
    }
    if customer_id is not None and customer_id not in customers:
        customers[customer_id] = Customer.objects.get(pk=customer_id)
    if len(customers) != 1:
        raise MixedCustomers
    [customer] = customers.values()
    return customer


def _only_project(names: Names, work: ClaimedWork) -> Project | None:
    """The project, when all of the work is for one."""
    ids = {*(entry.project_id for entry in work.entries)}
    ids |= {charge.project_id or 0 for charge in work.charges}
    if len(ids) != 1:
        return None
    [project_id] = ids
    return names.projects.get(project_id)
