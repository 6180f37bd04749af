"""The company's paper: logo, colour, window, fold marks; and what is refused or mended."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from PIL import Image

from invoicing import letterhead_errors as errors
from invoicing.documents.designs.colours import contrast_with_white
from invoicing.documents.letterheads import letterhead_of
from invoicing.documents.logos import MOST_MB, read_logo
from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import is_printable
from invoicing.domain.letterheads import change_letterhead
from invoicing.models import Invoice, Logo
from tenants.models import AuditEntry, Membership, Tenant
from tests.documents.making import html_of, pages, pdf_bytes, posted, words

SignIn = Callable[[Membership], Client]
URL = "/acme/company/documents/"
CIRCLE = '<circle cx="50" cy="20" r="18" fill="#1f6f54"/>'


def svg(inside: str = CIRCLE, attributes: str = 'viewBox="0 0 100 40"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (300, 100)) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 90 if mode == "L" else None).save(out, kind)
    return out.getvalue()


def upload(content: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


class TestReading:
    def test_a_picture_is_written_anew_without_its_notes(self) -> None:
        out = io.BytesIO()
        exif = Image.Exif()
        exif[0x010E] = "where it was taken"
        Image.new("RGB", (50, 50)).save(out, "JPEG", exif=exif)
        read = read_logo(out.getvalue())
        assert read.kind == Logo.Kind.JPEG
        assert b"where it was taken" not in read.content
        assert read.repaired == ()

    def test_colours_of_presses_become_those_of_screens(self) -> None:
        read = read_logo(picture("JPEG", "CMYK"))
        assert Image.open(io.BytesIO(read.content)).mode == "RGB"
        assert "CMYK" in read.repaired[0]

    def test_holes_stay_holes_and_large_pictures_become_smaller(self) -> None:
        read = read_logo(picture("PNG", "RGBA", (2400, 600)))
        image = Image.open(io.BytesIO(read.content))
        assert (image.mode, image.size) == ("RGBA", (1200, 300))
        assert read.repaired == ("It was made smaller: paper shows no more.",)

    @pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "I;16", "RGBA"])
    def test_every_kind_of_png_is_read(self, mode: str) -> None:
        read = read_logo(picture("PNG", mode))
        assert is_printable(read.kind, read.content)

    @pytest.mark.parametrize(
        "content",
        [b"", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n broken", picture()[:40], b"<html></html>",
         b"<svg", b"\x00" * 500, b"<?xml version='1.0'?><svg><circle/></svg>"],
    )  # fmt: skip
    def test_what_is_no_picture_is_refused(self, content: bytes) -> None:
        with pytest.raises(errors.LogoUnreadable):
            read_logo(content)

    def test_a_bomb_of_pixels_is_refused_unopened(self) -> None:
        bomb = bytearray(picture("PNG", "1", (10, 10)))
        bomb[16:24] = (60_000).to_bytes(4) * 2
        with pytest.raises((errors.LogoTooLarge, errors.LogoUnreadable)):
            read_logo(bytes(bomb))

    def test_a_drawing_is_as_large_as_its_place(self) -> None:
        read = read_logo(svg(attributes='width="20cm" height="4cm"'))
        assert b'viewBox="0 0 755.906 151.181"' in read.content
        assert b'width="70.00mm" height="14.00mm"' in read.content
        assert is_printable(read.kind, read.content)

    @pytest.mark.parametrize(
        "harm",
        [
            "<script>alert(1)</script>",
            '<path onclick="alert(1)" d="M0 0"/>',
            '<use href="https://example.com/x.svg#a"/>',
            '<rect fill="url(https://example.com/x)" width="1" height="1"/>',
            "<style>@import url(https://example.com/x.css);</style>",
            "<foreignObject><p>x</p></foreignObject>",
            '<a href="javascript:alert(1)"><path d="M0 0"/></a>',
            "<g style=\"background:url('https://example.com/x')\"/>",
            '<animate attributeName="href" to="javascript:alert(1)"/>',
        ],
    )
    def test_what_does_something_is_left_out_and_told(self, harm: str) -> None:
        read = read_logo(svg(CIRCLE + harm))
        assert b"circle" in read.content
        for word in (b"alert", b"example.com", b"javascript", b"foreignObject", b"script"):
            assert word not in read.content
        assert len(read.repaired) == 1
        assert is_printable(read.kind, read.content)

    def test_notes_of_drawing_programs_go_without_a_word(self) -> None:
        notes = '<metadata>x</metadata><i:view xmlns:i="urn:i" i:zoom="2"/><title>Logo</title>'
        read = read_logo(svg(f'{notes}<g xmlns:i="urn:i" i:label="a">{CIRCLE}</g>'))
        assert read.repaired == ()
        assert b"urn:i" not in read.content

    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg(), errors.LogoWithEntities),
            (svg("<text>Kuusi</text>"), errors.LogoWithText),
            (svg('<image href="data:image/png;base64,AA"/>'), errors.LogoWithPicture),
            (svg(attributes=""), errors.LogoWithoutSize),
            (svg(attributes='viewBox="0 0 0 10"'), errors.LogoWithoutSize),
            (svg(attributes='width="100%" height="100%"'), errors.LogoWithoutSize),
            (b"x" * (MOST_MB * 1024 * 1024 + 1), errors.LogoTooLarge),
        ],
    )
    def test_what_paper_cannot_bear_is_refused_with_what_to_do(
        self, content: bytes, refusal: type[errors.LogoRefused]
    ) -> None:
        with pytest.raises(refusal):
            read_logo(content)

    def test_a_drawing_that_cannot_be_drawn_is_noticed(self) -> None:
        assert not is_printable("svg+xml", b"<svg")
        assert not is_printable("png", b"none")
        assert is_printable("svg+xml", read_logo(svg()).content)


class TestChanging:
    def test_documents_bear_it_from_the_next_posting_on(
        self, seller: Tenant, accountant: Membership
    ) -> None:
        before = posted({})
        assert accountant.user is not None
        change_letterhead(
            seller, actor=accountant.user, accent="#1f6f54", fold_marks=True, letter_window="din",
            logo=upload(svg()),
        )  # fmt: skip
        after = posted({})

        old, new = (printed_invoice(invoice).letterhead for invoice in (before, after))

        assert (old.window, old.folds, old.accent, old.logo) == ("fi", (), "", "")
        assert (new.window, new.folds[0], new.accent) == ("din", "at-105", "#1f6f54")
        assert new.logo.startswith("data:image/svg+xml;base64,")
        assert '<img class="logo"' in html_of(after)
        assert '<img class="logo"' not in html_of(before)
        assert pdf_bytes(after) == pdf_bytes(Invoice.objects.get(pk=after.pk))
        assert "To pay" in words(pages(pdf_bytes(after)))

    def test_a_logo_stays_for_what_bears_it(self, seller: Tenant, accountant: Membership) -> None:
        assert accountant.user is not None
        change_letterhead(seller, actor=accountant.user, logo=upload(picture()))
        invoice = posted({})
        change_letterhead(seller, actor=accountant.user, without_logo=True)
        assert letterhead_of(invoice.seller).logo
        assert not printed_invoice(posted({})).letterhead.logo
        for change in (lambda: Logo.objects.update(kind="jpeg"), Logo.objects.all().delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        assert AuditEntry.objects.filter(action="logo.uploaded").count() == 1

    def test_the_same_logo_is_kept_once(self, seller: Tenant, accountant: Membership) -> None:
        assert accountant.user is not None
        for _time in range(2):
            change_letterhead(seller, actor=accountant.user, logo=upload(picture()))
        assert Logo.objects.count() == 1

    def test_a_colour_nobody_can_read_is_refused(
        self, seller: Tenant, accountant: Membership
    ) -> None:
        assert accountant.user is not None
        with pytest.raises(errors.AccentTooLight, match=r"contrast 1\.4"):
            change_letterhead(seller, actor=accountant.user, accent="#ffd700")
        with pytest.raises(IntegrityError), transaction.atomic():
            Tenant.objects.filter(pk=seller.pk).update(accent="red;}")

    @pytest.mark.parametrize(
        ("colour", "contrast"), [("#ffffff", 1.0), ("#000000", 21.0), ("#767676", 4.54)]
    )
    def test_contrast_is_that_of_wcag(self, colour: str, contrast: float) -> None:
        assert round(contrast_with_white(colour), 2) == contrast

    def test_the_window_is_that_of_the_country_unless_chosen(self) -> None:
        assert letterhead_of({"country": "FI"}).window == "fi"
        assert letterhead_of({"country": "DE"}).window == "din"
        assert letterhead_of({"country": "SE", "letter_window": "fi"}).window == "fi"


class TestPage:
    def test_it_is_saved_and_shown(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership
    ) -> None:
        client = signed_in(accountant)
        sent: dict[str, Any] = {
            "accent": "#8A1C4A", "letter_window": "", "fold_marks": "on",
            "payment_references": "rf", "logo": upload(picture("JPEG", "CMYK"), "logo.jpg"),
        }  # fmt: skip
        answer = client.post(URL, sent, follow=True)
        assert "CMYK" in answer.text
        seller.refresh_from_db()
        assert (seller.accent, seller.fold_marks, len(seller.logo)) == ("#8a1c4a", True, 64)
        assert posted({}).payment_reference.startswith("RF")

    def test_black_is_no_colour_of_its_own(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership
    ) -> None:
        signed_in(accountant).post(URL, {"accent": "#1a1f2b", "letter_window": "fi"})
        seller.refresh_from_db()
        assert (seller.accent, seller.letter_window) == ("", "fi")

    def test_a_file_of_forty_megabytes_is_refused_by_its_field(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership
    ) -> None:
        large = upload(b"\x89PNG" + b"\x00" * 40 * 1024 * 1024)
        answer = signed_in(accountant).post(URL, {"accent": "#1a1f2b", "logo": large})
        assert answer.status_code == 422
        assert "too large for a logo: at most 5 MB" in answer.text
        seller.refresh_from_db()
        assert seller.logo == ""

    def test_the_sample_is_in_the_language_asked_for(
        self, seller: Tenant, signed_in: SignIn, accountant: Membership
    ) -> None:
        client = signed_in(accountant)
        for language, title in (("fi", "Lasku"), ("de", "Rechnung"), ("xx", "Invoice")):
            content = client.get(f"{URL}sample.pdf?language={language}").content
            assert title in words(pages(content))

    def test_those_who_do_not_look_after_documents_stay_outside(
        self, seller: Tenant, signed_in: SignIn, member: Membership
    ) -> None:
        client = signed_in(member)
        assert client.get(URL).status_code == 403
        assert client.post(URL, {"accent": "#000000"}).status_code == 403
        assert client.get(f"{URL}sample.pdf").status_code == 403
