"""Sending many documents: the question, and how far it is."""

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, page_of
from invoicing import errors
from invoicing.documents.letters import MOST_LETTERS
from invoicing.domain.sending.own_words import refuse_wider_link
from invoicing.domain.sending.runs import start_sending_run
from invoicing.models import SendingRun
from invoicing.selectors.archive import indexed
from invoicing.selectors.posting_runs import WAITING_LONG
from invoicing.selectors.sending_runs import (
    items_of_sending,
    letters_by_post,
    recipients_by_document,
    sending_progress,
    waits_until,
)
from invoicing.views.archive.zips import asked_documents
from invoicing.views.posting import leave
from invoicing.views.sending.forms import SendManyForm
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEND = permission_required(Permission.POST_INVOICE)
SEE = permission_required(Permission.POST_INVOICE, Permission.VIEW_INVOICE)
ASK = "invoicing/send_many.html"
# What a person can be shown and a browser sends back.
MOST = 2000


@require_POST
@SEND
def send_many(request: TenantRequest) -> HttpResponse:
    """Ask about the ticked documents; `go` with the question's token sends them."""
    keys = asked_documents(request)
    if refusal := _refusal_of(request, keys):
        return _refuse(request, refusal)
    if "go" not in request.POST:
        return _question(request, keys, SendManyForm(initial={"token": uuid4()}))
    form = SendManyForm(request.POST)
    if not form.is_valid():
        return _question(request, keys, form)
    try:
        run = start_sending_run(
            keys,
            token=form.cleaned_data["token"],
            due_at=form.cleaned_data["due_at"],
            actor=request.user,
        )
    except DomainError as refused:
        add_refusal(form, refused)
        return _question(request, keys, form)
    return leave(request, reverse("invoicing:sending_run", args=[run.pk]))


def _refusal_of(request: TenantRequest, keys: list[int]) -> DomainError | None:
    if not keys:
        return errors.NothingToSend()
    if len(keys) > MOST:
        return errors.TooManyToSend(count=len(keys), most=MOST)
    try:
        refuse_wider_link(request.membership)
    except errors.LinkShowsMore as refused:
        return refused
    return None


def _question(request: TenantRequest, keys: list[int], form: SendManyForm) -> HttpResponse:
    found = recipients_by_document(keys)
    rows = indexed(request.membership, on=timezone.localdate()).filter(invoice__in=list(found))
    context: dict[str, Any] = {
        "form": form,
        "keys": list(found),
        "with_address": sum(bool(address) for address in found.values()),
        "without_address": sum(not address for address in found.values()),
        "left_out": len(keys) - len(found),
        "sent_before": rows.filter(is_sent=True).count(),
    }
    if not found:
        return _refuse(request, errors.NothingToSend())
    return render(request, ASK, context, status=422 if form.errors else 200)


@require_GET
@SEE
def sending_run(request: TenantRequest, pk: int) -> HttpResponse:
    """How far it is; asks again by itself until everything has left or was refused."""
    run = visible_run(request, pk)
    now = timezone.now()
    progress = sending_progress(run)
    is_over = progress.is_over(run)
    later = waits_until(run, now=now)
    page = page_of(request, items_of_sending(run), per_page=100, count=progress.total)
    context = {
        "run": run,
        "progress": progress,
        "is_over": is_over,
        "later": later,
        "is_moving": not is_over and later is None,
        "page": page,
        "letters": _parts(letters_by_post(run).count()) if run.reminds_on else [],
        "is_waiting_long": run.finished_at is None and now - run.updated_at > WAITING_LONG,
    }
    template = "invoicing/sending_run.html" + ("#run" if is_list_request(request) else "")
    return render(request, template, context)


def visible_run(request: TenantRequest, pk: int) -> SendingRun:
    runs = SendingRun.objects.select_related("started_by")
    if not request.membership.may(Permission.VIEW_INVOICE):
        # It names documents, and theirs only.
        runs = runs.filter(started_by=request.user)
    found: SendingRun = get_object_or_404(runs, pk=pk)
    return found


def _parts(letters: int) -> list[tuple[int, int]]:
    """The first and the last letter of each file."""
    return [
        (start + 1, min(start + MOST_LETTERS, letters)) for start in range(0, letters, MOST_LETTERS)
    ]


def _refuse(request: TenantRequest, refusal: DomainError) -> HttpResponse:
    return render(request, ASK, {"refusal": str(refusal)}, status=422)
