"""Posting many drafts: the question, and how far it is."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.lists import ids_in, is_list_request, page_of
from invoicing import errors
from invoicing.domain.handing_over import last_step_refusals
from invoicing.domain.posting import seller_refusal
from invoicing.domain.posting_runs import start_run
from invoicing.domain.sending.own_words import refuse_wider_link
from invoicing.einvoices.before_posting import ask_for_marks, einvoice_refusals, marks_of
from invoicing.models import Invoice, PostingRun
from invoicing.numbers_elsewhere import giver
from invoicing.selectors.draft_list import listed_drafts
from invoicing.selectors.posting_runs import (
    became,
    giver_of,
    is_waiting_long,
    items_of,
    progress_of,
    troubles_in,
)
from invoicing.selectors.sending_runs import sending_after
from invoicing.selectors.visible import visible_invoices
from invoicing.views.drafts.lists import asked_drafts
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

POST = "invoicing/post_many.html"
# A posting that waits shows what was refused so far; the whole list comes in the end.
SHOWN_WHILE_WORKING = 20
# Of drafts whose e-invoices are known to be wrong; what more there are the posting itself names.
MOST_REASONS = 200
# Every two seconds, while the question is open.
MOST_LOOKS = 60


@require_POST
@permission_required(Permission.POST_INVOICE)
def post_many(request: TenantRequest) -> HttpResponse:
    """Ask about the ticked drafts; `go` with the question's token posts them."""
    if "go" in request.POST:
        return _go(request)
    drafts = ticked_drafts(request)
    if not drafts:
        sentence = errors.NoLongerDrafts() if request.POST.getlist("pk") else errors.NothingTicked()
        return _refuse(request, POST, str(sentence))
    incomplete = seller_refusal(request.tenant)
    refused = last_step_refusals(drafts, tenant=request.tenant, actor=request.user)
    postable = [draft for draft in drafts if draft.pk not in refused]
    unseen = ask_for_marks(postable, request.tenant)
    marks = marks_of(postable, request.tenant)
    unfit = [draft for draft in drafts if marks.get(draft.pk)]
    refused |= einvoice_refusals(unfit[:MOST_REASONS], request.tenant)
    fit = [draft for draft in drafts if draft.pk not in refused]
    context = {
        "fit": fit,
        "stuck": [(draft, refused[draft.pk]) for draft in drafts if draft.pk in refused],
        "incomplete": incomplete,
        "giver": giver(),
        "notes": sum(draft.is_credit_note for draft in fit),
        "sums": gross_sums(fit),
        "unlocked": sum(draft.has_unlocked for draft in fit),
        "before_today": sorted(d.issue_date for d in fit if d.issue_date < timezone.localdate()),
        "without_einvoice": sum(bool(marks.get(draft.pk)) for draft in fit),
        "without_email": sum(not draft.contact_email for draft in fit),
        **_looking(request, drafts, unseen),
    }
    return render(request, POST, context)


def _looking(request: TenantRequest, drafts: Iterable[Invoice], unseen: int) -> dict[str, Any]:
    """While workers look at e-invoices the question asks itself anew, with its token; not for ever:
    they may be stopped."""
    looks = request.POST.get("looks", "")
    looked = int(looks) if looks.isascii() and looks.isdecimal() and len(looks) < 4 else 0
    try:
        token = UUID(request.POST.get("token", ""))
    except ValueError:
        token = uuid4()
    return {
        "token": token,
        "unseen": unseen,
        "looks": looked + 1,
        "asks_again": unseen > 0 and looked < MOST_LOOKS,
        "asked": [draft.pk for draft in drafts],
    }


@require_GET
@permission_required(Permission.POST_INVOICE, Permission.VIEW_INVOICE)
def posting_run(request: TenantRequest, pk: int) -> HttpResponse:
    """How far it is; asks again by itself until it is finished."""
    runs = PostingRun.objects.select_related("started_by")
    if not request.membership.may(Permission.VIEW_INVOICE):
        # It names customers, and theirs only.
        runs = runs.filter(started_by=request.user)
    run = get_object_or_404(runs, pk=pk)
    progress, items = progress_of(run), items_of(run)
    if run.finished_at is None:
        items = items.filter(outcome="refused")
    page = page_of(
        request,
        items,
        per_page=100 if run.finished_at else SHOWN_WHILE_WORKING,
        count=progress.total if run.finished_at else progress.refused,
    )
    troubles = troubles_in(run) if progress.handed else {}
    for item in page:
        item.became = became(item)  # type: ignore[attr-defined]
        item.trouble = troubles.get(item.invoice_id or 0)  # type: ignore[attr-defined]
    context = {
        "run": run,
        "progress": progress,
        "page": page,
        "giver": giver_of(run) if progress.handed else "",
        "failed": _failed(progress.refused, len(troubles)),
        # What needs somebody does not go on while the page is looked at.
        "is_over": run.finished_at is not None and progress.handed <= len(troubles),
        "is_waiting_long": is_waiting_long(run),
        "sending": sending_after(run),
    }
    template = "invoicing/posting_run.html" + ("#run" if is_list_request(request) else "")
    return render(request, template, context)


def _failed(refused: int, troubles: int) -> str:
    parts = []
    if refused:
        parts.append(ngettext("%(n)s refused", "%(n)s refused", refused) % {"n": refused})
    if troubles:
        parts.append(
            ngettext("%(n)s needs attention", "%(n)s need attention", troubles) % {"n": troubles}
        )
    return ", ".join(parts)


def _go(request: TenantRequest) -> HttpResponse:
    try:
        token = UUID(request.POST.get("token", ""))
    except ValueError:
        return _refuse(request, POST, _("This question is out of date. Tick the drafts again."))
    then_send = request.POST["go"] == "send"
    try:
        if then_send:
            refuse_wider_link(request.membership)
        seen = visible_invoices(request.membership)
        asked = seen.filter(pk__in=ids_in(request.POST.getlist("pk")))
        ids = list(asked.values_list("pk", flat=True))
        run = start_run(ids, token=token, actor=request.user, then_send=then_send)
    except DomainError as refusal:
        return _refuse(request, POST, str(refusal))
    return leave(request, reverse("invoicing:posting_run", args=[run.pk]))


def ticked_drafts(request: TenantRequest) -> list[Any]:
    """The ticked drafts, or with `all` everything the list's filters let through."""
    if "all" in request.POST:
        filter_set, drafts = asked_drafts(request)
        return list(drafts) if filter_set.form.is_valid() else []
    drafts = listed_drafts(request.membership, on=timezone.localdate())
    return list(
        drafts.filter(pk__in=ids_in(request.POST.getlist("pk"))).order_by("issue_date", "pk")
    )


def gross_sums(drafts: Iterable[Invoice]) -> list[tuple[str, Decimal]]:
    """Gross by currency, the largest first."""
    sums: dict[str, Decimal] = {}
    for draft in drafts:
        sums[draft.currency] = sums.get(draft.currency, Decimal(0)) + draft.gross_total
    return sorted(sums.items(), key=lambda pair: -pair[1])


def _refuse(request: TenantRequest, template: str, sentence: str) -> HttpResponse:
    return render(request, template, {"refusal": sentence}, status=422)


def leave(request: TenantRequest, url: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)
