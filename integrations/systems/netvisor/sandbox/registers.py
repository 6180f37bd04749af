"""Customers, products and payments. Sections 6, 7 and 5."""

from decimal import Decimal

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response
from integrations.systems.netvisor.sandbox import schema
from integrations.systems.netvisor.sandbox.answers import element, inserted, ok, refused, wrong
from integrations.systems.netvisor.sandbox.company import ALL, FIRST
from integrations.systems.netvisor.sandbox.context import Context
from integrations.systems.netvisor.sandbox.invoices import written
from integrations.systems.netvisor.sandbox.schema import CUSTOMER_BASE, Element


def _contains(document: Document, words: str, *names: str) -> bool:
    return any(words.casefold() in str(document.get(name, "")).casefold() for name in names)


# Customers.


def list_customers(context: Context) -> Response:
    words = context.one("keyword")
    codes = [code for code in context.one("customercodelist").split(",") if code]
    rows = []
    for customer in context.store.find("customer", context.slug, order="id"):
        if customer.get("deleted"):
            continue
        if words and not _contains(
            customer, words, "name", "internalidentifier", "externalidentifier", "nameextension"
        ):
            continue
        if codes and customer.get("internalidentifier") not in codes:
            continue
        rows.append(
            element(
                "Customer",
                (
                    element("Netvisorkey", customer["id"]),
                    element("Name", customer["name"]),
                    element("Code", customer.get("internalidentifier", "")),
                    element("OrganisationIdentifier", customer.get("externalidentifier", "")),
                ),
            )
        )
    return ok(element("Customerlist", rows))


def read_customer(context: Context) -> Response:
    customer = context.get("customer", context.one("id"), "Customer")
    base = [element("NetvisorKey", customer["id"])] + [
        element(_title(name), customer[name])
        for name in CUSTOMER_BASE.split()
        if customer.get(name)
    ]
    return ok(
        element(
            "Customer",
            (
                element("CustomerBaseInformation", base),
                element(
                    "CustomerContactDetails",
                    (element("ContactPerson", customer.get("contactperson", "")),),
                ),
            ),
        )
    )


def _title(name: str) -> str:
    return name[0].upper() + name[1:]


def save_customer(context: Context) -> Response:
    method = context.one("method")
    if method == "add":
        message = context.body("customer", schema.NEW_CUSTOMER)
        customer: Document = {"id": context.store.next_number("customer", ALL, FIRST["customer"])}
    elif method == "edit":
        message = context.body("customer", schema.CHANGED_CUSTOMER)
        customer = context.get("customer", context.one("id"), "Customer")
    else:
        raise wrong("Parameter method is missing or not known")
    customer = {**customer, **_fields(message)}
    code = customer.get("internalidentifier")
    for other in context.store.find("customer", context.slug):
        if code and other["id"] != customer["id"] and other.get("internalidentifier") == code:
            raise refused(f"Customer code {code} is in use already", "DUPLICATE_DATA")
    if len(customer.get("streetaddress", "")) > 80:
        raise wrong("Aineiston käsittelyssä tapahtui virhe. Virhetunniste: 77aa-street")
    context.store.put("customer", context.slug, customer)
    return inserted(customer["id"]) if method == "add" else ok()


def _fields(message: Element) -> Document:
    """An empty element erases what is stored."""
    found: Document = {}
    for part in message:
        for one in part:
            if schema.name_of(one) == "country" and schema.attribute(one, "type") != "ISO-3166":
                raise wrong("Asiakkaan maata ei voitu kohdistaa")
            found[schema.name_of(one)] = (one.text or "").strip()
    return found


# Products.


def list_products(context: Context) -> Response:
    words = context.one("keyword")
    rows = [
        element(
            "Product",
            (
                element("NetvisorKey", product["id"]),
                element("ProductCode", product["productcode"]),
                element("Name", product["name"]),
                element("UnitPrice", product["unitprice"]),
                element("ProductGroupDescription", product["productgroup"]),
            ),
        )
        for product in context.store.find("product", context.slug, order="id")
        if not product.get("deleted") and _contains(product, words, "name", "productcode")
    ]
    return ok(element("ProductList", rows))


