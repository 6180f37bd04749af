"""The lines of a quotation's form: read, checked and priced as those of a draft are."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from invoicing.models import Quotation
from invoicing.views.drafts.line_book import LineBook, Row

BLANK_ROWS = 1


class _Standing:
    """What a draft's book asks of a document, of a quotation: the day of its tax is its own."""

    def __init__(self, quotation: Quotation) -> None:
        self.currency = quotation.currency
        self.customer = quotation.customer
        self.project = quotation.project
        # Its sales are booked by what is made of it.
        self.project_id: int | None = None
        self.tax_point = quotation.issue_date


class QuotationBook(LineBook):
    """Nothing is made from work here, and accounts are those of rates and products."""

    def __init__(self, quotation: Quotation) -> None:
        document: Any = _Standing(quotation)
        super().__init__(document, lines=[])
        stored: list[Any] = list(quotation.lines.all())
        self.stored = stored
        self._kinds = {line.pk: line.kind for line in stored}
        self.is_whole = True

    def with_blanks(self, rows: list[Row]) -> list[Row]:
        """With an empty row at the end, so that the next line can be written."""
        used = [int(row.key[1:]) for row in rows if row.key.startswith("n")]
        first = max(used, default=0) + 1
        blank = [self.blank_row(f"n{first + place}") for place in range(BLANK_ROWS)]
        return rows if rows and rows[-1].is_untouched else [*rows, *blank]


def product_search_for(quotation: Quotation) -> str:
    """Where products for its lines are looked for; what the form says comes before it."""
    told = {"customer": quotation.customer_id, "project": quotation.project_id or ""}
    return f"{reverse('customers:product_search')}?{urlencode(told)}"
