"""What Netvisor's refusals mean to an accountant; its own words stand unchanged in ours."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from integrations.problems import Problem

INVALID, TOO_LONG = "INVALID_DATA", "INVALID_DATA_SIZE"
DUPLICATE, LOCKED = "DUPLICATE_DATA", "PERIOD_LOCK"
NOT_UNIQUE = "REQUEST_NOT_UNIQUE"
NO_ACCESS, NO_RIGHT = "AUTHENTICATION_FAILED", "SERVICE_ACCESS_ERROR"
# The older spelling exists as well.
MAINTENANCE = ("SYSTEM_MAINTENANCE", "SYSTEM_MAINTANANCE")
BROKEN = "TECHNICAL_ERROR"

_BY_CATEGORY = {
    DUPLICATE: gettext_noop("Netvisor has this already."),
    LOCKED: gettext_noop(
        "The invoice date lies in a period that is locked in Netvisor. Open the period there and"
        " try again."
    ),
    TOO_LONG: gettext_noop("A text is too long for Netvisor, or a file too large."),
}
# In English, Finnish and Swedish; the first that fits says what to do.
_BY_WORDS: tuple[tuple[str, str, Problem], ...] = (
    (
        r"customer not found|asiakasta ei l|kunden hittades inte",
        gettext_noop("The linked customer does not exist in Netvisor any more. Link another one."),
        Problem.NOT_LINKED,
    ),
    (
        r"product not found|tuotetta ei l|produkten hittades inte",
        gettext_noop(
            "A product does not exist in Netvisor any more. Choose another one on the page of"
            " products."
        ),
        Problem.NOT_MAPPED,
    ),
    (
        r"invoice not found|laskua ei l|fakturan hittades inte",
        gettext_noop("The invoice does not exist in Netvisor any more."),
        Problem.DIFFERS,
    ),
    (
        r"maata ei voitu kohdistaa|country",
        gettext_noop("Netvisor does not know the customer's country."),
        Problem.REFUSED,
    ),
    (
        r"vat.?code|vat.?percent|\bvat\b|\balv|\bmoms",
        gettext_noop(
            "Netvisor does not take a line's VAT code or percentage. Check the VAT codes in the"
            " connection."
        ),
        Problem.REFUSED,
    ),
    (
        r"reference number|viitenumero|referensnummer",
        gettext_noop("Netvisor does not take the invoice's reference number."),
        Problem.REFUSED,
    ),
    (
        r"locked period|lukittu|låst period",
        _BY_CATEGORY[LOCKED],
        Problem.REFUSED,
    ),
    (
        r"virhetunniste",
        gettext_noop("Netvisor could not work on it; usually a text is too long."),
        Problem.REFUSED,
    ),
    (
        r"could not validate xml|validation failed",
        gettext_noop("Netvisor finds the message malformed. Tell your administrator."),
        Problem.REFUSED,
    ),
)


@dataclass(frozen=True)
class Failure:
    """The second status of an answer: `INVALID_DATA :: Data form incorrect:. ...`"""

    category: str
    text: str

    @classmethod
    def read(cls, status: str) -> "Failure":
        category, sign, text = status.partition(" :: ")
        if not sign:
            category, sign, text = status.partition("::")
        if not sign or not re.fullmatch(r"[A-Z_ ]+", category.strip()):
            return cls("", status.strip())
        return cls(category.strip(), text.strip())

    @property
    def sentence(self) -> str:
        for words, sentence, _problem in _BY_WORDS:
            if self._is_about(words):
                return self.said(_(sentence))
        if known := _BY_CATEGORY.get(self.category):
            return self.said(_(known))
        if not self.text:
            return _("Netvisor refused it without a reason.")
        return _("Netvisor refused it: %(message)s") % {"message": self.text}

    @property
    def problem(self) -> Problem:
        for words, _sentence, problem in _BY_WORDS:
            if self._is_about(words):
                return problem
        return Problem.REFUSED

    def said(self, sentence: str) -> str:
        """Our sentence, with what they said in their language."""
        if not self.text:
            return sentence
        return _("%(sentence)s (Netvisor: %(message)s)") % {
            "sentence": sentence,
            "message": self.text,
        }

    def _is_about(self, words: str) -> bool:
        is_content = self.category in (INVALID, TOO_LONG, "")
        return is_content and re.search(words, self.text.casefold()) is not None
