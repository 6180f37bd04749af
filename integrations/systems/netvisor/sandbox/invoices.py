"""Sales invoices: taken in, listed, read, matched, deleted. Sections 4 and 5."""

import base64
import binascii
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from integrations.sandbox.store import Document
from integrations.sandbox.web import Response
from integrations.systems.netvisor.sandbox import schema
from integrations.systems.netvisor.sandbox.answers import (
    element,
    inserted,
    malformed,
    ok,
    refused,
    wrong,
)
from integrations.systems.netvisor.sandbox.company import ALL, FIRST
from integrations.systems.netvisor.sandbox.context import Context
from integrations.systems.netvisor.sandbox.schema import Element

CENT = Decimal("0.01")
CURRENCIES = ("EUR", "SEK", "NOK", "DKK", "USD", "GBP", "CHF", "PLN")
SALES_CODES = ("KOMY", "EUMY", "EUPM309", "EUPM312", "EUUM", "MUUL", "RAMY", "NONE")
STATUSES = ("open", "overdue", "reminded", "requested", "collected", "paid", "creditloss", "unsent")
RATE_CHANGE = "2026-01-01"


def money(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def written(value: Any) -> str:
    """As the service writes amounts: with a comma, and two places."""
    return f"{money(Decimal(str(value))):f}".replace(".", ",")


def save(context: Context) -> Response:
    method = context.one("method")
    if method not in ("add", "edit"):
        raise wrong("Parameter method is missing or not known")
    message = context.body("salesinvoice", schema.INVOICE)
    old = context.get("invoice", context.one("id"), "Sales invoice") if method == "edit" else None
    number = old["id"] if old else context.store.next_number("invoice", ALL, FIRST["invoice"])
    invoice = {
        "id": number,
        "created": old["created"] if old else context.now,
        "changed": context.now,
        "payments": [],
        "matched": None,
        **_read(context, message, old),
    }
    invoice["files"] = _files(context, message, number)
    if old is None:
        _check_number(context, invoice)
    if not invoice["number"] and invoice["type"] == "invoice":
        invoice["number"] = str(context.store.next_number("number", context.slug, 1))
    context.store.put("invoice", context.slug, invoice)
    context.call.documents = [number]
    return inserted(number) if old is None else ok()


def _check_number(context: Context, invoice: Document) -> None:
    """A number twice: the documentation does not promise a refusal, so there is none here."""
    if invoice["number"] and context.numbered(invoice["number"]):
        context.call.notes.append(f"The number {invoice['number']} is there twice now.")


def _read(context: Context, message: Element, old: Document | None) -> Document:
    kind = schema.text(message, "invoicetype") or "invoice"
    if kind not in ("invoice", "order", "invoicedraft"):
        raise malformed(f"invoicetype {kind}")
    number = schema.limit(message, "salesinvoicenumber", 20)
    if number and (kind == "invoicedraft" or not number.isdecimal()):
        raise wrong("Sales invoice number is not allowed for drafts, and has digits only")
    issued, due = (
        schema.day(message, "salesinvoicedate"),
        schema.day(message, "salesinvoiceduedate"),
    )
    if not (due or schema.text(message, "paymenttermnetdays")
            or schema.text(message, "paymentterm")):  # fmt: skip
        raise malformed("one of due date, payment term and net days")
    if due and due < issued:
        raise wrong("Due date is before invoice date")
    if kind == "invoice" and issued <= context.locked_until:
        raise refused("invoice date is in a locked period", "PERIOD_LOCK")
    lines = _lines(context, message, issued)
    if not any("product" in line for line in lines):
        raise malformed("invoicelines has no product line")
    amount, currency = _amount(message, lines)
    customer = _customer(context, message)
    net = sum((Decimal(line["sum"]) - Decimal(line["vatSum"]) for line in lines if "sum" in line),
              Decimal(0))  # fmt: skip
    return {
        "type": kind,
        "number": number or (old["number"] if old else ""),
        "date": issued,
        "dueDate": due,
        "deliveryDate": schema.day(message, "salesinvoicedeliverydate"),
        "reference": _reference(message),
        "currency": currency,
        "amount": str(amount),
        "net": str(net),
        "open": str(amount),
        "status": _status(message, kind),
        "customer": customer["id"],
        "customerName": customer["name"],
        "customerCode": customer.get("internalidentifier", ""),
        "address": _address(message, customer),
        "ourReference": schema.limit(message, "salesinvoiceourreference", 50),
        "yourReference": schema.limit(message, "salesinvoiceyourreference", 50),
        "privateComment": schema.limit(message, "salesinvoiceprivatecomment", 500),
        "before": schema.limit(message, "salesinvoicefreetextbeforelines", 500),
        "after": schema.limit(message, "salesinvoicefreetextafterlines", 500),
        "lines": lines,
    }


def _status(message: Element, kind: str) -> str:
    schema.choice(message, "salesinvoicestatus", ("netvisor",))
    status = schema.text(message, "salesinvoicestatus")
    allowed = {
        "invoice": ("unsent", "open"),
        "order": ("undelivered", "delivered"),
        "invoicedraft": ("",),
    }
    if status not in allowed[kind]:
        raise malformed(f"salesinvoicestatus “{status}” of an {kind}")
    return status or "draft"


def _reference(message: Element) -> str:
    given = schema.text(message, "salesinvoicereferencenumber")
    if not given:
        return ""
    if not (given.isdecimal() and 4 <= len(given) <= 20):
        raise wrong("Reference number is not valid")
    weights = (7, 3, 1)
    total = 0
    for place, digit in enumerate(given[-2::-1]):
        total += weights[place % 3] * int(digit)
    if (10 - total % 10) % 10 != int(given[-1]):
        raise wrong("Reference number is not valid: check digit")
    return given


def _amount(message: Element, lines: list[Document]) -> tuple[Decimal, str]:
    found = schema.find(message, "salesinvoiceamount")
    currency = schema.attribute(found, "iso4217currencycode") or "EUR"
    if currency not in CURRENCIES:
        raise wrong(f"Currency is not known: {currency}")
    given = schema.text(message, "salesinvoiceamount")
    if given:
        return schema.amount(given, "salesinvoiceamount"), currency
    return sum((Decimal(line["sum"]) for line in lines if "sum" in line), Decimal(0)), currency


def _customer(context: Context, message: Element) -> Document:
    kind = schema.choice(
        message, "invoicingcustomeridentifier", ("netvisor", "customer", "organizationunitnumber")
    )
    given = schema.text(message, "invoicingcustomeridentifier")
    if kind == "netvisor":
        found = context.stored("customer", given)
        if found is None or found.get("deleted"):
            raise wrong(f"Customer not found with Netvisor identifier: {given}")
        return found
    for customer in context.store.find("customer", context.slug):
        if kind == "customer" and customer.get("internalidentifier") == given:
            return customer
    raise wrong("Asiakasta ei löydy")


ADDRESS = ("name", "addressline", "postnumber", "town", "countrycode")


def _address(message: Element, customer: Document) -> dict[str, str]:
    """Given in part, nothing is filled in from the register."""
    given = {name: schema.text(message, f"invoicingcustomer{name}") for name in ADDRESS}
    if given["countrycode"]:
        schema.choice(message, "invoicingcustomercountrycode", ("ISO-3166",))
        if len(given["countrycode"]) != 2 or not given["countrycode"].isupper():
            raise wrong("Asiakkaan maata ei voitu kohdistaa")
    schema.limit(message, "invoicingcustomeraddressline", 80)
    if any(given.values()):
        return given
    own = ("name", "streetaddress", "postnumber", "city", "country")
    return {name: customer.get(mine, "") for name, mine in zip(ADDRESS, own, strict=True)}


def _lines(context: Context, message: Element, issued: str) -> list[Document]:
    lines = []
    wrapper = schema.find(message, "invoicelines")
    for line in () if wrapper is None else wrapper:
        if len(line) != 1:
            raise malformed("invoiceline wraps exactly one line")
        inner = line[0]
        if schema.name_of(inner) == "salesinvoicecommentline":
            lines.append({"comment": schema.limit(inner, "comment", 500)})
        elif schema.name_of(inner) == "salesinvoiceproductline":
            lines.append(_line(context, inner, issued))
        else:
            raise malformed("sub lines are not known here")
    return lines


def _line(context: Context, line: Element, issued: str) -> Document:
    kind = schema.choice(
        line, "productidentifier", ("netvisor", "customer", "primaryeancode", "secondaryeancode")
    )
    given = schema.text(line, "productidentifier")
    product = _product(context, kind, given)
    price_kind = schema.choice(line, "productunitprice", ("net", "gross"))
    price = schema.amount(schema.text(line, "productunitprice"), "productunitprice")
    percent = schema.amount(schema.text(line, "productvatpercentage"), "productvatpercentage")
    code = schema.attribute(schema.find(line, "productvatpercentage"), "vatcode")
    _check_vat(code, percent, issued)
    quantity = schema.amount(schema.text(line, "salesinvoiceproductlinequantity"), "quantity")
    discount = schema.text(line, "salesinvoiceproductlinediscountpercentage")
    off = schema.amount(discount, "discount") if discount else Decimal(0)
    if not 0 <= off <= 100:
        raise wrong("Discount percentage is not between 0 and 100")
    tax, total = _sums(line, price_kind, price * quantity * (1 - off / 100), percent)
    return {
        "product": product["id"],
        "code": product["productcode"],
        "name": schema.limit(line, "productname", 50) or product["name"],
        "price": str(price),
        "percent": str(percent),
        "vatCode": code,
        "quantity": str(quantity),
        "discount": str(off),
        "text": schema.limit(line, "salesinvoiceproductlinefreetext", 500),
        "account": schema.text(line, "accountingaccountsuggestion"),
        "vatSum": str(tax),
        "sum": str(total),
    }


def _product(context: Context, kind: str, given: str) -> Document:
    if kind == "netvisor":
        found = context.stored("product", given)
        if found is not None and not found.get("deleted"):
            return found
        raise wrong(f"Product not found with Netvisor identifier: {given}")
    for product in context.store.find("product", context.slug):
        if kind == "customer" and product["productcode"] == given:
            return product
    raise wrong(f"Product not found with product code: {given}")


def _check_vat(code: str, percent: Decimal, issued: str) -> None:
    if not code:
        raise wrong(
            "VAT code cannot be retrieved from posting suggestion because no posting suggestion has"
            " been given."
        )
    if code not in SALES_CODES:
        raise wrong(f"VAT code is not a sales VAT code: {code}")
    reduced = "13.5" if issued >= RATE_CHANGE else "14"
    known = {Decimal(text) for text in ("25.5", reduced, "10", "0")}
    if percent not in known or (percent and code != "KOMY"):
        raise wrong(f"VAT percentage {percent} is not allowed with VAT code {code}")


def _sums(
    line: Element, price_kind: str, value: Decimal, percent: Decimal
) -> tuple[Decimal, Decimal]:
    """Both given or none; what is given is taken as it is."""
    tax = schema.text(line, "salesinvoiceproductlinevatsum")
    total = schema.text(line, "salesinvoiceproductlinesum")
    if bool(tax) != bool(total):
        raise malformed("one of vat sum and sum without the other")
    if tax:
        return schema.amount(tax, "vat sum"), schema.amount(total, "sum")
    if price_kind == "gross":
        gross = money(value)
        return gross - money(value / (1 + percent / 100)), gross
    reckoned = money(value * percent / 100)
    return reckoned, money(value) + reckoned


def _files(context: Context, message: Element, number: int) -> list[Document]:
    wrapper = schema.find(message, "salesinvoiceattachments")
    found = []
    for one in () if wrapper is None else wrapper:
        kind = schema.choice(one, "documentdata", ("pdf", "finvoice"))
        if kind == "finvoice" and schema.find(one, "printbydefault") is not None:
            raise malformed("printbydefault of a finvoice attachment")
        try:
            content = base64.b64decode(schema.text(one, "documentdata"), validate=True)
        except binascii.Error:
            raise wrong("documentdata is not Base64") from None
        if kind == "pdf" and not content.startswith(b"%PDF"):
            raise wrong("documentdata is no PDF")
        file = context.store.next_number("file", ALL, 1)
        context.store.put_file(context.slug, file, content)
        found.append(
            {
                "id": file,
                "name": schema.limit(one, "filename", 255),
                "mimeType": schema.limit(one, "mimetype", 50),
                "description": schema.limit(one, "attachmentdescription", 100),
                "printed": schema.text(one, "printbydefault") == "1",
                "size": len(content),
            }
        )
    return found


# Read and changed.


def listed(context: Context) -> Response:
    """No pages: everything that fits."""
    wanted = [
        (f"json_extract(body, '$.{field}') {sign} ?", int(value) if field == "customer" else value)
        for name, field, sign in (
            ("invoicenumber", "number", "="),
            ("begininvoicedate", "date", ">="),
            ("endinvoicedate", "date", "<="),
            ("customernetvisorkey", "customer", "="),
            ("customercode", "customerCode", "="),
            ("invoicestatus", "status", "="),
            ("lastmodifiedstart", "changed", ">="),
        )
        if (value := context.one(name)) and (field != "customer" or value.isdecimal())
    ]
    above = context.one("invoicesabovenetvisorkey")
    if above.isdecimal():
        wanted.append(("id > ?", int(above)))
    is_order = context.one("listtype") == "preinvoice"
    rows = [
        _row(invoice, context)
        for invoice in context.store.find("invoice", context.slug, wanted, order="id")
        if not invoice.get("deleted") and (invoice["type"] == "order") == is_order
    ]
    return ok(element("SalesInvoiceList", rows))


def _row(invoice: Document, context: Context) -> str:
    return element(
        "SalesInvoice",
        (
            element("NetvisorKey", invoice["id"]),
            element("InvoiceNumber", invoice["number"]),
            element("Invoicedate", invoice["date"], format="ansi"),
            element("InvoiceStatus", invoice["status"]),
            element("CustomerCode", invoice["customerCode"]),
            element("CustomerName", invoice["customerName"]),
            element("ReferenceNumber", invoice["reference"]),
            element("InvoiceSum", written(invoice["amount"])),
            element("OpenSum", written(invoice["open"])),
            element("Uri", f"http://{context.call.request.header('Host')}/getsalesinvoice.nv"
                           f"?netvisorkey={invoice['id']}"),
        ),
    )  # fmt: skip


def read(context: Context) -> Response:
    keys = [key for key in context.one("netvisorkeylist").split(",") if key]
    if len(keys) > 500:
        raise wrong("At most 500 keys are allowed")
    if keys:
        found = [context.stored("invoice", key) for key in keys]
        context.call.documents = [one["id"] for one in found if one]
        return ok(element("SalesInvoices", [_whole(one) for one in found if one]))
    key = context.one("netvisorkey")
    invoice = context.stored("invoice", key)
    if invoice is None or invoice.get("deleted"):
        return ok(element("SalesInvoice"))
    context.call.documents = [invoice["id"]]
    return ok(_whole(invoice))


def _whole(invoice: Document) -> str:
    address = invoice["address"]
    lines = [line for line in invoice["lines"] if "product" in line]
    return element(
        "SalesInvoice",
        (
            element("SalesInvoiceNetvisorKey", invoice["id"]),
            element("SalesInvoiceNumber", invoice["number"]),
            element("SalesInvoiceDate", invoice["date"], format="ansi"),
            element("SalesInvoiceDueDate", invoice["dueDate"], format="ansi"),
            element("SalesInvoiceReferencenumber", invoice["reference"]),
            element("SalesInvoiceAmount", written(invoice["amount"]),
                    iso4217currencycode=invoice["currency"], currencyrate="1"),
            element("InvoiceStatus", invoice["status"].title(), status=invoice["status"]),
            element("SalesInvoiceFreeTextBeforeLines", invoice["before"]),
            element("SalesInvoiceFreeTextAfterLines", invoice["after"]),
            element("SalesInvoiceOurReference", invoice["ourReference"]),
            element("SalesInvoiceYourReference", invoice["yourReference"]),
            element("SalesInvoicePrivateComment", invoice["privateComment"]),
            element("InvoicingCustomerNetvisorKey", invoice["customer"]),
            element("InvoicingCustomerName", address["name"]),
            element("InvoicingCustomerAddressline", address["addressline"]),
            element("InvoicingCustomerPostnumber", address["postnumber"]),
            element("InvoicingCustomerTown", address["town"]),
            element("InvoicingCustomerCountryCode", address["countrycode"]),
            element(
                "InvoiceLines",
                (element("InvoiceLine", [_product_line(one) for one in lines]),),
            ),
        ),
    )  # fmt: skip


def _product_line(line: Document) -> str:
    return element(
        "SalesInvoiceProductLine",
        (
            element("productidentifier", line["code"], type="customer"),
            element("ProductName", line["name"]),
            element("ProductUnitPrice", line["price"].replace(".", ",")),
            element("ProductVatPercentage", line["percent"].replace(".", ","),
                    vatcode=line["vatCode"].replace("NONE", "-")),
            element("SalesInvoiceProductLineQuantity", line["quantity"].replace(".", ",")),
            element("SalesInvoiceProductLineDiscountPercentage", line["discount"]),
            element("SalesInvoiceProductLineFreeText", line["text"]),
            element("SalesInvoiceProductLineVatSum", written(line["vatSum"])),
            element("SalesInvoiceProductLineSum", written(line["sum"])),
        ),
    )  # fmt: skip


def change_status(context: Context) -> Response:
    status = context.one("status")
    if status not in STATUSES:
        raise wrong("Status is not known")
    keys = (context.one("netvisorkeylist") or context.one("netvisorkey")).split(",")
    if len(keys) > 100:
        raise wrong("At most 100 keys are allowed")
    for key in keys:
        context.change("invoice", context.get("invoice", key, "Sales invoice"), status=status)
    return ok()


def match(context: Context) -> Response:
    message = context.body("matchcreditnote", schema.MATCH)
    note = context.get("invoice", schema.text(message, "creditnotenetvisorkey"), "Sales invoice")
    invoice = context.get("invoice", schema.text(message, "invoicenetvisorkey"), "Sales invoice")
    context.call.documents = [note["id"], invoice["id"]]
    if note["status"] in ("unsent", "draft") or invoice["status"] in ("unsent", "draft"):
        raise wrong("Both invoices must be sent")
    if note["matched"]:
        raise wrong("Credit note is matched already")
    if Decimal(note["amount"]) >= 0 or note["currency"] != invoice["currency"]:
        raise wrong("Not a credit note of this invoice")
    taken = min(-Decimal(note["open"]), Decimal(invoice["open"]))
    rest = Decimal(invoice["open"]) - taken
    context.change(
        "invoice", note, matched=invoice["id"], open=str(Decimal(note["open"]) + taken),
        status="paid",
    )  # fmt: skip
    context.change("invoice", invoice, open=str(rest), **({} if rest else {"status": "paid"}))
    return ok()


def delete(context: Context) -> Response:
    invoice = context.get("invoice", context.one("invoiceid"), "Sales invoice")
    context.change("invoice", invoice, deleted=context.now[:10])
    return ok()


def deleted(context: Context) -> Response:
    since = context.one("deletedsince")
    rows = [
        element(
            "DeletedSalesInvoice",
            (element("NetvisorKey", one["id"]), element("DeletedDate", one["deleted"])),
        )
        for one in context.store.find("invoice", context.slug, order="id")
        if one.get("deleted", "") >= since and one.get("deleted")
    ]
    return ok(element("DeletedSalesInvoices", rows))
