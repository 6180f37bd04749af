"""The work of a draft: the hours and charges each line is made of, taking one off, putting open
ones on."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from core.lists import is_id
from core.money import ZERO
from invoicing import errors
from invoicing.domain.draft_work import add_work, release_work
from invoicing.domain.put_back import TakenOff, put_back
from invoicing.models import Invoice, InvoiceLine, Source
from invoicing.selectors.drafts import (
    open_charges_for,
    open_entries_for,
    visible_drafts,
    work_of_draft,
)
from invoicing.selectors.visible import may_edit_draft
from invoicing.views.drafts import undo
from invoicing.views.drafts.editing import EDIT, SEE
from invoicing.views.drafts.forms import whole
from invoicing.views.drafts.steps import draft_url
from tenants.access import TenantRequest
from tenants.models import Tenant
from timesheets.work_kinds import CHARGES, HOURS, KINDS, WorkKind

PER_PAGE = 200
OFFERED = 200
CHANGED = {"HX-Trigger": json.dumps({"draft:changed": True})}
OPEN_FOR = {HOURS: open_entries_for, CHARGES: open_charges_for}


@require_GET
@SEE
def draft_work(request: TenantRequest, pk: int) -> HttpResponse:
    """Line by line; `?line=` shows one line's."""
    return _page(request, _draft(request, pk))


@require_POST
@EDIT
def draft_work_release(request: TenantRequest, pk: int, kind: str, work: int) -> HttpResponse:
    """Take one entry or charge off; it is open again at once."""
    draft, model = _draft(request, pk, to_edit=True), _kind(kind).model
    source = work_of_draft(draft).filter(**{Source.WORK[model]: work}).first()
    try:
        if source is None:
            raise errors.WorkNotOnDraft
        release_work(model, work, actor=request.user)
    except DomainError as refusal:
        return _answer(request, draft, refused=str(refusal))
    if not InvoiceLine.objects.filter(pk=source.line_id).exists():
        charge = source.charge
        was = (charge.quantity, charge.unit_price) if charge else (ZERO, None)
        undo.remember_line(request, TakenOff(source.line, source, *was))
    source.pk = None
    return _answer(request, draft, source=source, taken_off=True)


@require_POST
@EDIT
def draft_work_return(request: TenantRequest, pk: int, kind: str, work: int) -> HttpResponse:
    """Undo `draft_work_release`."""
    draft, found = _draft(request, pk, to_edit=True), _kind(kind)
    try:
        if not OPEN_FOR[found](draft, request.membership).filter(pk=work).exists():
            raise errors.WorkNotOpen
        # It was on this draft a moment ago: whoever put it there was asked about locks then.
        ids = {"entry_ids": [work]} if found is HOURS else {"charge_ids": [work]}
        lost = Source(**{f"{Source.WORK[found.model]}_id": work})
        if (taken := undo.taken_line(request, draft, lost)) is not None:
            put_back(draft, taken, actor=request.user)
        else:
            add_work(draft, **ids, actor=request.user, allow_unlocked=True)
    except DomainError as refusal:
        return _answer(request, draft, refused=str(refusal))
    source = work_of_draft(draft).get(**{Source.WORK[found.model]: work})
    return _answer(request, draft, source=source)


@require_POST
@EDIT
def draft_work_add(request: TenantRequest, pk: int) -> HttpResponse:
    """Put the ticked open hours and charges onto the draft."""
    draft = _draft(request, pk, to_edit=True)
    wanted = {
        kind: {whole(text) for text in request.POST.getlist(name)}
        for kind, name in ((HOURS, "entry"), (CHARGES, "charge"))
    }
    ticked = {"entries": wanted[HOURS], "charges": wanted[CHARGES]}
    if not any(wanted.values()):
        return _page(request, draft, status=422, refused=_("Tick what is to be added first."))
    try:
        for kind, ids in wanted.items():
            mine = OPEN_FOR[kind](draft, request.membership).filter(pk__in=ids)
            if ids and mine.count() != len(ids):
                raise errors.WorkNotOpen
        add_work(
            draft,
            entry_ids=wanted[HOURS],
            charge_ids=wanted[CHARGES],
            actor=request.user,
            allow_unlocked=request.POST.get("unlocked") == "ok",
        )
    except DomainError as refusal:
        warns = request.tenant.unlocked_hours == Tenant.UnlockedHours.WARN
        asks = warns and isinstance(refusal, errors.HoursNotLocked)
        told = {"refused": str(refusal), "ask_unlocked": asks, "ticked": ticked}
        return _page(request, draft, status=422, **told)
    counted = ", ".join(kind.counted(len(ids)) for kind, ids in wanted.items() if ids)
    messages.success(request, _("Added: %(work)s.") % {"work": counted})
    if "HX-Request" in request.headers:
        return close_dialog("draft:changed")
    return redirect(draft_url(request, draft.pk))


def _kind(name: str) -> WorkKind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


def _draft(request: TenantRequest, pk: int, *, to_edit: bool = False) -> Invoice:
    drafts = visible_drafts(request.membership)
    draft: Invoice = get_object_or_404(drafts.select_related("customer"), pk=pk)
    if to_edit and not may_edit_draft(request.membership, draft):
        raise PermissionDenied
    return draft


def _page(
    request: TenantRequest, draft: Invoice, *, status: int = 200, **more: Any
) -> HttpResponse:
    line = request.GET.get("line", "")
    if line and not is_id(line):
        raise Http404
    may_edit = may_edit_draft(request.membership, draft)
    # Work comes onto the draft as a whole, so one line's page does not offer any.
    offered: dict[str, list[Any]] = {"entries": [], "charges": []}
    left_out = 0
    for name, found in (
        ("entries", open_entries_for(draft, request.membership)),
        ("charges", open_charges_for(draft, request.membership)),
    ):
        if may_edit and not line:
            offered[name] = list(found[: OFFERED + 1])
            if len(offered[name]) > OFFERED:
                left_out += found.count() - OFFERED
    sources = work_of_draft(draft, [whole(line)] if line else [])
    context = {
        "draft": draft,
        "page": Paginator(sources, PER_PAGE).get_page(request.GET.get("page")),
        "line": line,
        "may_edit": may_edit,
        "offered": {name: found[:OFFERED] for name, found in offered.items()},
        "is_offered": any(offered.values()),
        "left_out": left_out,
        "ticked": {},
        **more,
    }
    return render(request, "invoicing/draft_work.html", context, status=status)


def _answer(
    request: TenantRequest,
    draft: Invoice,
    *,
    source: Source | None = None,
    taken_off: bool = False,
    refused: str = "",
) -> HttpResponse:
    """The row as it is now; for a plain request the page again."""
    if "HX-Request" not in request.headers:
        if refused:
            messages.warning(request, refused)
        return redirect("invoicing:draft_work", draft.pk)
    if source is None:
        messages.warning(request, refused)
        return HttpResponse(headers={"HX-Reswap": "none", **CHANGED})
    context = {"draft": draft, "source": source, "taken_off": taken_off, "may_edit": True}
    response = render(request, "invoicing/draft_work.html#row", context)
    response["HX-Trigger"] = CHANGED["HX-Trigger"]
    return response
