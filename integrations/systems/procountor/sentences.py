"""What Procountor's refusals mean to an accountant. Codes not listed are shown as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SHOWN = 4


@dataclass(frozen=True)
class Violation:
    """One entry of `errors[]`; without a field it concerns the whole."""

    message: str
    field: str = ""


_CODES = {
    "DUE_DATE_BEFORE_BILL_DATE": gettext_noop("The due date lies before the invoice date."),
    "ERROR_VATSTATUS_VATPERC": gettext_noop(
        "A VAT status and a VAT percentage do not go together. Check the VAT statuses in the "
        "connection."
    ),
    "ERROR_LEDGERACCOUNT_VATPERCENTAGE_COMBINATION": gettext_noop(
        "A ledger account does not allow the VAT percentage. Correct the account in Procountor."
    ),
    "CLOSED_FISCAL_PERIOD": gettext_noop(
        "The invoice date lies in a period that is closed in Procountor. Open the period there "
        "and try again."
    ),
    "ERROR_BRN_CODE": gettext_noop(
        "Procountor finds the customer's business id or VAT id malformed. Correct it on the "
        "customer's page; this invoice has to be credited and made again."
    ),
    "DIMENSION_OR_DIMENSION_ITEM_IDENTIFIERS_DOES_NOT_MATCH_THOSE_STORED_IN_DATABASE": gettext_noop(
        "A dimension does not exist in Procountor."
    ),
}
NO_PARTNER = "partnerId"
_FIELDS = {
    NO_PARTNER: gettext_noop("The linked customer does not exist in Procountor. Link it again."),
    "paymentInfo.bankAccount.accountNumber": gettext_noop(
        "The bank account is none of the company's in Procountor. Choose another one in the "
        "connection, or add it in Procountor."
    ),
    "paymentInfo.bankReferenceCode": gettext_noop(
        "Procountor does not take the invoice's reference number."
    ),
    "paymentInfo.currencyRate": gettext_noop(
        "Procountor does not take the exchange rate. Correct it in the connection."
    ),
    "counterParty.email": gettext_noop(
        "Procountor does not take the customer's e-mail address for invoices."
    ),
    "counterParty.einvoiceAddress": gettext_noop(
        "Procountor does not take the customer's e-invoice address."
    ),
    "vatStatus": gettext_noop(
        "A VAT status is not in use in the company. Check the VAT statuses in the connection."
    ),
    "vatPercent": gettext_noop(
        "A VAT percentage is not switched on in Procountor. Switch it on there and try again."
    ),
}


def read_violations(answer: Any, text: str) -> list[Violation]:
    """The parts of an error body, whatever its shape: several versions, a gateway, nothing."""
    found = []
    if isinstance(answer, dict):
        for entry in answer.get("errors") or answer.get("constraintViolations") or []:
            if isinstance(entry, dict):
                message = entry.get("message") or entry.get("errorCode") or ""
                found.append(Violation(str(message).strip(), str(entry.get("field") or "")))
            elif entry:
                found.append(Violation(str(entry)))
        for name in ("error_description", "error", "message"):
            if not found and isinstance(answer.get(name), str):
                found.append(Violation(answer[name].strip()))
    elif text and "<" not in text[:200]:
        found.append(Violation(text.strip()[:300]))
    return found


def sentence_of(violations: Sequence[Violation]) -> str:
    """One text that says what to do; what is not known stands in Procountor's own words."""
    sentences = list(dict.fromkeys(_one(violation) for violation in violations))
    if not sentences:
        return _("Procountor refused it without a reason.")
    if len(sentences) > SHOWN:
        more = len(sentences) - SHOWN
        sentences = [*sentences[:SHOWN], _("And %(count)s more.") % {"count": more}]
    return " ".join(sentences)


def not_allowed(violations: Sequence[Violation], right: str) -> str:
    """Of a 403. Where it gives no reason that is known, a right of the API key's user is what is
    missing: what else it is answered for (a wrong status, a closed period) is looked at before."""
    if any(violation.message in _CODES for violation in violations):
        return sentence_of(violations)
    told = " ".join(dict.fromkeys(violation.message for violation in violations))
    if not right:
        sentence = _("The API key's user lacks a right in Procountor. Let an administrator grant"
                     " it, then try again.")  # fmt: skip
    else:
        sentence = _(
            "The API key's user lacks the right %(right)s in Procountor. Let an administrator grant"
            " it, then try again."
        ) % {"right": _(right)}
    if not told:
        return sentence
    return _("%(sentence)s (Procountor: %(message)s)") % {"sentence": sentence, "message": told}


def _one(violation: Violation) -> str:
    if known := _CODES.get(violation.message):
        return _(known)
    field = violation.field
    for name in (field, field.rpartition(".")[2]):
        if known := _FIELDS.get(name):
            return _("%(sentence)s (Procountor: %(message)s)") % {
                "sentence": _(known),
                "message": violation.message,
            }
    where = f"{field}: " if field else ""
    return _("Procountor refused it: %(message)s") % {"message": where + violation.message}
