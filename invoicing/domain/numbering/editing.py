"""Changing series: each change is checked, locked and logged; numbers given out stay."""

import re
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Max, QuerySet
from django.db.models.aggregates import Aggregate
from django.db.models.functions import Length

from customers.models import Customer, CustomerGroup, Project
from invoicing import errors
from invoicing.domain.numbering.checking import Use, faults_of
from invoicing.domain.numbering.counting import Slot, count_up
from invoicing.domain.numbering.formats import (
    COUNTERS,
    Token,
    count_before,
    counted,
    leading_token,
    parse,
)
from invoicing.domain.numbering.targets import targets_in_use
from invoicing.models import Invoice, NumberCounter, NumberSeries, SkippedNumbers
from tenants.audit import changes_to, log
from tenants.models import Membership, User
from tenants.scope import current_tenant_id

_OWNED = {"cname": "customer", "cnumber": "customer", "ustaff": "user", "uid": "user"}


class _AllDigits(Aggregate):
    """Whether a text is digits in every row; nothing where there are no rows."""

    function = "BOOL_AND"
    template = "%(function)s(%(expressions)s ~ '^[0-9]*$')"
    output_field: Any = BooleanField()


def use_of(series: NumberSeries, *, year: int) -> Use:
    """What decides whether a format fits the series; it may be a new one."""
    customers = customers_of(series).aggregate(
        longest_name=Max(Length("name")),
        longest_number=Max(Length("number")),
        digits=_AllDigits("number"),
    )
    staff = Membership.objects.filter(tenant_id=current_tenant_id()).aggregate(
        longest_number=Max(Length("staff_number")), digits=_AllDigits("staff_number")
    )
    ever = NumberCounter.objects.filter(series_id=series.pk or 0, window="c:").first()
    others = NumberSeries.objects.exclude(pk=series.pk).values_list("name", "format")
    return Use(
        counts={"c": ever.count} if ever else {},
        others=list(others),
        targets=targets_in_use(),
        longest_name=customers["longest_name"] or 0,
        longest_number=customers["longest_number"] or 0,
        longest_staff_number=staff["longest_number"] or 0,
        numbers_are_digits=customers["digits"] is not False,
        staff_numbers_are_digits=staff["digits"] is not False,
        year=year,
    )


def customers_of(series: NumberSeries) -> QuerySet[Customer]:
    customers: QuerySet[Customer] = Customer.objects.all()
    if series.project_id:
        return customers.filter(projects=series.project_id)
    if series.customer_group_id:
        return customers.filter(group=series.customer_group_id)
    return customers


@transaction.atomic
def save_series(
    series: NumberSeries,
    *,
    actor: User | None,
    year: int,
    name: str,
    number_format: str,
    customer_group: CustomerGroup | None = None,
    project: Project | None = None,
    next_number: int | None = None,
    example: Slot | None = None,
) -> NumberSeries:
    """Save a new or changed series, all of it or nothing. Earlier documents keep their numbers.

    `next_number` is what the counter of the example's window shall show next.
    """
    if not series._state.adding:
        series = NumberSeries.objects.select_for_update(no_key=True).get(pk=series.pk)
    values: dict[str, Any] = {"name": name, "format": number_format}
    if not series.is_default:
        values |= {"customer_group": customer_group, "project": project}
    changes = changes_to(series, values)
    is_new = series._state.adding
    if is_new or "format" in changes:
        faults = faults_of(number_format, use_of(series, year=year))
        if faults:
            raise errors.FormatUnfit(reason=faults[0].reason, repair=faults[0].repair)
    if is_new:
        series.save()
        log("numbering.series_added", series, actor=actor, format=number_format)
    elif changes:
        series.save(update_fields=list(changes))
        log("numbering.series_changed", series, actor=actor, changes=changes)
    if next_number is not None and example is not None:
        set_next_number(series, example.of(series), next_number, actor=actor)
    return series


