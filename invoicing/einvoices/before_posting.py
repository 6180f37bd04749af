"""The e-invoices that drafts would get, looked at before they are posted.

What schema and official rules say of a file depends on its bytes alone and is kept by their hash:
what was looked at before anything is locked need not be looked at again while it is.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import batched

from django.core.cache import cache
from django.db import transaction
from django.db.models import prefetch_related_objects

from invoicing.domain import freezing
from invoicing.domain.printed_fields import PrintedField, printed_fields
from invoicing.einvoices.checking import verdict
from invoicing.einvoices.checking.explaining import Explained, explained
from invoicing.einvoices.checking.findings import Finding, Severity
from invoicing.einvoices.content import Content
from invoicing.einvoices.formats import format_of, profile_of
from invoicing.einvoices.gathering import Rows, content_of
from invoicing.einvoices.profiles import Profile
from invoicing.einvoices.writing import written
from invoicing.errors import EInvoiceUnfit
from invoicing.models import Invoice, InvoiceLine, InvoiceTax
from tenants.einvoices import EInvoiceFindings
from tenants.models import Tenant

KEPT_SECONDS = 24 * 3600
ASKED_AGAIN_AFTER_SECONDS = 300
# Three or four seconds of a worker; several share what is more.
LOOKED_AT_TOGETHER = 50


def draft_findings(content: Content, profile: Profile) -> list[Explained]:
    """All that would be wrong with its e-invoice, in plain words."""
    by_file = _kept_findings(content, profile)
    return explained([*verdict.content_findings(content, profile), *(by_file or ())])


def _kept_findings(content: Content, profile: Profile) -> list[Finding] | None:
    """What schema and rules say of its file; None where they give no verdict."""
    file = written(content, profile)
    key = f"einvoice-{profile.name}-{hashlib.sha256(file).hexdigest()}".replace(" ", "-")
    kept = cache.get(key)
    if kept is None:
        found = verdict.judged(content, file, profile)
        if found is None:
            return None
        cache.set(key, [asdict(one) for one in found], timeout=KEPT_SECONDS)
        return found
    return [Finding(**{**one, "severity": Severity(one["severity"])}) for one in kept]


def look_at_draft(draft: Invoice, tenant: Tenant, rows: Rows | None = None) -> list[Explained]:
    """As `draft_findings`, and remembered for lists; for a draft that gets an e-invoice."""
    profile = profile_of(draft, tenant)
    assert profile is not None
    found = draft_findings(content_of(draft, rows), profile)
    errors = sum(one.severity == Severity.ERROR for one in found)
    cache.set(_Marks(tenant).key(draft), errors, timeout=KEPT_SECONDS)
    return found


class _Marks:
    """Where the outcome of the last look at a draft is kept: for this version of the draft, with
    company and customer as they are now."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.seller = sorted(freezing.seller_copy(tenant).items())

    def key(self, draft: Invoice) -> str:
        customer = draft.customer
        known = (
            draft.version, format_of(draft, self.tenant), self.seller, customer.number,
            customer.email, customer.einvoice_address, customer.einvoice_operator,
        )  # fmt: skip
        digest = hashlib.sha256(repr(known).encode()).hexdigest()
        return f"einvoice-errors-{self.tenant.pk}-{draft.pk}-{digest}"


def marks_of(drafts: Iterable[Invoice], tenant: Tenant) -> dict[int, int]:
    """How many errors their e-invoices were last found to have; what nobody has looked at as it is
    now is not in it. The customers come with the drafts."""
    marks = _Marks(tenant)
    keys = {marks.key(draft): draft.pk for draft in drafts}
    return {keys[key]: errors for key, errors in cache.get_many(keys).items()}


def ask_for_marks(drafts: Iterable[Invoice], tenant: Tenant) -> int:
    """Have the workers look at those that nobody has looked at as they are now; returns how many
    those are, asked for just now or before."""
    wanted = [draft for draft in drafts if profile_of(draft, tenant)]
    known, marks = marks_of(wanted, tenant), _Marks(tenant)
    asked = [
        draft.pk
        for draft in wanted
        if draft.pk not in known
        and cache.add(f"{marks.key(draft)}-asked", 1, timeout=ASKED_AGAIN_AFTER_SECONDS)
    ]
    if asked:
        from invoicing.tasks import look_at_einvoices

        for ids in batched(asked, LOOKED_AT_TOGETHER, strict=False):
            transaction.on_commit(
                partial(look_at_einvoices.delay, tenant_id=tenant.pk, invoice_ids=list(ids))
            )
    return len(wanted) - len(known)


