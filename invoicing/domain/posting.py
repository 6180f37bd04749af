"""Posting: number, freeze, book. One function for one draft and for a thousand."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any

from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxRate
from core.money import round_money
from customers.models import Customer
from invoicing import errors, signals
from invoicing.domain import four_eyes, freezing, ledger
from invoicing.domain.advances import refuse_over_deducted, takes_advance_off
from invoicing.domain.amounts import Totals, totals
from invoicing.domain.books.accounts import AccountBook
from invoicing.domain.books.periods import ClosedMonths
from invoicing.domain.credits import Left, left_of
from invoicing.domain.drafting import locked_documents, not_a_draft
from invoicing.domain.lines import tax_rows
from invoicing.domain.numbering import SeriesBook, number_documents, number_refusals
from invoicing.domain.numbering.elsewhere import number_from_elsewhere
from invoicing.domain.payments.settling import let_go_of_credited, lock_payments_of
from invoicing.domain.prepaid.crediting import refuse_drawn
from invoicing.domain.printed_fields import printed_fields
from invoicing.domain.references import payment_reference
from invoicing.einvoices.before_posting import look_ahead, refuse_unfit_einvoices
from invoicing.einvoices.formats import format_of
from invoicing.models import (
    Invoice,
    InvoiceLine,
    InvoiceTax,
)
from invoicing.numbers_elsewhere import giver
from invoicing.templating.freezing import keep_paper, papers_of
from tenants import audit
from tenants.einvoices import EInvoiceFindings
from tenants.models import AuditEntry, Tenant, User
from tenants.rows import objects_where
from tenants.scope import current_tenant_id
from timesheets.domain.holding import hold_hours


def post_invoice(draft: Invoice, *, actor: User | None, now: datetime | None = None) -> Invoice:
    """Give the draft its number and book it. From here on only a credit note corrects it."""
    return post_invoices([draft.pk], actor=actor, now=now)[0]


@transaction.atomic
def post_invoices(
    ids: Sequence[int],
    *,
    actor: User | None,
    now: datetime | None = None,
    given: Mapping[int, str] = MappingProxyType({}),
) -> list[Invoice]:
    """Post all these drafts or none, numbered by invoice date; returned in that order.

    `given` are the numbers of drafts that were handed over, by draft. Raises a PostingRefused that
    names the first draft which cannot be posted.
    """
    before, locked = _locked(ids)
    tenant, invoices = before.tenant, sorted(locked, key=lambda one: (one.issue_date, one.pk))
    if len(invoices) != len(set(ids)):
        raise errors.InvoiceGone
    _refuse_numbered_elsewhere(invoices, given)
    series = SeriesBook(invoice.kind for invoice in invoices)
    lines = _lines_of(invoices)
    left = _left_of_corrected(invoices)
    _refuse_incomplete_seller(tenant)
    four_eyes.refuse(invoices, tenant=tenant, actor=actor)
    hold_hours()
    notes = [invoice for invoice in invoices if invoice.is_credit_note]
    if notes:
        lock_payments_of([note.corrects_id for note in notes if note.corrects_id is not None])
    accounts = _accounts_of(lines)
    for invoice in invoices:
        _refuse_unfit(invoice, lines[invoice.pk], left, accounts)
    for refusal in (*_over_deducted(invoices, lines).values(), *refuse_drawn(notes).values()):
        raise refusal
    taxes = _fresh_taxes(invoices, lines, left)
    seller = freezing.seller_copy(tenant)
    printed = printed_fields(invoices) if before.prints_fields else {pk: [] for pk in lines}
    _know_customers(invoices)
    papers = papers_of(invoices, has_choices=before.chooses_templates)
    refuse_unfit_einvoices(invoices, lines, taxes, printed, seller=seller, tenant=tenant)

    # Late, because counters and books stay locked until commit.
    _number(invoices, series, given, actor=actor)
    books = ledger.locked_books()
    _refuse_closed_months(invoices)
    now = now or timezone.now()
    for invoice in invoices:
        books.chain_position += 1
        invoice.status = Invoice.Status.POSTED
        invoice.posted_at, invoice.posted_by = now, actor
        invoice.seller = seller
        invoice.printed_fields = printed[invoice.pk]
        keep_paper(invoice, papers[invoice.pk])
        invoice.buyer = freezing.buyer_copy(invoice, format_of(invoice, tenant))
        invoice.chain_position = books.chain_position
        _give_reference(invoice, tenant, books.chain_position)
        invoice.previous_hash = books.last_hash
        frozen = freezing.content(invoice, lines[invoice.pk], taxes[invoice.pk])
        books.last_hash = invoice.content_hash = freezing.chained_hash(books.last_hash, frozen)
    _write(invoices, seller)
    ledger.write_entries(
        books,
        (
            ledger.sale_entry(
                invoice,
                lines[invoice.pk],
                taxes[invoice.pk],
                receivables_account=tenant.receivables_account,
            )
            for invoice in invoices
        ),
    )
    let_go = let_go_of_credited(books, notes, actor=actor) if notes else []
    _mark_billed([invoice.pk for invoice in invoices])
    freed = _free_credited([note.pk for note in notes], now)
    audit.write(chain.from_iterable(_audit(one, freed, actor=actor) for one in invoices))
    if let_go:
        audit.write(let_go)
    signals.document_posted.send(sender=Invoice, invoices=invoices)
    transaction.on_commit(
        partial(_enqueue_rendering, tenant.pk, [invoice.pk for invoice in invoices])
    )
    return invoices


def _give_reference(invoice: Invoice, tenant: Tenant, position: int) -> None:
    """One that was numbered elsewhere has its reference there already."""
    if not (invoice.is_credit_note or invoice.number_giver):
        invoice.payment_reference = payment_reference(
            kind=tenant.payment_references,
            country=tenant.country,
            base=f"{invoice.issue_date:%y}{position:04d}",
        )


def _number(
    invoices: Sequence[Invoice],
    series: SeriesBook,
    given: Mapping[int, str],
    *,
    actor: User | None,
) -> None:
    if counted := [invoice for invoice in invoices if invoice.pk not in given]:
        number_documents(counted, series, actor=actor)
    number_from_elsewhere([invoice for invoice in invoices if invoice.pk in given], given)


def _refuse_numbered_elsewhere(invoices: Collection[Invoice], given: Mapping[int, str]) -> None:
    """What waits for a number gets that one; what would need one from elsewhere gets none here."""
    for invoice in invoices:
        if invoice.is_draft and bool(invoice.number_giver) != (invoice.pk in given):
            raise (
                not_a_draft(invoice)
                if invoice.number_giver
                else errors.NotHandedOver(invoice=invoice)
            )
    for refusal in numbered_elsewhere([one for one in invoices if one.pk not in given]).values():
        raise refusal


def numbered_elsewhere(invoices: Collection[Invoice]) -> dict[int, errors.PostingRefused]:
    """Those of these that another system has to number; credit notes are numbered here."""
    drafts = [one for one in invoices if one.is_draft and not one.is_credit_note]
    refused = {one.pk: not_a_draft(one) for one in drafts if one.number_giver}
    if drafts and (found := giver()):
        refusal = errors.NumbersFromElsewhere(giver=found.name)
        refused = {one.pk: refusal for one in drafts} | refused
    return refused


def _refuse_closed_months(invoices: Iterable[Invoice]) -> None:
    closed = ClosedMonths(invoice.tax_point for invoice in invoices)
    for invoice in invoices:
        if is_closed := closed.refusal_of(invoice):
            raise is_closed


def _audit(
    invoice: Invoice, freed: Mapping[int, int], *, actor: User | None
) -> Iterator[AuditEntry]:
    gross = f"{round_money(invoice.gross_total, invoice.currency)} {invoice.currency}"
    about = {"number": invoice.number, "gross": gross}
    if invoice.corrects is None:
        yield audit.entry("invoice.posted", invoice, actor=actor, **about)
        return
    note = {"reason": invoice.reason, "freed_minutes": freed.get(invoice.pk, 0)}
    yield audit.entry(
        "credit_note.posted", invoice, actor=actor, **about, invoice=invoice.corrects.number, **note
    )
    yield audit.entry(
        "invoice.cancelled" if invoice.is_cancellation else "invoice.credited",
        invoice.corrects,
        actor=actor,
        credit_note=invoice.number,
        gross=gross,
        **note,
    )


@dataclass(frozen=True)
class _Before:
    """What is asked in one statement before anything is locked: the company, what most companies do
    not have, and the invoices that the documents correct."""

    tenant: Tenant
    prints_fields: bool
    chooses_templates: bool
    corrected: list[int]


def _locked(ids: Collection[int]) -> tuple[_Before, list[Invoice]]:
    """What is known beforehand, and the documents, locked with the invoices they correct in the one
    order; looked at by the rules of e-invoices before."""
    before = _known_before(ids)
    if before.tenant.einvoice_findings == EInvoiceFindings.REFUSE:
        look_ahead(ids, before.tenant)
        # That takes a while, and the company's settings may be others by now.
        before = _known_before(ids)
    by_id = {one.pk: one for one in locked_documents({*ids, *before.corrected})}
    found = [by_id[pk] for pk in set(ids) if pk in by_id]
    for note in found:
        if note.corrects_id is not None:
            note.corrects = by_id[note.corrects_id]
    return before, found


def _known_before(ids: Collection[int]) -> _Before:
    found: Any = Tenant.objects.raw(
        """
        SELECT tenant.*,
            EXISTS (SELECT FROM customers_customfield
                WHERE tenant_id = tenant.id AND is_printed AND is_active) AS prints_fields,
            EXISTS (SELECT FROM invoicing_templatechoice
                WHERE tenant_id = tenant.id) AS chooses_templates,
            ARRAY(SELECT corrects_id FROM invoicing_invoice
                WHERE tenant_id = tenant.id AND id = ANY(%s) AND corrects_id IS NOT NULL
            ) AS corrected
        FROM tenants_tenant tenant WHERE id = %s
        """,
        [list(ids), current_tenant_id()],
    )
    [tenant] = found
    return _Before(tenant, tenant.prints_fields, tenant.chooses_templates, tenant.corrected)


def _know_customers(invoices: Collection[Invoice]) -> None:
    ids = list({invoice.customer_id for invoice in invoices})
    customers = {one.pk: one for one in objects_where(Customer, "id = ANY(%(ids)s)", ids=ids)}
    for invoice in invoices:
        invoice.customer = customers[invoice.customer_id]
    prefetch_related_objects([one for one in invoices if one.project_id], "project")


def _left_of_corrected(documents: Iterable[Invoice]) -> dict[int, Left]:
    """What may still be credited, by invoice; asks nothing where there are no credit notes."""
    corrected = {one.corrects_id: one.corrects for one in documents if one.corrects is not None}
    return left_of(list(corrected.values())) if corrected else {}


def _enqueue_rendering(tenant_id: int, invoice_ids: Iterable[int]) -> None:
    from invoicing.tasks import render_invoice_pdf

    for invoice_id in invoice_ids:
        render_invoice_pdf.delay(tenant_id=tenant_id, invoice_id=invoice_id)


def _lines_of(invoices: Collection[Invoice]) -> dict[int, list[InvoiceLine]]:
    ids = [invoice.pk for invoice in invoices]
    rates = {rate.pk: rate for rate in objects_where(TaxRate, "true")}
    lines: dict[int, list[InvoiceLine]] = defaultdict(list)
    for line in objects_where(
        InvoiceLine, "invoice_id = ANY(%(ids)s) ORDER BY position, id", ids=ids
    ):
        if line.tax_rate_id is not None:
            line.tax_rate = rates[line.tax_rate_id]
        lines[line.invoice_id].append(line)
    return lines


def seller_refusal(tenant: Tenant) -> errors.PostingRefused | None:
    """Why the company could not post anything now, if so."""
    try:
        _refuse_incomplete_seller(tenant)
    except errors.PostingRefused as refusal:
        return refusal
    return None


def posting_refusals(
    invoices: Collection[Invoice], *, tenant: Tenant, actor: User | None
) -> dict[int, errors.PostingRefused]:
    """Why this person could not post these documents now, whatever it is due to."""
    refused = {
        **numbered_elsewhere(invoices),
        **four_eyes.refusals(invoices, tenant=tenant, actor=actor),
        **refusals(invoices),
    }
    if incomplete := seller_refusal(tenant):
        refused |= {one.pk: incomplete for one in invoices if one.is_draft}
    return refused


def refusals(invoices: Collection[Invoice]) -> dict[int, errors.PostingRefused]:
    """Why these could not be posted as they are now; one that could is not in it."""
    prefetch_related_objects(list(invoices), "corrects")
    lines = _lines_of(invoices)
    left = _left_of_corrected(invoices)
    refused: dict[int, errors.PostingRefused] = dict(number_refusals(invoices))
    refused |= _over_deducted(invoices, lines)
    refused |= refuse_drawn([one for one in invoices if one.is_credit_note])
    accounts = _accounts_of(lines)
    closed = ClosedMonths(invoice.tax_point for invoice in invoices)
    for invoice in invoices:
        try:
            _refuse_unfit(invoice, lines[invoice.pk], left, accounts)
            _sums(invoice, _items(lines[invoice.pk]), left)
            if is_closed := closed.refusal_of(invoice):
                raise is_closed
        except errors.PostingRefused as refusal:
            refused[invoice.pk] = refusal
    return refused


def _over_deducted(
    invoices: Collection[Invoice], lines: Mapping[int, Sequence[InvoiceLine]]
) -> dict[int, errors.PostingRefused]:
    """Asks only where a line takes something off."""
    suspects = [one for one in invoices if any(line.net < 0 for line in lines[one.pk])]
    return refuse_over_deducted(suspects) if suspects else {}


def _accounts_of(lines: Mapping[int, Iterable[InvoiceLine]]) -> AccountBook:
    every = list(chain.from_iterable(lines.values()))
    return AccountBook({*(line.account for line in every), *map(_tax_account, every)})


def _tax_account(line: InvoiceLine) -> str:
    return line.tax_rate.tax_account if line.tax_rate else ""


def _refuse_incomplete_seller(tenant: Tenant) -> None:
    missing = [
        str(Tenant._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name in ("legal_name", "street", "postal_code", "city")
        if not getattr(tenant, name)
    ]
    if not (tenant.vat_id or tenant.business_id):
        missing.append(str(_("VAT id or business id")))
    if missing:
        raise errors.SellerIncomplete(fields=", ".join(missing))


def _refuse_unfit(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    left: Mapping[int, Left],
    accounts: AccountBook,
) -> None:
    items = _items(lines)
    if not invoice.is_draft:
        raise not_a_draft(invoice)
    named = format_lazy("{} ({})", invoice, invoice.billing_name)
    if not items:
        raise errors.InvoiceHasNoLines(invoice=named)
    address = ("billing_name", "billing_street", "billing_postal_code", "billing_city")
    if not all(getattr(invoice, name) for name in address):
        raise errors.BuyerAddressMissing(invoice=named)
    if invoice.corrects is not None:
        _refuse_unfit_credit(invoice, invoice.corrects, items, left[invoice.corrects.pk])
        return
    _refuse_unfit_rates(invoice, named, items)
    for line in items:
        if refusal := accounts.refusal(line.account, taxed_at=line.tax_percent):
            raise refusal
        if line.tax_percent and (refusal := accounts.refusal(_tax_account(line))):
            raise refusal


def _refuse_unfit_rates(invoice: Invoice, named: Any, items: Iterable[InvoiceLine]) -> None:
    for line in items:
        rate = line.tax_rate
        assert rate is not None  # a constraint
        if not (rate.is_valid_on(invoice.tax_point) or takes_advance_off(line)):
            raise errors.TaxRateNotValid(rate=rate, invoice=named, day=invoice.tax_point)
        if (line.tax_category, line.tax_percent) != (rate.category, rate.percent):
            raise errors.TaxRateChanged(rate=rate, invoice=named)
        if not line.account or (rate.percent and not rate.tax_account):
            raise errors.AccountMissing(invoice=named)
        if (
            rate.category in (TaxRate.Category.REVERSE_CHARGE, TaxRate.Category.INTRA_COMMUNITY)
            and not invoice.buyer_vat_id
        ):
            raise errors.BuyerVatIdMissing(invoice=named)


def _refuse_unfit_credit(
    note: Invoice, corrected: Invoice, items: Iterable[InvoiceLine], left: Left
) -> None:
    """Rates, accounts and wording are those of the invoice, whatever has become of them since."""
    if not note.reason:
        raise errors.ReasonMissing
    if note.issue_date < corrected.issue_date:
        raise errors.CreditedBeforeInvoiced(day=corrected.issue_date)
    for line in items:
        left.check(line)


def _sums(invoice: Invoice, items: Sequence[InvoiceLine], left: Mapping[int, Left]) -> Totals:
    """What its lines come to; a negative sum or more than is left to credit is refused."""
    if invoice.corrects_id is not None:
        return left[invoice.corrects_id].totals(items)
    sums = totals(items, invoice.currency)
    if sums.gross < 0:
        raise errors.GrossNegative(invoice=invoice)
    return sums


def _items(lines: Iterable[InvoiceLine]) -> list[InvoiceLine]:
    return [line for line in lines if line.kind == InvoiceLine.Kind.ITEM]


def _fresh_taxes(
    invoices: Collection[Invoice], lines: dict[int, list[InvoiceLine]], left: Mapping[int, Left]
) -> dict[int, list[InvoiceTax]]:
    """The documents' tax groups; rewritten only where the stored ones tell something else."""
    stored: dict[int, list[InvoiceTax]] = defaultdict(list)
    ids = [invoice.pk for invoice in invoices]
    for tax in objects_where(InvoiceTax, "invoice_id = ANY(%(ids)s)", ids=ids):
        stored[tax.invoice_id].append(tax)
    taxes, stale = {}, []
    for invoice in invoices:
        items = _items(lines[invoice.pk])
        sums = _sums(invoice, items, left)
        invoice.net_total, invoice.tax_total, invoice.gross_total = sums.net, sums.tax, sums.gross
        taxes[invoice.pk] = (
            tax_rows(invoice, items, sums.groups)
            if invoice.corrects_id is None
            else left[invoice.corrects_id].tax_rows(invoice, sums.groups)
        )
        if _told(taxes[invoice.pk]) != _told(stored[invoice.pk]):
            stale.append(invoice.pk)
    if stale:
        InvoiceTax.objects.filter(invoice__in=stale).delete()
        InvoiceTax.objects.bulk_create(tax for pk in stale for tax in taxes[pk])
    return taxes


