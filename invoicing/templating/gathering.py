"""What a document fills a template with: the stored figures, worded as the PDF words them."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.places import country_name
from invoicing.documents.designs.registry import Look
from invoicing.documents.figures import Figures
from invoicing.documents.heads import business_id_label, in_groups
from invoicing.documents.printed import (
    Code,
    Printed,
    own_fields_of,
    printed_of,
    seller_of,
    tax_text,
)
from invoicing.documents.reporting import WorkReport, work_report
from invoicing.documents.words import Words, words_of
from invoicing.domain.printed_fields import YES_NO
from invoicing.models import Invoice, InvoiceLine, InvoiceTax
from invoicing.templating.data import Leaf, TemplateData
from invoicing.templating.fields import LISTS, own_fields, words_of_templates
from invoicing.templating.own_values import own_values

type _Row = dict[str, Leaf]


@dataclass(frozen=True)
class Rows:
    """A document's rows, read already; a sample has made some up."""

    invoice: Invoice
    seller: Mapping[str, str]
    lines: Sequence[InvoiceLine]
    taxes: Sequence[InvoiceTax]
    customer_number: str = ""
    project: tuple[str, str] = ("", "")  # name and number
    corrected: tuple[str, date | None] = ("", None)
    printed_fields: Sequence[list[str]] = ()
    own: Mapping[str, str] | None = None
    report: WorkReport | None = None

    @property
    def printed(self) -> Printed:
        return self.printed_in(None)

    def printed_in(self, look: Look | None) -> Printed:
        """In the built-in standard unless told otherwise."""
        return printed_of(
            self.invoice,
            seller=dict(self.seller),
            lines=list(self.lines),
            taxes=list(self.taxes),
            customer_number=self.customer_number,
            own_fields=list(self.printed_fields),
            report=self.report,
            look=look,
        )


def gather(invoice: Invoice) -> TemplateData:
    """A posted document as it was frozen, a draft as it would be."""
    return told(rows_of(invoice))


def rows_of(invoice: Invoice) -> Rows:
    project, corrected = invoice.project, invoice.corrects
    return Rows(
        invoice=invoice,
        seller=seller_of(invoice),
        lines=list(invoice.lines.order_by("position", "pk")),
        taxes=list(invoice.taxes.order_by("-percent", "category")),
        customer_number=invoice.customer.number,
        project=(project.name, project.number) if project else ("", ""),
        corrected=(corrected.number or "", corrected.issue_date) if corrected else ("", None),
        printed_fields=own_fields_of(invoice),
        own=own_values_of(invoice),
        report=work_report(invoice) if invoice.has_work_report else None,
    )


def own_values_of(invoice: Invoice) -> dict[str, str]:
    """The texts of the company's own fields by their names, as frozen with the document's paper;
    of a draft those of now."""
    if not invoice.is_draft:
        frozen: dict[str, str] = invoice.paper.get("fields", {})
        return frozen
    return own_values(invoice, own_fields())


def told(rows: Rows) -> TemplateData:
    """The same words and figures as the built-in PDF has."""
    invoice = rows.invoice
    words = words_of(invoice.language)
    teller = _Teller(rows, rows.printed, words, Figures(words, invoice.currency))
    groups = {
        "line": list(teller.lines()),
        "tax": list(teller.taxes()),
        "work": list(teller.work()),
        "charge": list(teller.charges()),
    }
    assert groups.keys() == LISTS.keys()
    return TemplateData(
        language=invoice.language,
        currency=invoice.currency,
        values=teller.values(),
        groups=groups,
    )


def _text(value: str) -> Leaf:
    return Leaf(value, value)


