"""Giving numbers at posting: counters are taken late and locked, taken numbers are passed over."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import count
from typing import NamedTuple

from django.db import connection
from django.db.models import prefetch_related_objects

from invoicing.domain.numbering.formats import (
    COUNTERS,
    MOST_TRIES,
    Buyer,
    Creator,
    Token,
    counters_in,
    leading_counter,
    render,
)
from invoicing.domain.numbering.series import SeriesBook
from invoicing.errors import NumberTooLong, PostingRefused
from invoicing.models import Invoice, NumberCounter, NumberSeries, SkippedNumbers
from tenants.models import Membership, User
from tenants.scope import current_tenant_id

LONGEST = 40


class Person(NamedTuple):
    """The creating user, as numbers name them."""

    id: int
    staff_number: str


class Named(NamedTuple):
    """Stands for a customer whom no format of the company names."""

    name: str = ""
    number: str = ""


type Key = tuple[int, str]  # a series and a window of it


@dataclass(frozen=True)
class Slot:
    """What a document's number is made from. `windows`: a counter's name -> what it is kept
    under."""

    series: NumberSeries
    day: date
    customer: Buyer
    user: Creator | None
    windows: Mapping[str, str]

    def key(self, counter: str) -> Key:
        return self.series.pk or 0, self.windows[counter]

    @cached_property
    def keys(self) -> list[Key]:
        return [self.key(counter) for counter in self.windows]

    @cached_property
    def place_key(self) -> Key | None:
        """The counter that tells the series' documents apart; without counters there is none."""
        name = leading_counter(self.series.format)
        return self.key(name) if name else None

    def of(self, series: NumberSeries) -> "Slot":
        """The same document in another series, or in this one as it is stored."""
        return replace(self, series=series)

    def alone(self, token: Token) -> str:
        """What a token that is no counter gives."""
        return render(token.text, date=self.day, counts={}, customer=self.customer, user=self.user)

    def number(self, counts: Mapping[Key, int], *, retry: int = 0) -> str:
        return render(
            self.series.format,
            date=self.day,
            counts={name: counts[self.key(name)] for name in self.windows},
            customer=self.customer,
            user=self.user,
            retry=retry,
        )


class Given(NamedTuple):
    """A number, after how many taken ones, and its place: what its counter stands at with it."""

    number: str
    retry: int
    place: int | None


def window(counter: str, day: date, *, customer_id: int, user_id: int | None) -> str:
    """The name under which a counter is stored: `ccy` of customer 7 in 2026 is `ccy:7:2026`."""
    owner, span = COUNTERS[counter]
    parts = [counter]
    if owner:
        parts.append(str(customer_id if owner == "customer" else user_id or 0))
    spans = {"": "", "year": f"{day:%Y}", "month": f"{day:%Y-%m}", "day": f"{day:%Y-%m-%d}"}
    return ":".join([*parts, spans[span]])


def number_documents(
    invoices: Sequence[Invoice], book: SeriesBook, *, actor: User | None = None
) -> None:
    """Give each its series and its number, in this order.

    The counters stay locked until commit: call it late, once for all. The number of statements
    does not grow with the documents.
    """
    slots = slots_of(invoices, book)
    counts = count_up(Counter(key for slot in slots for key in slot.keys))
    given = give(slots, counts)
    if any(one.retry for one in given):
        _pass_over(slots, given, actor)
    for invoice, slot, one in zip(invoices, slots, given, strict=True):
        invoice.series, invoice.number = slot.series, one.number
        invoice.number_format = slot.series.format
        invoice.number_window = slot.place_key[1] if slot.place_key else ""
        invoice.number_count = one.place


def number_refusals(invoices: Collection[Invoice]) -> dict[int, PostingRefused]:
    """Why some of these could not be numbered whatever the counters say, by their ids."""
    refused: dict[int, PostingRefused] = {}
    book = SeriesBook({invoice.kind for invoice in invoices}) if invoices else None
    if book is None or not book.tokens & {"cname", "cnumber", "ustaff"}:
        return refused
    slots = slots_of(invoices, book)
    counts = stored_counts({key for slot in slots for key in slot.keys})
    for invoice, one in zip(invoices, slots, strict=True):
        try:
            _refuse_too_long(one, one.number(counts))
        except PostingRefused as refusal:
            refused[invoice.pk] = refusal
    return refused


def stored_counts(keys: Iterable[Key]) -> dict[Key, int]:
    """What counters stand at, unlocked; nothing being none."""
    wanted = dict.fromkeys(keys, 0)
    found = NumberCounter.objects.filter(
        series__in={series for series, _window in wanted},
        window__in={window for _series, window in wanted},
    )
    stored = {(one.series_id, one.window): one.count for one in found}
    return {key: stored.get(key, 0) for key in wanted}


