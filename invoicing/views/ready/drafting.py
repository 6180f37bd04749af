"""From rows of "ready to invoice" to drafts: one at a time, or all that are ticked."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import DomainError
from core.lists import is_list_request
from core.periods import Period
from invoicing.domain.drafting import draft_work
from invoicing.models import Invoice
from invoicing.selectors.ready import OPEN, ReadyRow, RowState, read_ready
from invoicing.selectors.visible import draftable_projects
from invoicing.views.ready.filters import ALL, ReadyFilter, in_order
from invoicing.views.ready.overview import RowWork, around, row_of, row_work
from tenants.access import TenantRequest, permission_required
from tenants.models import Tenant
from tenants.roles import Permission

MAKE = permission_required(Permission.CREATE_INVOICE, Permission.CREATE_PROJECT_INVOICE)
# `?unlocked=ok`: the person was told whose hours are not locked.
CONFIRMED = "ok"


@dataclass(frozen=True)
class Outcome:
    """What became of one row."""

    row: ReadyRow | None
    made: Invoice | None = None
    refused: str = ""

    @property
    def name(self) -> str:
        return self.row.customer.name if self.row else ""


@require_POST
@MAKE
def ready_draft(request: TenantRequest, key: str) -> HttpResponse:
    """Make the draft of one row."""
    asked = ReadyFilter(request.GET)
    work = _row_work(request, key)
    confirmed = request.GET.get("unlocked") == CONFIRMED
    as_item = request.GET.get("as") == "item"
    try:
        invoice = _draft(request, asked.period, work, confirmed=confirmed)
    except DomainError as refusal:
        return _refused(request, asked, key, work, str(refusal), as_item=as_item)
    if as_item:
        row = row_of(request, asked.period, key, RowState.DRAFTED, work)
        context = {"outcome": Outcome(row, made=invoice), **around(asked)}
        return render(request, "invoicing/draft_queue.html#item", context)
    messages.success(request, _("The draft for %(name)s is made.") % {"name": invoice.billing_name})
    if not is_list_request(request):
        return redirect(_draft_url(invoice) or f"{reverse('invoicing:ready')}?{asked.period.query}")
    if asked.status == ALL:
        # The page may show drafted hours of the same project already, in a row of their own.
        return _only_trigger("ready:refresh")
    row = row_of(request, asked.period, key, RowState.DRAFTED, work)
    context = {"row": row, "made": invoice, **around(asked)}
    response = render(request, "invoicing/ready_row.html", context)
    response["HX-Trigger"] = json.dumps({"ready:changed": True})
    return response


@require_POST
@MAKE
def ready_drafts(request: TenantRequest) -> HttpResponse:
    """Make the drafts of the ticked rows; asks first where something stands against it.

    With JavaScript the answer is a list whose items ask for their drafts one after the other, each
    in its own transaction. `go` makes them all in this request, each in its own savepoint.
    """
    asked = ReadyFilter(request.GET)
    ticked = set(request.POST.getlist("row"))
    found = read_ready(
        start=asked.period.start,
        end=asked.period.end,
        membership=request.membership,
        grouping=asked.grouping,
    )
    chosen = [row for row in in_order(found.rows, "") if row.key in ticked and row.may_draft]
    if not chosen:
        messages.warning(request, _("Tick rows that have hours to invoice first."))
        return redirect(f"{reverse('invoicing:ready')}?{asked.period.query}")
    plan = _plan(request.tenant, chosen)
    go = request.POST.get("go", "")
    if go:
        rows = plan["ready"] + (plan["waiting"] if go == "all" else [])
        plan["outcomes"] = [_outcome(request, asked.period, row) for row in rows]
        plan["made_count"] = sum(outcome.made is not None for outcome in plan["outcomes"])
    context = {**plan, **around(asked), "group": asked.grouping}
    return render(request, "invoicing/ready_drafts.html", context)


def _draft(request: TenantRequest, period: Period, work: RowWork, *, confirmed: bool) -> Invoice:
    return draft_work(
        start=period.start,
        end=period.end,
        actor=request.user,
        project_ids=work.project_ids,
        loose_of=work.loose_of,
        allow_unlocked=confirmed,
    )


def _row_work(request: TenantRequest, key: str) -> RowWork:
    maker = request.membership
    return row_work(draftable_projects(maker), key, may_loose=maker.may(Permission.CREATE_INVOICE))


def _outcome(request: TenantRequest, period: Period, row: ReadyRow) -> Outcome:
    try:
        made = _draft(request, period, _row_work(request, row.key), confirmed=True)
    except DomainError as refusal:
        return Outcome(row, refused=str(refusal))
    return Outcome(row, made=made)


def _plan(tenant: Tenant, chosen: list[ReadyRow]) -> dict[str, Any]:
    """Which rows become drafts at once, which after a yes, and which not at all."""
    waiting = [row for row in chosen if row.state == RowState.WAITING]
    refuses = tenant.unlocked_hours == Tenant.UnlockedHours.REFUSE
    names = {name for row in waiting for name in row.unlocked_people}
    return {
        "chosen": chosen,
        "ready": [row for row in chosen if row.state == RowState.READY],
        "waiting": [] if refuses else waiting,
        "left_waiting": waiting if refuses else [],
        "left_lacking": [row for row in chosen if row.state == RowState.MEND],
        "unlocked_people": sorted(names, key=str.casefold),
    }


def _refused(
    request: TenantRequest,
    asked: ReadyFilter,
    key: str,
    work: RowWork,
    sentence: str,
    *,
    as_item: bool,
) -> HttpResponse:
    """The row as it is now, with the reason."""
    row = row_of(request, asked.period, key, OPEN, work)
    if as_item:
        context = {"outcome": Outcome(row, refused=sentence), **around(asked)}
        return render(request, "invoicing/draft_queue.html#item", context, status=422)
    if row is None and is_list_request(request):
        # Somebody else was quicker: the list shows what they did.
        messages.warning(request, sentence)
        return _only_trigger("ready:refresh")
    if is_list_request(request):
        context = {"row": row, "error": sentence, **around(asked)}
        return render(request, "invoicing/ready_row.html", context, status=422)
    plan = _plan(request.tenant, [row] if row else [])
    context = {**plan, "error": sentence, **around(asked), "group": ""}
    return render(request, "invoicing/ready_drafts.html", context, status=422)


def _only_trigger(event: str) -> HttpResponse:
    return HttpResponse(headers={"HX-Reswap": "none", "HX-Trigger": json.dumps({event: True})})


def _draft_url(invoice: Invoice) -> str:
    try:
        return reverse("invoicing:draft_edit", args=[invoice.pk])
    except NoReverseMatch:
        return ""
