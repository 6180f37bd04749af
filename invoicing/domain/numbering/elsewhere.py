"""Numbers that another system gave: a series of their own, without counter or format."""

from collections.abc import Mapping, Sequence

from invoicing.domain.numbering.counting import LONGEST
from invoicing.errors import NumberFromElsewhereTaken, NumberTooLong
from invoicing.models import DocumentKind, Invoice, NumberSeries


def series_of_giver(kind: str, giver: str) -> NumberSeries:
    """Made on first use."""
    series: NumberSeries
    series, _is_new = NumberSeries.objects.get_or_create(
        kind=kind,
        given_by=giver,
        defaults={
            "name": f"{giver}: {DocumentKind(kind).label}"[:60],
            "format": "",
            "is_default": False,
        },
    )
    return series


def number_from_elsewhere(invoices: Sequence[Invoice], given: Mapping[int, str]) -> None:
    """Give each exactly the number that came back for it; one that another document has is
    refused."""
    for invoice in invoices:
        number = given[invoice.pk]
        series = series_of_giver(invoice.kind, invoice.number_giver)
        if not 0 < len(number) <= LONGEST:
            raise NumberTooLong(number=number, series=series.name, longest=LONGEST)
        other = Invoice.objects.filter(number=number).exclude(pk=invoice.pk).first()
        if other is not None:
            raise NumberFromElsewhereTaken(
                number=number, giver=invoice.number_giver, other=other.billing_name
            )
        invoice.series, invoice.number = series, number
        invoice.number_format, invoice.number_window, invoice.number_count = "", "", None
