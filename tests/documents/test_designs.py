"""The designs there are, and what a company sets of them."""

import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pikepdf
import pytest

from invoicing.documents.columns import columns_of, rows_of
from invoicing.documents.designs.colours import mixed, readable_on
from invoicing.documents.designs.registry import designs, look_of
from invoicing.documents.designs.settings import (
    Column,
    DesignSettings,
    PaymentBlock,
    Side,
    Typeface,
    WorkReportKind,
    tidy_columns,
)
from invoicing.documents.lines import Line
from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.samples import sample_invoice
from invoicing.documents.words import words_of
from tests.documents.making import codes, pages, words
from tests.documents.test_pictures import GERMAN, SELLER, where


def test_there_are_designs_to_choose_from() -> None:
    assert list(designs()) == ["classic", "nordic", "band", "compact"]
    assert all(str(design.name) and str(design.description) for design in designs().values())


def test_one_that_is_gone_is_printed_as_the_standard_one() -> None:
    assert look_of("baroque").design.key == "classic"


class TestSettings:
    def test_what_was_stored_is_read_again(self) -> None:
        settings = DesignSettings(
            columns=(Column.TEXT, Column.NET),
            before=(("fi", "Kiitos!"),),
            payment=PaymentBlock.PLAIN,
            bar_code=False,
            work_report=WorkReportKind.PEOPLE,
            typeface=Typeface.SERIF,
            size=Decimal("9.5"),
            logo_height=12,
            logo_side=Side.RIGHT,
        )
        assert DesignSettings.read(settings.stored()) == settings

    @pytest.mark.parametrize(
        "stored",
        [
            {"columns": "text"}, {"columns": 7}, {"size": "large"}, {"size": "NaN"},
            {"logo_height": True}, {"logo_height": "12"}, {"payment": "cash"}, {"bar_code": "no"},
            {"before": "Hello"}, {"before": {"fi": 7, "xx": "Hello"}}, {"unknown": 1},
            {"typeface": ["serif"]}, {"work_report": None},
        ],
    )  # fmt: skip
    def test_what_is_not_understood_is_as_usual(self, stored: dict[str, Any]) -> None:
        assert DesignSettings.read(stored) == DesignSettings()

    def test_sizes_stay_within_what_paper_bears(self) -> None:
        read = DesignSettings.read({"size": "99", "logo_height": 500})
        assert (read.size, read.logo_height) == (Decimal("10.5"), 24)
        read = DesignSettings.read({"size": 1, "logo_height": 0})
        assert (read.size, read.logo_height) == (Decimal(8), 8)

    def test_a_table_has_its_texts_and_ends_with_the_amount(self) -> None:
        assert tidy_columns(["net", "position", "quantity", "quantity", "colour"]) == (
            Column.POSITION, Column.TEXT, Column.QUANTITY, Column.NET,
        )  # fmt: skip
        assert tidy_columns([]) == (Column.TEXT, Column.NET)

    def test_a_design_has_its_own_idea_of_what_is_usual(self) -> None:
        assert look_of("compact").settings.size == Decimal("8.5")
        assert look_of("compact", {"size": "9"}).settings.size == Decimal(9)


class TestColumns:
    LINE = Line(is_text=False, position=1, text="Work", quantity="1", unit="h", tax="25,5 %")

    def keys(self, *lines: Line, **settings: Any) -> list[str]:
        chosen = replace(DesignSettings(), **settings)
        return [str(column.key) for column in columns_of(lines, chosen, words_of("fi"))]

    def test_discounts_are_told_wherever_there_is_one(self) -> None:
        few = (Column.TEXT, Column.NET)
        assert self.keys(self.LINE, columns=few) == ["text", "net"]
        discounted = replace(self.LINE, discount="5 %")
        assert self.keys(discounted, columns=few) == ["text", "discount", "net"]

    def test_the_rate_is_told_where_there_are_several(self) -> None:
        other = replace(self.LINE, tax="13,5 %")
        few = (Column.TEXT, Column.NET)
        assert self.keys(self.LINE, other, columns=few) == ["text", "tax", "net"]

    def test_days_have_a_column_or_stand_behind_the_text(self) -> None:
        look = look_of("classic", {"columns": ["days", "text", "quantity", "unit", "net"]})
        line = replace(self.LINE, days="20.11.2026")
        columns = columns_of([line], look.settings, words_of("fi"))
        assert [column.label for column in columns] == [
            "Päivä", "Kuvaus", "Määrä", "Yksikkö", "Veroton",
        ]  # fmt: skip
        (row,) = rows_of([line], columns)
        assert [text for _css, text in row.cells] == ["20.11.2026", "Work", "1", "h", ""]
        usual = columns_of([line], DesignSettings(), words_of("fi"))
        (row,) = rows_of([line], usual)
        assert row.cells[1] == ("text", "Work (20.11.2026)")
        assert row.cells[2] == ("figure", "1\u00a0h")