def look_at_drafts(drafts: Sequence[Invoice], tenant: Tenant) -> dict[int, list[Explained]]:
    """By draft, of those that get an e-invoice; as many statements for one as for a thousand."""
    prefetch_related_objects(drafts, "customer", "project", "corrects", "replaces")
    wanted = [draft for draft in drafts if profile_of(draft, tenant)]
    rows = _rows_of(wanted, tenant) if wanted else {}
    return {
        draft.pk: look_at_draft(draft, tenant, rows[draft.pk])
        for draft in wanted
        # One without lines says so by itself.
        if rows[draft.pk].taxes
    }


def look_ahead(ids: Collection[int], tenant: Tenant) -> None:
    """Have the rules look at these drafts before they are locked, where unfit ones would wait.

    Posting them then finds the verdicts by what is in the files, and asks the rules only about what
    was changed in between.
    """
    if tenant.einvoice_findings == EInvoiceFindings.REFUSE:
        drafts = Invoice.objects.filter(pk__in=ids, status=Invoice.Status.DRAFT).order_by("pk")
        look_at_drafts(list(drafts), tenant)


def einvoice_refusals(drafts: Sequence[Invoice], tenant: Tenant) -> dict[int, EInvoiceUnfit]:
    """Those that could not become what their customers want, where the company has such wait."""
    if tenant.einvoice_findings != EInvoiceFindings.REFUSE:
        return {}
    looked_at = look_at_drafts(drafts, tenant)
    refused = {draft.pk: _refusal(draft, tenant, looked_at.get(draft.pk, ())) for draft in drafts}
    return {pk: refusal for pk, refusal in refused.items() if refusal is not None}


def refuse_unfit_einvoices(
    invoices: Collection[Invoice],
    lines: Mapping[int, Sequence[InvoiceLine]],
    taxes: Mapping[int, Sequence[InvoiceTax]],
    own_fields: Mapping[int, Sequence[PrintedField]],
    *,
    seller: Mapping[str, str],
    tenant: Tenant,
) -> None:
    """Refuse the first draft that could not become what its customer wants, where the company has
    such drafts wait; the customers come with the drafts."""
    if tenant.einvoice_findings != EInvoiceFindings.REFUSE:
        return
    for invoice in invoices:
        profile = profile_of(invoice, tenant)
        if profile is None:
            continue
        rows = Rows(lines[invoice.pk], taxes[invoice.pk], seller, own_fields[invoice.pk])
        found = draft_findings(content_of(invoice, rows), profile)
        if refusal := _refusal(invoice, tenant, found):
            raise refusal


def _refusal(invoice: Invoice, tenant: Tenant, found: Iterable[Explained]) -> EInvoiceUnfit | None:
    errors = [one.text for one in found if one.severity == Severity.ERROR]
    profile = profile_of(invoice, tenant)
    if not errors or profile is None:
        return None
    return EInvoiceUnfit(
        invoice=invoice.billing_name, format=profile.name, findings=" ".join(errors)
    )


def _rows_of(drafts: Sequence[Invoice], tenant: Tenant) -> dict[int, Rows]:
    lines: dict[int, list[InvoiceLine]] = defaultdict(list)
    for line in InvoiceLine.objects.filter(invoice__in=drafts).order_by("position", "pk"):
        lines[line.invoice_id].append(line)
    taxes: dict[int, list[InvoiceTax]] = defaultdict(list)
    for tax in InvoiceTax.objects.filter(invoice__in=drafts).order_by("pk"):
        taxes[tax.invoice_id].append(tax)
    seller, printed = freezing.seller_copy(tenant), printed_fields(drafts)
    return {
        draft.pk: Rows(lines[draft.pk], taxes[draft.pk], seller, printed[draft.pk])
        for draft in drafts
    }
