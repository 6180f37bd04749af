"""What companies of a country begin with: rates of value added tax, their accounts, their words.

Only a beginning. Rates change by law and accounts differ by accounting office, so they are rows
that each company edits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from catalog.models import TaxRate

Category = TaxRate.Category


@dataclass(frozen=True)
class Rate:
    """`names` by language, the country's own first. A taxed rate is named by its percentage."""

    category: Category
    account: str
    code: str = ""
    percent: Decimal = Decimal(0)
    tax_account: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    is_default: bool = False


@dataclass(frozen=True)
class Chart:
    """`taxed` is how a percentage is named, by language, the country's own first.

    `accounts` are those of the company's settings, by their names there.
    """

    accounts: Mapping[str, str]
    taxed: Mapping[str, str]
    rates: tuple[Rate, ...]


def _taxed(
    percent: str,
    account: str,
    tax_account: str,
    since: date,
    *,
    code: str,
    until: date | None = None,
    is_default: bool = False,
) -> Rate:
    return Rate(
        Category.STANDARD,
        account,
        code,
        Decimal(percent),
        tax_account,
        valid_from=since,
        valid_to=until,
        is_default=is_default,
    )


# Customers' credit and bad debts as in the common four-digit plan, which names no accounts for
# sales without tax; those are usual. `docs/ledger.md` names the sources.
FINLAND = Chart(
    accounts={
        "receivables_account": "1700",
        "bank_account": "1910",
        "cash_account": "1900",
        "credit_account": "2860",
        "discount_account": "3500",
        "bank_cost_account": "8570",
        "bad_debt_account": "8730",
    },
    taxed={"fi": "ALV %s %%", "sv": "Moms %s %%", "en": "VAT %s %%"},
    rates=(
        _taxed("25.5", "3000", "2939", date(2024, 9, 1), code="STD", is_default=True),
        _taxed(
            "24",
            "3000",
            "2939",
            date(2013, 1, 1),
            code="STD",
            until=date(2024, 8, 31),
            is_default=True,
        ),
        _taxed("13.5", "3010", "2939", date(2026, 1, 1), code="RED1"),
        _taxed("14", "3010", "2939", date(2013, 1, 1), code="RED1", until=date(2025, 12, 31)),
        _taxed("10", "3020", "2939", date(2013, 1, 1), code="RED2"),
        Rate(
            Category.REVERSE_CHARGE,
            "3360",
            names={
                "fi": "Käännetty verovelvollisuus, EU-palvelu",
                "sv": "Omvänd skattskyldighet, EU-tjänst",
                "en": "Reverse charge, service in the EU",
            },
            reason="Käännetty verovelvollisuus / Reverse charge (Art. 44, 196 Dir. 2006/112/EC)",
        ),
        Rate(
            Category.REVERSE_CHARGE,
            "3365",
            names={
                "fi": "Käännetty verovelvollisuus, rakennuspalvelu",
                "sv": "Omvänd skattskyldighet, byggtjänst",
                "en": "Reverse charge, construction in Finland",
            },
            reason="Käännetty verovelvollisuus, AVL 8 c § / Omvänd skattskyldighet, MomsL 8 c §",
        ),
        Rate(
            Category.INTRA_COMMUNITY,
            "3350",
            names={
                "fi": "Tavaran yhteisömyynti",
                "sv": "Gemenskapsintern varuförsäljning",
                "en": "Goods to another EU country",
            },
            reason="Veroton yhteisömyynti, AVL 72 a § / Intra-Community supply (Art. 138 Dir. "
            "2006/112/EC)",
        ),
        Rate(
            Category.EXPORT,
            "3375",
            names={
                "fi": "Tavaran vienti EU:n ulkopuolelle",
                "sv": "Varuexport utanför EU",
                "en": "Export of goods out of the EU",
            },
            reason="Veroton vienti, AVL 70 § / Export of goods (Art. 146 Dir. 2006/112/EC)",
        ),
        Rate(
            Category.EXPORT,
            "3370",
            names={
                "fi": "Palvelu EU:n ulkopuolelle",
                "sv": "Tjänst utanför EU",
                "en": "Service outside the EU",
            },
            reason="Ei arvonlisäveroa, AVL 65 § / Service supplied outside the EU",
        ),
    ),
)
# The accounts of SKR03.
GERMANY = Chart(
    accounts={
        "receivables_account": "1400",
        "bank_account": "1200",
        "cash_account": "1000",
        "credit_account": "1700",
        "discount_account": "8730",
        "bank_cost_account": "4970",
        "bad_debt_account": "2400",
    },
    taxed={"de": "%s %% USt", "en": "VAT %s %%"},
    rates=(
        _taxed("19", "8400", "1776", date(2021, 1, 1), code="STD", is_default=True),
        _taxed("7", "8300", "1771", date(2021, 1, 1), code="RED"),
        Rate(
            Category.ZERO,
            "8290",
            names={"de": "Photovoltaik 0 %", "en": "Small photovoltaic systems 0 %"},
            valid_from=date(2023, 1, 1),
        ),
        Rate(
            Category.REVERSE_CHARGE,
            "8337",
            names={"de": "§ 13b UStG, Inland", "en": "Reverse charge in Germany, § 13b UStG"},
            reason="Steuerschuldnerschaft des Leistungsempfängers (§ 13b UStG)",
        ),
        Rate(
            Category.REVERSE_CHARGE,
            "8336",
            names={
                "de": "Reverse Charge, EU-Dienstleistung",
                "en": "Reverse charge, service in the EU",
            },
            reason="Steuerschuldnerschaft des Leistungsempfängers / Reverse charge (Art. 44, 196 "
            "Dir. 2006/112/EC)",
        ),
        Rate(
            Category.INTRA_COMMUNITY,
            "8125",
            names={"de": "Innergemeinschaftliche Lieferung", "en": "Goods to another EU country"},
            reason="Steuerfreie innergemeinschaftliche Lieferung (§ 4 Nr. 1 b, § 6a UStG) / "
            "Intra-Community supply",
        ),
        Rate(
            Category.EXPORT,
            "8120",
            names={"de": "Ausfuhrlieferung", "en": "Export of goods out of the EU"},
            reason="Steuerfreie Ausfuhrlieferung (§ 4 Nr. 1 a, § 6 UStG) / Export of goods",
        ),
        Rate(
            Category.EXPORT,
            "8338",
            names={"de": "Leistung im Drittland", "en": "Service outside the EU"},
            reason="Nicht im Inland steuerbare Leistung (§ 3a Abs. 2 UStG) / Service supplied "
            "outside the EU",
        ),
        Rate(
            Category.EXEMPT,
            "8195",
            names={"de": "Kleinunternehmer, § 19 UStG", "en": "Small business, § 19 UStG"},
            reason="Steuerfreier Umsatz eines Kleinunternehmers (§ 19 UStG)",
        ),
    ),
)
CHARTS: Mapping[str, Chart] = {"FI": FINLAND, "DE": GERMANY}
