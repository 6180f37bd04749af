"""What templates are tried with: invented documents of two rates, an invoice with its work report,
a credit note, a final invoice that takes advances off, and a long invoice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from customers.models import CustomField
from invoicing.documents.reporting import Charged, LineWork, Worked, WorkReport
from invoicing.documents.samples import BUYERS, DAY, FIGURES, NUMBER, RATES, WORK
from invoicing.domain.advances import DEDUCTED
from invoicing.domain.amounts import totals
from invoicing.domain.references import payment_reference
from invoicing.models import DocumentKind, Invoice, InvoiceLine, InvoiceTax, Unit
from invoicing.templating.fields import own_name
from invoicing.templating.gathering import Rows

_COUNTRIES = {"fi": "FI", "sv": "FI", "de": "DE", "en": "GB"}
_PEOPLE = ("Aino Virtanen", "Matti Lehto")
# Shares of the first line's hours, which end where they end.
_ENDS = (Decimal(0), Decimal("6.5"), Decimal(12), Decimal("18.5"))


LONG_LINES = 200
_CORRECTED = ("2026-0040", date(2026, 11, 2))
_REASONS = {
    "fi": "Kaksi tuntia liikaa",
    "sv": "Två timmar för mycket",
    "de": "Zwei Stunden zu viel",
    "en": "Two hours too many",
}
_ADVANCE = {"fi": "Suunnittelu", "sv": "Planering", "de": "Konzept", "en": "Design"}
_ADVANCES = (("2026-0021", Decimal(600)), ("2026-0033", Decimal(450)))


class Sample(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"
    FINAL = "final"
    LONG = "long"


def sample_rows(
    seller: Mapping[str, str],
    language: str,
    found: list[CustomField],
    case: Sample = Sample.INVOICE,
) -> Rows:
    """In this language; `found` are the company's own fields, shown by their labels."""
    lines = _lines(seller, language, LONG_LINES if case == Sample.LONG else len(FIGURES))
    if case == Sample.FINAL:
        lines += _taken_off(seller, language, len(lines))
    taxes = _taxes(lines)
    rows = Rows(
        invoice=_invoice(seller, language, lines, taxes),
        seller=seller,
        lines=lines,
        taxes=taxes,
        customer_number="1007",
        project=(WORK[language][0].partition(":")[0], "P-12"),
        own={own_name(field): field.label for field in found},
        report=_report(lines),
    )
    return _credited(rows, language) if case == Sample.CREDIT_NOTE else rows


def _credited(rows: Rows, language: str) -> Rows:
    """It takes all of it back: nothing is due, and nobody's hours belong to it."""
    number, day = _CORRECTED
    invoice = rows.invoice
    invoice.kind, invoice.reason = DocumentKind.CREDIT_NOTE, _REASONS[language]
    invoice.corrects = Invoice(number=number, issue_date=day)
    invoice.due_date, invoice.payment_reference = invoice.issue_date, ""
    invoice.has_work_report = False
    return replace(rows, corrected=_CORRECTED, report=None)


def _lines(seller: Mapping[str, str], language: str, count: int) -> list[InvoiceLine]:
    """The three again and again, so many of them."""
    usual, reduced = RATES.get(seller["country"], RATES["FI"])
    found = []
    for position in range(1, count + 1):
        which = (position - 1) % len(FIGURES)
        quantity, unit, price = FIGURES[which]
        found.append(
            InvoiceLine(
                position=position,
                text=WORK[language][which],
                quantity=quantity,
                unit=unit,
                unit_price=price,
                tax_percent=reduced if which == len(FIGURES) - 1 else usual,
                tax_category="S",
                net=quantity * price,
            )
        )
    return found


def _taken_off(seller: Mapping[str, str], language: str, before: int) -> list[InvoiceLine]:
    usual, _reduced = RATES.get(seller["country"], RATES["FI"])
    return [
        InvoiceLine(
            position=position,
            text=DEDUCTED[language] % {"number": number, "text": _ADVANCE[language]},
            quantity=Decimal(-1),
            unit=Unit.PIECE,
            unit_price=amount,
            tax_percent=usual,
            tax_category="S",
            net=-amount,
        )
        for position, (number, amount) in enumerate(_ADVANCES, start=before + 1)
    ]


def _taxes(lines: list[InvoiceLine]) -> list[InvoiceTax]:
    return [InvoiceTax(**vars(group)) for group in totals(lines, "EUR").groups]


def _invoice(
    seller: Mapping[str, str], language: str, lines: list[InvoiceLine], taxes: list[InvoiceTax]
) -> Invoice:
    name, person, street, town = BUYERS[language]
    postal_code, _blank, city = town.partition(" ")
    net = sum((line.net for line in lines), Decimal(0))
    tax = sum((one.tax for one in taxes), Decimal(0))
    reference = payment_reference(
        kind=seller.get("payment_references", ""), country=seller["country"], base="260042"
    )
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return Invoice(
        status=Invoice.Status.POSTED,
        number=NUMBER,
        issue_date=DAY,
        due_date=DAY + timedelta(days=14),
        service_start_date=date(2026, 11, 1),
        service_end_date=date(2026, 11, 19),
        tax_point=date(2026, 11, 19),
        currency="EUR",
        language=language,
        billing_name=name,
        billing_street=street,
        billing_postal_code=postal_code,
        billing_city=city,
        billing_country=_COUNTRIES[language],
        contact_name=person,
        contact_email="office@example.com",
        order_reference="PO-7781",
        has_work_report=True,
        payment_reference=reference,
        net_total=net,
        tax_total=tax,
        gross_total=net + tax,
        posted_at=moment,
        changed_at=moment,
        content_hash=f"sample {language}",
    )


def _report(lines: list[InvoiceLine]) -> WorkReport:
    first, last = lines[0], lines[len(FIGURES) - 1]
    project, _colon, task = first.text.partition(": ")
    entries = tuple(
        Worked(
            day=date(2026, 11, 2 + 4 * index),
            person=_PEOPLE[index % len(_PEOPLE)],
            project=project,
            task=task,
            text=first.text,
            minutes=int((end - begin) * 60),
            hours=end - begin,
        )
        for index, (begin, end) in enumerate(pairwise(_ENDS))
    )
    work = LineWork(
        position=first.position,
        text=first.text,
        quantity=first.quantity,
        is_hours=True,
        entries=entries,
    )
    charge = Charged(
        day=date(2026, 11, 12),
        person=_PEOPLE[0],
        text=last.text,
        quantity=last.quantity,
        unit=last.unit,
        net=last.net,
    )
    return WorkReport((work,), (charge,))
