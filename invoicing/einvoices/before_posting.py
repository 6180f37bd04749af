"""The e-invoices that drafts would get, looked at before they are posted."""

import logging
from collections.abc import Collection, Mapping, Sequence

from django.db.models import prefetch_related_objects

from invoicing.domain.freezing import seller_copy
from invoicing.domain.printed_fields import printed_fields
from invoicing.einvoices.checking.explaining import Explained, explained
from invoicing.einvoices.checking.findings import RulesNotAvailable, Severity
from invoicing.einvoices.checking.verdict import content_findings, file_findings
from invoicing.einvoices.content import Content
from invoicing.einvoices.formats import profile_of
from invoicing.einvoices.gathering import Rows, content_of
from invoicing.einvoices.profiles import Profile
from invoicing.einvoices.writing import written
from invoicing.errors import EInvoiceUnfit
from invoicing.models import Invoice, InvoiceLine, InvoiceTax
from tenants.einvoices import EInvoiceFindings
from tenants.models import Tenant

logger = logging.getLogger(__name__)


def draft_findings(content: Content, profile: Profile) -> list[Explained]:
    """All that would be wrong with its e-invoice, in plain words."""
    findings = content_findings(content, profile)
    try:
        findings += file_findings(written(content, profile), profile)
    except RulesNotAvailable:
        # They are applied again when the file is made.
        logger.exception("No verdict over the e-invoice of a draft")
    return explained(findings)


def refuse_unfit_einvoices(
    invoices: Collection[Invoice],
    lines: Mapping[int, Sequence[InvoiceLine]],
    taxes: Mapping[int, Sequence[InvoiceTax]],
    *,
    tenant: Tenant,
) -> None:
    """Refuse the first draft that could not become what its customer wants, where the company has
    such drafts wait; asks a few questions for all of them."""
    if tenant.einvoice_findings != EInvoiceFindings.REFUSE:
        return
    prefetch_related_objects(list(invoices), "customer")
    wanted = [(one, profile) for one in invoices if (profile := profile_of(one, tenant))]
    if not wanted:
        return
    seller = seller_copy(tenant)
    own_fields = printed_fields([invoice for invoice, _profile in wanted])
    for invoice, profile in wanted:
        rows = Rows(lines[invoice.pk], taxes[invoice.pk], seller, own_fields[invoice.pk])
        found = draft_findings(content_of(invoice, rows), profile)
        errors = [one.text for one in found if one.severity == Severity.ERROR]
        if errors:
            raise EInvoiceUnfit(
                invoice=invoice.billing_name, format=profile.name, findings=" ".join(errors)
            )
