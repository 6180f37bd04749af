"""A sample invoice in each language, to show what a letterhead does. It is made of no rows."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from core.money import tax_of
from invoicing.documents.columns import columns_of
from invoicing.documents.designs.registry import STANDARD, Look, look_of
from invoicing.documents.designs.settings import WorkReportKind
from invoicing.documents.figures import Figures
from invoicing.documents.heads import head_of
from invoicing.documents.lines import Line, carried_of, with_subtotals
from invoicing.documents.printed import Printed, TaxRow, designed_payment
from invoicing.documents.printed_reports import Report, printed_report
from invoicing.documents.reporting import LineWork, Worked, WorkReport
from invoicing.documents.words import words_of
from invoicing.domain.references import payment_reference

DAY, NUMBER = date(2026, 11, 20), "2026-0042"
BUYERS = {
    "fi": ("Lumikenttä Oy", "Anna-Liisa Mäkeläinen", "Pohjoisesplanadi 12 A 4", "00130 Helsinki"),
    "sv": ("Norrsken Konsult Ab", "Åsa Öhman", "Strandgatan 7", "65100 Vasa"),
    "de": ("Möbelwerk Süd GmbH", "Frau Dr. Weiß", "Königstraße 24", "70173 Stuttgart"),
    "en": ("Harbour & Sons Ltd", "Ms Catherine Brontë", "14 Quayside Lane", "Bristol BS1 4RW"),
}
WORK = {
    "fi": ("Verkkokaupan uudistus: suunnittelu", "Ylläpito, marraskuu", "Matkakulut Tampere"),
    "sv": ("Ny webbutik: planering", "Underhåll, november", "Resa till Tammerfors"),
    "de": ("Neuer Webshop: Konzept", "Wartung, November", "Reise nach Stuttgart"),
    "en": ("New web shop: design", "Maintenance, November", "Journey to Bristol"),
}
# Quantity, unit, price; the last at the reduced rate.
FIGURES = (
    (Decimal("18.5"), "HUR", Decimal(95)),
    (Decimal(1), "MON", Decimal(480)),
    (Decimal(2), "C62", Decimal("46.20")),
)
# Days before the invoice, who, and for how many minutes: the eighteen and a half hours above.
_WORKED = (
    (9, "Aino Kuusi", 450),
    (9, "Max Weber", 240),
    (8, "Aino Kuusi", 300),
    (7, "Max Weber", 120),
)
RATES = {
    "FI": (Decimal("25.5"), Decimal("13.5")),
    "DE": (Decimal(19), Decimal(7)),
}


def sample_invoice(
    seller: Mapping[str, str],
    language: str,
    *,
    lines: int = 3,
    look: Look | None = None,
    with_report: bool = False,
) -> Printed:
    """With the seller's own letterhead; `lines` goes through the three again and again."""
    look = look or look_of(STANDARD)
    settings = look.settings
    words = words_of(language)
    figures = Figures(words, "EUR")
    usual, reduced = RATES.get(seller["country"], RATES["FI"])
    nets, told = [], []
    taxable = {usual: Decimal(0), reduced: Decimal(0)}
    for position in range(1, lines + 1):
        which = (position - 1) % len(FIGURES)
        quantity, unit, price = FIGURES[which]
        percent = reduced if which == len(FIGURES) - 1 else usual
        net = quantity * price
        nets.append(net)
        taxable[percent] += net
        told.append(
            Line(
                is_text=False,
                position=position,
                text=WORK[language][which],
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
        head=head_of(
            seller,
            language,
            made_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
            address=BUYERS[language],
            look=look,
        ),
        title=words.invoice,
        number=NUMBER,
        identity=f"sample {language}",
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
        columns=columns_of(printed_lines, settings, words),
        has_tax=True,
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
        payment=designed_payment(
            settings,
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
        closing=seller["document_footer"],
        before=settings.text("before", language),
        after=settings.text("after", language),
        report=_report(language, figures, settings.work_report) if with_report else None,
    )


def _report(language: str, figures: Figures, kind: WorkReportKind) -> Report | None:
    if kind == WorkReportKind.NONE:
        return None
    text = WORK[language][0]
    what, _colon, task = text.partition(": ")
    entries = tuple(
        Worked(
            day=DAY - timedelta(days=ago),
            person=person,
            project=what,
            task=task,
            text=what,
            minutes=minutes,
            hours=Decimal(minutes) / 60,
        )
        for ago, person, minutes in _WORKED
    )
    line = LineWork(1, text, FIGURES[0][0], is_hours=True, entries=entries)
    return printed_report(
        WorkReport((line,)),
        figures,
        kind,
        customer=BUYERS[language][0],
        document=(figures.words.invoice, NUMBER),
    )
