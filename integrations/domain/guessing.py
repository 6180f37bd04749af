"""Guesses who a customer is in the other system, from what both sides hold. Asks nobody."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

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


@dataclass(frozen=True)
class Guess:
    """`is_sure`: the business id or VAT id is the same, and no other partner has it."""

    partner: Partner
    is_sure: bool


def guess_all(customers: Iterable[Customer], partners: Iterable[Partner]) -> dict[int, Guess]:
    """The best guess for each customer that has one."""
    partners = [partner for partner in partners if partner.is_active]
    by_id: dict[str, list[Partner]] = defaultdict(list)
    by_name: dict[str, list[Partner]] = defaultdict(list)
    for partner in partners:
        if key := _identity(partner.business_id):
            by_id[key].append(partner)
        by_name[_name(partner.name)].append(partner)
    found = {}
    for customer in customers:
        guess = _guess(customer, by_id, by_name)
        if guess is not None:
            found[customer.pk] = guess
    return found


def differs(customer: Customer, partner: Partner) -> bool:
    """Both have a business id or VAT id, and none of them is the same."""
    there = _identity(partner.business_id)
    here = {_identity(own) for own in (customer.business_id, customer.vat_id) if own}
    return bool(there and here) and there not in here


def _guess(
    customer: Customer, by_id: dict[str, list[Partner]], by_name: dict[str, list[Partner]]
) -> Guess | None:
    for own in (customer.business_id, customer.vat_id):
        same = by_id.get(_identity(own), []) if own else []
        if len(same) == 1:
            return Guess(same[0], is_sure=True)
        if same:
            # Departments of one body share its id.
            best = max(same, key=lambda one: _likeness(_name(customer.name), _name(one.name)))
            return Guess(best, is_sure=False)
    name = _name(customer.name)
    if same := by_name.get(name, []):
        return Guess(same[0], is_sure=False)
    if len(name) < 4 or not by_name:
        return None
    best_name = max(by_name, key=lambda other: _likeness(name, other))
    if _likeness(name, best_name) >= LIKE_ENOUGH:
        return Guess(by_name[best_name][0], is_sure=False)
    return None


def _identity(text: str) -> str:
    """FI20774740 and 2077474-0 are the same company."""
    letters = re.sub(r"[^0-9A-Z]", "", text.upper())
    if re.fullmatch(r"FI\d{8}", letters):
        return letters.removeprefix("FI")
    return letters


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
