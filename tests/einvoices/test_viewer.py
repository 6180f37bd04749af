"""The page where a file from elsewhere is read, and the readable form of our own."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from invoicing.einvoices import inspecting, pdf_opener
from invoicing.einvoices.checking.findings import RulesNotAvailable
from invoicing.einvoices.checking.reading import read_xml
from invoicing.einvoices.finvoice_reading import said_in_finvoice
from invoicing.einvoices.profiles import (
    FACTUR_X,
    FINVOICE,
    OTHER_LEVELS,
    PEPPOL,
    XRECHNUNG_CII,
    XRECHNUNG_UBL,
    Profile,
)
from invoicing.einvoices.shown import shown
from invoicing.einvoices.writing import written
from invoicing.models import Invoice, InvoiceFile
from tenants.models import AuditEntry, Membership, Tenant
from tests.asking import asked_by
from tests.documents.making import posted
from tests.einvoices.figures import figures, figures_of
from tests.einvoices.levels import at_level
from tests.einvoices.samples import SAMPLES
from tests.einvoices.test_check_document import hybrid
from tests.einvoices.test_stored import german_invoice, stored

SignIn = Callable[[Membership], Client]
WHERE = "/acme/e-invoices/look/"


def dropped(client: Client, content: bytes, name: str = "invoice.xml") -> Any:
    return client.post(WHERE, {"file": SimpleUploadedFile(name, content)})


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


@pytest.fixture
def client_(tenant: Tenant, auditor: Membership, signed_in: SignIn) -> Client:
    return signed_in(auditor)


KINDS = (FACTUR_X, XRECHNUNG_CII, XRECHNUNG_UBL, PEPPOL, FINVOICE)


@pytest.mark.parametrize("profile", KINDS, ids=lambda profile: profile.name)
def test_each_kind_is_shown_as_a_person_reads_it(client_: Client, profile: Profile) -> None:
    answer = dropped(client_, written(SAMPLES["three rates"], profile))

    assert answer.status_code == 200
    told = text_of(answer)
    for words in (
        "It passes", profile.name, "Invoice 2026-0001", "873.70", "Kuusi Koodaus Oy",
        "Asiakas Oy", "Testikatu 1", "Sandwich", "7.5 h", "88.40", "663.00", "25.5 %", "169.07",
        "FI2112345600000785", "1234561",
    ):  # fmt: skip
        assert words in told, words


def test_a_pdf_is_opened_and_nothing_is_kept(client_: Client) -> None:
    audit = AuditEntry.objects.count()

    answer = dropped(client_, hybrid(), "rechnung.pdf")

    told = text_of(answer)
    assert "PDF/A-3, factur-x.xml" in told
    assert "It passes" in told
    assert "1,142.40" in told
    assert not Invoice.objects.exists()
    assert not InvoiceFile.objects.exists()
    assert AuditEntry.objects.count() == audit


def test_what_is_wrong_is_said_in_words(client_: Client) -> None:
    file = written(SAMPLES["one line"], PEPPOL).replace(b">25.50<", b">26.40<")

    told = text_of(dropped(client_, file))

    assert "It does not pass" in told
    assert "VAT at 25.5 % (S): 26.40 is said, and it comes to 25.50." in told
    assert "[BR-CO-" not in told


def test_discounts_surcharges_attachments_and_the_earlier_invoice_are_shown(
    client_: Client,
) -> None:
    told = text_of(
        dropped(client_, written(SAMPLES["discount and surcharge on the whole"], FACTUR_X))
    )
    for words in ("Discount (2 %)", "-20.00", "Surcharge", "25.55", "Discounts", "-€120.00"):
        assert words.replace("-", "−") in told.replace("-", "−"), words
    assert "hours.csv" in text_of(dropped(client_, written(SAMPLES["attachments"], PEPPOL)))
    note = text_of(dropped(client_, written(SAMPLES["credit note"], FACTUR_X)))
    assert "Credit note 2026-0002" in note
    assert "2026-0001, 1 Nov 2026" in note or "2026-0001, " in note


BAD = {
    "nothing": (b"", "cannot be read"),
    "text": (b"hello", "it is neither XML nor a PDF"),
    "an office file": (b"PK\x03\x04 and so on", "it is neither XML nor a PDF"),
    "half of one": (b"<a>\n<b>\n", "its XML is damaged or incomplete, in line 3"),
    "other XML": (b"<a/>", "a is no e-invoice that is known here"),
    "entities": (
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "it declares a document type",
    ),
    "a thousand laughs": (
        b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
        "it declares a document type",
    ),
    # So many that the parser gives up before it tells of the document type.
    "a million laughs": (
        b'<!DOCTYPE a [<!ENTITY b "'
        + b"ha" * 500
        + b'">'
        + b"".join(
            b'<!ENTITY c%d "%s">' % (at, (b"&c%d;" % (at - 1) if at else b"&b;") * 10)
            for at in range(9)
        )
        + b"]><a>&c8;</a>",
        "it declares a document type",
    ),
    "a PDF that is none": (b"%PDF-1.7 nothing", "cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_einvoice_is_refused_in_a_sentence(client_: Client, name: str) -> None:
    content, why = BAD[name]

    answer = dropped(client_, content)

    assert answer.status_code == 422
    assert why in text_of(answer)
    assert "root:" not in text_of(answer)
    # The page lives on.
    assert dropped(client_, written(SAMPLES["one line"], FACTUR_X)).status_code == 200


def pdf_with(attached: bytes, name: str = "factur-x.xml") -> bytes:
    """A PDF with this stream as it is inside, packed already."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.attachments[name] = b"x"
        stream = pdf.attachments[name].get_file().obj
        stream.write(attached, filter=pikepdf.Name.FlateDecode)
        out = io.BytesIO()
        pdf.save(out, compress_streams=False)
        return out.getvalue()


