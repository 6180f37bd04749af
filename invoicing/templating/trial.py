"""Trying a template with the sample invoice: what it does not know, and what it makes."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from invoicing.documents.printed import Printed
from invoicing.domain.freezing import seller_copy
from invoicing.models import DocumentTemplate
from invoicing.templating import errors, office
from invoicing.templating.data import TemplateData, UsedField
from invoicing.templating.fields import known_names, own_fields
from invoicing.templating.gathering import told
from invoicing.templating.html import checking
from invoicing.templating.html.kitchen import set_page
from invoicing.templating.office import pdf as office_pdf
from invoicing.templating.sample import sample_rows
from invoicing.templating.sheets import Made, page_of
from tenants.models import Tenant

Kind = DocumentTemplate.Kind


@dataclass(frozen=True)
class _Sample:
    data: TemplateData
    printed: Printed


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
    return [one for one in used if one.name not in known]


def made_of_sample(kind: str, content: bytes, *, tenant: Tenant, language: str) -> Made:
    """Raises a TemplateRefusedError."""
    sample = _sample(tenant, language)
    if kind == Kind.HTML:
        source = content.decode("utf-8-sig")
        made = set_page(page_of(source, sample.data, sample.printed, tenant_id=tenant.pk))
        if made.left_out:
            address = made.left_out[0]
            at = source.find(address)
            line = source.count("\n", 0, at) + 1 if at >= 0 else 1
            raise errors.LeadsElsewhere(line=line, address=address[:80])
        return Made(made.pdf)
    file = office.fill(content, kind, sample.data)
    why = office_pdf.why_missing()
    if why is not None:
        return Made(b"", file, kind, why_no_pdf=str(why))
    return Made(office_pdf.to_pdf(file, kind, language=language), file, kind)


def _sample(tenant: Tenant, language: str) -> _Sample:
    rows = sample_rows(seller_copy(tenant), language, own_fields())
    return _Sample(told(rows), rows.printed)


def kind_of(file_name: str) -> str:
    """By the ending, which is compared with the content afterwards. Raises EndingUnknown."""
    ending = file_name.rpartition(".")[2].lower()
    if ending == "htm":
        ending = Kind.HTML
    if ending == Kind.DESIGN or ending not in Kind.values:
        raise errors.EndingUnknown(name=file_name[:80] or _("nothing"))
    return ending
