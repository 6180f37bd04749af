"""Trying a template with samples and with one's own documents: what it does not know, and what it
makes of them."""

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from invoicing.documents.designs.registry import Look
from invoicing.documents.printed import Printed
from invoicing.domain.freezing import seller_copy
from invoicing.models import DocumentTemplate, Invoice
from invoicing.templating import errors, office
from invoicing.templating.data import UsedField
from invoicing.templating.fields import known_names, own_fields
from invoicing.templating.gathering import Rows, rows_of, told
from invoicing.templating.html import checking
from invoicing.templating.html.kitchen import set_page
from invoicing.templating.office import pdf as office_pdf
from invoicing.templating.own_values import own_values
from invoicing.templating.sample import Sample, sample_rows
from invoicing.templating.sheets import Made, page_of
from tenants.models import Tenant

Kind = DocumentTemplate.Kind
# Of these an upload is not looked at, but it has to stand them.
_TRIED_BESIDES = (Sample.CREDIT_NOTE, Sample.FINAL)


def unknown_names(kind: str, content: bytes, *, tenant: Tenant) -> list[UsedField]:
    """Placeholders that there are not, after the file was filled once.

    Raises a TemplateRefusedError where it is not let in, cannot be read or cannot be filled.
    """
    found = own_fields()
    if kind == Kind.HTML:
        used = checking.inspect(checking.read(content))
    else:
        used = office.inspect(content, kind)
    known = known_names(found, kind)
    made_of_sample(kind, content, tenant=tenant, language=tenant.language)
    for case in _TRIED_BESIDES:
        _fill(kind, content, _sample(tenant, tenant.language, case), tenant)
    return [one for one in used if one.name not in known]


def made_of_sample(
    kind: str, content: bytes, *, tenant: Tenant, language: str, case: Sample = Sample.INVOICE
) -> Made:
    """Raises a TemplateRefusedError."""
    return _made(kind, content, _sample(tenant, language, case), tenant)


def made_of_document(kind: str, content: bytes, *, tenant: Tenant, invoice: Invoice) -> Made:
    """A draft or posted document in it, whatever that one is made by. Raises a
    TemplateRefusedError."""
    # What was frozen knows only the fields that its own template could name.
    rows = replace(rows_of(invoice), own=own_values(invoice, own_fields()))
    return _made(kind, content, rows, tenant)


def sample_in(
    look: Look, *, seller: Mapping[str, str], language: str, case: Sample = Sample.INVOICE
) -> Printed:
    """A sample in a built-in design."""
    return sample_rows(seller, language, [], case).printed_in(look)


def _sample(tenant: Tenant, language: str, case: Sample) -> Rows:
    return sample_rows(seller_copy(tenant), language, own_fields(), case)


def _made(kind: str, content: bytes, rows: Rows, tenant: Tenant) -> Made:
    if kind == Kind.HTML:
        return Made(_fill(kind, content, rows, tenant))
    file = _fill(kind, content, rows, tenant)
    why = office_pdf.why_missing()
    if why is not None:
        return Made(b"", file, kind, why_no_pdf=str(why))
    return Made(office_pdf.to_pdf(file, kind, language=rows.invoice.language), file, kind)


def _fill(kind: str, content: bytes, rows: Rows, tenant: Tenant) -> bytes:
    """The PDF of an HTML template, the filled file of the others."""
    if kind != Kind.HTML:
        return office.fill(content, kind, told(rows))
    source = content.decode("utf-8-sig")
    made = set_page(page_of(source, told(rows), rows.printed, tenant_id=tenant.pk))
    if made.left_out:
        address = made.left_out[0]
        at = source.find(address)
        line = source.count("\n", 0, at) + 1 if at >= 0 else 1
        raise errors.LeadsElsewhere(line=line, address=address[:80])
    return made.pdf


def kind_of(file_name: str) -> str:
    """By the ending, which is compared with the content afterwards. Raises EndingUnknown."""
    ending = file_name.rpartition(".")[2].lower()
    if ending == "htm":
        ending = Kind.HTML
    if ending == Kind.DESIGN or ending not in Kind.values:
        raise errors.EndingUnknown(name=file_name[:80] or _("nothing"))
    return ending
