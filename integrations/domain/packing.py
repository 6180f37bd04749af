"""A document as plain data for the adapters: what was frozen, not what is now. A draft that waits
for its number has what it will be posted with."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from integrations.models import DocumentAnswers
from integrations.outgoing import OutgoingInvoice, OutgoingLine, OutgoingParty
from invoicing.documents.figures import Figures
from invoicing.documents.words import words_of
from invoicing.domain.freezing import seller_copy
from invoicing.models import DocumentKind, Invoice, InvoiceLine


def pack(
    invoice: Invoice,
    lines: Iterable[InvoiceLine] | None = None,
    *,
    remote_products: Mapping[int, str] | None = None,
    remote_customer_id: str = "",
    corrected_remote_id: str = "",
    corrected_remote_number: str = "",
    answers: DocumentAnswers | None = None,
) -> OutgoingInvoice:
    """Needs the invoice's customer; reads the lines, unless they are given. `remote_products` are
    ids there, by line."""
    # A draft that waits for its number has no copy of the seller yet.
    seller = invoice.seller or seller_copy(invoice.tenant)
    interest = seller.get("late_interest_percent")
    buyer = _buyer(invoice)
    products = remote_products or {}
    figures = Figures(words_of(invoice.language), invoice.currency)
    return OutgoingInvoice(
        number=invoice.number or "",
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        service_start=invoice.service_start_date,
        service_end=invoice.service_end_date,
        currency=invoice.currency,
        language=invoice.language,
        seller=_seller(seller),
        seller_iban=seller.get("iban", "").replace(" ", ""),
        buyer=buyer,
        delivery=_delivery(invoice) if invoice.delivery_street else buyer,
        # Sorted here: they may have been read beforehand, for many documents at once.
        lines=tuple(
            _line(line, figures, products.get(line.pk, ""))
            for line in sorted(
                invoice.lines.all() if lines is None else lines,
                key=lambda one: (one.position, one.pk),
            )
        ),
        net_total=invoice.net_total,
        tax_total=invoice.tax_total,
        gross_total=invoice.gross_total,
        reference=invoice.payment_reference.replace(" ", ""),
        order_reference=invoice.order_reference,
        buyer_reference=invoice.buyer_reference,
        comment=invoice.comment,
        late_interest_percent=Decimal(interest) if interest else None,
        remote_customer_id=remote_customer_id,
        is_credit_note=invoice.kind == DocumentKind.CREDIT_NOTE,
        corrected_number=(invoice.corrects.number or "") if invoice.corrects else "",
        corrected_remote_id=corrected_remote_id,
        corrected_remote_number=corrected_remote_number,
        marker=f"LASKURI-{invoice.tenant_id}-{invoice.pk}",
        choices=dict(answers.choices) if answers else {},
        append_to=answers.append_to if answers else "",
    )


def _seller(seller: dict[str, str]) -> OutgoingParty:
    return OutgoingParty(
        name=seller.get("legal_name") or seller.get("name", ""),
        **{
            name: seller.get(name, "")
            for name in (
                "street", "postal_code", "city", "country", "business_id", "vat_id", "email",
            )
        },
    )  # fmt: skip


def _buyer(invoice: Invoice) -> OutgoingParty:
    customer = invoice.customer
    return OutgoingParty(
        name=invoice.billing_name,
        street=invoice.billing_street,
        postal_code=invoice.billing_postal_code,
        city=invoice.billing_city,
        country=invoice.billing_country,
        business_id=invoice.buyer_business_id,
        vat_id=invoice.buyer_vat_id,
        email=invoice.contact_email or customer.email,
        contact_name=invoice.contact_name,
        customer_number=customer.number,
        # Addresses for delivery are not printed, so they are those of today.
        einvoice_address=customer.einvoice_address,
        einvoice_operator=customer.einvoice_operator,
    )


def _delivery(invoice: Invoice) -> OutgoingParty:
    return OutgoingParty(
        name=invoice.delivery_name or invoice.billing_name,
        street=invoice.delivery_street,
        postal_code=invoice.delivery_postal_code,
        city=invoice.delivery_city,
        country=invoice.delivery_country or invoice.billing_country,
    )


def _line(line: InvoiceLine, figures: Figures, remote_product_id: str) -> OutgoingLine:
    return OutgoingLine(
        text=figures.text_of(line),
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        tax_percent=line.tax_percent,
        tax_category=line.tax_category,
        net=line.net,
        account=line.account,
        is_text=line.kind == InvoiceLine.Kind.TEXT,
        remote_product_id=remote_product_id,
    )
