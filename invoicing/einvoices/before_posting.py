"""The e-invoices that drafts would get, looked at before they are posted."""

from collections.abc import Collection, Mapping, Sequence

from django.db.models import prefetch_related_objects

from invoicing.domain.printed_fields import PrintedField
from invoicing.einvoices.checking.explaining import Explained, explained
from invoicing.einvoices.checking.findings import Severity
from invoicing.einvoices.checking.verdict import all_findings
from invoicing.einvoices.content import Content
from invoicing.einvoices.formats import profile_of
from invoicing.einvoices.gathering import Rows, content_of
from invoicing.einvoices.profiles import Profile
from invoicing.einvoices.writing import written
from invoicing.errors import EInvoiceUnfit
from invoicing.models import Invoice, InvoiceLine, InvoiceTax
from tenants.einvoices import EInvoiceFindings
from tenants.models import Tenant


def draft_findings(content: Content, profile: Profile) -> list[Explained]:
    """All that would be wrong with its e-invoice, in plain words."""
    return explained(all_findings(content, written(content, profile), profile))


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
    such drafts wait; asks for their customers alone."""
    if tenant.einvoice_findings != EInvoiceFindings.REFUSE:
        return
    prefetch_related_objects(list(invoices), "customer")
    for invoice in invoices:
        profile = profile_of(invoice, tenant)
        if profile is None:
            continue
        rows = Rows(lines[invoice.pk], taxes[invoice.pk], seller, own_fields[invoice.pk])
        found = draft_findings(content_of(invoice, rows), profile)
        errors = [one.text for one in found if one.severity == Severity.ERROR]
        if errors:
            raise EInvoiceUnfit(
                invoice=invoice.billing_name, format=profile.name, findings=" ".join(errors)
            )
