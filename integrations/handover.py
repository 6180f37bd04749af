"""The package of a document that a person enters: its papers, and CSV files of head and lines.

A system's `package()` may use it as it is. Cells stay text where a spreadsheet would run them.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.export import csv_lines
from integrations.outgoing import OutgoingInvoice, OutgoingLine
from integrations.ports import Handed, OutgoingFile


def package(documents: Sequence[Handed], *, customer_there: str) -> list[OutgoingFile]:
    """Papers by document, and the two lists over all of them. `customer_there` is the head of the
    column with the customer's id in the system."""
    invoices = [one.invoice for one in documents]
    head, lines = head_columns(customer_there), line_columns()
    return [
        *(paper for one in documents for paper in one.papers),
        _csv(_("documents.csv"), head, invoices, lambda row, column: column(row)),
        _csv(
            _("lines.csv"),
            lines,
            [
                (invoice, position, line)
                for invoice in invoices
                for position, line in enumerate(invoice.lines, start=1)
            ],
            lambda row, column: column(*row),
        ),
    ]


def head_columns(customer_there: str) -> list[tuple[str, Callable[[OutgoingInvoice], Any]]]:
    return [
        (_("Number"), lambda one: one.number),
        (_("Kind"), lambda one: _("Credit note") if one.is_credit_note else _("Invoice")),
        (_("Corrects"), lambda one: one.corrected_number),
        (customer_there, lambda one: one.remote_customer_id),
        (_("Customer number"), lambda one: one.buyer.customer_number),
        (_("Customer"), lambda one: one.buyer.name),
        (_("Street"), lambda one: one.buyer.street),
        (_("Postal code"), lambda one: one.buyer.postal_code),
        (_("City"), lambda one: one.buyer.city),
        (_("Country"), lambda one: one.buyer.country),
        (_("VAT id"), lambda one: one.buyer.vat_id),
        (_("Invoice date"), lambda one: one.issue_date),
        (_("Due date"), lambda one: one.due_date),
        (_("Service from"), lambda one: one.service_start),
        (_("Service until"), lambda one: one.service_end),
        (_("Order reference"), lambda one: one.order_reference),
        (_("Buyer reference"), lambda one: one.buyer_reference),
        (_("Currency"), lambda one: one.currency),
        (_("Net"), lambda one: one.net_total),
        (_("Tax"), lambda one: one.tax_total),
        (_("Gross"), lambda one: one.gross_total),
        (_("Payment reference"), lambda one: one.reference),
        (_("Comment"), lambda one: one.comment),
    ]


def line_columns() -> list[tuple[str, Callable[[OutgoingInvoice, int, OutgoingLine], Any]]]:
    def amount(value: Decimal, line: OutgoingLine) -> Decimal | None:
        return None if line.is_text else plain(value)

    return [
        (_("Number"), lambda one, _position, _line: one.number),
        (_("Line"), lambda _one, position, _line: position),
        (_("Text"), lambda _one, _position, line: line.text),
        (_("Quantity"), lambda _one, _position, line: amount(line.quantity, line)),
        (_("Unit"), lambda _one, _position, line: "" if line.is_text else line.unit),
        (_("Unit price"), lambda _one, _position, line: amount(line.unit_price, line)),
        (_("Discount %"), lambda _one, _position, line: amount(line.discount_percent, line)),
        (_("Tax %"), lambda _one, _position, line: amount(line.tax_percent, line)),
        (
            _("Tax category"),
            lambda _one, _position, line: "" if line.is_text else line.tax_category,
        ),
        (_("Account"), lambda _one, _position, line: line.account),
        (_("Net"), lambda _one, _position, line: None if line.is_text else line.net),
    ]


def plain(value: Decimal) -> Decimal:
    """Without noughts behind the last figure."""
    return Decimal(f"{value.normalize():f}")


def _csv(
    name: str, columns: Sequence[tuple[str, Any]], rows: Sequence[Any], value: Callable[..., Any]
) -> OutgoingFile:
    lines = csv_lines(
        (head for head, _column in columns),
        ([value(row, column) for _head, column in columns] for row in rows),
    )
    return OutgoingFile(name, "".join(lines).encode())
