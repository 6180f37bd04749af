"""Which e-invoice a document gets, and how its file is called."""

from invoicing.einvoices import profiles
from invoicing.einvoices.profiles import Profile
from invoicing.models import Invoice
from tenants.einvoices import EInvoiceFormat, usual_format
from tenants.models import Tenant

PROFILES = {
    EInvoiceFormat.FACTUR_X: profiles.FACTUR_X,
    EInvoiceFormat.XRECHNUNG_CII: profiles.XRECHNUNG_CII,
    EInvoiceFormat.XRECHNUNG_UBL: profiles.XRECHNUNG_UBL,
    EInvoiceFormat.PEPPOL: profiles.PEPPOL,
    EInvoiceFormat.FINVOICE: profiles.FINVOICE,
}


def format_of(invoice: Invoice, tenant: Tenant) -> EInvoiceFormat:
    """The customer's choice, or the company's, or what is usual in its country; of what is posted
    as it was then."""
    return EInvoiceFormat(
        invoice.buyer.get("einvoice_format")
        or invoice.customer.einvoice_format
        or tenant.einvoice_format
        or usual_format(tenant.country)
    )


def profile_of(invoice: Invoice, tenant: Tenant) -> Profile | None:
    """None where it is only a PDF."""
    return PROFILES.get(format_of(invoice, tenant))