def test_a_bomb_inside_a_pdf_is_not_unpacked(client_: Client) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(400)) + packer.flush()
    bomb = pdf_with(packed)
    assert len(bomb) < 1024 * 1024

    answer = dropped(client_, bomb, "bomb.pdf")

    assert answer.status_code == 422
    assert "the e-invoice inside is larger than 20 MB" in text_of(answer)


def test_what_is_packed_otherwise_is_read_all_the_same() -> None:
    xml = written(SAMPLES["one line"], FACTUR_X)
    assert inspecting.opened(pdf_with(zlib.compress(xml)))[1] == xml


def test_a_file_larger_than_may_be_is_not_read(
    client_: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.views.einvoices.viewer.MOST_BYTES", 10)
    answer = dropped(client_, b"<a>0123456789</a>")
    assert (answer.status_code, "larger than 20 MB" in text_of(answer)) == (422, True)


def test_an_opener_that_dies_is_a_refusal_and_no_fault(
    client_: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    killed = tmp_path / "killed.py"
    killed.write_text("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(inspecting, "_OPENER", killed)

    answer = dropped(client_, hybrid(), "rechnung.pdf")

    assert answer.status_code == 422
    assert "cannot be opened within what one may take" in text_of(answer)


def test_rules_without_a_verdict_are_no_verdict(client_: Client) -> None:
    with patch.object(inspecting, "rule_findings", side_effect=RulesNotAvailable("gone")):
        answer = dropped(client_, written(SAMPLES["one line"], FACTUR_X))
    assert answer.status_code == 422
    assert "The rules gave no verdict just now" in text_of(answer)


def test_members_do_not_look(tenant: Tenant, member: Membership, signed_in: SignIn) -> None:
    assert signed_in(member).get(WHERE).status_code == 403


def test_the_opener_knows_the_names_of_its_kinds() -> None:
    assert pdf_opener.NAMES[0] == "factur-x.xml"


@pytest.mark.parametrize("profile", OTHER_LEVELS, ids=lambda profile: profile.name)
def test_other_levels_of_factur_x_are_judged_by_their_own_rules(profile: Profile) -> None:
    right = inspecting.inspect(at_level(profile))
    wrong = inspecting.inspect(at_level(profile).replace(b">873.70<", b">883.70<"))

    assert right.profile == profile
    assert [one for one in right.findings if one.severity == "error"] == []
    assert right.said["BT-112"] == "873.70"
    assert not wrong.passes


@pytest.mark.parametrize("name", ["three rates", "discount and surcharge on the whole", "texts",
                                  "period of service", "reverse charge to Germany"])  # fmt: skip
def test_a_finvoice_is_read_with_the_figures_it_was_written_with(name: str) -> None:
    sample = SAMPLES[name]

    said = said_in_finvoice(read_xml(written(sample, FINVOICE)))

    expected, found = figures(sample), figures_of(said)
    assert found["lines"] == expected["lines"]
    for one in ("BT-1", "BT-2", "BT-3", "BT-9", "BT-84", "BT-106", "BT-109", "BT-110", "BT-112",
                "BT-115"):  # fmt: skip
        assert found[one] == expected[one], one
    assert [group[:4] for group in found["groups"]] == [group[:4] for group in expected["groups"]]


def test_a_thousand_lines_are_shown_and_the_rest_is_counted() -> None:
    said = {"BT-5": "EUR", "BG-25": [{"BT-126": str(one)} for one in range(1003)]}
    found = shown(said)
    assert (len(found.lines), found.left_out) == (1000, 3)


def test_the_einvoice_of_a_document_can_be_read(
    german_seller: Tenant, auditor: Membership, member: Membership, signed_in: SignIn
) -> None:
    invoice = german_invoice()
    stored(invoice)
    where = f"/acme/invoices/{invoice.pk}/e-invoice/"
    client = signed_in(auditor)

    told = text_of(client.get(where))

    assert "Invoice 2026-0001" in told
    assert "119.00" in told
    assert "factur-x" not in told
    assert where in client.get(f"/acme/invoices/{invoice.pk}/").content.decode()
    assert asked_by(client, where) <= 8
    assert signed_in(member).get(where).status_code == 403


def test_a_document_without_one_says_so(
    seller: Tenant, auditor: Membership, signed_in: SignIn
) -> None:
    invoice = posted()
    answer = signed_in(auditor).get(f"/acme/invoices/{invoice.pk}/e-invoice/")
    assert (answer.status_code, answer["Location"]) == (302, f"/acme/invoices/{invoice.pk}/")