def _told(taxes: Iterable[InvoiceTax]) -> set[tuple[Any, ...]]:
    return {
        (
            tax.category,
            tax.percent,
            tax.taxable,
            tax.tax,
            tax.account,
            tuple(sorted(tax.shares.items())),
            tax.exemption_reason,
        )
        for tax in taxes
    }


_WRITTEN = {
    "id": "bigint",
    "number": "text",
    "series_id": "bigint",
    "number_format": "text",
    "number_window": "text",
    "number_count": "bigint",
    "net_total": "numeric",
    "tax_total": "numeric",
    "gross_total": "numeric",
    "payment_reference": "text",
    "chain_position": "bigint",
    "previous_hash": "text",
    "content_hash": "text",
    "printed_fields": "jsonb",
    "template_id": "bigint",
    "template_version_id": "bigint",
    "paper": "jsonb",
    "buyer": "jsonb",
}


def _write(invoices: Sequence[Invoice], seller: dict[str, str]) -> None:
    """One UPDATE for all: a statement per document would be most of a bulk posting's time."""
    columns = [
        [
            json.dumps(getattr(invoice, name)) if kind == "jsonb" else getattr(invoice, name)
            for invoice in invoices
        ]
        for name, kind in _WRITTEN.items()
    ]
    names = ", ".join(_WRITTEN)
    arrays = ", ".join(f"%s::{kind}[]" for kind in _WRITTEN.values())
    settings = ", ".join(f"{name} = posted.{name}" for name in _WRITTEN if name != "id")
    first = invoices[0]
    assert first.posted_at is not None
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE invoicing_invoice document SET {settings}, status = 'posted',"  # noqa: S608
            " seller = %s::jsonb, posted_at = %s, posted_by_id = %s"
            f" FROM unnest({arrays}) AS posted ({names})"
            " WHERE document.tenant_id = %s AND document.id = posted.id",
            [
                json.dumps(seller),
                first.posted_at,
                first.posted_by.pk if first.posted_by else None,
                *columns,
                current_tenant_id(),
            ],
        )


