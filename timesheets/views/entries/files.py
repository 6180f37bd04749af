"""Hours as files for spreadsheets: entry by entry, or the sums of their groups."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import batched
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.custom_lists import Columns, columns_of
from tenants.access import TenantRequest
from tenants.exports import list_file, refuse_filters
from tenants.models import Membership
from timesheets.domain.access import may_see_rate
from timesheets.domain.tags.wearing import names_on
from timesheets.models import TimeEntry
from timesheets.selectors.entries import EntryRow
from timesheets.selectors.grouping import Group, dimensions_in, in_order, read_groups
from timesheets.views.entries.lists import SEE, asked_rows

STEP = 2000


@require_GET
@SEE
def entry_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """Everything the filters let through, on however many pages, as a file; grouped, its sums."""
    columns = columns_of("hours", "time_entry", request.membership)
    filter_set, rows = asked_rows(request, columns)
    if not filter_set.is_valid():
        return refuse_filters()
    reader = request.membership
    if dimensions := dimensions_in(request.GET.getlist("group")):
        groups = in_order(read_groups(rows, dimensions, reader).groups, request.GET.get("sort", ""))
        return list_file(
            request,
            kind,
            name="hours-grouped",
            title=_("Hours"),
            head=[
                *(str(dimension.label) for dimension in dimensions),
                _("Entries"), _("Hours"), _("Billable hours"), _("Value"), _("Currency"),
            ],
            rows=lambda: _group_rows(groups),
        )  # fmt: skip
    head = [
        _("Date"), _("Person"), _("Staff number"), _("Customer"), _("Project number"),
        _("Project"), _("Task"), _("Start"), _("End"), _("Hours"), _("Minutes"), _("Billable"),
        _("Description"), _("Tags"), _("State"), _("Rate"), _("Value"), _("Currency"),
        _("Note on billing"), _("Settled by"), _("Settled"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name="hours",
        title=_("Hours"),
        head=[*head, *columns.file_head],
        count=rows.count,
        rows=lambda: _file_rows(rows, reader, columns),
    )


def _file_rows(rows: QuerySet[Any], reader: Membership, columns: Columns) -> Iterator[list[Any]]:
    for entry, tags in _with_tags(rows):
        row = EntryRow(
            entry, may_write=False, may_see_rate=may_see_rate(reader, entry.project), document=None
        )
        yield [
            entry.work_date,
            entry.member.name,
            entry.member.staff_number,
            entry.project.customer.name,
            entry.project.number,
            entry.project.name,
            entry.task.name if entry.task else "",
            f"{entry.start_time:%H:%M}" if entry.start_time else "",
            f"{entry.end_time:%H:%M}" if entry.end_time else "",
            _hours(entry.minutes),
            entry.minutes,
            _("yes") if entry.is_billable else _("no"),
            entry.description,
            ", ".join(tags),
            str(row.state),
            entry.rate if row.may_see_rate else None,
            row.value,
            entry.project.customer.currency,
            entry.billing_note,
            str(entry.settled_by) if entry.settled_by else "",
            entry.settled_at,
            *columns.file_cells(entry.custom_values),
        ]


def _with_tags(rows: QuerySet[Any]) -> Iterator[tuple[TimeEntry, list[str]]]:
    for entries in batched(rows.iterator(chunk_size=STEP), STEP, strict=False):
        names = names_on([entry.pk for entry in entries])
        for entry in entries:
            yield entry, names.get(entry.pk, [])


def _group_rows(groups: list[Group]) -> Iterator[list[Any]]:
    """The innermost groups, a row for each currency; hours stand in the first."""
    for group in groups:
        for part in group.parts or [group]:
            names = [group.label, part.label] if group.parts else [group.label]
            sums = part.sums
            for number, value in enumerate(sums.values or [None]):
                figures = [sums.entries, _hours(sums.minutes), _hours(sums.billable_minutes)]
                yield [
                    *names,
                    *(figures if number == 0 else [None, None, None]),
                    value.amount if value else None,
                    value.currency if value else "",
                ]


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))
