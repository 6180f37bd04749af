"""What refusals of Lexware Office mean to an accountant. What is not known is shown as it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SHOWN = 4


@dataclass(frozen=True)
class Violation:
    """`code` is NOTNULL, missing_entity and the like; without a field it concerns the whole."""

    message: str = ""
    field: str = ""
    code: str = ""


NO_CONTACT = "address.contactId"
_FIELDS = {
    NO_CONTACT: gettext_noop(
        "The linked customer does not exist in Lexware Office. Link it again."
    ),
    "address.countryCode": gettext_noop("Lexware Office does not know the customer's country."),
    "countryCode": gettext_noop("Lexware Office does not know the customer's country."),
    "company.name": gettext_noop("The customer has no name."),
    "taxConditions.taxType": gettext_noop(
        "The kind of VAT does not go with the customer or the organisation in Lexware Office."
    ),
    "unitPrice.taxRatePercentage": gettext_noop(
        "Lexware Office does not take the VAT rate on this day."
    ),
    "voucherDate": gettext_noop("Lexware Office does not take the invoice's date."),
    "voucherNumber": gettext_noop("Lexware Office does not take the document's number."),
    "categoryId": gettext_noop(
        "The posting category does not exist in Lexware Office. Choose another one in the"
        " connection."
    ),
    "printLayoutId": gettext_noop(
        "The print layout does not exist in Lexware Office any more. Choose another one in the"
        " connection."
    ),
    "precedingSalesVoucherId": gettext_noop(
        "Lexware Office does not let the credit note follow this invoice."
    ),
    "addresses.billing": gettext_noop(
        "The linked customer needs exactly one billing address in Lexware Office. Correct it there"
        " and try again."
    ),
}
_CODES = {
    "invalid_total_amount": gettext_noop(
        "Lexware Office finds that the document's sum is not that of its items."
    ),
    "invalid_taxamount": gettext_noop(
        "Lexware Office finds that the document's VAT is not that of its rates."
    ),
}


def read_violations(answer: Any, text: str) -> list[Violation]:
    """The parts of an error, in each of the three shapes, or of a gateway's page."""
    found: list[Violation] = []
    if not isinstance(answer, dict):
        return [Violation(text.strip()[:300])] if text.strip() and "<" not in text[:200] else []
    for entry in _entries(answer.get("details")):
        found.append(
            Violation(_text(entry, "message"), _text(entry, "field"), _text(entry, "violation"))
        )
    for entry in _entries(answer.get("IssueList")):
        found.append(Violation("", _text(entry, "source"), _text(entry, "i18nKey")))
    for name in ("message", "error_description", "error"):
        if not found and _text(answer, name):
            found.append(Violation(_text(answer, name)))
    return found


def _entries(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""


def sentence_of(violations: Sequence[Violation]) -> str:
    """One text that says what to do."""
    sentences = list(dict.fromkeys(_one(violation) for violation in violations))
    if not sentences:
        return _("Lexware Office refused it without a reason.")
    if len(sentences) > SHOWN:
        more = len(sentences) - SHOWN
        sentences = [*sentences[:SHOWN], _("And %(count)s more.") % {"count": more}]
    return " ".join(sentences)


def _one(violation: Violation) -> str:
    if known := _CODES.get(violation.code):
        return _(known)
    said = violation.message or violation.code
    for path, sentence in _FIELDS.items():
        if violation.field == path or violation.field.endswith(f".{path}"):
            return _("%(sentence)s (Lexware Office: %(message)s)") % {
                "sentence": _(sentence),
                "message": said,
            }
    where = f"{violation.field}: " if violation.field else ""
    return _("Lexware Office refused it: %(message)s") % {"message": where + said}