def read_product(context: Context) -> Response:
    product = context.stored("product", context.one("id"))
    if product is None or product.get("deleted"):
        return ok(element("Product"))
    return ok(
        element(
            "Product",
            (
                element(
                    "ProductBaseInformation",
                    [element(_title(name), value) for name, value in product.items()],
                ),
            ),
        )
    )


def save_product(context: Context) -> Response:
    if context.one("method") != "add":
        raise wrong("Parameter method is missing or not known")
    message = context.body("product", schema.PRODUCT)
    base = schema.find(message, "productbaseinformation")
    schema.choice(base, "unitprice", ("net", "gross"))
    price = schema.amount(schema.text(base, "unitprice"), "unitprice")
    code = schema.limit(base, "productcode", 50)
    for other in context.store.find("product", context.slug):
        if code and other["productcode"] == code and not other.get("deleted"):
            raise refused(f"Product code {code} is in use already", "DUPLICATE_DATA")
    product: Document = {
        "id": context.store.next_number("product", ALL, FIRST["product"]),
        "productcode": code,
        "name": schema.limit(base, "name", 50),
        "unitprice": f"{price:.12f}".replace(".", ","),
        "unit": schema.text(base, "unit"),
        "productgroup": schema.text(base, "productgroup"),
        "isactive": schema.text(base, "isactive"),
        "issalesproduct": schema.text(base, "issalesproduct"),
    }
    context.store.put("product", context.slug, product)
    return inserted(product["id"])


# Payments.


def list_payments(context: Context) -> Response:
    first, last = context.one("begindate") or "0", context.one("enddate") or "9"
    number = context.one("invoicenumber")
    rows = []
    for invoice in context.store.find("invoice", context.slug, order="id"):
        for payment in invoice["payments"]:
            if first <= payment["date"] <= last and (not number or number == invoice["number"]):
                rows.append(_payment(invoice, payment))
    return ok(element("SalesPaymentList", rows))


def _payment(invoice: Document, payment: Document) -> str:
    year, month, day = payment["date"].split("-")
    return element(
        "SalesPayment",
        (
            element("NetvisorKey", payment["id"]),
            element("Name", payment["name"]),
            element("Date", f"{int(day)}.{int(month)}.{year}"),
            element("Sum", written(payment["sum"])),
            element("ReferenceNumber", invoice["reference"]),
            element("ForeignCurrencyAmount"),
            element("InvoiceNumber", invoice["number"]),
            element("BankStatus", "OK"),
        ),
    )


def save_payment(context: Context) -> Response:
    message = context.body("salespayment", schema.PAYMENT)
    kind = schema.choice(message, "targetidentifier", ("netvisor", "reference", "invoicenumber"))
    given = schema.text(message, "targetidentifier")
    name = {"netvisor": "id", "reference": "reference", "invoicenumber": "number"}[kind]
    for invoice in context.store.find("invoice", context.slug):
        if str(invoice[name]) == given:
            amount = schema.amount(schema.text(message, "sum"), "sum")
            payer = schema.text(message, "sourcename")
            return inserted(
                pay(context, invoice, amount, schema.day(message, "paymentdate"), payer)
            )
    raise wrong("Sales invoice not found")


def pay(context: Context, invoice: Document, amount: Decimal, day: str, payer: str) -> int:
    number = context.store.next_number("payment", ALL, FIRST["payment"])
    rest = Decimal(invoice["open"]) - amount
    payments = [
        *invoice["payments"], {"id": number, "sum": str(amount), "date": day, "name": payer},
    ]  # fmt: skip
    context.change(
        "invoice",
        invoice,
        payments=payments,
        open=str(rest),
        **({} if rest > 0 else {"status": "paid"}),
    )
    return number


def list_terms(_context: Context) -> Response:
    return ok(element("PaymentTermList", (element("PaymentTerm", (element("Name", "14 pv"),)),)))
