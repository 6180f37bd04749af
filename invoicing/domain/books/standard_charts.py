"""The charts a company begins with. Only a beginning: accounting offices have their own.

Finland: numbers and names of the common four-digit plan (1700, 1900, 1910, 2860, 3000, 3350, 3500,
8730 as published with open accounting programs; VAT on 2939 and revenue by rate as many offices
have it). Germany: SKR03 and SKR04 as DATEV publishes them. `docs/ledger.md` names the sources.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from invoicing.models import Account

Kind = Account.Kind


@dataclass(frozen=True)
class StandardAccount:
    """`names` by language, the country's own first."""

    number: str
    kind: Kind
    names: Mapping[str, str]
    automatic_percent: Decimal | None = None


@dataclass(frozen=True)
class StandardChart:
    """`settings` are the accounts of the company's settings, by their names there."""

    key: str
    name: str
    country: str
    settings: Mapping[str, str]
    accounts: tuple[StandardAccount, ...]


def _fi(number: str, kind: Kind, fi: str, sv: str, en: str) -> StandardAccount:
    return StandardAccount(number, kind, {"fi": fi, "sv": sv, "en": en})


FINLAND = StandardChart(
    key="fi",
    name="Suomi",
    country="FI",
    settings={
        "receivables_account": "1700",
        "bank_account": "1910",
        "cash_account": "1900",
        "credit_account": "2860",
        "discount_account": "3500",
        "bank_cost_account": "8570",
        "bad_debt_account": "8730",
    },
    accounts=(
        _fi("1700", Kind.ASSET, "Myyntisaamiset", "Kundfordringar", "Trade receivables"),
        _fi("1900", Kind.ASSET, "Rahat / käteisvarat", "Kassa", "Cash"),
        _fi("1910", Kind.ASSET, "Pankkisaamiset", "Banktillgodohavanden", "Bank"),
        _fi("1920", Kind.ASSET, "Pankkisaamiset, pankki 2", "Bank 2", "Second bank"),
        _fi("2860", Kind.LIABILITY, "Saadut ennakot", "Erhållna förskott", "Advances received"),
        _fi("2939", Kind.LIABILITY, "Arvonlisäverovelka", "Momsskuld", "VAT to pay"),
        _fi("2940", Kind.LIABILITY, "Muut velat", "Övriga skulder", "Other liabilities"),
        _fi("3000", Kind.REVENUE, "Myynti", "Försäljning", "Sales"),
        _fi("3010", Kind.REVENUE, "Myynti, alennettu kanta 13,5 %",
            "Försäljning, sänkt sats 13,5 %", "Sales, reduced rate 13.5 %"),
        _fi("3020", Kind.REVENUE, "Myynti, alennettu kanta 10 %",
            "Försäljning, sänkt sats 10 %", "Sales, reduced rate 10 %"),
        _fi("3200", Kind.REVENUE, "Oheispalvelut", "Tilläggstjänster", "Additional services"),
        _fi("3250", Kind.REVENUE, "Toimitusveloitukset", "Leveransavgifter", "Delivery charges"),
        _fi("3350", Kind.REVENUE, "Yhteisömyynti, tavarat",
            "Gemenskapsintern försäljning, varor", "Goods to other EU countries"),
        _fi("3360", Kind.REVENUE, "Yhteisömyynti, palvelut",
            "Gemenskapsintern försäljning, tjänster", "Services to other EU countries"),
        _fi("3365", Kind.REVENUE, "Rakennuspalvelut, käännetty verovelvollisuus",
            "Byggtjänster, omvänd skattskyldighet", "Construction, reverse charge"),
        _fi("3370", Kind.REVENUE, "Palvelumyynti EU:n ulkopuolelle",
            "Tjänster utanför EU", "Services outside the EU"),
        _fi("3375", Kind.REVENUE, "Tavaramyynti EU:n ulkopuolelle",
            "Varuexport utanför EU", "Goods outside the EU"),
        _fi("3500", Kind.REVENUE, "Myynnin alennukset", "Försäljningsrabatter", "Discounts given"),
        _fi("3590", Kind.REVENUE, "Muut myynnin oikaisuerät",
            "Övriga försäljningskorrigeringar", "Other adjustments of sales"),
        _fi("3980", Kind.REVENUE, "Muut tuotot", "Övriga intäkter", "Other income"),
        _fi("8570", Kind.EXPENSE, "Rahaliikenteen kulut", "Bankkostnader", "Bank costs"),
        _fi("8730", Kind.EXPENSE, "Myynnin luottotappiot",
            "Kreditförluster på försäljning", "Bad debts"),
    ),
)  # fmt: skip

