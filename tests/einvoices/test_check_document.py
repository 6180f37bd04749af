"""`manage.py check_document FILE`: what is inside, and whether it passes."""

import re
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from invoicing.documents.rendering import pdf_of
from invoicing.einvoices import making
from invoicing.einvoices.checking.findings import NotReadable
from invoicing.einvoices.inspecting import inspect
from invoicing.einvoices.profiles import (
    FACTUR_X,
    FINVOICE,
    PEPPOL,
    UBL,
    XRECHNUNG_CII,
    XRECHNUNG_UBL,
)
from invoicing.einvoices.writing import written
from tenants.einvoices import EInvoiceFormat
from tests.einvoices.samples import SAMPLES

KINDS = [FACTUR_X, XRECHNUNG_CII, XRECHNUNG_UBL, PEPPOL, FINVOICE, UBL]
ONE = SAMPLES["one line"]


def run(file: Path) -> str:
    out = StringIO()
    call_command("check_document", str(file), stdout=out)
    return out.getvalue()


def put(tmp_path: Path, content: bytes, name: str = "invoice.xml") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("profile", KINDS, ids=lambda profile: profile.name)
@pytest.mark.parametrize(
    "name", ["three rates", "credit note with a discount", "discount on what is returned", "yen"]
)
def test_each_kind_is_known_and_passes(name: str, profile: Any) -> None:
    inspected = inspect(written(SAMPLES[name], profile))

    assert inspected.profile == profile
    assert inspected.findings == []


def test_the_command_says_what_is_inside(tmp_path: Path) -> None:
    said = run(put(tmp_path, written(SAMPLES["three rates"], XRECHNUNG_UBL)))

    for line in (
        "XRechnung (UBL) (XML)",
        "  Type: 380",
        "  Number: 2026-0001",
        "  Total: 873.70",
        "  Seller: Kuusi Koodaus Oy",
        "  Buyer: Asiakas Oy",
        "  Lines: 3",
        "invoice.xml passes.",
    ):
        assert f"{line}\n" in said


def hybrid(html: str = "<html lang='de'><title>x</title><p>x</p></html>") -> bytes:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    made = making.make(making.Wanted(EInvoiceFormat.FACTUR_X, SAMPLES["German standard rate"], at))
    return pdf_of(html, identity="x", enclosed=made.enclosed, descriptions=made.descriptions)


def test_what_is_inside_a_pdf_is_found(tmp_path: Path) -> None:
    said = run(put(tmp_path, hybrid(), "invoice.pdf"))

    assert "ZUGFeRD / Factur-X (PDF/A-3, factur-x.xml)" in said
    assert "  Total: 1142.40\n" in said


def test_discounts_and_charges_for_the_whole_document_are_counted() -> None:
    """We have none, others do: 100 less 10 at 25.5 %."""
    discount = b"""<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>
        <cbc:AllowanceChargeReason>Discount</cbc:AllowanceChargeReason>
        <cbc:Amount currencyID="EUR">10.00</cbc:Amount>
        <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25.5</cbc:Percent>
        <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory>
        </cac:AllowanceCharge><cac:TaxTotal>"""
    file = written(ONE, PEPPOL).replace(b"<cac:TaxTotal>", discount)
    eur = b' currencyID="EUR">'
    for old, new in (
        (b"TaxExclusiveAmount" + eur + b"100.00", b"TaxExclusiveAmount" + eur + b"90.00"),
        (b"TaxableAmount" + eur + b"100.00", b"TaxableAmount" + eur + b"90.00"),
        (b"TaxAmount" + eur + b"25.50", b"TaxAmount" + eur + b"22.95"),
        (b"TaxInclusiveAmount" + eur + b"125.50", b"TaxInclusiveAmount" + eur + b"112.95"),
        (
            b"<cbc:PayableAmount" + eur + b"125.50",
            b"<cbc:AllowanceTotalAmount" + eur + b"10.00</cbc:AllowanceTotalAmount>"
            b"<cbc:PayableAmount" + eur + b"112.95",
        ),
    ):
        assert old in file
        file = file.replace(old, new)

    assert inspect(file).findings == []


def test_peppols_own_rules_are_applied_to_files_of_others() -> None:
    file = written(ONE, PEPPOL)
    anonymous = re.sub(rb"\s*<cbc:BuyerReference>[^<]*</cbc:BuyerReference>", b"", file)
    wrong = file.replace(b">003712345671<", b">003712345672<")

    assert [one.rule for one in inspect(anonymous).findings] == ["PEPPOL-EN16931-R003"]
    assert [one.rule for one in inspect(wrong).findings] == ["LK-P3"]


def test_a_cent_is_said_and_a_euro_is_wrong(tmp_path: Path) -> None:
    file = written(ONE, PEPPOL)
    cent = file.replace(b">25.50<", b">25.51<").replace(b">125.50<", b">125.51<")
    most = file.replace(b">25.50<", b">26.40<").replace(b">125.50<", b">126.40<")

    assert [(one.rule, one.severity) for one in inspect(cent).findings] == [("LK-S", "warning")]
    assert inspect(cent).passes
    # The official rules let this pass.
    assert [(one.rule, one.severity) for one in inspect(most).findings] == [("LK-S", "error")]
    with pytest.raises(CommandError, match="does not pass"):
        run(put(tmp_path, most))


def test_a_broken_rule_fails_the_command(tmp_path: Path) -> None:
    file = written(ONE, XRECHNUNG_CII).replace(b"BuyerReference", b"Buyer_Reference")
    with pytest.raises(CommandError, match="does not pass"):
        run(put(tmp_path, file))


NO_INVOICES = {
    "text": (b"hello", "cannot be read"),
    "other XML": (b"<a/>", "a is no e-invoice that is known here"),
    "an unknown profile": (
        written(ONE, FACTUR_X).replace(b"urn:cen.eu:en16931:2017", b"urn:order-x.eu:1p0:basic"),
        "nothing is known here of urn:order-x.eu:1p0:basic",
    ),
    "no profile": (b"<Invoice/>", "what does not say what it is"),
    "entities": (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "it declares a document type"),
    "no PDF": (b"%PDF-1.7 nothing", "cannot be read"),
    "a PDF of its own": (
        pdf_of("<html lang='en'><title>x</title></html>", identity="y"),
        "there is no e-invoice inside this PDF",
    ),
}


@pytest.mark.parametrize("name", NO_INVOICES)
def test_what_is_no_einvoice_is_not_judged(name: str, tmp_path: Path) -> None:
    content, why = NO_INVOICES[name]
    with pytest.raises(CommandError, match="cannot be read") as refused:
        run(put(tmp_path, content))
    assert why in str(refused.value)
    assert refused.value.returncode == 2
    with pytest.raises(NotReadable):
        inspect(content)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="No such file") as refused:
        run(Path("/nowhere.xml"))
    assert refused.value.returncode == 2
