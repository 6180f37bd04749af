"""Accounts of the books. This room knows their numbers; the one that keeps them tells the rest."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from tenants.errors import AccountUnfit

# Those of the kind on which sales are booked, as the chart calls it.
REVENUE = "revenue"
# Number and name.
Offered = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Books:
    """What the room with the chart of accounts knows of one; it registers itself when it is ready.

    `offered` are those in use of some kinds, or of all: none where a company has no chart, and
    books on whatever is typed. `refusal` is why nothing can be booked on one, else empty.
    """

    offered: Callable[[Collection[str]], Offered]
    refusal: Callable[[str], str]
    was_for_receivables: Callable[[str], bool]


_kept: list[Books] = []


def register(books: Books) -> None:
    if books not in _kept:
        _kept.append(books)


def check_account(number: str, *, field: str) -> None:
    """Refuse one that nothing can be booked on; `field` is where a form asks for it."""
    for books in _kept:
        if reason := books.refusal(number):
            raise AccountUnfit(field=field, reason=reason)


def was_for_receivables(number: str) -> bool:
    return any(books.was_for_receivables(number) for books in _kept)


def revenue_accounts() -> Offered:
    """What sales can be booked on; nothing where the company has no chart."""
    return [one for books in _kept for one in books.offered([REVENUE])]


def choose_account(form: forms.BaseForm, *names: str, kinds: Collection[str] = ()) -> None:
    """Offer the accounts in use in these fields; a company without a chart types them.

    What is there already stays to be chosen, whatever became of it.
    """
    offered = [one for books in _kept for one in books.offered(kinds)]
    if not offered:
        return
    for name in names:
        chosen: Any = form[name].value()
        missing = [(chosen, chosen)] if chosen and chosen not in dict(offered) else []
        form.fields[name].widget = forms.Select(
            {"data-combobox": True}, choices=[("", "—"), *offered, *missing]
        )
