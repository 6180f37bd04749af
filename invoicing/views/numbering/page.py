"""What the pages of number series show: examples, refusals, and windows in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import dateformat, formats
from django.utils.translation import gettext as _

from customers.models import Customer
from invoicing import errors
from invoicing.domain.numbering.checking import Fault, faults_of
from invoicing.domain.numbering.counting import (
    Named,
    Person,
    Slot,
    slot,
    stored_counts,
)
from invoicing.domain.numbering.editing import customers_of, use_of
from invoicing.domain.numbering.formats import (
    COUNTERS,
    count_before,
    counted,
    leading_token,
    tokens_of,
)
from invoicing.domain.numbering.previews import next_numbers
from invoicing.models import NumberSeries
from tenants.models import Membership, User


@dataclass
class Preview:
    """What a format would give, or why it cannot be saved."""

    faults: list[Fault] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    refusal: str = ""
    example: Slot | None = None
    customer: Customer | None = None
    member: Membership | None = None
    # What the leading counter shows next, unless something is typed, and how it is written.
    next_shown: int | None = None
    counter: str = ""
    names_customer: bool = False
    names_user: bool = False


def preview_of(
    series: NumberSeries,
    *,
    day: date,
    reader: Membership,
    shown: int | None = None,
    customer_id: str = "",
) -> Preview:
    """The next five numbers of a series as it is typed; nothing is taken."""
    preview = Preview(faults=faults_of(series.format, use_of(series, year=day.year)))
    try:
        names = tokens_of(series.format)
    except errors.NumberFormatError:
        return preview
    owners = {COUNTERS[name][0] for name in names if name in COUNTERS}
    preview.names_customer = "customer" in owners or bool(names & {"cname", "cnumber"})
    preview.names_user = "user" in owners or bool(names & {"uid", "ustaff"})
    if preview.names_customer:
        preview.customer = _chosen(customers_of(series).order_by("name", "pk"), customer_id)
    if preview.names_user:
        preview.member = reader
    preview.example = example = slot(
        series,
        day,
        preview.customer.pk if preview.customer else 0,
        preview.customer or Named(_("Customer"), "1001"),
        _person(preview.member),
    )
    token = leading_token(series.format)
    counts = stored_counts(example.keys)
    if token is not None and example.place_key is not None:
        preview.counter = token.text
        preview.next_shown = counted(token, counts[example.place_key])
        if shown is not None:
            counts[example.place_key] = max(count_before(token, shown), 0)
    if token is None:
        return preview
    try:
        preview.numbers = next_numbers(example, counts=counts)
    except errors.PostingRefused as refusal:
        preview.refusal = "" if preview.faults else str(refusal)
    return preview


@dataclass(frozen=True)
class SeriesRow:
    series: NumberSeries
    next_number: str
    refusal: str


def series_rows(every: Sequence[NumberSeries], *, day: date) -> list[SeriesRow]:
    """Each series with the number it would give next, to the first customer where it matters."""
    customer = Customer.objects.filter(is_active=True).order_by("name", "pk").first()
    slots = {}
    refusals = {}
    for series in every:
        try:
            slots[series.pk] = slot(
                series,
                day,
                customer.pk if customer else 0,
                customer or Named(_("Customer"), "1001"),
                None,
            )
        except errors.NumberFormatError as refusal:
            refusals[series.pk] = str(refusal)
    counts = stored_counts({key for one in slots.values() for key in one.keys})
    numbers = {}
    for pk, one in slots.items():
        try:
            numbers[pk] = one.number(counts)
        except errors.NumberFormatError as refusal:
            refusals[pk] = str(refusal)
    return [
        SeriesRow(series, numbers.get(series.pk, ""), refusals.get(series.pk, ""))
        for series in every
    ]


def window_words(windows: Iterable[str]) -> dict[str, str]:
    """`ccm:7:2026-11` is *November 2026 · Satama Oy*; in two queries for any number of them."""
    taken_apart = {window: window.split(":") for window in windows}
    customers = Customer.objects.in_bulk(_owners(taken_apart, "customer"))
    users = User.objects.in_bulk(_owners(taken_apart, "user"))
    words = {}
    for window, (counter, *rest) in taken_apart.items():
        owner, _span = COUNTERS[counter]
        parts = [_span_words(rest[-1])]
        if owner == "customer":
            known = customers.get(int(rest[0]))
            parts.append(known.name if known else rest[0])
        elif owner == "user":
            person = users.get(int(rest[0]))
            parts.append(str(person) if person else _("made automatically"))
        words[window] = " · ".join(part for part in parts if part) or _("Ever")
    return words


def _owners(taken_apart: Mapping[str, list[str]], wanted: str) -> set[int]:
    return {
        int(parts[1])
        for parts in taken_apart.values()
        if COUNTERS[parts[0]][0] == wanted and parts[1]
    }


def _span_words(span: str) -> str:
    numbers = [int(part) for part in span.split("-") if part]
    if len(numbers) < 2:
        return span
    if len(numbers) == 2:
        return dateformat.format(date(numbers[0], numbers[1], 1), "F Y")
    return formats.date_format(date(*numbers), "SHORT_DATE_FORMAT")


def _person(member: Membership | None) -> Person | None:
    if member is None or member.user_id is None:
        return None
    return Person(member.user_id, member.staff_number)


def _chosen(among: Any, key: str) -> Any:
    """The one that was chosen, if it is there; else the first."""
    if key.isdecimal() and len(key) < 19 and (found := among.filter(pk=key).first()):
        return found
    return among.first()