class TestPaper:
    @pytest.mark.parametrize("key", ["classic", "nordic", "band", "compact"])
    @pytest.mark.parametrize(("seller", "window"), [(SELLER, "fi"), (GERMAN, "din")])
    def test_the_address_stands_in_the_window_in_each_design(
        self, key: str, seller: dict[str, str], window: str
    ) -> None:
        language = window.replace("din", "de")
        printed = sample_invoice(seller, language, look=look_of(key))
        content = invoice_pdf(printed)
        left, right, top, bottom = {
            "din": (20.0, 105.0, 62.0, 90.0),
            "fi": (18.0, 108.0, 44.0, 70.0),
        }[window]
        boxes = [where(content, line) for line in printed.address]
        assert all(left < box[0] and box[2] < right for box in boxes)
        assert all(top < box[1] and box[3] < bottom for box in boxes)
        assert set(codes(content)) == ({"Code128", "QRCode"} if window == "fi" else {"QRCode"})

    @pytest.mark.parametrize("key", ["classic", "band"])
    @pytest.mark.parametrize("seller", [SELLER, GERMAN])
    def test_a_long_return_address_ends_above_the_address(
        self, key: str, seller: dict[str, str]
    ) -> None:
        long = seller | {"legal_name": "Pohjanmaan Rakennus- ja Kiinteistöpalvelut Osakeyhtiö"}
        printed = sample_invoice(long, "en", look=look_of(key))
        content = invoice_pdf(printed)
        assert len(printed.head.sender) > 64
        town = printed.head.sender.rpartition(" · ")[2]
        assert where(content, town)[3] < where(content, printed.address[0])[1]

    def test_texts_stand_above_and_below_the_lines_and_at_the_foot_of_each_page(self) -> None:
        look = look_of(
            "nordic",
            {
                "before": {"en": "Thank you for your order.", "fi": "Kiitos tilauksesta."},
                "after": {"en": "Please keep our new address in mind."},
                "footer": {"en": "Member of the guild."},
            },
        )
        content = invoice_pdf(sample_invoice(SELLER, "en", lines=40, look=look))
        found = [words(page) for page in pages(content)]
        whole = " ".join(found)
        order = [
            whole.index(text)
            for text in ("Thank you for your order.", "Description", "Total without VAT",
                         "Please keep our new address in mind.", "Recipient")
        ]  # fmt: skip
        assert order == sorted(order)
        assert all("Member of the guild." in page for page in found)
        assert "Kiitos" not in whole

    def test_payment_goes_without_codes_or_not_at_all(self) -> None:
        def printed(**stored: Any) -> bytes:
            return invoice_pdf(sample_invoice(SELLER, "en", look=look_of("classic", stored)))

        assert set(codes(printed(bar_code=False))) == {"QRCode"}
        assert set(codes(printed(qr=False))) == {"Code128"}
        plain, none = printed(payment="plain"), printed(payment="none")
        assert codes(plain) == codes(none) == {}
        assert "Reference" in words(pages(plain))
        assert "Reference" not in words(pages(none))

    def test_letters_with_serifs_are_of_a_font_of_ours(self) -> None:
        look = look_of("band", {"typeface": "serif"})
        content = invoice_pdf(sample_invoice(SELLER, "en", look=look))
        with pikepdf.open(io.BytesIO(content)) as pdf:
            fonts = {
                str(font["/BaseFont"]).partition("+")[2]
                for font in pdf.pages[0]["/Resources"]["/Font"].values()
            }
        assert fonts == {"PrintSerif", "PrintSerif-Semi-Bold"}


def test_colours_that_go_with_one() -> None:
    assert mixed("#000000", 0.5) == "#808080"
    assert readable_on("#1f6f54") == "#ffffff"
    assert readable_on("#e07b00") == "#1a1f2b"
