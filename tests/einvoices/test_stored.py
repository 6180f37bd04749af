"""The e-invoice beside the stored PDF, or inside it."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import facturx
import pikepdf
import pytest
from django.test import Client
from pikepdf import pdfa

from invoicing.documents import storing
from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import invoice_html, pdf_of
from invoicing.documents.storing import (
    store_invoice_pdf,
    stored_bytes,
    stored_einvoice,
    stored_pdf,
)
from invoicing.domain.verifying import check_files
from invoicing.einvoices import making
from invoicing.einvoices.checking import verdict
from invoicing.einvoices.checking.findings import RulesNotAvailable
from invoicing.models import Invoice, InvoiceFile
from tenants.einvoices import EInvoiceFormat
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scope import current_tenant_id
from tests.documents.making import draft, posted, posted_credit_note, rate_of
from tests.factories import CustomerFactory


def german_invoice(**fields: Any) -> Invoice:
    rate = rate_of("S", percent="19", tax_account="1776")
    return posted({"tax_rate": rate}, **fields)


def stored(invoice: Invoice) -> tuple[bytes, bytes]:
    """The PDF and the e-invoice as they were stored."""
    store_invoice_pdf(current_tenant_id(), invoice.pk)
    pdf, xml = stored_pdf(invoice), stored_einvoice(invoice)
    assert pdf is not None
    return stored_bytes(pdf), stored_bytes(xml) if xml else b""


def test_german_invoices_have_theirs_inside_the_pdf(german_seller: Tenant) -> None:
    invoice = german_invoice()

    pdf, xml = stored(invoice)

    assert facturx.get_xml_from_pdf(pdf) == ("factur-x.xml", xml)
    assert facturx.parse_ubl_cii_xml(xml)["BT-112"] == "119.00"
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        (file,) = opened.Root.AF
        assert str(file.AFRelationship) == "/Alternative"
        meta = opened.open_metadata()
        fx = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
        assert [meta[fx + name] for name in ("DocumentType", "DocumentFileName", "Version",
                "ConformanceLevel")] == ["INVOICE", "factur-x.xml", "1.0", "EN 16931"]  # fmt: skip
    kept = stored_einvoice(invoice)
    assert kept is not None
    assert (kept.format, kept.sha256) == ("factur_x", hashlib.sha256(xml).hexdigest())
    logged = AuditEntry.objects.get(action="invoice.einvoice_stored")
    assert logged.detail["sha256"] == kept.sha256
    assert check_files().faults == []


def test_the_hybrid_is_pdf_a(german_seller: Tenant, tmp_path: Any) -> None:
    """The checker knows neither extension schemas nor level A, so that it is shown level B."""
    pdf, _xml = stored(german_invoice())
    path = tmp_path / "hybrid.pdf"
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        with opened.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
            for name in list(meta):
                if "factur-x" in name or "pdfa/ns/extension" in name:
                    del meta[name]
            meta["pdfaid:conformance"] = "B"
        opened.save(path)

    report = pdfa.validate_written(path, "3b")

    assert report.passed, report.summary()


def test_the_same_document_gives_the_same_bytes(german_seller: Tenant) -> None:
    invoice = german_invoice()
    first = stored(invoice)

    wanted = making.wanted_of(invoice, german_seller)
    assert wanted is not None
    made = making.make(wanted)
    printed = printed_invoice(invoice)
    again = pdf_of(
        invoice_html(printed),
        identity=printed.identity,
        enclosed=made.enclosed,
        descriptions=made.descriptions,
    )
    assert (again, made.file) == first


def test_finnish_companies_have_none_unless_they_choose(seller: Tenant) -> None:
    assert stored(posted())[1] == b""
    seller.einvoice_format = EInvoiceFormat.PEPPOL
    seller.save()

    customer = CustomerFactory(einvoice_address="003712345671")
    pdf, xml = stored(posted(customer=customer, buyer_reference="Ref 1"))

    assert b"peppol.eu:2017:poacc:billing:3.0" in xml
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert "/AF" not in opened.Root


CHOICES = {
    "xrechnung_cii": b"<rsm:CrossIndustryInvoice",
    "xrechnung_ubl": b"<Invoice xmlns",
    "finvoice": b'<Finvoice Version="3.0">',
    "factur_x": b"<rsm:CrossIndustryInvoice",
    "none": b"",
}


@pytest.mark.parametrize("chosen", CHOICES)
def test_the_customers_choice_goes_before_the_companys(german_seller: Tenant, chosen: str) -> None:
    german_seller.phone = "+49 431 1"
    german_seller.save()
    customer = CustomerFactory(einvoice_format=chosen, einvoice_address="04011000-1234512345-06")

    _pdf, xml = stored(german_invoice(customer=customer, buyer_reference="04011000-1234512345-06"))

    assert CHOICES[chosen] in xml
    assert bool(xml) == (chosen != "none")


def test_a_credit_note_has_one_as_well(german_seller: Tenant) -> None:
    note = posted_credit_note({"tax_rate": rate_of("S", percent="7", tax_account="1771")})

    said = facturx.parse_ubl_cii_xml(stored(note)[1])

    assert (said["BT-3"], said["BG-3"][0]["BT-25"]) == ("381", "2026-0001")


def test_what_breaks_rules_is_no_einvoice_and_the_pdf_goes_alone(german_seller: Tenant) -> None:
    customer = CustomerFactory(einvoice_format=EInvoiceFormat.XRECHNUNG_UBL)

    pdf, xml = stored(german_invoice(customer=customer))

    assert pdf.startswith(b"%PDF")
    assert xml == b""
    refused = AuditEntry.objects.get(action="invoice.einvoice_refused")
    assert set(refused.detail["rules"].split(", ")) >= {"BR-DE-15", "BR-DE-6"}


def test_no_invoice_waits_for_rules_that_give_no_verdict(
    german_seller: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    with patch.object(verdict, "file_findings", side_effect=RulesNotAvailable("gone")):
        _pdf, xml = stored(german_invoice())

    assert xml.startswith(b"<?xml")
    assert "No verdict over the e-invoice of 2026-0001" in caplog.text


def test_whoever_comes_second_keeps_both_files_of_the_first(
    german_seller: Tenant, settings: Any
) -> None:
    invoice = german_invoice()

    def meanwhile(html: str, **options: Any) -> bytes:
        with (
            patch.object(storing, "pdf_of", return_value=b"%PDF- of the first"),
            patch.object(making, "written", return_value=b"<first/>"),
            patch.object(verdict, "file_findings", return_value=[]),
        ):
            store_invoice_pdf(german_seller.pk, invoice.pk)
        return b"%PDF- of the second"

    with patch.object(storing, "pdf_of", side_effect=meanwhile):
        assert not store_invoice_pdf(german_seller.pk, invoice.pk)

    kept = {stored_bytes(file) for file in InvoiceFile.objects.all()}
    assert kept == {b"%PDF- of the first", b"<first/>"}


def test_it_can_be_downloaded_by_whoever_sees_the_document(
    german_seller: Tenant,
    auditor: Membership,
    member: Membership,
    signed_in: Callable[[Membership], Client],
) -> None:
    invoice = german_invoice()
    _pdf, xml = stored(invoice)
    address = f"/acme/invoices/{invoice.pk}/document.xml"

    answer = signed_in(auditor).get(address)

    assert (answer.status_code, answer.content) == (200, xml)
    assert answer["Content-Type"] == "application/xml"
    assert answer["Content-Disposition"] == 'attachment; filename="2026-0001.xml"'
    page = signed_in(auditor).get(f"/acme/invoices/{invoice.pk}/")
    assert address in page.content.decode()
    assert signed_in(member).get(address).status_code == 403


def test_without_one_there_is_nothing_to_download(
    seller: Tenant, auditor: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    for invoice in (posted(), draft()):
        answer = signed_in(auditor).get(f"/acme/invoices/{invoice.pk}/document.xml")
        assert answer.status_code == 302
        assert answer["Location"] == f"/acme/invoices/{invoice.pk}/"


def test_a_changed_file_is_not_handed_out(
    german_seller: Tenant, auditor: Membership, signed_in: Callable[[Membership], Client]
) -> None:
    invoice = german_invoice()
    stored(invoice)
    kept = stored_einvoice(invoice)
    assert kept is not None
    path = Path(kept.file.path)
    path.chmod(0o640)
    path.write_bytes(b"<changed/>")

    answer = signed_in(auditor).get(f"/acme/invoices/{invoice.pk}/document.xml")

    assert answer.status_code == 500
    assert b"changed/" not in answer.content