# (SKR03, SKR04, kind, German, English, computes this VAT itself).
_GERMAN: tuple[tuple[str, str, Kind, str, str, int | None], ...] = (
    ("1000", "1600", Kind.ASSET, "Kasse", "Cash", None),
    ("1200", "1800", Kind.ASSET, "Bank", "Bank", None),
    ("1400", "1200", Kind.ASSET, "Forderungen aus Lieferungen und Leistungen",
     "Trade receivables", None),
    ("1700", "3500", Kind.LIABILITY, "Sonstige Verbindlichkeiten", "Other liabilities", None),
    ("1771", "3801", Kind.LIABILITY, "Umsatzsteuer 7 %", "VAT 7 %", None),
    ("1776", "3806", Kind.LIABILITY, "Umsatzsteuer 19 %", "VAT 19 %", None),
    ("2400", "6930", Kind.EXPENSE, "Forderungsverluste", "Bad debts", None),
    ("4970", "6855", Kind.EXPENSE, "Nebenkosten des Geldverkehrs", "Bank costs", None),
    ("8120", "4120", Kind.REVENUE, "Steuerfreie Umsätze § 4 Nr. 1a UStG", "Export of goods", 0),
    ("8125", "4125", Kind.REVENUE, "Steuerfreie innergemeinschaftliche Lieferungen § 4 Nr. 1b UStG",
     "Goods to other EU countries", 0),
    ("8195", "4185", Kind.REVENUE, "Erlöse als Kleinunternehmer § 19 UStG", "Small business", 0),
    ("8290", "4290", Kind.REVENUE, "Erlöse 0 % USt", "Sales 0 % VAT", 0),
    ("8300", "4300", Kind.REVENUE, "Erlöse 7 % USt", "Sales 7 % VAT", 7),
    ("8336", "4336", Kind.REVENUE,
     "Erlöse aus im anderen EU-Land steuerpflichtigen sonstigen Leistungen",
     "Services to other EU countries", 0),
    ("8337", "4337", Kind.REVENUE,
     "Erlöse aus Leistungen, für die der Leistungsempfänger die Steuer schuldet (§ 13b UStG)",
     "Reverse charge in Germany", 0),
    ("8338", "4338", Kind.REVENUE,
     "Erlöse aus im Drittland steuerbaren Leistungen, im Inland nicht steuerbar",
     "Services outside the EU", 0),
    ("8400", "4400", Kind.REVENUE, "Erlöse 19 % USt", "Sales 19 % VAT", 19),
    ("8730", "4730", Kind.REVENUE, "Gewährte Skonti", "Discounts given", None),
)  # fmt: skip
SKR04_BY_SKR03 = {row[0]: row[1] for row in _GERMAN}
_GERMAN_SETTINGS = {
    "receivables_account": "1400",
    "bank_account": "1200",
    "cash_account": "1000",
    "credit_account": "1700",
    "discount_account": "8730",
    "bank_cost_account": "4970",
    "bad_debt_account": "2400",
}


def _german(key: str, name: str, place: int, settings: Mapping[str, str]) -> StandardChart:
    accounts = [
        StandardAccount(
            str(row[place]),
            row[2],
            {"de": row[3], "en": row[4]},
            None if row[5] is None else Decimal(row[5]),
        )
        for row in _GERMAN
    ]
    accounts.sort(key=lambda account: account.number)
    return StandardChart(key, name, "DE", settings, tuple(accounts))


SKR03 = _german("skr03", "SKR03", 0, _GERMAN_SETTINGS)
SKR04 = _german(
    "skr04", "SKR04", 1, {name: SKR04_BY_SKR03[old] for name, old in _GERMAN_SETTINGS.items()}
)
STANDARD_CHARTS: Mapping[str, StandardChart] = {one.key: one for one in (FINLAND, SKR03, SKR04)}


def charts_of(country: str) -> list[StandardChart]:
    return [chart for chart in STANDARD_CHARTS.values() if chart.country == country]
