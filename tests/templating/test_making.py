"""Documents made by templates: stored, previewed, handed out; and what happens when one fails."""

import io
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import facturx
import pikepdf
import pytest
from django.core import mail
from django.test import Client

from invoicing.documents.storing import store_invoice_pdf, stored_bytes, stored_document
from invoicing.domain.sending.delivering import message_of
from invoicing.models import DocumentTemplate, Invoice, InvoiceFile, TemplateChoice
from invoicing.selectors.documents import documents_without_pdf
from invoicing.templating.office import pdf as office_pdf
from invoicing.templating.sheets import make_sheet, sheet_of
from invoicing.views.templates.files import BEGINNINGS
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scope import current_tenant_id
from tests.documents.making import draft, pages, posted, words
from tests.templating.making import add_version, design_template, html_template

SignIn = Callable[[Membership], Client]


def choose(template: DocumentTemplate) -> None:
    TemplateChoice.objects.create(template=template)


def stored(invoice: Invoice) -> bytes:
    assert store_invoice_pdf(current_tenant_id(), invoice.pk)
    found = stored_document(invoice)
    assert found is not None
    return stored_bytes(found)


def office_template(kind: str = "docx") -> DocumentTemplate:
    made: DocumentTemplate = DocumentTemplate.objects.create(name=f"As {kind}", kind=kind)
    content = (BEGINNINGS / f"invoice.{kind}").read_bytes()
    made.versions.create(
        number=1, file_name=f"invoice.{kind}", content=content, sha256="0" * 64, size=len(content)
    )
    return made


@pytest.fixture
def _without_libreoffice() -> Any:
    with patch.object(office_pdf, "why_missing", return_value="LibreOffice is not installed here."):
        yield


def test_the_posted_document_is_made_by_the_frozen_version(seller: Tenant) -> None:
    template = html_template("<html><body>First {{ invoice.number }}</body></html>")
    choose(template)
    invoice = posted({})
    add_version(template, "<html><body>Second {{ invoice.number }}</body></html>")

    content = stored(invoice)

    assert words(pages(content)) == "First 2026-0001"
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert pdf.open_metadata()["pdfaid:part"] == "3"
        assert pdf.open_metadata()["dc:title"] == "Invoice 2026-0001"


def test_a_hybrid_invoice_has_its_xml_inside_whatever_made_the_page(seller: Tenant) -> None:
    seller.einvoice_format = "factur_x"
    seller.save()
    choose(html_template())
    invoice = posted({}, buyer_reference="K-1", contact_email="a@b.example")

    with pikepdf.open(io.BytesIO(stored(invoice))) as pdf:
        assert list(pdf.attachments) == ["factur-x.xml"]


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["docx", "ods", "xlsx"])
def test_an_office_template_gives_the_hybrid_its_looks(seller: Tenant, kind: str) -> None:
    seller.einvoice_format = "factur_x"
    seller.save()
    choose(office_template(kind))
    invoice = posted({}, buyer_reference="K-1", contact_email="a@b.example")

    content = stored(invoice)

    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert list(pdf.attachments) == ["factur-x.xml"]
        assert str(pdf.docinfo["/Creator"]) in ("Writer", "Calc")
    assert facturx.get_xml_from_pdf(content)[0] == "factur-x.xml"
    assert "Asiakas Oy" in words(pages(content))
    assert "2026-0001" in words(pages(content))


@pytest.mark.usefixtures("_without_libreoffice")
def test_without_libreoffice_the_hybrid_has_the_built_in_design(seller: Tenant) -> None:
    seller.einvoice_format = "factur_x"
    seller.save()
    choose(office_template())
    invoice = posted({}, buyer_reference="K-1", contact_email="a@b.example")

    with pikepdf.open(io.BytesIO(stored(invoice))) as pdf:
        assert list(pdf.attachments) == ["factur-x.xml"]
    assert {one.kind for one in InvoiceFile.objects.filter(invoice=invoice)} >= {"pdf", "docx"}


def test_a_design_is_made_with_its_settings(seller: Tenant) -> None:
    choose(design_template("Serif", typeface="serif"))
    with pikepdf.open(io.BytesIO(stored(posted({})))) as pdf:
        fonts = {str(font.BaseFont) for font in pdf.pages[0].Resources.Font.values()}
    assert any("Serif" in name for name in fonts)


