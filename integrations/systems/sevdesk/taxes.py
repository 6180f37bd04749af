"""Which tax rule a document has: one for all of it. Section 6 of the contract."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from integrations.outgoing import OutgoingInvoice, OutgoingLine
from integrations.ports import Rejected
from integrations.systems.sevdesk import assumptions

if TYPE_CHECKING:
    from integrations.systems.sevdesk.mapping import Options

HOME_COUNTRY = "DE"
EU = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip


# Where the customer's country does not matter.
_RULES = {
    "S": assumptions.DOMESTIC,
    "Z": assumptions.DOMESTIC,
    "K": assumptions.EU_GOODS,
    "AE": assumptions.NOT_TAXABLE,
    "O": assumptions.NOT_TAXABLE,
}


@dataclass(frozen=True)
class Tax:
    """`rule` is the new bookkeeping's; `tax_set` is the company's own word for it in the old."""

    rule: str
    tax_set: str = ""

    def fields(self, version: str) -> dict[str, Any]:
        """How the document says it, by the bookkeeping of the company."""
        if version != "1.0":
            return {"taxRule": {"id": self.rule, "objectName": "TaxRule"}}
        if known := assumptions.TAX_TYPES.get(self.rule):
            return {"taxType": known}
        if not self.tax_set:
            raise Rejected(
                _("The company still has sevDesk's old bookkeeping, which has no tax rule for"
                  " “%(rule)s”. Enter the tax set in the connection.")
                % {"rule": rule_name(self.rule)}
            )  # fmt: skip
        return {
            "taxType": assumptions.CUSTOM_TAX_TYPE,
            "taxSet": {"id": int(self.tax_set), "objectName": "TaxSet"},
        }


def tax_of(invoice: OutgoingInvoice, options: "Options", *, version: str, is_small: bool) -> Tax:
    """The rule of all lines; raises Rejected where they have several or a rate of none."""
    lines = [line for line in invoice.lines if not line.is_text]
    rules = {_rule(line, invoice, options, is_small=is_small): None for line in lines}
    if len(rules) > 1:
        raise Rejected(
            _("sevDesk takes one tax rule for a whole document, and this one has several:"
              " %(rules)s. Credit it and invoice them apart.")
            % {"rules": "; ".join(map(rule_name, rules))}
        )  # fmt: skip
    (rule,) = rules
    if version != "1.0":
        _check_rates(rule, lines)
    sets = {
        assumptions.REVERSE_CHARGE_HOME: options.tax_set_home,
        assumptions.EXEMPT: options.tax_set_exempt,
    }
    return Tax(rule, sets.get(rule, ""))


def _rule(
    line: OutgoingLine, invoice: OutgoingInvoice, options: "Options", *, is_small: bool
) -> str:
    country = invoice.buyer.country
    match line.tax_category:
        case "S" if _is_foreign_rate(line.tax_percent) and country in EU - {HOME_COUNTRY}:
            return _oss(options)
        case "E":
            usual = assumptions.SMALL_BUSINESS if is_small else assumptions.EXEMPT
            return options.exempt or usual
        case "AE" if country == HOME_COUNTRY:
            return assumptions.REVERSE_CHARGE_HOME
        case "AE" if country in EU:
            return assumptions.REVERSE_CHARGE_EU
        case "G":
            return options.third_country
    rule = _RULES.get(line.tax_category)
    if rule is None:
        raise Rejected(
            _("sevDesk has no tax rule for the VAT category “%(category)s”.")
            % {"category": line.tax_category}
        )
    return rule


def _is_foreign_rate(percent: Decimal) -> bool:
    allowed = assumptions.RATES[assumptions.DOMESTIC]
    return allowed is not None and percent not in allowed


def _oss(options: "Options") -> str:
    if not options.oss:
        raise Rejected(
            _("The document has another EU country's VAT. Choose in the connection which One Stop"
              " Shop rule such sales have.")
        )  # fmt: skip
    return options.oss


def _check_rates(rule: str, lines: Iterable[OutgoingLine]) -> None:
    allowed = assumptions.RATES[rule]
    for line in lines:
        if allowed is not None and line.tax_percent not in allowed:
            raise Rejected(
                _("sevDesk knows no VAT of %(percent)s %% with “%(rule)s”; it takes %(known)s %%."
                  " Credit the document and invoice it with one of these.")
                % {
                    "percent": _plain(line.tax_percent),
                    "rule": rule_name(rule),
                    "known": ", ".join(map(_plain, sorted(allowed))),
                }
            )  # fmt: skip


def rule_name(rule: str) -> str:
    return assumptions.TAX_TEXTS[rule][0]


def text_of(tax: Tax, invoice: OutgoingInvoice) -> str:
    """What is printed beside the tax."""
    german, english = assumptions.TAX_TEXTS[tax.rule]
    text = german if invoice.language == "de" else english
    rates = {line.tax_percent for line in invoice.lines if not line.is_text}
    if len(rates) == 1 and (rate := next(iter(rates))):
        return f"{text} {_plain(rate)}%"
    return text


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
