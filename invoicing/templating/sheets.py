"""A document with whatever it is made by, read in one short transaction and made without one."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from invoicing.documents.archival import Enclosed
from invoicing.documents.printed import Printed, printed_invoice
from invoicing.documents.rendering import invoice_html, pdf_of
from invoicing.models import DocumentTemplate, Invoice
from invoicing.templating import office
from invoicing.templating.choosing import Chosen, chosen_of
from invoicing.templating.data import TemplateData
from invoicing.templating.errors import TemplateRefusedError
from invoicing.templating.gathering import context_of, gather
from invoicing.templating.html.kitchen import SECONDS, Page, set_page
from invoicing.templating.office import pdf as office_pdf
from tenants.scope import current_tenant_id

Kind = DocumentTemplate.Kind
# What a row of a table takes at most, besides what every document takes.
SECONDS_A_ROW = 0.05
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sheet:
    """`printed` is what the built-in design shows; `data` fills an uploaded template."""

    printed: Printed
    html: str
    chosen: Chosen
    source: bytes = b""
    data: TemplateData | None = None
    tenant_id: int = 0

    @property
    def is_office(self) -> bool:
        return self.chosen.is_upload and self.chosen.kind != Kind.HTML


@dataclass(frozen=True)
class Made:
    """`file` is a filled office file with its `ending`; `pdf` is empty where there is none, and
    `why_no_pdf` says why. `trouble` is why the template could not be used after all."""

    pdf: bytes
    file: bytes = b""
    ending: str = ""
    why_no_pdf: str = ""
    trouble: str = ""


def sheet_of(invoice: Invoice) -> Sheet:
    """Everything that is needed to make it; a scope has to be open."""
    chosen = chosen_of(invoice)
    printed = printed_invoice(invoice)
    if chosen.version is None:
        return Sheet(printed, invoice_html(printed), chosen)
    return Sheet(
        printed,
        invoice_html(printed),
        chosen,
        source=bytes(chosen.version.content),
        data=gather(invoice),
        tenant_id=current_tenant_id(),
    )


def make_sheet(
    sheet: Sheet, *, enclosed: Sequence[Enclosed] = (), descriptions: Sequence[bytes] = ()
) -> Made:
    """A template that cannot be filled leaves the document to the built-in design: what is posted
    has to reach the customer."""
    inside: dict[str, Any] = {"enclosed": enclosed, "descriptions": descriptions}
    if not sheet.chosen.is_upload:
        return Made(_built_in(sheet, **inside))
    try:
        return _filled_file(sheet, **inside) if sheet.is_office else _filled_page(sheet, **inside)
    except TemplateRefusedError as refused:
        logger.warning("Template of %s: %s", sheet.printed.heading, refused)
        return Made(_built_in(sheet, **inside), trouble=str(refused))


def _built_in(sheet: Sheet, **inside: Any) -> bytes:
    printed = sheet.printed
    return pdf_of(sheet.html, identity=printed.identity, letterhead=printed.letterhead, **inside)


def _filled_page(sheet: Sheet, **inside: Any) -> Made:
    assert sheet.data is not None
    page = page_of(
        sheet.source.decode("utf-8-sig"), sheet.data, sheet.printed, tenant_id=sheet.tenant_id
    )
    return Made(set_page(page, **inside).pdf)


def page_of(source: str, data: TemplateData, printed: Printed, *, tenant_id: int) -> Page:
    """The page of an HTML template, with what its metadata say."""
    head = printed.head
    moment = head.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = sum(len(found) for found in data.groups.values())
    return Page(
        tenant_id=tenant_id,
        source=source,
        context=context_of(data),
        language=data.language,
        title=printed.heading,
        identity=printed.identity,
        about={
            "author": head.seller_name,
            "generator": "Laskuri",
            "dcterms.created": moment,
            "dcterms.modified": moment,
        },
        mark=head.words.draft if head.is_draft else "",
        seconds=int(SECONDS + SECONDS_A_ROW * rows),
    )


def _filled_file(sheet: Sheet, **inside: Any) -> Made:
    assert sheet.data is not None
    ending = str(sheet.chosen.kind)
    file = office.fill(sheet.source, ending, sheet.data)
    why = office_pdf.why_missing()
    if why is None:
        try:
            made = office_pdf.to_pdf(file, ending, language=sheet.data.language, **inside)
            return Made(made, file, ending)
        except TemplateRefusedError as refused:
            why = str(refused)
    if inside["enclosed"]:
        # The XML has to be inside a PDF/A-3: where there is no other, one of our design has it.
        return Made(_built_in(sheet, **inside), file, ending)
    return Made(b"", file, ending, why_no_pdf=why)