@dataclass(frozen=True)
class _Teller:
    rows: Rows
    printed: Printed
    words: Words
    figures: Figures

    def values(self) -> _Row:
        told = {
            **self._invoice(), **self._customer(), **self._seller(), **self._payment(),
            **self._report(),
        }  # fmt: skip
        told["project.name"], told["project.number"] = map(_text, self.rows.project)
        for name, text in (self.rows.own or {}).items():
            told[name] = _text(text)
        for name, text in words_of_templates(self.words).items():
            told[f"word.{name}"] = _text(text)
        return told

    def _day(self, day: date | None) -> Leaf:
        return Leaf(day, self.figures.day(day) if day else "")

    def _flag(self, value: bool) -> Leaf:
        return Leaf(value, YES_NO[self.rows.invoice.language][0 if value else 1])

    def _money(self, amount: Decimal) -> Leaf:
        return Leaf(amount, self.figures.money(amount))

    def _amount(self, amount: Decimal) -> Leaf:
        return Leaf(amount, self.figures.amount(amount))

    def _invoice(self) -> _Row:
        invoice, words, printed = self.rows.invoice, self.words, self.printed
        first = invoice.service_start_date or invoice.service_end_date or invoice.tax_point
        last = invoice.service_end_date or first
        days = (invoice.due_date - invoice.issue_date).days
        is_invoice = not invoice.is_credit_note
        terms = (words.days_net.format(days) if days else words.at_once) if is_invoice else ""
        number, corrected_date = self.rows.corrected
        return {
            "invoice.title": _text(printed.title),
            "invoice.number": _text(invoice.number or words.draft),
            "invoice.issue_date": self._day(invoice.issue_date),
            "invoice.due_date": self._day(invoice.due_date if is_invoice else None),
            "invoice.payment_terms": _text(terms),
            "invoice.service_period": _text(self.figures.days(first, last)),
            "invoice.service_start_date": self._day(first),
            "invoice.service_end_date": self._day(last),
            "invoice.tax_point": self._day(invoice.tax_point),
            "invoice.currency": _text(invoice.currency),
            "invoice.language": _text(invoice.language),
            "invoice.order_reference": _text(invoice.order_reference),
            "invoice.contract_reference": _text(invoice.contract_reference),
            "invoice.buyer_reference": _text(invoice.buyer_reference),
            "invoice.comment": _text(invoice.comment),
            "invoice.net_total": self._money(invoice.net_total),
            "invoice.tax_total": self._money(invoice.tax_total),
            "invoice.gross_total": self._money(invoice.gross_total),
            "invoice.total_label": _text(printed.gross_label),
            "invoice.tax_text": _text("\n".join(printed.tax_texts)),
            "invoice.closing": _text(printed.closing),
            "invoice.corrected_number": _text(number),
            "invoice.corrected_date": self._day(corrected_date),
            "invoice.reason": _text(invoice.reason if invoice.is_credit_note else ""),
            "invoice.is_credit_note": self._flag(invoice.is_credit_note),
            "invoice.is_draft": self._flag(not invoice.is_posted),
            "invoice.has_work_report": self._flag(invoice.has_work_report),
        }

    def _customer(self) -> _Row:
        invoice = self.rows.invoice
        told = {
            "customer.number": self.rows.customer_number,
            "customer.contact": invoice.contact_name,
            "customer.address": "\n".join(self.printed.address),
            "customer.vat_id": invoice.buyer_vat_id,
            "customer.business_id": invoice.buyer_business_id,
            "customer.business_id_label": business_id_label(
                self.words, invoice.billing_country, invoice.buyer_business_id
            ),
            "customer.email": invoice.contact_email,
            "delivery.address": "\n".join(self.printed.delivery),
            **self._place("customer", "billing"),
            **self._place("delivery", "delivery"),
        }
        return {name: _text(text) for name, text in told.items()}

    def _place(self, name: str, which: str) -> dict[str, str]:
        def part(of: str) -> str:
            return str(getattr(self.rows.invoice, f"{which}_{of}"))

        country = part("country")
        return {
            f"{name}.name": part("name"),
            f"{name}.street": part("street"),
            f"{name}.postal_code": part("postal_code"),
            f"{name}.city": part("city"),
            f"{name}.country": country_name(country, self.words.locale) if country else "",
        }

    def _seller(self) -> _Row:
        seller = self.rows.seller
        town = f"{seller['postal_code']} {seller['city']}".strip()
        told = {
            "seller.name": self.printed.head.seller_name,
            "seller.address": ", ".join(filter(None, (seller["street"], town))),
            "seller.business_id_label": business_id_label(
                self.words, seller["country"], seller["business_id"]
            ),
            "seller.country": country_name(seller["country"], self.words.locale),
            "seller.website": seller["website"].removeprefix("https://"),
            "seller.iban": in_groups(seller["iban"], 4),
            "seller.footer": seller["document_footer"],
            "seller.logo": self.printed.letterhead.logo,
        }
        for name in ("street", "postal_code", "city", "business_id", "vat_id", "email", "phone",
                     "bic"):  # fmt: skip
            told[f"seller.{name}"] = seller[name]
        return {name: _text(text) for name, text in told.items()}

    def _payment(self) -> _Row:
        payment = self.printed.payment
        facts = dict(payment.facts) if payment else {}
        bar_code, qr = (payment.bar_code, payment.qr) if payment else (None, None)
        gross = self.rows.invoice.gross_total
        return {
            "payment.amount": Leaf(gross, payment.amount) if payment else Leaf(None, ""),
            "payment.reference": _text(facts.get(self.words.reference, "")),
            "payment.text": _text(facts.get(self.words.payment_text, "")),
            "payment.bar_code_text": _text(bar_code.text if bar_code else ""),
            "payment.qr": _text(_drawn(qr, margin=2, height=qr.width) if qr else ""),
            "payment.bar_code": _text(_drawn(bar_code, margin=0, height=1) if bar_code else ""),
        }

    def _report(self) -> _Row:
        report, printed = self.rows.report, self.printed.report
        if report is None or printed is None:
            return {"report.hours": Leaf(None, ""), "report.period": _text("")}
        period = dict(printed.facts).get(self.words.service_period, "")
        return {
            "report.hours": Leaf(report.hours, printed.hours if printed.groups else ""),
            "report.period": _text(period),
        }

    def lines(self) -> Iterator[_Row]:
        for line, printed in zip(self.rows.lines, self.printed.lines, strict=True):
            is_text = printed.is_text
            # A discount of the whole document has an amount and nothing that it is counted from.
            is_counted = not is_text and not line.for_document
            yield {
                "line.position": Leaf(line.position, "" if is_text else str(line.position)),
                "line.text": _text(self.figures.text_of(line)),
                "line.quantity": Leaf(line.quantity if is_counted else None, printed.quantity),
                "line.unit": _text(printed.unit),
                "line.unit_price": Leaf(
                    line.unit_price if is_counted else None, printed.unit_price
                ),
                "line.discount": Leaf(
                    line.discount_percent if printed.discount else None, printed.discount
                ),
                "line.tax": Leaf(None if is_text else line.tax_percent, printed.tax),
                "line.net": Leaf(None if is_text else line.net, printed.net),
                "line.start_date": self._day(line.start_date),
                "line.end_date": self._day(line.end_date),
                "line.is_text": self._flag(is_text),
            }

    def taxes(self) -> Iterator[_Row]:
        for tax, printed in zip(self.rows.taxes, self.printed.taxes, strict=True):
            yield {
                "tax.rate": Leaf(tax.percent, printed.rate),
                "tax.name": _text(printed.name),
                "tax.taxable": self._amount(tax.taxable),
                "tax.tax": self._amount(tax.tax),
                "tax.gross": self._amount(tax.taxable + tax.tax),
                "tax.text": _text(" ".join(tax_text(self.words, tax))),
            }

    def work(self) -> Iterator[_Row]:
        report, printed = self.rows.report, self.printed.report
        if report is None or printed is None:
            return
        for line, group in zip(report.lines, printed.groups, strict=True):
            for entry, shown in zip(line.entries, group.entries, strict=True):
                yield {
                    "work.line": Leaf(line.position, str(line.position)),
                    "work.line_text": _text(line.text),
                    "work.day": Leaf(entry.day, shown.day),
                    "work.person": _text(entry.person),
                    "work.project": _text(entry.project),
                    "work.task": _text(entry.task),
                    "work.text": _text(entry.text),
                    "work.hours": Leaf(entry.hours, shown.hours),
                    "work.minutes": Leaf(entry.minutes, str(entry.minutes)),
                }
            if line.adjustment:
                yield self._adjustment(line.position, line.text, line.adjustment, group.adjustment)

    def _adjustment(self, position: int, text: str, hours: Decimal, shown: str) -> _Row:
        """What somebody added by hand or took off is a row as well, so that the sums are right."""
        empty = {name: _text("") for name in ("work.person", "work.project", "work.task")}
        return empty | {
            "work.line": Leaf(position, str(position)),
            "work.line_text": _text(text),
            "work.day": Leaf(None, ""),
            "work.text": _text(self.words.adjustment),
            "work.hours": Leaf(hours, shown),
            "work.minutes": Leaf(None, ""),
        }

    def charges(self) -> Iterator[_Row]:
        report, printed = self.rows.report, self.printed.report
        if report is None or printed is None:
            return
        for charge, shown in zip(report.charges, printed.charges, strict=True):
            yield {
                "charge.day": Leaf(charge.day, shown.day),
                "charge.person": _text(charge.person),
                "charge.text": _text(charge.text),
                "charge.quantity": Leaf(charge.quantity, shown.quantity),
                "charge.net": Leaf(charge.net, shown.net),
            }


