"""The order of elements, and which there must be: Netvisor's DTDs as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from re import fullmatch
from xml.etree import ElementTree

from integrations.systems.netvisor.sandbox.answers import malformed, wrong

type Element = ElementTree.Element


@dataclass(frozen=True)
class Shape:
    """Children in their order; `needed` must be there and not be empty, `filled` may be empty."""

    order: tuple[str, ...]
    needed: frozenset[str] = frozenset()
    there: frozenset[str] = frozenset()
    repeated: frozenset[str] = frozenset()
    inside: Mapping[str, "Shape"] = field(default_factory=dict)


def _shape(order: str, *, needed: str = "", there: str = "", repeated: str = "",
           inside: Mapping[str, Shape] | None = None) -> Shape:  # fmt: skip
    return Shape(
        tuple(order.split()),
        frozenset(needed.split()),
        frozenset(there.split()),
        frozenset(repeated.split()),
        inside or {},
    )


PRODUCT_LINE = _shape(
    "productidentifier productname productunitprice productunitpurchaseprice productvatpercentage"
    " salesinvoiceproductlinequantity salesinvoiceproductlinediscountpercentage"
    " salesinvoiceproductlinefreetext salesinvoiceproductlinevatsum salesinvoiceproductlinesum"
    " salesinvoiceproductlineinventoryid accountingaccountsuggestion skipaccrual dimension"
    " provisionpercentage accrualrule productunitname deliverydate ordernumber proposedaccount"
    " accountdimensiontext",
    needed="productidentifier productunitprice productvatpercentage"
    " salesinvoiceproductlinequantity",
    there="productname",
    repeated="dimension",
)
LINE = _shape(
    "salesinvoiceproductline salesinvoicecommentline salesinvoicesubline",
    inside={
        "salesinvoiceproductline": PRODUCT_LINE,
        "salesinvoicecommentline": _shape("comment", needed="comment"),
    },
)
ATTACHMENT = _shape(
    "mimetype attachmentdescription filename documentdata printbydefault",
    needed="mimetype attachmentdescription filename documentdata",
)
INVOICE = _shape(
    "salesinvoicenumber salesinvoicedate salesinvoiceeventdate salesinvoiceduedate"
    " salesinvoicevaluedate salesinvoicedeliverydate salesinvoicedeliverytocustomerdate"
    " salesinvoicewaybillidentifier salesinvoiceproductpackagepallet salesinvoicereferencenumber"
    " salesinvoiceamount selleridentifier sellername invoicetype salesinvoicestatus"
    " salesinvoicefreetextbeforelines salesinvoicefreetextafterlines salesinvoiceourreference"
    " salesinvoiceyourreference salesinvoiceprivatecomment invoicingcustomeridentifier"
    " invoicingcustomername invoicingcustomernameextension invoicingcustomeraddressline"
    " invoicingcustomeradditionaladdressline invoicingcustomerpostnumber invoicingcustomertown"
    " invoicingcustomercountrycode officeidentifier deliveryoffice deliveryaddressname"
    " deliveryaddressnameextension deliveryaddressline deliveryaddresspostnumber"
    " deliveryaddresstown deliveryaddresscountrycode deliverymethod deliveryterm"
    " salesinvoicetaxhandlingtype paymentterm paymenttermnetdays paymenttermcashdiscountdays"
    " paymenttermcashdiscount expectpartialpayments"
    " overridevouchersalesreceivablesaccountnumber salesinvoiceagreementidentifier"
    " printchannelformat secondname overriderateofoverdue ordernumber proposedaccount"
    " accountdimensiontext collectioncost isthirdpartysales invoicelines invoicevoucherlines"
    " accrualrule salesinvoiceattachments customtags",
    needed="salesinvoicedate invoicingcustomeridentifier invoicelines",
    there="salesinvoiceamount salesinvoicestatus",
    inside={
        "invoicelines": _shape("invoiceline", needed="invoiceline", repeated="invoiceline",
                               inside={"invoiceline": LINE}),
        "salesinvoiceattachments": _shape(
            "salesinvoiceattachment", needed="salesinvoiceattachment",
            repeated="salesinvoiceattachment", inside={"salesinvoiceattachment": ATTACHMENT},
        ),
    },
)  # fmt: skip
CUSTOMER_BASE = (
    "internalidentifier externalidentifier organizationunitnumber name nameextension streetaddress"
    " additionaladdressline city postnumber country customergroupname phonenumber faxnumber email"
    " homepageuri isactive isprivatecustomer emailinvoicingaddress"
)
CUSTOMER_REST = {
    "customerfinvoicedetails": _shape("finvoiceaddress finvoiceroutercode"),
    "customerdeliverydetails": _shape(
        "deliveryname deliverystreetaddress deliverycity deliverypostnumber deliverycountry"
    ),
    "customercontactdetails": _shape(
        "contactname contactperson contactpersonemail contactpersonphone"
    ),
    "customeradditionalinformation": _shape(
        "comment customeragreementidentifier customerreferencenumber invoicinglanguage"
        " invoiceprintchannelformat yourdefaultreference defaulttextbeforeinvoicelines"
        " defaulttextafterinvoicelines defaultpaymentterm defaultsecondname paymentinterest"
        " balancelimit receivablesmanagementautomationrule factoringaccount taxhandlingtype"
        " eustandardfinvoice defaultsalesperson"
    ),
    "customerdimensiondetails": _shape("dimension", repeated="dimension"),
}
CUSTOMER_PARTS = " ".join(["customerbaseinformation", *CUSTOMER_REST])
NEW_CUSTOMER = _shape(
    CUSTOMER_PARTS,
    needed="customerbaseinformation",
    inside={"customerbaseinformation": _shape(CUSTOMER_BASE, needed="name"), **CUSTOMER_REST},
)
CHANGED_CUSTOMER = _shape(
    CUSTOMER_PARTS, inside={"customerbaseinformation": _shape(CUSTOMER_BASE), **CUSTOMER_REST}
)
PRODUCT = _shape(
    "productbaseinformation productbookkeepingdetails productadditionalinformation",
    needed="productbaseinformation",
    inside={
        "productbaseinformation": _shape(
            "productcode productgroup name description unitprice unit unitweight purchaseprice"
            " tariffheading comissionpercentage isactive issalesproduct inventoryenabled",
            needed="productgroup name unitprice isactive issalesproduct",
        ),
        "productbookkeepingdetails": _shape(
            "defaultvatpercentage defaultdomesticaccountnumber defaulteuaccountnumber"
            " defaultoutsideeuaccountnumber"
        ),
    },
)
MATCH = _shape(
    "creditnotenetvisorkey invoicenetvisorkey", needed="creditnotenetvisorkey invoicenetvisorkey"
)
PAYMENT = _shape(
    "sum paymentdate targetidentifier sourcename paymentmethod",
    needed="sum paymentdate targetidentifier sourcename paymentmethod",
)


def name_of(element: Element) -> str:
    return element.tag.lower()


def read(body: bytes, content_type: str, root: str, shape: Shape) -> Element:
    """The one element under `root`, checked; raises Refused."""
    if body.lstrip().startswith(b"<?xml"):
        raise malformed("an XML declaration")
    text = _decoded(body, content_type)
    try:
        document = ElementTree.fromstring(text)  # noqa: S314 (expat, and what it expands is bounded)
    except ElementTree.ParseError as broken:
        raise malformed(str(broken)) from None
    children = list(document)
    if name_of(document) != "root" or len(children) != 1 or name_of(children[0]) != root:
        raise malformed(f"root with one {root} was expected")
    _check(children[0], shape, root)
    return children[0]


def _decoded(body: bytes, content_type: str) -> str:
    """UTF-8 where it says so, else the letters of ISO-8859-15."""
    charset = fullmatch(r".*charset=\"?([\w-]+)\"?.*", content_type.lower())
    encoding = charset[1] if charset else "iso-8859-15"
    if encoding not in ("utf-8", "iso-8859-15", "iso-8859-1"):
        raise malformed(f"the encoding {encoding}")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        raise malformed(f"letters that are not {encoding}") from None


def _check(element: Element, shape: Shape, path: str) -> None:
    at, seen = -1, set()
    for child in element:
        name = name_of(child)
        if name not in shape.order:
            raise malformed(f"{path} has no {name}")
        position = shape.order.index(name)
        if position < at:
            raise malformed(f"{path}: {name} stands too late")
        if name in seen and name not in shape.repeated:
            raise malformed(f"{path}: {name} twice")
        at = position
        seen.add(name)
        if name in shape.needed and not ((child.text or "").strip() or len(child)):
            raise malformed(f"{path}: {name} is empty")
        if inner := shape.inside.get(name):
            _check(child, inner, f"{path}/{name}")
    for name in (*shape.needed, *shape.there):
        if name not in seen:
            raise malformed(f"{path}: {name} is missing")


# Values.


def find(element: Element | None, name: str) -> Element | None:
    return next((one for one in (() if element is None else element) if name_of(one) == name), None)


def text(element: Element | None, name: str) -> str:
    found = find(element, name)
    return "" if found is None else (found.text or "").strip()


def attribute(element: Element | None, name: str) -> str:
    if element is None:
        return ""
    return next((value for key, value in element.attrib.items() if key.lower() == name), "")


def amount(value: str, name: str) -> Decimal:
    """With a comma and no thousands; a dot is refused."""
    if not fullmatch(r"-?\d+(,\d+)?", value):
        raise wrong(f"{name} is not a number: {value}")
    try:
        return Decimal(value.replace(",", "."))
    except InvalidOperation:
        raise wrong(f"{name} is not a number: {value}") from None


def day(element: Element | None, name: str) -> str:
    """An ANSI day, or nothing."""
    found = find(element, name)
    value = text(element, name)
    if found is None or not value:
        return ""
    if attribute(found, "format") != "ansi":
        raise malformed(f"{name} has no format ansi")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise wrong(f"{name} is not a date: {value}") from None
    return value


def choice(element: Element | None, name: str, known: Iterable[str]) -> str:
    value = attribute(find(element, name), "type")
    if value not in known:
        raise malformed(f"{name} has the type “{value}”")
    return value


def limit(element: Element | None, name: str, most: int) -> str:
    value = text(element, name)
    if len(value) > most:
        raise wrong("Aineiston käsittelyssä tapahtui virhe. Virhetunniste: 3f9c-"
                    f"{name[:8]}")  # fmt: skip
    return value