def slots_of(invoices: Collection[Invoice], book: SeriesBook) -> list[Slot]:
    names = book.tokens
    named = book.asks_for_group or names & {"cname", "cnumber"}
    if named:
        prefetch_related_objects(list(invoices), "customer")
    staff_numbers: dict[int | None, str] = {}
    if "ustaff" in names:
        members = Membership.objects.filter(
            tenant_id=current_tenant_id(),
            user_id__in={invoice.created_by_id for invoice in invoices},
        )
        staff_numbers = dict(members.values_list("user_id", "staff_number"))
    slots = []
    for invoice in invoices:
        customer = invoice.customer if named else None
        series = book.choose(
            invoice.kind,
            project_id=invoice.project_id,
            group_id=customer.group_id if customer else None,
        )
        user = _person(invoice.created_by_id, staff_numbers)
        slots.append(
            slot(series, invoice.issue_date, invoice.customer_id, customer or Named(), user)
        )
    return slots


def _person(user_id: int | None, staff_numbers: Mapping[int | None, str]) -> Person | None:
    return None if user_id is None else Person(user_id, staff_numbers.get(user_id, ""))


def slot(
    series: NumberSeries, day: date, customer_id: int, customer: Buyer, user: Creator | None
) -> Slot:
    windows = {
        token.name: window(
            token.name, day, customer_id=customer_id, user_id=user.id if user else None
        )
        for token in counters_in(series.format)
    }
    return Slot(series, day, customer, user, windows)


def count_up(wanted: Mapping[Key, int]) -> dict[Key, int]:
    """Count all windows on, always in the same order; return what they stood at before."""
    keys = sorted(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO invoicing_numbercounter AS counter (tenant_id, series_id, "window", count)
            SELECT %s, * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])
            ON CONFLICT (tenant_id, series_id, "window")
                DO UPDATE SET count = counter.count + excluded.count
            RETURNING series_id, "window", count
            """,
            [
                current_tenant_id(),
                [series for series, _window in keys],
                [name for _series, name in keys],
                [wanted[key] for key in keys],
            ],
        )
        return {
            (series, name): count - wanted[series, name]
            for series, name, count in cursor.fetchall()
        }


def give(slots: Sequence[Slot], counts: Mapping[Key, int]) -> list[Given]:
    """Number these documents; whatever is taken is asked for in as few questions as it can be."""
    known: set[str] = set()
    taken: set[str] = set()
    while True:
        given = _plan(slots, counts, taken)
        unknown = {one.number for one in given} - known
        if not unknown:
            break
        if taken:
            # What is taken mostly comes in a row.
            unknown |= _ahead(slots, counts, taken) - known
        known |= unknown
        taken |= _taken_among(unknown)
    for slot, one in zip(slots, given, strict=True):
        _refuse_too_long(slot, one.number)
    return given


def _refuse_too_long(slot: Slot, number: str) -> None:
    if len(number) > LONGEST:
        raise NumberTooLong(number=number, series=slot.series.name, longest=LONGEST)


def _pass_over(slots: Sequence[Slot], given: Sequence[Given], actor: User | None) -> None:
    """Count on past the taken numbers, and keep that it was so."""
    passed = Counter[Key]()
    skipped = []
    for slot, one in zip(slots, given, strict=True):
        if not one.retry:
            continue
        passed.update(dict.fromkeys(slot.keys, one.retry))
        if slot.place_key is not None and one.place is not None:
            skipped.append(
                SkippedNumbers(
                    series=slot.series,
                    window=slot.place_key[1],
                    first=one.place - one.retry,
                    last=one.place - 1,
                    reason=SkippedNumbers.Reason.TAKEN,
                    actor=actor,
                )
            )
    count_up(passed)
    SkippedNumbers.objects.bulk_create(skipped)


def _plan(slots: Sequence[Slot], counts: Mapping[Key, int], taken: set[str]) -> list[Given]:
    standing, used = dict(counts), set(taken)
    given = []
    for slot in slots:
        for retry in count():  # pragma: no branch  rendering refuses the hundredth
            number = slot.number(standing, retry=retry)
            if number not in used:
                break
        used.add(number)
        place = standing[slot.place_key] + retry + 1 if slot.place_key else None
        given.append(Given(number, retry, place))
        for key in slot.keys:
            standing[key] += retry + 1
    return given


def _ahead(slots: Sequence[Slot], counts: Mapping[Key, int], taken: set[str]) -> set[str]:
    """What these would be numbered with, each as far as it may count on."""
    standing = dict(counts)
    numbers = set()
    for slot, one in zip(slots, _plan(slots, counts, taken), strict=True):
        numbers |= {
            slot.number(standing, retry=retry) for retry in range(one.retry, MOST_TRIES + 1)
        }
        for key in slot.keys:
            standing[key] += one.retry + 1
    return numbers


def _taken_among(numbers: Iterable[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number FROM invoicing_invoice WHERE tenant_id = %s AND number = ANY(%s)",
            [current_tenant_id(), sorted(numbers)],
        )
        return {number for (number,) in cursor.fetchall()}
