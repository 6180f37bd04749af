"""Ready to invoice: the page, its opened rows, and its files."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request
from core.money import places
from core.periods import Period, periods_around, presets, with_period
from invoicing.exported import needs_of
from invoicing.selectors.follow_ups import follow_ups
from invoicing.selectors.prepaid import attach_balances
from invoicing.selectors.ready import OPEN, ReadyRow, RowState, attach_links, read_ready
from invoicing.selectors.ready_sums import shares_of, sums_of
from invoicing.selectors.visible import invoiceable_projects
from invoicing.selectors.work import entries_of_line
from invoicing.views.ready.filters import ALL, DEFAULT_SORT, ReadyFilter, in_order
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_file
from tenants.roles import Permission
from timesheets.models import BillingState, Charge

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
ROWS_PER_PAGE = 100
ENTRIES_SHOWN = 500
STATES_OF_STAGES = {
    OPEN: BillingState.OPEN,
    RowState.DRAFTED.value: BillingState.DRAFTED,
    RowState.INVOICED.value: BillingState.BILLED,
}


@require_GET
@SEE
def ready(request: TenantRequest) -> HttpResponse:
    asked = ReadyFilter(request.GET)
    part = _part(request)
    if not asked.is_valid:
        asked.offer([])
        context = {"filter": asked, "refused": True, **around(asked)}
        return render(request, f"invoicing/ready.html{part}", context, status=422)
    found = read_ready(
        start=asked.period.start,
        end=asked.period.end,
        membership=request.membership,
        grouping=asked.grouping,
    )
    narrowed = asked.narrow(found.rows)
    shown = in_order(asked.in_status(narrowed), request.GET.get("sort", ""))
    page = Paginator(shown, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    attach_links(page.object_list, start=asked.period.start, end=asked.period.end)
    attach_balances(page.object_list, request.membership)
    if not part:
        asked.offer(found.managers)
    follow_up = (
        {}
        if part
        else {
            "follow_ups": follow_ups(request.membership),
            "needs": needs_of(request.membership),
        }
    )
    shares = shares_of(narrowed)
    context = {
        "filter": asked,
        "page": page,
        "sums": sums_of(shown),
        "shares": shares,
        "ready_count": next(share.count for share in shares if share.state == RowState.READY),
        "open_count": sum(row.is_open for row in narrowed),
        "all_count": len(narrowed),
        "earlier": found.earlier,
        "earlier_query": with_period(asked.query, Period(found.earlier.since, asked.period.end))
        if found.earlier
        else "",
        "default_sort": DEFAULT_SORT,
        "may_draft": any(row.may_draft for row in page.object_list),
        **follow_up,
        **around(asked),
    }
    return render(request, f"invoicing/ready.html{part}", context)


@require_GET
@SEE
def ready_lines(request: TenantRequest, key: str) -> HttpResponse:
    """Open a row: person by person."""
    asked = ReadyFilter(request.GET)
    row = _row_or_404(request, asked, key)
    attach_links([row], start=asked.period.start, end=asked.period.end)
    context = {"row": row, **around(asked)}
    template = "invoicing/ready_lines.html" + ("#lines" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def ready_entries(request: TenantRequest, key: str) -> HttpResponse:
    """Open a line of a row: the entries it is made of."""
    asked = ReadyFilter(request.GET)
    row = _row_or_404(request, asked, key)
    wanted = request.GET.get("line", "")
    line = next((line for line in row.lines if line.key == wanted), None)
    if line is None:
        raise Http404
    entries = entries_of_line(
        asked.period.start,
        asked.period.end,
        project_id=line.project.pk,
        member_id=line.person.id,
        rate=line.rate,
        state=STATES_OF_STAGES[row.stage],
    )
    context = {
        "row": row,
        "line": line,
        "entries": entries[:ENTRIES_SHOWN],
        "left_out": entries.count() - ENTRIES_SHOWN,
        **around(asked),
    }
    template = "invoicing/ready_entries.html" + ("#entries" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def ready_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    """All rows the page shows, on however many pages, as a file."""
    asked = ReadyFilter(request.GET)
    if not asked.is_valid:
        return refuse_file(_("Choose a period first."))
    found = read_ready(
        start=asked.period.start,
        end=asked.period.end,
        membership=request.membership,
        grouping=asked.grouping,
    )
    rows = in_order(asked.in_status(asked.narrow(found.rows)), request.GET.get("sort", ""))
    attach_balances(rows, request.membership)
    head = [
        _("Customer number"), _("Customer"), _("Project number"), _("Project"), _("Status"),
        _("Not locked"), _("Hours"), _("Charges"), _("Currency"), _("Net"), _("VAT"), _("Gross"),
        _("Project manager"), _("First day"), _("Last day"), _("Prepaid hours left"),
    ]  # fmt: skip
    return list_file(
        request,
        kind,
        name=f"ready-{asked.period.start}-{asked.period.end}",
        title=str(asked.period),
        head=head,
        rows=lambda: _file_rows(rows),
    )


def around(asked: ReadyFilter) -> dict[str, Any]:
    """What every part of the page says about its period, and the addresses next to it."""
    data, period = asked.query, asked.period
    return {
        **periods_around(data, period, presets(timezone.localdate())),
        # A row's own pages need no more of the query than this.
        "row_query": period.query + ("&status=all" if asked.status == ALL else ""),
    }


@dataclass(frozen=True)
class RowWork:
    """Whose work a row is: that of projects, and what the customer has without a project."""

    project_ids: list[int]
    loose_of: int | None = None


def row_work(projects: Any, key: str, *, may_loose: bool) -> RowWork:
    """What the row `p12`, `c7` or `n7` is about, of these projects; nothing is 404.

    `may_loose`: the person may have to do with work that belongs to no project.
    """
    kind, number = key[:1], key[1:]
    if kind not in ("p", "c", "n") or not number.isascii() or not number.isdecimal():
        raise Http404
    if len(key) > 18:
        raise Http404
    pk = int(number)
    column = "pk" if kind == "p" else "customer_id"
    found = (
        [] if kind == "n" else list(projects.filter(**{column: pk}).values_list("pk", flat=True))
    )
    is_loose = (
        kind != "p" and may_loose and Charge.objects.filter(customer=pk, project=None).exists()
    )
    if not found and not is_loose:
        raise Http404
    return RowWork(found, pk if is_loose else None)


def row_of(
    request: TenantRequest, period: Period, key: str, stage: str, work: RowWork
) -> ReadyRow | None:
    """The row as it is now; None when nothing of it is in that stage any more."""
    found = read_ready(
        start=period.start,
        end=period.end,
        membership=request.membership,
        grouping="customer" if key.startswith("c") else "project",
        project_ids=work.project_ids,
        loose_of=work.loose_of,
    )
    row = next((row for row in found.rows if row.stage == stage), None)
    if row is not None:
        attach_links([row], start=period.start, end=period.end)
        attach_balances([row], request.membership)
    return row


def _row_or_404(request: TenantRequest, asked: ReadyFilter, key: str) -> ReadyRow:
    reader = request.membership
    work = row_work(
        invoiceable_projects(reader), key, may_loose=reader.may(Permission.VIEW_INVOICE)
    )
    row = row_of(request, asked.period, key, request.GET.get("stage", OPEN), work)
    if row is None:
        raise Http404
    return row


def _part(request: TenantRequest) -> str:
    if not is_list_request(request):
        return ""
    return "#summary" if request.headers.get("HX-Target") == "ready-summary" else "#list"


def _file_rows(rows: list[ReadyRow]) -> Iterator[list[Any]]:
    for row in rows:
        step = Decimal(1).scaleb(-places(row.currency))
        net = row.net.quantize(step)
        gross = None if row.gross is None else row.gross.quantize(step)
        yield [
            row.customer.number,
            row.customer.name,
            ", ".join(project.number for project in row.projects if project.number),
            ", ".join(project.name for project in row.projects),
            row.state.label,
            ", ".join(row.unlocked_people),
            _hours(row.minutes),
            row.charge_net.quantize(step),
            row.currency,
            net,
            gross - net if gross is not None else None,
            gross,
            ", ".join(manager.name for manager in row.managers),
            row.first_date,
            row.last_date,
            _hours(row.prepaid_minutes) if row.prepaid_minutes else None,
        ]


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))
