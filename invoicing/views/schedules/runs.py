"""How far a run is, and what came of it."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.lists import is_list_request, page_of
from core.periods import Period
from invoicing.domain.schedules import steering
from invoicing.domain.schedules.targets import Asked, kinds_of
from invoicing.models import InvoicingRun, InvoicingRunItem, Schedule, Unit
from invoicing.selectors.invoicing_runs import (
    ends_at,
    is_going,
    is_waiting_long,
    next_item,
    reasons_of,
    run_items,
    run_progress,
)
from invoicing.views.posting import leave
from invoicing.views.schedules.lists import SEE
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.models import User
from tenants.roles import Permission

MANAGE = permission_required(Permission.MANAGE_SCHEDULES)
Outcome = InvoicingRunItem.Outcome
RUN = "invoicing/run_detail.html"


@require_GET
@SEE
def run_detail(request: TenantRequest, pk: int) -> HttpResponse:
    """Asks again by itself while workers are at it."""
    return _page(request, _run_or_404(pk))


@require_GET
@SEE
def run_file(request: TenantRequest, pk: int, kind: str) -> HttpResponseBase:
    run = _run_or_404(pk)

    def rows() -> Iterator[list[Any]]:
        for item in run_items(run):
            yield [
                item.name,
                item.about,
                item.get_outcome_display(),
                item.reason or item.note,
                str(item.invoice) if item.invoice else "",
                item.line_count,
                item.earlier_count,
                item.currency,
                item.net_total,
                item.gross_total,
            ]

    return list_file(
        request,
        kind,
        name=f"run-{run.pk}",
        title=str(run),
        head=[
            _("Customer"), _("About"), _("Outcome"), _("Reason"), _("Document"), _("Lines"),
            _("Of earlier periods"), _("Currency"), _("Net"), _("Gross"),
        ],
        rows=rows,
    )  # fmt: skip


@require_GET
@SEE
def run_lines(request: TenantRequest, pk: int) -> HttpResponse:
    """The lines that one invoice of a trial would have; `?item=` names it."""
    run = _run_or_404(pk)
    asked = request.GET.get("item", "")
    known = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 18 else 0
    item = get_object_or_404(InvoicingRunItem.objects.filter(run=run), pk=known)
    lines = [
        {
            "text": line["text"],
            "unit": Unit(line["unit"]).label,
            **{name: Decimal(line[name]) for name in ("quantity", "unit_price", "net")},
        }
        for line in item.lines
    ]
    return render(request, "invoicing/run_lines.html", {"item": item, "lines": lines})


@require_POST
@MANAGE
def run_stop(request: TenantRequest, pk: int) -> HttpResponse:
    return _steer(request, pk, steering.stop_run)


@require_POST
@MANAGE
def run_resume(request: TenantRequest, pk: int) -> HttpResponse:
    return _steer(request, pk, steering.go_on_with_run)


@require_POST
@MANAGE
def run_retry(request: TenantRequest, pk: int) -> HttpResponse:
    return _steer(request, pk, steering.retry_failed)


def _steer(request: TenantRequest, pk: int, deed: Callable[..., InvoicingRun]) -> HttpResponse:
    run, user = _run_or_404(pk), request.user
    assert isinstance(user, User)
    try:
        deed(run, actor=user)
    except DomainError as refusal:
        return _page(request, run, refusal=refusal)
    return leave(request, reverse("invoicing:run_detail", args=[pk]))


def _page(
    request: TenantRequest, run: InvoicingRun, *, refusal: DomainError | None = None
) -> HttpResponse:
    progress = run_progress(run)
    asked = Asked.from_json(run.asked) if run.asked else None
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in InvoicingRunItem.Outcome.values else ""
    items = run_items(run)
    shown = items.filter(outcome=outcome) if outcome else items
    context = {
        "run": run,
        "period": Period(run.start_date, run.end_date),
        "progress": progress,
        "is_going": is_going(run),
        "is_waiting_long": is_waiting_long(run),
        "ends_at": ends_at(run, progress, now=timezone.now()),
        "next_item": next_item(run) if is_going(run) else None,
        "reasons": reasons_of(run),
        "outcome": outcome,
        "outcomes": [
            ("", _("All"), progress.total),
            (Outcome.FAILED, Outcome.FAILED.label, progress.failed),
            (
                Outcome.MADE,
                _("Would be made") if run.is_trial else Outcome.MADE.label,
                progress.made,
            ),
            (Outcome.SKIPPED, Outcome.SKIPPED.label, progress.skipped),
            (Outcome.WAITING, Outcome.WAITING.label, progress.total - progress.done),
        ],
        "page": page_of(request, shown, per_page=50, count=None if outcome else progress.total),
        "what": str(kinds_of(asked)) if asked else "",
        "result": Schedule.Result(asked.result).label if asked else "",
        "refusal": refusal,
    }
    template = RUN + ("#run" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refusal else 200)


def _run_or_404(pk: int) -> InvoicingRun:
    runs = InvoicingRun.objects.select_related(
        "schedule", "started_by", "drafts_for", "posts_for", "stopped_by"
    )
    found: InvoicingRun = get_object_or_404(runs, pk=pk)
    return found
