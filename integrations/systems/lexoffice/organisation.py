"""Who answers, and what will go wrong with it. Section 4 of the contract."""

from typing import Any

from django.utils.translation import gettext as _

from integrations.ports import Checked, Rejected
from integrations.systems.lexoffice.assumptions import WITHOUT_VAT
from integrations.systems.lexoffice.client import Client, Json, Refused, text_of, unreadable
from integrations.systems.lexoffice.mapping import VOUCHER, Options
from integrations.systems.lexoffice.sentences import sentence_of

NEEDED = "INVOICING"


def check(client: Client, options: Options) -> Checked:
    try:
        profile = client.get("/profile")
        layouts = _rows(client.get_any("/print-layouts"))
        categories = _rows(client.get_any("/posting-categories"))
    except Refused as refused:
        if lost := refused.lost:
            raise lost from None
        raise Rejected(sentence_of(refused.violations)) from None
    organisation = text_of(profile, "organizationId")
    company = str(profile.get("companyName") or organisation)
    tax_type = str(profile.get("taxType") or "")
    is_small = profile.get("smallBusiness") is True
    return Checked(
        company=company,
        company_id=organisation,
        lists={
            "organisation": [
                ["id", organisation],
                ["connection", str(profile.get("connectionId") or "")],
                ["tax_type", tax_type],
                ["small_business", "yes" if is_small else "no"],
            ],
            "print_layouts": [_choice(row) for row in layouts if row.get("id")],
            "categories": [
                _choice(row) for row in categories if row.get("id") and row.get("type") == "income"
            ],
        },
        warnings=tuple(_warnings(profile, options, tax_type, is_small)),
    )


def _warnings(profile: Json, options: Options, tax_type: str, is_small: bool) -> list[str]:
    warnings = []
    features = profile.get("businessFeatures")
    if options.mode != VOUCHER and isinstance(features, list) and NEEDED not in features:
        warnings.append(
            _("The plan of this organisation does not include invoices. Choose a plan with invoices"
              " in Lexware Office, or let the connection send bookkeeping vouchers.")
        )  # fmt: skip
    if is_small:
        warnings.append(
            _("The organisation is a small business: only invoices without VAT go there.")
        )
    elif tax_type == WITHOUT_VAT:
        warnings.append(
            _("The organisation charges no VAT there: only invoices without VAT go there.")
        )
    if options.mode == VOUCHER and not (options.categories or {}).get("net"):
        warnings.append(_("Choose how Lexware Office shall book invoices with VAT."))
    if str(profile.get("subscriptionStatus") or "active").lower() not in ("active", "trial"):
        warnings.append(
            _("The subscription of Lexware Office is not active (%(status)s).")
            % {"status": profile.get("subscriptionStatus")}
        )
    return warnings


def _choice(row: Json) -> list[str]:
    return [str(row["id"]), str(row.get("name") or row["id"])]


def _rows(data: Any) -> list[Json]:
    if not isinstance(data, list):
        raise unreadable()
    return [row for row in data if isinstance(row, dict)]
