"""The e-invoice beside the stored PDF, or inside it."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import uuid4

import facturx
import pikepdf
import pytest
from django.test import Client

from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import invoice_html, pdf_of
from invoicing.documents.storing import (
    store_invoice_pdf,
    stored_bytes,
    stored_einvoice,
    stored_pdf,
)
from invoicing.domain.bundles import make_bundle, start_bundle
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.customer_access import link_for
from invoicing.domain.freezing import content
from invoicing.domain.verifying import check_chain, check_files
from invoicing.einvoices import making
from invoicing.einvoices.checking import verdict
from invoicing.einvoices.checking.findings import RulesNotAvailable
from invoicing.models import Invoice, InvoiceFile
from invoicing.templating import sheets
from tenants.einvoices import EInvoiceFormat
from tenants.models import AuditEntry, Membership, Tenant
from tenants.scope import current_tenant_id
from tests.documents.making import draft, posted, posted_credit_note, rate_of
from tests.einvoices.archival import pdf_a_report
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


def test_the_hybrid_is_pdf_a(german_seller: Tenant, tmp_path: Path) -> None:
    pdf, _xml = stored(german_invoice())
    report = pdf_a_report(pdf, tmp_path)
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
            patch.object(sheets, "pdf_of", return_value=b"%PDF- of the first"),
            patch.object(making, "written", return_value=b"<first/>"),
            patch.object(verdict, "file_findings", return_value=[]),
        ):
            store_invoice_pdf(german_seller.pk, invoice.pk)
        return b"%PDF- of the second"

    with patch.object(sheets, "pdf_of", side_effect=meanwhile):
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


def test_it_can_be_made_again_whatever_becomes_of_the_customer(german_seller: Tenant) -> None:
    customer = CustomerFactory(
        number="C-77", einvoice_format=EInvoiceFormat.XRECHNUNG_CII,
        einvoice_address="04011000-1234512345-06",
    )  # fmt: skip
    german_seller.phone = "+49 431 1"
    german_seller.save()
    invoice = german_invoice(customer=customer, buyer_reference="04011000-1234512345-06")
    _pdf, first = stored(invoice)
    assert b"04011000-1234512345-06</ram:URIID>" in first

    customer.einvoice_format, customer.einvoice_address = EInvoiceFormat.NONE, ""
    customer.number, customer.email = "C-78", "other@asiakas.example"
    customer.save()
    german_seller.einvoice_address = "0216:003720774740"
    german_seller.save()
    again = Invoice.objects.select_related("customer").get(pk=invoice.pk)

    assert again.buyer["einvoice_address"] == "04011000-1234512345-06"
    wanted = making.wanted_of(again, german_seller)
    assert wanted is not None
    assert making.make(wanted).file == first
    assert printed_invoice(again).facts.count(("Customer number", "C-77")) == 1
    assert check_chain().faults == []


def test_what_was_copied_at_posting_is_in_the_hash(german_seller: Tenant) -> None:
    invoice = german_invoice()
    frozen = content(invoice, invoice.lines.all(), invoice.taxes.all())
    assert frozen["document"]["buyer"]["einvoice_format"] == "factur_x"


def test_the_companys_own_address_goes_before_what_its_numbers_give(german_seller: Tenant) -> None:
    german_seller.einvoice_address = "0204:04011000-1234512345-06"
    german_seller.save()

    _pdf, xml = stored(german_invoice())

    assert facturx.parse_ubl_cii_xml(xml)["BG-4"]["einvoicing_addr_schemeid"] == "0204"


def test_a_corrected_invoice_names_the_one_it_replaces(german_seller: Tenant) -> None:
    rate = rate_of("S", percent="19", tax_account="1776")
    first = posted({"tax_rate": rate})
    cancel_invoice(first, reason="Wrong hours", actor=None)

    again = posted({"tax_rate": rate}, customer=first.customer, replaces=first)

    said = facturx.parse_ubl_cii_xml(stored(again)[1])
    assert (said["BT-3"], said["BG-3"][0]["BT-25"]) == ("384", first.number)
    assert ("In place of invoice", f"{first.number} of 20 Nov 2026") in printed_invoice(again).facts


def test_what_the_customer_made_out_is_told_by_its_type(german_seller: Tenant) -> None:
    said = facturx.parse_ubl_cii_xml(stored(german_invoice(is_self_billed=True))[1])
    assert said["BT-3"] == "389"


def test_the_work_report_goes_inside_where_the_company_wants_it(german_seller: Tenant) -> None:
    german_seller.einvoice_work_report = True
    german_seller.save()
    invoice = german_invoice(has_work_report=True)

    pdf, xml = stored(invoice)

    (attached,) = facturx.parse_ubl_cii_xml(xml)["BG-24"]
    assert (attached["BT-123"], attached["BT-125-1"], attached["BT-125-2"]) == (
        "Work report", "application/pdf", "work-report-2026-0001.pdf",
    )  # fmt: skip
    assert attached["BT-125"].startswith(b"%PDF")
    assert facturx.get_xml_from_pdf(pdf) == ("factur-x.xml", xml)
    # Decided at posting: the same again, whatever the company wants by now.
    german_seller.einvoice_work_report = False
    german_seller.save()
    wanted = making.wanted_of(Invoice.objects.get(pk=invoice.pk), german_seller)
    assert wanted is not None
    assert making.make(wanted).file == xml


def test_without_a_report_or_the_wish_nothing_is_attached(german_seller: Tenant) -> None:
    assert "BG-24" not in facturx.parse_ubl_cii_xml(stored(german_invoice(has_work_report=True))[1])
    german_seller.einvoice_work_report = True
    german_seller.save()
    assert "BG-24" not in facturx.parse_ubl_cii_xml(stored(german_invoice())[1])


def test_a_zip_of_documents_has_their_einvoices_beside_them(
    german_seller: Tenant, owner: Membership
) -> None:
    invoice = german_invoice()
    pdf, xml = stored(invoice)
    bundle = start_bundle([invoice.pk], token=uuid4(), actor=owner.user)

    make_bundle(german_seller.pk, bundle.pk)

    bundle.refresh_from_db()
    with bundle.file.open("rb") as opened, zipfile.ZipFile(opened) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {"2026-0001.pdf": pdf, "2026-0001.xml": xml}


def test_a_customer_takes_the_einvoice_from_their_own_page(
    german_seller: Tenant, client: Client
) -> None:
    invoice = german_invoice()
    _pdf, xml = stored(invoice)
    where = urlsplit(link_for(invoice, actor=None)).path

    page = client.get(where).content.decode()
    answer = client.get(f"{where}{invoice.pk}.xml")

    assert f"{where}{invoice.pk}.xml" in page
    assert (answer.status_code, answer.content) == (200, xml)
    assert answer["Content-Disposition"] == 'attachment; filename="2026-0001.xml"'
    assert client.get(f"{where}{invoice.pk + 1}.xml").status_code == 404
