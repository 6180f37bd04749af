"""Discarding drafts, the list of what was discarded, bringing back, and deleting for good."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import text_of
from core.lists import ids_in, is_list_request, order_by_request, page_of
from core.templatetags.figures import hours
from invoicing import errors
from invoicing.domain.discarding import (
    Kept,
    Restored,
    delete_drafts,
    discard_drafts,
    restore_drafts,
)
from invoicing.domain.drafting import not_a_draft
from invoicing.models import Invoice, Source
from invoicing.selectors.discarded import (
    discarded_drafts,
    tied_to,
    work_on,
)
from invoicing.selectors.visible import discardable, visible_invoices
from invoicing.views.drafts import undo as discard_undo
from invoicing.views.drafts.lists import MAKES_DRAFTS
from invoicing.views.drafts.page import document_url
from invoicing.views.drafts.steps import drafts_url
from invoicing.views.posting import gross_sums, leave, ticked_drafts
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

MAKE = permission_required(*MAKES_DRAFTS)
SEE = permission_required(
    Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE, Permission.CREATE_INVOICE,
    Permission.CREATE_PROJECT_INVOICE,
)  # fmt: skip
QUESTION, DELETE = "invoicing/discard.html", "invoicing/delete_drafts.html"
LIST = "invoicing/discarded_list.html"
SORTS = {
    "customer": ["billing_name", "pk"],
    "gross": ["gross_total"],
    "discarded": ["discarded_at", "pk"],
}
# So many can be chosen one by one; of more all stay billed or none.
MOST_LISTED = 1000
TOLD = 3


@require_http_methods(["GET", "POST"])
@MAKE
def draft_discard(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask what becomes of its hours, then take the draft out of the lists."""
    seen = visible_invoices(request.membership).select_related("customer", "project", "corrects")
    draft = get_object_or_404(seen, pk=pk)
    if draft.is_draft and not discardable(request.membership).filter(pk=pk).exists():
        raise PermissionDenied
    if not draft.is_draft:
        messages.warning(request, str(not_a_draft(draft)))
        return redirect(document_url(draft) if draft.is_posted else reverse("invoicing:discarded"))
    if request.method == "POST":
        return _discard(request, [draft])
    return _question(request, [draft])


@require_POST
@MAKE
def discard_many(request: TenantRequest) -> HttpResponse:
    """Ask about the ticked drafts; `go` discards them."""
    found = {draft.pk: draft for draft in ticked_drafts(request)}
    mine = discardable(request.membership).filter(pk__in=found)
    drafts = [found[pk] for pk in mine.order_by("issue_date", "pk").values_list("pk", flat=True)]
    if not drafts:
        sentence = errors.NoLongerDrafts() if request.POST.getlist("pk") else errors.NothingTicked()
        return render(request, QUESTION, {"refusal": str(sentence)}, status=422)
    if "go" in request.POST:
        return _discard(request, drafts)
    return _question(request, drafts)


def _question(
    request: TenantRequest, drafts: Sequence[Invoice], *, refused: str = "", status: int = 200
) -> HttpResponse:
    on_them = work_on(drafts)
    pieces = on_them["entries"] + on_them["charges"]
    may_choose = request.membership.may(Permission.MARK_BILLED) and pieces
    listed = list(tied_to(drafts)) if may_choose and pieces <= MOST_LISTED else []
    asked = _kept(request)
    context = {
        "drafts": drafts,
        "draft": drafts[0] if len(drafts) == 1 else None,
        "sums": gross_sums(drafts),
        "may_choose": may_choose,
        "listed": listed,
        "ticked": {
            source.pk
            for source in listed
            if source.time_entry_id in asked.entries or source.charge_id in asked.charges
        },
        "work": request.POST.get("work", "free"),
        "note": text_of(request, "note"),
        "refused": refused,
        **on_them,
    }
    return render(request, QUESTION, context, status=status)


def _discard(request: TenantRequest, drafts: Sequence[Invoice]) -> HttpResponse:
    try:
        found = discard_drafts(
            [draft.pk for draft in drafts],
            actor=request.user,
            kept=_kept(request),
            note=text_of(request, "note"),
        )
    except DomainError as refusal:
        return _question(request, drafts, refused=str(refusal), status=422)
    discard_undo.remember(request, found)
    return leave(request, drafts_url(request))