def _drawn(code: Code, *, margin: int, height: int) -> str:
    """A code as the address of a drawing."""
    wide, high = code.width + 2 * margin, height + 2 * margin
    shape = "" if height > 1 else ' preserveAspectRatio="none"'
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-margin} {-margin} {wide} {high}"'
        f'{shape}><path fill="#fff" d="M{-margin}-{margin}h{wide}v{high}H-{margin}z"/>'
        f'<path d="{code.path}" stroke="#000" stroke-width="1"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"


def context_of(data: TemplateData) -> dict[str, Any]:
    """As an HTML template reads it: `invoice.number`, and lists of rows with `line.text`.

    Texts and truths only, so that there is nothing in it to call.
    """
    tree: dict[str, Any] = {}
    for name, leaf in data.values.items():
        _put(tree, name.split("."), leaf)
    for group, rows in data.groups.items():
        tree[LISTS[group]] = [
            {name.removeprefix(f"{group}."): _shown(leaf) for name, leaf in row.items()}
            for row in rows
        ]
    return tree


def _put(tree: dict[str, Any], parts: list[str], leaf: Leaf) -> None:
    *path, last = parts
    for part in path:
        tree = tree.setdefault(part, {})
    tree[last] = _shown(leaf)


def _shown(leaf: Leaf) -> str | bool:
    return leaf.value if isinstance(leaf.value, bool) else leaf.text
