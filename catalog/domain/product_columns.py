"""The columns of a file of products: what the export writes is what the import reads."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from core.money import CURRENCIES
from core.places import DocumentLanguage
from tenants.models import Tenant

TITLES = {
    "number": gettext_lazy("Number"),
    "name": gettext_lazy("Name"),
    "unit": gettext_lazy("Unit"),
    "unit_price": gettext_lazy("Price"),
    "currency": gettext_lazy("Currency"),
    "cost": gettext_lazy("Cost"),
    "tax_rate": gettext_lazy("VAT"),
    "account": gettext_lazy("Account"),
    "is_active": gettext_lazy("Active"),
}
_WITH_CODE = re.compile(r"(.+?)\s*[(_ ]\s*([a-z]{2,3})\)?")


@dataclass(frozen=True)
class Column:
    """`code` is the language of a name, or the currency of a price; empty for the product's own."""

    key: str
    code: str = ""


def languages_beside(tenant: Tenant) -> list[str]:
    """Those of documents in which a product may have another name."""
    return [code for code in DocumentLanguage if code != tenant.language]


def head_of(languages: Iterable[str], currencies: Iterable[str]) -> list[str]:
    titles = {key: str(title) for key, title in TITLES.items()}
    return [
        titles["number"],
        titles["name"],
        *(f"{titles['name']} ({code})" for code in languages),
        titles["unit"],
        titles["unit_price"],
        titles["currency"],
        *(f"{titles['unit_price']} ({code})" for code in currencies),
        titles["cost"],
        titles["tax_rate"],
        titles["account"],
        titles["is_active"],
    ]


def columns_of(head: Sequence[str]) -> dict[int, Column]:
    """Place -> what it holds, for the titles that are known; in this language or in English."""
    known = _known_titles()
    found = {}
    for place, title in enumerate(head):
        column = _column(" ".join(title.split()).casefold(), known)
        if column is not None:
            found[place] = column
    return found


def example_head() -> str:
    return "; ".join(head_of([], [])) + "; " + _("Name (%(code)s)") % {"code": "fi"}


def _column(title: str, known: dict[str, str]) -> Column | None:
    if title in known:
        return Column(known[title])
    match = _WITH_CODE.fullmatch(title)
    if match is None:
        return None
    key, code = known.get(match[1]), match[2]
    if key == "name" and code in DocumentLanguage.values:
        return Column(key, code)
    if key == "unit_price" and code.upper() in dict(CURRENCIES):
        return Column(key, code.upper())
    return None


def _known_titles() -> dict[str, str]:
    here = {str(title).casefold(): key for key, title in TITLES.items()}
    with override("en"):
        english = {str(title).casefold(): key for key, title in TITLES.items()}
    also = {"unit price": "unit_price", "tax": "tax_rate", "tax rate": "tax_rate"}
    return also | english | here
