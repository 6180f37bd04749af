"""What sevDesk's refusals mean to an accountant. What is not known is shown as it is."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

MOST_LETTERS = 300

NO_CONTACT = "contact not found"
# By the error's code, and by a part of its message.
_CODES = {
    "7100": gettext_noop(
        "sevDesk's tax profile of the company refuses this tax rule. Correct the company's tax "
        "settings in sevDesk, or the tax rules in the connection, and try again."
    ),
    "170": gettext_noop("The invoice is cancelled or credited in sevDesk already."),
    "460": gettext_noop("sevDesk needs a delivery date."),
}
_FRAGMENTS = (
    ("different taxrate than origin", gettext_noop(
        "sevDesk takes no such credit note over its interface: the tax rates differ from the "
        "invoice's, or the company is a small business. Make it in sevDesk, then close this export."
    )),
    ("different taxrule than origin", gettext_noop(
        "The invoice in sevDesk has another tax rule than this credit note. Make the credit note "
        "in sevDesk, then close this export."
    )),
    ("a draft can not be credited", gettext_noop(
        "The invoice is still a draft in sevDesk. Open it there, then try again."
    )),
    ("only for small businesses", gettext_noop(
        "The company is no small business in sevDesk. Choose in the connection what exempt lines "
        "are."
    )),
    ("must not contain any vat", gettext_noop(
        "The company is a small business in sevDesk, and the document has VAT."
    )),
    ("is not allowed for tax", gettext_noop("sevDesk does not know this VAT rate.")),
    ("taxtype", gettext_noop("sevDesk does not take the tax rule.")),
    ("taxrule", gettext_noop("sevDesk does not take the tax rule.")),
    ("taxset", gettext_noop(
        "The tax set does not exist in sevDesk. Choose another one in the connection."
    )),
    (NO_CONTACT, gettext_noop(
        "The linked customer does not exist in sevDesk any more. Link it again."
    )),
    ("sevuser not found", gettext_noop(
        "The contact person does not exist in sevDesk any more. Test the connection and choose "
        "another one."
    )),
    ("unity not found", gettext_noop(
        "A unit does not exist in sevDesk any more. Test the connection and try again."
    )),
    ("delivery date", gettext_noop("sevDesk does not take the delivery date.")),
    ("already exists", gettext_noop("sevDesk has a document with this number already.")),
    ("toemail", gettext_noop("sevDesk does not take the customer's e-mail address.")),
)  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """What a body says of an error. `reference` is what sevDesk's support asks for."""

    message: str
    code: str = ""
    reference: str = ""

    def says(self, *fragments: str) -> bool:
        return any(fragment in self.message.casefold() for fragment in fragments)


def read_refusal(answer: Any, text: str) -> Refusal:
    """Whatever its shape: an object, a text, a gateway's page, nothing."""
    if isinstance(answer, dict):
        error = answer.get("error")
        if isinstance(error, dict):
            code = error.get("code")
            return Refusal(
                str(error.get("message") or "").strip()[:MOST_LETTERS],
                "" if code is None else str(code),
                str(error.get("exceptionUUID") or ""),
            )
        for found in (error, answer.get("message")):
            if isinstance(found, str):
                return Refusal(found.strip()[:MOST_LETTERS])
    if isinstance(answer, str):
        text = answer
    return Refusal("" if "<" in text[:200] else text.strip()[:MOST_LETTERS])


def sentence_of(refusal: Refusal) -> str:
    """One text that says what to do."""
    known = _CODES.get(refusal.code) or next(
        (sentence for fragment, sentence in _FRAGMENTS if refusal.says(fragment)), None
    )
    if not refusal.message:
        return _(known) if known else _("sevDesk refused it without a reason.")
    if known:
        return _("%(sentence)s (sevDesk: %(message)s)") % {
            "sentence": _(known),
            "message": refusal.message,
        }
    return _("sevDesk refused it: %(message)s") % {"message": refusal.message}