@transaction.atomic
def set_next_number(series: NumberSeries, example: Slot, shown: int, *, actor: User | None) -> None:
    """Let the counter of the example's window show this next, for those who start in mid-year.

    Never below a number that exists; what is passed over is kept, with who wanted it so.
    """
    token = leading_token(series.format)
    key = example.place_key
    assert token is not None  # a format without a counter is not saved
    assert key is not None
    # Locked, as by a posting.
    stored = count_up({key: 0})[key]
    wanted = count_before(token, shown)
    if wanted == stored:
        return
    if wanted < 0:
        raise errors.NextNumberTooLow(least=counted(token, 0))
    highest = _highest_existing(example, token)
    if highest is not None and highest[0] >= shown:
        raise errors.NextNumberExists(number=highest[1], least=highest[0] + 1)
    NumberCounter.objects.filter(series=series, window=key[1]).update(count=wanted)
    if wanted > stored:
        SkippedNumbers.objects.create(
            series=series,
            window=key[1],
            first=stored + 1,
            last=wanted,
            reason=SkippedNumbers.Reason.SET,
            actor=actor,
        )
    log(
        "numbering.next_number_set",
        series,
        actor=actor,
        window=key[1],
        changes={"next_number": [str(counted(token, stored)), str(shown)]},
    )


@transaction.atomic
def retire_series(series: NumberSeries, *, actor: User | None) -> bool:
    """Use a series no more. Without documents it is deleted; tells whether it was."""
    series = NumberSeries.objects.select_for_update().get(pk=series.pk)
    if series.is_default:
        raise errors.DefaultSeriesStays(series=series.name)
    if not series.documents.exists() and not series.skipped.exists():
        log("numbering.series_removed", series, actor=actor, format=series.format)
        series.delete()
        return True
    if series.is_in_use:
        changes = changes_to(series, {"customer_group": None, "project": None})
        series.save(update_fields=list(changes))
        log("numbering.series_retired", series, actor=actor, changes=changes)
    return False


def _highest_existing(example: Slot, token: Token) -> tuple[int, str] | None:
    """The highest value among numbers that look like the example's, whoever gave them."""
    pattern = _pattern(example, token)
    key = example.place_key
    assert key is not None
    same = Invoice.objects.filter(
        series=example.series, number_window=key[1], number_format=example.series.format
    )
    found = [
        (counted(token, place - 1), number)
        for place, number in same.order_by("-number_count").values_list("number_count", "number")[
            :1
        ]
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substring(number FROM %s)::numeric AS place, number FROM invoicing_invoice"
            " WHERE tenant_id = %s AND number ~ %s ORDER BY place DESC LIMIT 1",
            [pattern, current_tenant_id(), pattern],
        )
        found += [(int(place), number) for place, number in cursor.fetchall()]
    return max(found, default=None)


def _pattern(example: Slot, leading: Token) -> str:
    """A regular expression for the numbers of the example's window, the place in parentheses."""
    owner, span = COUNTERS[leading.name]
    pieces = []
    is_placed = False
    for part in parse(example.series.format):
        if isinstance(part, str):
            pieces.append(re.escape(part))
        elif part == leading and not is_placed:
            pieces.append("([0-9]{1,18})")
            is_placed = True
        elif part.is_counter or _moves_within(part, span):
            pieces.append("[0-9]+")
        elif _OWNED.get(part.name, owner) != owner:
            pieces.append(".*")
        else:
            pieces.append(re.escape(example.alone(part)))
    return f"^{''.join(pieces)}$"


def _moves_within(token: Token, span: str) -> bool:
    """Whether a part of the date takes several values in a window of this span."""
    parts = {
        "year": {"Y", "y", "YY", "yy"},
        "month": {"M", "m", "MM"},
        "day": {"D", "d", "DD"},
    }
    finer = {"": ("year", "month", "day"), "year": ("month", "day"), "month": ("day",), "day": ()}
    if token.name == "date":
        return span != "day"
    return any(token.name in parts[one] for one in finer[span])
