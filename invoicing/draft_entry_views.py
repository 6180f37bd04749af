"""The hours of a draft: what each line is made of, taking an entry off, putting open ones on."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from invoicing import errors
from invoicing.domain.draft_hours import add_entries
from invoicing.domain.drafting import release_entry
from invoicing.draft_forms import whole
from invoicing.draft_views import EDIT, SEE
from invoicing.models import Invoice, Source
from invoicing.selectors.drafts import entries_of_draft, open_entries_for, visible_drafts
from invoicing.selectors.visible import may_edit_draft
from tenants.access import TenantRequest
from tenants.models import Tenant
from timesheets.models import TimeEntry

PER_PAGE = 200
OFFERED = 200
CHANGED = {"HX-Trigger": json.dumps({"draft:changed": True})}


@require_GET
@SEE
def draft_entries(request: TenantRequest, pk: int) -> HttpResponse:
    """Line by line; `?line=` shows one line's."""
    draft = _draft(request, pk)
    return _page(request, draft)


@require_POST
@EDIT
def draft_release(request: TenantRequest, pk: int, entry: int) -> HttpResponse:
    """Take one entry off; it is open again at once."""
    draft = _draft(request, pk, to_edit=True)
    source = entries_of_draft(draft).filter(time_entry_id=entry).first()
    if source is None:
        return _answer(request, draft, refused=str(errors.EntryNotOnDraft()))
    try:
        release_entry(entry, actor=request.user)
    except DomainError as refusal:
        return _answer(request, draft, refused=str(refusal))
    source.pk = None
    return _answer(request, draft, source=source, taken_off=True)


@require_POST
@EDIT
def draft_return(request: TenantRequest, pk: int, entry: int) -> HttpResponse:
    """Undo `draft_release`."""
    draft = _draft(request, pk, to_edit=True)
    if not open_entries_for(draft, request.membership).filter(pk=entry).exists():
        return _answer(request, draft, refused=str(errors.EntriesNotOpen()))
    try:
        # It was on this draft a moment ago: whoever put it there was asked about locks then.
        add_entries(draft, [entry], actor=request.user, allow_unlocked=True)
    except DomainError as refusal:
        return _answer(request, draft, refused=str(refusal))
    source = entries_of_draft(draft).get(time_entry_id=entry)
    return _answer(request, draft, source=source)


@require_POST
@EDIT
def draft_add(request: TenantRequest, pk: int) -> HttpResponse:
    """Put the ticked open entries onto the draft."""
    draft = _draft(request, pk, to_edit=True)
    wanted = {whole(text) for text in request.POST.getlist("entry")}
    if not wanted:
        return _page(request, draft, status=422, refused=_("Tick the hours to be added first."))
    mine = open_entries_for(draft, request.membership).filter(pk__in=wanted)
    try:
        if mine.count() != len(wanted):
            raise errors.EntriesNotOpen
        add_entries(
            draft,
            wanted,
            actor=request.user,
            allow_unlocked=request.POST.get("unlocked") == "ok",
        )
    except errors.HoursNotLocked as refusal:
        warns = request.tenant.unlocked_hours == Tenant.UnlockedHours.WARN
        return _page(
            request, draft, status=422, refused=str(refusal), ask_unlocked=warns, ticked=wanted
        )
    except DomainError as refusal:
        return _page(request, draft, status=422, refused=str(refusal), ticked=wanted)
    messages.success(
        request,
        ngettext("%(count)s entry is added.", "%(count)s entries are added.", len(wanted))
        % {"count": len(wanted)},
    )
    if "HX-Request" in request.headers:
        return close_dialog("draft:changed")
    return redirect("invoicing:draft_edit", draft.pk)


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
    if line and not line.isdigit():
        raise Http404
    sources = entries_of_draft(draft, [whole(line)] if line else [])
    may_edit = may_edit_draft(request.membership, draft)
    # Hours come onto the draft as a whole, so one line's page does not offer them.
    offered: list[TimeEntry] = []
    offered_count = 0
    if may_edit and not line:
        found = open_entries_for(draft, request.membership)
        offered_count, offered = found.count(), list(found[:OFFERED])
    context = {
        "draft": draft,
        "page": Paginator(sources, PER_PAGE).get_page(request.GET.get("page")),
        "line": line,
        "may_edit": may_edit,
        "offered": offered,
        "left_out": offered_count - len(offered),
        "ticked": set(),
        **more,
    }
    return render(request, "invoicing/draft_entries.html", context, status=status)


def _answer(
    request: TenantRequest,
    draft: Invoice,
    *,
    source: Source | None = None,
    taken_off: bool = False,
    refused: str = "",
) -> HttpResponse:
    """The entry's row as it is now; for a plain request the page again."""
    if "HX-Request" not in request.headers:
        if refused:
            messages.warning(request, refused)
        return redirect(reverse("invoicing:draft_entries", args=[draft.pk]))
    if source is None:
        messages.warning(request, refused)
        return HttpResponse(headers={"HX-Reswap": "none", **CHANGED})
    context = {"draft": draft, "source": source, "taken_off": taken_off, "may_edit": True}
    response = render(request, "invoicing/draft_entries.html#row", context)
    response["HX-Trigger"] = CHANGED["HX-Trigger"]
    return response
