"""The charges of a draft: what each line is made of, taking one off, putting open ones on."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from invoicing import errors
from invoicing.domain.draft_charges import add_charges, release_charge
from invoicing.draft_entry_views import CHANGED, OFFERED, PER_PAGE
from invoicing.draft_forms import whole
from invoicing.draft_views import EDIT, SEE
from invoicing.models import Invoice
from invoicing.selectors.drafts import charges_of_draft, open_charges_for, visible_drafts
from invoicing.selectors.visible import may_edit_draft
from tenants.access import TenantRequest
from timesheets.models import Charge


@require_GET
@SEE
def draft_charges(request: TenantRequest, pk: int) -> HttpResponse:
    """Line by line; `?line=` shows one line's."""
    return _page(request, _draft(request, pk))


@require_POST
@EDIT
def draft_charge_release(request: TenantRequest, pk: int, charge: int) -> HttpResponse:
    """Take one charge off; it is open again at once, and offered below."""
    draft = _draft(request, pk, to_edit=True)
    try:
        if not charges_of_draft(draft).filter(charge_id=charge).exists():
            raise errors.ChargeNotOnDraft
        release_charge(charge, actor=request.user)
    except DomainError as refusal:
        return _page(request, draft, status=422, refused=str(refusal))
    if "HX-Request" not in request.headers:
        return redirect("invoicing:draft_charges", draft.pk)
    response = _page(request, draft)
    response["HX-Trigger"] = CHANGED["HX-Trigger"]
    return response


@require_POST
@EDIT
def draft_charges_add(request: TenantRequest, pk: int) -> HttpResponse:
    """Put the ticked open charges onto the draft."""
    draft = _draft(request, pk, to_edit=True)
    wanted = {whole(text) for text in request.POST.getlist("charge")}
    if not wanted:
        return _page(request, draft, status=422, refused=_("Tick the charges to be added first."))
    try:
        if open_charges_for(draft, request.membership).filter(pk__in=wanted).count() != len(wanted):
            raise errors.ChargesNotOpen
        add_charges(draft, wanted, actor=request.user)
    except DomainError as refusal:
        return _page(request, draft, status=422, refused=str(refusal), ticked=wanted)
    text = ngettext("%(count)s charge is added.", "%(count)s charges are added.", len(wanted))
    messages.success(request, text % {"count": len(wanted)})
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
    sources = charges_of_draft(draft, [whole(line)] if line else [])
    may_edit = may_edit_draft(request.membership, draft)
    offered: list[Charge] = []
    offered_count = 0
    if may_edit and not line:
        found = open_charges_for(draft, request.membership)
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
    return render(request, "invoicing/draft_charges.html", context, status=status)
