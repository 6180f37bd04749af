"""Products of the example companies, and quotations in each state with them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from catalog.domain.products import ProductValues, add_product
from catalog.models import Product, Unit
from config.demo.clock import clock_at
from customers.domain.product_terms import rate_of
from customers.models import Customer
from invoicing.domain.editing import LineEdit
from invoicing.domain.lines import TaxRates
from invoicing.domain.quotations import deciding, editing, sending
from invoicing.models import Quotation
from tenants.models import Tenant, User

# Number, names by language, unit, price, cost.
PRODUCTS: tuple[tuple[str, Mapping[str, str], Unit, str, str], ...] = (
    (
        "100",
        {"en": "Wall box 11 kW", "fi": "Latausasema 11 kW", "sv": "Laddbox 11 kW",
         "de": "Wallbox 11 kW"},
        Unit.PIECE, "690", "455",
    ),
    (
        "101",
        {"en": "Cable 5 × 6 mm²", "fi": "Kaapeli 5 × 6 mm²", "sv": "Kabel 5 × 6 mm²",
         "de": "Leitung 5 × 6 mm²"},
        Unit.METRE, "4.85", "2.1",
    ),
    (
        "102",
        {"en": "Air filter", "fi": "Ilmansuodatin", "sv": "Luftfilter", "de": "Luftfilter"},
        Unit.PIECE, "24.90", "11.5",
    ),
    (
        "200",
        {"en": "Call-out", "fi": "Käyntimaksu", "sv": "Utryckning", "de": "Anfahrt"},
        Unit.PIECE, "48", "",
    ),
)  # fmt: skip
TITLES = {
    "en": "Charging points for the car park",
    "fi": "Latauspisteet pysäköintialueelle",
    "sv": "Laddplatser på parkeringen",
    "de": "Ladepunkte für den Parkplatz",
}
_WORK = {"en": "Installation", "fi": "Asennus", "sv": "Installation", "de": "Montage"}
_TERMS = {
    "en": "14 days net. Delivery about four weeks after the order.",
    "fi": "14 päivää netto. Toimitus noin neljän viikon kuluttua tilauksesta.",
    "sv": "14 dagar netto. Leverans cirka fyra veckor efter beställning.",
    "de": "14 Tage netto. Lieferung etwa vier Wochen nach Auftrag.",
}


def load_offers(
    tenant: Tenant,
    customers: list[Customer],
    *,
    today: date,
    at: Callable[[date, int], datetime],
    actor: User,
) -> None:
    """Products, then a quotation that is accepted, one declined, one open and one being written."""
    with clock_at(at(today - timedelta(days=60), 9)):
        products = [_product(tenant, row, actor=actor) for row in PRODUCTS]
    for place, customer in enumerate(customers[:4]):
        day = today - timedelta(days=(25, 18, 6, 1)[place])
        with clock_at(at(day, 10)):
            quotation = _quotation(customer, products, actor=actor)
            if place < 3:
                sending.hand_out(quotation.pk, actor=actor)
        with clock_at(at(day + timedelta(days=3), 14)):
            if place == 0:
                deciding.accept_quotation(quotation.pk, name="Maria Berg")
            elif place == 1:
                deciding.decline_quotation(quotation.pk, name="Otto Kaski", reason="")


type Row = tuple[str, Mapping[str, str], Unit, str, str]


def _product(tenant: Tenant, row: Row, *, actor: User) -> Product:
    number, names, unit, price, cost = row
    values = ProductValues(
        number=number,
        name=names[tenant.language],
        unit=unit,
        currency=tenant.currency,
        unit_price=Decimal(price),
        cost=Decimal(cost) if cost else None,
        names={code: name for code, name in names.items() if code != tenant.language},
    )
    return add_product(values, actor=actor)


def _quotation(customer: Customer, products: list[Product], *, actor: User) -> Quotation:
    language = customer.language
    quotation = editing.begin_quotation(customer=customer, actor=actor, title=TITLES[language])
    usual = TaxRates().default(quotation.issue_date, customer=customer)
    lines = [
        LineEdit(
            text=product.name_in(language),
            quantity=Decimal(quantity),
            unit=product.unit,
            unit_price=product.price_in(quotation.currency) or Decimal(0),
            tax_rate=rate_of(product, day=quotation.issue_date, customer=customer, project=None)
            or usual,
            product=product,
        )
        for product, quantity in zip(products, (4, 60, 0, 1), strict=True)
        if quantity
    ]
    lines.append(
        LineEdit(
            text=_WORK[language],
            quantity=Decimal(16),
            unit=Unit.HOUR,
            unit_price=Decimal(78),
            tax_rate=usual,
        )
    )
    return editing.save_quotation(
        quotation.pk,
        seen=quotation.changes_count,
        values={"terms": _TERMS[language]},
        lines=lines,
        actor=actor,
    )