def test_a_draft_is_marked(seller: Tenant) -> None:
    choose(html_template())
    made = make_sheet(sheet_of(draft()))
    assert words(pages(made.pdf)) == "Invoice Draft Draft"


def test_a_template_that_fails_leaves_the_document_to_the_built_in_design(seller: Tenant) -> None:
    choose(html_template("<html><body>\n{{ 1 / 0 }}</body></html>"))
    invoice = posted({})

    assert "Asiakas Oy" in words(pages(stored(invoice)))
    entry = AuditEntry.objects.get(action="invoice.template_failed")
    assert "line 2" in entry.detail["reason"].lower()


@pytest.mark.parametrize("kind", ["docx", "ods", "xlsx"])
@pytest.mark.usefixtures("_without_libreoffice")
def test_without_libreoffice_the_file_is_the_document(seller: Tenant, kind: str) -> None:
    choose(office_template(kind))
    invoice = posted({})

    content = stored(invoice)

    assert content.startswith(b"PK")
    assert InvoiceFile.objects.get(invoice=invoice).kind == kind
    assert not documents_without_pdf().exists()
    assert not store_invoice_pdf(current_tenant_id(), invoice.pk)
    entry = AuditEntry.objects.get(action="invoice.without_pdf")
    assert entry.detail["reason"] == "LibreOffice is not installed here."


def test_with_libreoffice_there_are_both(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    choose(office_template())
    invoice = posted({})
    with (
        patch.object(office_pdf, "why_missing", return_value=None),
        patch.object(office_pdf, "to_pdf", return_value=b"%PDF-1.7 made"),
    ):
        assert stored(invoice) == b"%PDF-1.7 made"
    assert {one.kind for one in InvoiceFile.objects.filter(invoice=invoice)} == {"pdf", "docx"}
    client = signed_in(accountant)
    page = client.get(f"/acme/invoices/{invoice.pk}/").content.decode()
    assert "Document as DOCX" in page
    asked = client.get(f"/acme/invoices/{invoice.pk}/document.pdf?kind=docx")
    assert asked["Content-Disposition"] == 'attachment; filename="2026-0001.docx"'
    usual = client.get(f"/acme/invoices/{invoice.pk}/document.pdf")
    assert usual["Content-Disposition"] == 'inline; filename="2026-0001.pdf"'


@pytest.mark.usefixtures("_without_libreoffice")
def test_the_page_hands_the_file_out_and_says_so(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    choose(office_template())
    invoice = posted({})
    stored(invoice)
    client = signed_in(accountant)

    page = client.get(
        f"/acme/invoices/{invoice.pk}/document/", headers={"HX-Request": "true"}
    ).content.decode()
    assert "The document is a DOCX file" in page
    answer = client.get(f"/acme/invoices/{invoice.pk}/document.pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="2026-0001.docx"'
    assert "wordprocessingml" in answer["Content-Type"]
    preview = client.get(f"/acme/drafts/{draft().pk}/preview.pdf")
    assert preview["Content-Disposition"].endswith('.docx"')


@pytest.mark.usefixtures("_without_libreoffice")
def test_an_email_takes_what_there_is(seller: Tenant, accountant: Membership) -> None:
    from invoicing.models import Sending

    choose(office_template())
    invoice = posted({})
    content = stored(invoice)
    sending = Sending(invoice=invoice, recipients=["a@b.example"], subject="x", text="y")

    message = message_of(sending, content, ending="docx")

    (attached,) = message.attachments
    assert attached[0] == "2026-0001.docx"
    assert mail.outbox == []


def test_the_preview_follows_the_choice(
    seller: Tenant, accountant: Membership, signed_in: SignIn
) -> None:
    invoice = draft()
    client = signed_in(accountant)
    before = client.get(f"/acme/drafts/{invoice.pk}/preview.pdf").content
    choose(html_template("<html><body>Own look</body></html>"))
    after = client.get(f"/acme/drafts/{invoice.pk}/preview.pdf").content
    assert "Own look" not in words(pages(before))
    assert "Own look" in words(pages(after))
