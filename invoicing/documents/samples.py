"""A sample invoice in each language, to show what a letterhead does. It is made of no rows."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from core.money import tax_of
from invoicing.documents.figures import Figures
from invoicing.documents.letterheads import letterhead_of
from invoicing.documents.printed import (
    Line,
    Printed,
    TaxRow,
    carried_of,
    footer_of,
    payment_of,
    sender_of,
    widths_of,
    with_subtotals,
)
from invoicing.documents.words import words_of
from invoicing.domain.references import payment_reference

DAY, NUMBER = date(2026, 11, 20), "2026-0042"
_BUYERS = {
    "fi": ("Lumikenttä Oy", "Anna-Liisa Mäkeläinen", "Pohjoisesplanadi 12 A 4", "00130 Helsinki"),
    "sv": ("Norrsken Konsult Ab", "Åsa Öhman", "Strandgatan 7", "65100 Vasa"),
    "de": ("Möbelwerk Süd GmbH", "Frau Dr. Weiß", "Königstraße 24", "70173 Stuttgart"),
    "en": ("Harbour & Sons Ltd", "Ms Catherine Brontë", "14 Quayside Lane", "Bristol BS1 4RW"),
}
_WORK = {
    "fi": ("Verkkokaupan uudistus: suunnittelu", "Ylläpito, marraskuu", "Matkakulut Tampere"),
    "sv": ("Ny webbutik: planering", "Underhåll, november", "Resa till Tammerfors"),
    "de": ("Neuer Webshop: Konzept", "Wartung, November", "Reise nach Stuttgart"),
    "en": ("New web shop: design", "Maintenance, November", "Journey to Bristol"),
}
# Quantity, unit, price; the last at the reduced rate.
_FIGURES = (
    (Decimal("18.5"), "HUR", Decimal(95)),
    (Decimal(1), "MON", Decimal(480)),
    (Decimal(2), "C62", Decimal("46.20")),
)
RATES = {
    "FI": (Decimal("25.5"), Decimal("13.5")),
    "DE": (Decimal(19), Decimal(7)),
}


def sample_invoice(seller: Mapping[str, str], language: str, *, lines: int = 3) -> Printed:
    """With the seller's own letterhead; `lines` goes through the three again and again."""
    words = words_of(language)
    figures = Figures(words, "EUR")
    usual, reduced = RATES.get(seller["country"], RATES["FI"])
    nets, told = [], []
    taxable = {usual: Decimal(0), reduced: Decimal(0)}
    for position in range(1, lines + 1):
        which = (position - 1) % len(_FIGURES)
        quantity, unit, price = _FIGURES[which]
        percent = reduced if which == len(_FIGURES) - 1 else usual
        net = quantity * price
        nets.append(net)
        taxable[percent] += net
        told.append(
            Line(
                is_text=False,
                position=position,
                text=_WORK[language][which],
                quantity=figures.hours(quantity) if unit == "HUR" else figures.quantity(quantity),
                unit=words.units[unit],
                unit_price=figures.unit_price(price),
                tax=figures.percent(percent),
                net=figures.amount(net),
            )
        )
    taxes = {percent: tax_of(net, percent, "EUR") for percent, net in taxable.items()}
    net_total, tax_total = sum(nets, Decimal(0)), sum(taxes.values(), Decimal(0))
    printed_lines = with_subtotals(told, nets, figures)
    return Printed(
        words=words,
        language=language,
        title=words.invoice,
        number=NUMBER,
        is_draft=False,
        made_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        identity=f"sample {language}",
        letterhead=letterhead_of(seller),
        seller_name=seller["legal_name"] or seller["name"],
        sender=sender_of(seller),
        address=_BUYERS[language],
        delivery=(),
        facts=(
            (words.number, NUMBER),
            (words.issue_date, figures.day(DAY)),
            (words.service_period, figures.days(date(2026, 11, 1), date(2026, 11, 19))),
            (words.due_date, figures.day(DAY + timedelta(days=14))),
            (words.payment_terms, words.days_net.format(14)),
            (words.customer_number, "1007"),
        ),
        comment="",
        lines=printed_lines,
        widths=widths_of(printed_lines),
        has_discounts=False,
        taxes=tuple(
            TaxRow(
                rate=figures.percent(percent),
                name="",
                taxable=figures.amount(taxable[percent]),
                tax=figures.amount(tax),
                gross=figures.amount(taxable[percent] + tax),
            )
            for percent, tax in taxes.items()
        ),
        tax_texts=(),
        carried=carried_of(printed_lines),
        net_total=figures.amount(net_total),
        tax_total=figures.amount(tax_total),
        gross_label=words.to_pay,
        gross_total=figures.money(net_total + tax_total),
        payment=payment_of(
            seller,
            figures,
            amount=net_total + tax_total,
            reference=payment_reference(
                kind=seller.get("payment_references", ""), country=seller["country"], base="260042"
            ),
            number=NUMBER,
            due=(words.due_date, DAY + timedelta(days=14)),
            with_codes=True,
        ),
        footer=footer_of(seller, words),
        closing=seller["document_footer"],
    )
