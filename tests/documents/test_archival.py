"""What makes the PDF fit for archives: tagged, PDF/A-3, with files inside where there are any."""

import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pydyf
import pytest
from lxml import etree
from pikepdf import pdfa

from invoicing.documents.archival import Enclosed
from invoicing.documents.logos import read_logo
from invoicing.documents.rendering import invoice_pdf, pdf_of, press
from invoicing.documents.samples import sample_invoice
from invoicing.domain.freezing import seller_copy
from invoicing.models import Logo
from tenants.models import Tenant
from tests.documents.making import draft, html_of, pdf_bytes, posted, put_work_on
from tests.documents.test_letterheads import picture, svg

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
EXTENSION = "{http://www.aiim.org/pdfa/ns/extension/}schemas"
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def described(prefix: str) -> bytes:
    """A description as those of hybrid invoices: a value, and the schema that declares it."""
    return f"""
    <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description rdf:about="" xmlns:{prefix}="urn:x:{prefix}#">
        <{prefix}:Version>1.0</{prefix}:Version>
      </rdf:Description>
      <rdf:Description rdf:about=""
          xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
          xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#">
        <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
          <pdfaSchema:prefix>{prefix}</pdfaSchema:prefix>
        </rdf:li></rdf:Bag></pdfaExtension:schemas>
      </rdf:Description>
    </rdf:RDF>""".encode()


def enclosed(content: bytes = b"<Invoice/>") -> Enclosed:
    return Enclosed("factur-x.xml", content, "The invoice for machines", "Alternative", AT)


def opened(content: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(content))


def metadata(pdf: pikepdf.Pdf) -> Any:
    packet = pdf.Root.Metadata.read_bytes()
    return etree.fromstring(re.sub(rb"<\?xpacket.*?\?>", b"", packet).strip())


def test_every_invoice_is_a_tagged_pdf_a_3(seller: Tenant) -> None:
    with opened(pdf_bytes(posted({}, language="sv"))) as pdf:
        assert pdf.Root.Lang == "sv"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert pdf.Root.StructTreeRoot.Type == "/StructTreeRoot"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        described_as = metadata(pdf).find(f".//{RDF}Description").attrib
        assert sorted(described_as.values()) == ["", "3", "A"]


def test_tables_are_tables_and_what_only_places_things_is_none(seller: Tenant) -> None:
    with opened(pdf_bytes(posted({}))) as pdf:
        tags = [str(one.S) for one in pdf.objects if _is_tag(one)]
        pictures = [str(one.Alt) for one in pdf.objects if _is_tag(one) and one.S == "/Figure"]
    # Facts, lines, tax by rate, sums, account, what to pay.
    assert tags.count("/Table") == 6
    assert tags.count("/H1") == 1
    assert pictures == ["Bank bar code", "Scan to pay"]


def _is_tag(one: Any) -> bool:
    return isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/StructElem"


def test_nothing_that_pdf_a_forbids_is_left(seller: Tenant) -> None:
    with opened(pdf_bytes(posted({}))) as pdf:
        for one in pdf.objects:
            if isinstance(one, pikepdf.Stream):
                assert one.get("/Interpolate") in (None, False)
            elif isinstance(one, pikepdf.Dictionary):
                assert one.get("/Pattern") != {}
                assert one.get("/Shading") != {}


def test_a_file_inside_is_named_once_with_what_it_is(seller: Tenant) -> None:
    invoice = posted({})
    content = pdf_of(html_of(invoice), identity="x", enclosed=[enclosed()])
    with opened(content) as pdf:
        (file,) = pdf.Root.AF
        assert (str(file.UF), str(file.AFRelationship)) == ("factur-x.xml", "/Alternative")
        assert file.EF.F.read_bytes() == b"<Invoice/>"
        assert str(file.EF.F.Params.ModDate) == "D:20261121120000Z"
        assert [str(name) for name in pdf.attachments] == ["factur-x.xml"]


def test_descriptions_of_several_become_one(seller: Tenant) -> None:
    html = html_of(posted({}))
    content = pdf_of(html, identity="x", descriptions=[described("fx"), described("own")])
    with opened(content) as pdf:
        whole = metadata(pdf)
    assert len(whole.findall(f"{RDF}RDF")) == 1
    (schemas,) = whole.iter(EXTENSION)
    assert [li[0].text for li in schemas.iter(f"{RDF}li")] == ["fx", "own"]
    assert [one.text for one in whole.iter("{urn:x:fx#}Version", "{urn:x:own#}Version")] == [
        "1.0", "1.0",
    ]  # fmt: skip


def test_with_a_file_inside_the_bytes_are_the_same_each_time(seller: Tenant) -> None:
    html = html_of(posted({}))

    def made(content: bytes = b"<Invoice/>") -> bytes:
        return pdf_of(
            html, identity="x", enclosed=[enclosed(content)], descriptions=[described("fx")]
        )

    assert made() == made()
    assert made() != made(b"<Other/>")