def _mark_billed(invoice_ids: list[int]) -> None:
    """The work on these documents.

    Lists in place of joins: while a run fills the tables, PostgreSQL knows of few rows in them and
    would read one of them for each row of the other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH work AS (
                SELECT time_entry_id, charge_id FROM invoicing_source
                WHERE tenant_id = %(tenant)s AND released_at IS NULL AND line_id = ANY(ARRAY(
                    SELECT id FROM invoicing_invoiceline
                    WHERE tenant_id = %(tenant)s AND invoice_id = ANY(%(invoices)s)
                ))
            ), charges AS (
                UPDATE timesheets_charge SET billing_state = 'billed'
                WHERE tenant_id = %(tenant)s AND id = ANY(ARRAY(
                    SELECT charge_id FROM work WHERE charge_id IS NOT NULL
                ))
            )
            UPDATE timesheets_timeentry SET billing_state = 'billed'
            WHERE tenant_id = %(tenant)s AND id = ANY(ARRAY(
                SELECT time_entry_id FROM work WHERE time_entry_id IS NOT NULL
            ))
            """,
            {"tenant": current_tenant_id(), "invoices": invoice_ids},
        )


def _free_credited(note_ids: list[int], now: datetime) -> dict[int, int]:
    """Release the hours these credit notes free, and open them; returns minutes by note."""
    if not note_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH freed AS (
                UPDATE invoicing_source source SET released_at = %(now)s
                FROM invoicing_invoiceline line
                WHERE source.tenant_id = %(tenant)s AND line.tenant_id = source.tenant_id
                    AND line.invoice_id = ANY(%(notes)s) AND source.freed_by_id = line.id
                    AND source.released_at IS NULL
                RETURNING source.time_entry_id, source.charge_id, source.minutes, line.invoice_id
            ), opened_charges AS (
                UPDATE timesheets_charge charge SET billing_state = 'open'
                FROM freed
                WHERE charge.tenant_id = %(tenant)s AND charge.id = freed.charge_id
            ), opened AS (
                UPDATE timesheets_timeentry entry SET billing_state = 'open'
                FROM freed
                WHERE entry.tenant_id = %(tenant)s AND entry.id = freed.time_entry_id
            )
            SELECT invoice_id, sum(minutes)::integer FROM freed GROUP BY invoice_id
            """,
            {"tenant": current_tenant_id(), "notes": note_ids, "now": now},
        )
        return dict(cursor.fetchall())
