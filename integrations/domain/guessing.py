"""Guesses who a customer is in the other system, from what both sides hold. Asks nobody."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from customers.models import Customer
from integrations.ports import Partner

# The forms of companies say nothing about who it is.
_FORMS = frozenset(
    {
        "oy", "oyj", "ab", "ky", "tmi", "ry", "rf", "sr", "gmbh", "ag", "kg", "ohg", "ug", "mbh",
        "co", "ev", "inc", "ltd", "llc", "as", "a/s", "aps", "bv", "nv", "sa",
    }
)  # fmt: skip
LIKE_ENOUGH = 0.84


class By(StrEnum):
    """What a guess goes by, the surest first."""

    BUSINESS_ID = "business_id"
    VAT_ID = "vat_id"
    NUMBER = "number"
    NAME = "name"


@dataclass(frozen=True)
class Guess:
    """`is_sure`: an id that nobody else there has, or the same number and the same name. Whatever
    is not sure is linked only by a person who has looked at both sides."""

    partner: Partner
    by: By
    is_sure: bool


class Register:
    """The system's customers by what they can be recognised by."""

    def __init__(self, partners: Iterable[Partner]) -> None:
        self.by_id: dict[str, list[Partner]] = defaultdict(list)
        self.by_number: dict[str, list[Partner]] = defaultdict(list)
        self.by_name: dict[str, list[Partner]] = defaultdict(list)
        for partner in partners:
            if not partner.is_active:
                continue
            for key in identities(partner.business_id, partner.vat_id):
                self.by_id[key].append(partner)
            if number := _number(partner.number):
                self.by_number[number].append(partner)
            self.by_name[_name(partner.name)].append(partner)

    def guess(self, customer: Customer) -> Guess | None:
        return self._by_id(customer) or self._by_number(customer) or self._by_name(customer)

    def _by_id(self, customer: Customer) -> Guess | None:
        for by, own in ((By.BUSINESS_ID, customer.business_id), (By.VAT_ID, customer.vat_id)):
            same = {one.id: one for key in identities(own) for one in self.by_id.get(key, [])}
            if same:
                # Departments of one body share its id.
                best = max(same.values(), key=lambda one: _likeness_to(customer, one))
                return Guess(best, by, is_sure=len(same) == 1)
        return None

    def _by_number(self, customer: Customer) -> Guess | None:
        """Two registers count from 1001 alike: of a number alone nothing follows."""
        same = self.by_number.get(_number(customer.number), []) if customer.number else []
        alike = [one for one in same if _likeness_to(customer, one) >= LIKE_ENOUGH]
        if not alike or any(differs(customer, one) for one in alike):
            return None
        is_same_name = _name(customer.name) == _name(alike[0].name)
        return Guess(alike[0], By.NUMBER, is_sure=len(alike) == 1 and is_same_name)

    def _by_name(self, customer: Customer) -> Guess | None:
        name = _name(customer.name)
        if same := self.by_name.get(name, []):
            return Guess(same[0], By.NAME, is_sure=False)
        if len(name) < 4 or not self.by_name:
            return None
        best = max(self.by_name, key=lambda other: _likeness(name, other))
        if _likeness(name, best) >= LIKE_ENOUGH:
            return Guess(self.by_name[best][0], By.NAME, is_sure=False)
        return None


def guess_all(customers: Iterable[Customer], partners: Iterable[Partner]) -> dict[int, Guess]:
    """The best guess for each customer that has one."""
    register = Register(partners)
    guesses = {customer.pk: register.guess(customer) for customer in customers}
    return {pk: guess for pk, guess in guesses.items() if guess is not None}


def differs(customer: Customer, partner: Partner) -> bool:
    """Both have a business id or VAT id, and none of them is the same."""
    there = identities(partner.business_id, partner.vat_id)
    here = identities(customer.business_id, customer.vat_id)
    return bool(there and here) and not there & here


def identities(*texts: str) -> set[str]:
    """As they are compared; nothing for what is empty."""
    return {key for text in texts if (key := _identity(text))}


def _identity(text: str) -> str:
    """FI20774740 and 2077474-0 are the same company."""
    letters = re.sub(r"[^0-9A-Z]", "", text.upper())
    if re.fullmatch(r"FI\d{8}", letters):
        return letters.removeprefix("FI")
    return letters


def _number(text: str) -> str:
    return "".join(text.split()).upper()


def _likeness_to(customer: Customer, partner: Partner) -> float:
    return _likeness(_name(customer.name), _name(partner.name))


def _name(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    words = re.findall(r"[a-z0-9/]+", text)
    return " ".join(word for word in words if word not in _FORMS) or " ".join(words)


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The quick bounds spare most of the work on large registers.
    if matcher.real_quick_ratio() < LIKE_ENOUGH or matcher.quick_ratio() < LIKE_ENOUGH:
        return 0.0
    return matcher.ratio()