# The checker knows level B alone, which A contains; the rule that tells them apart is left out.
LEVEL = "ISO_19005_3:6.6.4-3"


def findings(content: bytes, tmp_path: Path) -> list[str]:
    path = tmp_path / "document.pdf"
    path.write_bytes(content)
    report = pdfa.validate_written(path, "3b")
    return [f"{one.rule} {one.message}" for one in report.findings if one.rule != LEVEL]


@pytest.mark.parametrize("language", ["en", "fi", "sv", "de"])
@pytest.mark.parametrize("country", ["FI", "DE"])
def test_a_checker_that_is_not_ours_finds_nothing(
    seller: Tenant, country: str, language: str, tmp_path: Path
) -> None:
    look = {"country": country, "accent": "#8a1c4a", "fold_marks": "yes"}
    printed = sample_invoice(seller_copy(seller) | look, language, lines=30)
    assert findings(invoice_pdf(printed), tmp_path) == []


@pytest.mark.parametrize("kind", ["svg", "png", "jpeg", "cmyk"])
def test_logos_of_every_kind_pass_it(seller: Tenant, kind: str, tmp_path: Path) -> None:
    # Gradients are allowed as well; the checker cannot judge them.
    inside = '<g opacity=".5" stroke="#123456"><path d="M0 0q9 9 30 2z" fill-opacity=".4"/></g>'
    content = {
        "svg": lambda: svg(inside),
        "png": lambda: picture("PNG", "RGBA"),
        "jpeg": lambda: picture("JPEG", "L"),
        "cmyk": lambda: picture("JPEG", "CMYK"),
    }[kind]()
    logo = read_logo(content)
    Logo.objects.create(sha256="0" * 64, kind=logo.kind, content=logo.content)
    printed = sample_invoice(seller_copy(seller) | {"logo": "0" * 64}, "en")
    assert findings(invoice_pdf(printed), tmp_path) == []


def test_drafts_reports_boxes_and_long_texts_pass_it(seller: Tenant, tmp_path: Path) -> None:
    invoice = draft(
        {"text": "漢字 🎉 Ωμέγα Жук"}, {"text": "long " * 90}, {"unit_price": Decimal("-5")},
        billing_name="Παπαδόπουλος & Šimák", has_work_report=True, currency="JPY",
    )  # fmt: skip
    put_work_on(invoice.lines.all()[0], 60, 75)
    assert findings(pdf_bytes(invoice), tmp_path) == []


def test_a_file_inside_passes_it(seller: Tenant, tmp_path: Path) -> None:
    content = pdf_of(html_of(posted({})), identity="x", enclosed=[enclosed()])
    assert findings(content, tmp_path) == []


def test_the_checker_finds_what_is_wrong(seller: Tenant, tmp_path: Path) -> None:
    with opened(pdf_bytes(posted({}))) as pdf:
        del pdf.Root.OutputIntents
        out = io.BytesIO()
        pdf.save(out)
    assert findings(out.getvalue(), tmp_path)


@pytest.mark.parametrize("language", ["en", "fi", "sv", "de"])
def test_the_title_is_shown_in_the_language_of_the_document(seller: Tenant, language: str) -> None:
    with opened(pdf_bytes(posted({}, language=language))) as pdf:
        titles = [*metadata(pdf).iter("{http://purl.org/dc/elements/1.1/}title")]
        assert str(pdf.docinfo["/Title"]) == "".join(titles[0].itertext()).strip()


def test_margins_are_artifacts_and_no_text_of_the_tree(german_seller: Tenant) -> None:
    """Footer, running head and page number would be read aloud in the middle of the lines."""
    content = pdf_bytes(posted(*[{"text": f"Position {n}"} for n in range(40)], language="de"))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        tree = pdf.Root.StructTreeRoot
        numbers = list(tree.ParentTree.Nums)
        for page, tagged in zip(pdf.pages, numbers[1::2], strict=True):
            marks = [
                (str(one.operands[0]), one.operands[1])
                for one in pikepdf.parse_content_stream(page)
                if isinstance(one, pikepdf.ContentStreamInstruction) and str(one.operator) == "BDC"
            ]
            margins = [kind for tag, kind in marks if tag == "/Artifact"]
            assert margins
            assert {str(kind["/Type"]) for kind in margins} == {"/Pagination"}
            # Each mark that is left has its place in the tree, up to its root.
            for mcid in (int(str(kind["/MCID"])) for tag, kind in marks if tag != "/Artifact"):
                element = tagged[mcid]
                while element.S != "/Document":
                    above = element.P
                    assert any(kid == element for kid in above.K), element.S
                    element = above


def test_pages_are_referred_to_as_pydyf_does_it() -> None:
    press()
    pdf = pydyf.PDF()
    for _ in range(3):
        pdf.add_page(pydyf.Dictionary({}))
        assert pdf.page_references == tuple(
            f"{number} 0 R".encode() for number in pdf.pages["Kids"][::3]
        )
