"""The companies of the sandbox, their keys and what they had before anybody connected."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from integrations.sandbox.store import Store

PARTNER_ID = "LaskuriPartner"
PARTNER_KEY = "5f0c1d6e3b7a49d28e91c4a7f2b60d13"
# Keys are of one row for all companies: a page knows an invoice by its key alone.
ALL = "all"
FIRST = {"customer": 1000, "product": 2000, "invoice": 30001, "payment": 40001}
RESOURCES = frozenset(
    {
        "customer.nv", "customerlist.nv", "getcustomer.nv", "product.nv", "productlist.nv",
        "getproduct.nv", "salesinvoice.nv", "salesinvoicelist.nv", "getsalesinvoice.nv",
        "updatesalesinvoicestatus.nv", "deletesalesinvoice.nv", "deletedsalesinvoices.nv",
        "matchcreditnote.nv", "salespaymentlist.nv", "salespayment.nv", "paymenttermlist.nv",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Company:
    slug: str
    name: str
    business_id: str
    customer_id: str
    customer_key: str
    locked_until: date
    customers: tuple[dict[str, Any], ...] = ()
    products: tuple[tuple[str, str, str], ...] = ()
    allowed: frozenset[str] = field(default=RESOURCES)


def _customer(name: str, code: str, business_id: str, **more: str) -> dict[str, Any]:
    return {
        "name": name,
        "internalidentifier": code,
        "externalidentifier": business_id,
        "streetaddress": "Kauppakatu 1",
        "city": "Lappeenranta",
        "postnumber": "53100",
        "country": "FI",
        "emailinvoicingaddress": f"laskut@{code.lower()}.example",
        "isactive": "1",
        **more,
    }


COMPANIES = {
    company.slug: company
    for company in (
        Company(
            slug="kuusi",
            name="Kuusi Ohjelmistot Oy",
            business_id="9411730-5",
            customer_id="KU_1_4711",
            customer_key="c0ffee7a21d94b0e9d3b1f5e8a6720cd",
            locked_until=date(2024, 12, 31),
            customers=(
                _customer("Järvikansa Vakuutus Oy", "JV100", "9060137-8"),
                _customer("Esimerkki Oy", "ES101", "1967543-8"),
                _customer("Tammi & Koivu Ky", "TK102", "0737546-2"),
                _customer("Vanha Asiakas Oy", "VA103", "0112038-9", isactive="0"),
            ),
            products=(
                ("KONS", "Konsultointi", "100,000000000000"),
                ("TYO", "Asiantuntijatyö", "95,000000000000"),
                ("MATKA", "Matkakulut", "0,590000000000"),
                ("MUU", "Muu myynti", "0,000000000000"),
            ),
        ),
        Company(
            slug="testi",
            name="Testiyritys Oy",
            business_id="1967543-8",
            customer_id="TE_1_1",
            customer_key="badc0de5512f4f6bb0a7d6f1e2c39481",
            locked_until=date(2024, 12, 31),
            customers=(_customer("Yksinäinen Oy", "YK1", "0737546-2"),),
            products=(("A", "Ainoa tuote", "1,000000000000"),),
        ),
        Company(
            slug="rantasalo",
            name="Rantasalo Insinöörit Oy",
            business_id="3093223-9",
            customer_id="RA_2_3093",
            customer_key="7be1f0942ad65c38b0e4d97f1a6c8253",
            locked_until=date(2024, 12, 31),
            customers=(
                _customer("Etelä-Saimaan Väylät Oy", "1001", "9710137-6"),
                _customer("Kaukaan Sahatavara Oy", "1002", "9710275-8"),
                _customer("Joutsenon koulusäätiö", "KS-14", "9710411-2"),
                _customer("As. Oy Lauritsalan Kuusikko", "1004", "9710548-1"),
                _customer("Saimaan Satamapalvelut Oy", "1005", "9710685-5"),
                _customer("Lappeen Betoni Oy", "LB-2", "0737546-2"),
            ),
            products=(
                ("SUUN", "Suunnittelutyö", "94,000000000000"),
                ("KAYNTI", "Kohdekäynti", "94,000000000000"),
                ("VALV", "Valvonta", "310,000000000000"),
                ("MUU", "Muu myynti", "0,000000000000"),
            ),
        ),
    )
}


def fill(store: Store, company: Company) -> None:
    """What it had before anybody connected; once."""
    if store.count("customer", company.slug) or store.count("product", company.slug):
        return
    for customer in company.customers:
        number = store.next_number("customer", ALL, FIRST["customer"])
        store.put("customer", company.slug, {"id": number, **customer})
    for code, name, price in company.products:
        number = store.next_number("product", ALL, FIRST["product"])
        store.put(
            "product",
            company.slug,
            {
                "id": number,
                "productcode": code,
                "name": name,
                "unitprice": price,
                "productgroup": "Palvelut",
                "isactive": "1",
                "issalesproduct": "1",
            },
        )