def _kept(request: TenantRequest) -> Kept:
    """What stays billed, as it was asked by somebody who may say so."""
    work = request.POST.get("work", "free")
    if work == "free" or not request.membership.may(Permission.MARK_BILLED):
        return Kept()
    if work == "billed":
        return Kept(all=True)
    return Kept(
        entries=ids_in(request.POST.getlist("kept")),
        charges=ids_in(request.POST.getlist("kept_charge")),
    )


@require_GET
@SEE
def discarded(request: TenantRequest) -> HttpResponse:
    """What was discarded, the last first."""
    rows = order_by_request(
        request, discarded_drafts(request.membership), SORTS, default="-discarded"
    )
    page = page_of(request, rows)
    may = request.membership.may
    context = {
        "page": page,
        "default_sort": "-discarded",
        "may_restore": any(map(may, MAKES_DRAFTS)),
        "may_delete": may(Permission.DELETE_INVOICE),
    }
    return render(request, LIST + ("#list" if is_list_request(request) else ""), context)


@require_POST
@MAKE
def drafts_restore(request: TenantRequest) -> HttpResponse:
    """Bring back the ticked ones, or those that were discarded just now."""
    wanted = ids_in(request.POST.getlist("pk"))
    if "undo" in request.POST:
        wanted = discard_undo.offered(request)
        discard_undo.forget(request)
    mine = discardable(request.membership).filter(pk__in=wanted)
    ids = list(mine.values_list("pk", flat=True))
    try:
        restored = restore_drafts(ids, actor=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return leave(request, reverse("invoicing:discarded"))
    if not restored:
        messages.warning(request, _("None of these is discarded any more. Look at the list again."))
        return leave(request, reverse("invoicing:discarded"))
    _tell(request, restored)
    if len(restored) == 1:
        return leave(request, reverse("invoicing:draft_edit", args=[restored[0].draft.pk]))
    return leave(request, reverse("invoicing:draft_list"))


def _tell(request: TenantRequest, restored: Sequence[Restored]) -> None:
    count = len(restored)
    text = ngettext("%(count)d draft is restored.", "%(count)d drafts are restored.", count)
    messages.success(request, text % {"count": count})
    gone = [source for one in restored for source in one.gone]
    if not gone:
        return
    named = [words for source in gone if (words := _words(source))]
    more = "" if len(named) <= TOLD and len(named) == len(gone) else " …"
    text = ngettext(
        "%(count)d entry stays off, because it was changed or invoiced since: %(which)s",
        "%(count)d entries stay off, because they were changed or invoiced since: %(which)s",
        len(gone),
    )
    messages.warning(request, text % {"count": len(gone), "which": ", ".join(named[:TOLD]) + more})


def _words(source: Source) -> str:
    """Empty for work that was deleted meanwhile."""
    if source.charge is not None:
        return str(source.charge)
    if source.time_entry is None:
        return ""
    entry = source.time_entry
    day = date_format(entry.work_date, "SHORT_DATE_FORMAT")
    return f"{day} {entry.member.name} {hours(source.minutes)}"


@require_POST
@permission_required(Permission.DELETE_INVOICE)
def drafts_delete(request: TenantRequest) -> HttpResponse:
    """Ask about the ticked drafts or discarded ones; `go` removes them for good."""
    found = visible_invoices(request.membership).exclude(status=Invoice.Status.POSTED)
    drafts = list(
        found.filter(pk__in=ids_in(request.POST.getlist("pk")))
        .select_related("customer", "project")
        .order_by("issue_date", "pk")
    )
    if not drafts:
        refused = {"refusal": str(errors.NothingTicked())}
        return render(request, DELETE, refused, status=422)
    if "go" not in request.POST:
        context: dict[str, Any] = {"drafts": drafts, "sums": gross_sums(drafts), **work_on(drafts)}
        return render(request, DELETE, context)
    try:
        count = delete_drafts([draft.pk for draft in drafts], actor=request.user)
    except DomainError as refused:
        return render(request, DELETE, {"refusal": str(refused)}, status=422)
    text = ngettext(
        "%(count)d draft is deleted for good.", "%(count)d drafts are deleted for good.", count
    )
    messages.success(request, text % {"count": count})
    return leave(request, reverse("invoicing:discarded"))
