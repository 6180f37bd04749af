"""Invoices of several lines, and workers that die."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from unittest import mock

from customers.models import Customer
from integrations.http import Answer, Http
from invoicing.domain.drafting import new_draft
from invoicing.domain.lines import price_line, save_totals
from invoicing.domain.posting import post_invoice
from invoicing.models import Invoice, InvoiceLine
from tests.factories import TaxRateFactory
from tests.integrations.conftest import store_pdf


def posted_with_lines(customer: Customer, lines: int, *, net: str = "80") -> Invoice:
    rate = TaxRateFactory()
    draft = new_draft(customer=customer, actor=None, issue_date=date(2026, 11, 1))
    for number in range(1, lines + 1):
        line = InvoiceLine(
            invoice=draft, position=number, text=f"Line {number}", quantity=Decimal(1),
            unit_price=Decimal(net), tax_rate=rate,
        )  # fmt: skip
        price_line(line, currency=draft.currency)
        line.save()
    save_totals(draft)
    invoice = post_invoice(draft, actor=None)
    store_pdf(invoice)
    return invoice


class Killed(BaseException):
    """The worker is gone."""


@contextmanager
def crashing(*, after: int) -> Iterator[None]:
    """The process dies with the answer of its so manieth call in its hands."""
    left = after
    ask = Http._recorded

    def counted(self: Http, *arguments: object, **named: object) -> Answer:
        nonlocal left
        answer: Answer = ask(self, *arguments, **named)  # type: ignore[arg-type]
        if left == 0:
            raise Killed
        left -= 1
        return answer

    with mock.patch.object(Http, "_recorded", counted), suppress(Killed):
        yield
