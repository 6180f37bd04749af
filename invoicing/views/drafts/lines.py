"""One line of a draft as a form of its own, for drafts with too many lines for one form."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.dialogs import close_dialog
from core.errors import DomainError
from invoicing import errors
from invoicing.domain.line_editing import remove_line, save_line, state_of
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors.visible import editable_drafts
from invoicing.views.drafts.editing import EDIT
from invoicing.views.drafts.line_book import LineBook, Row, product_search_for
from invoicing.views.drafts.page import with_people
from invoicing.views.drafts.steps import draft_url
from tenants.access import TenantRequest
from tenants.errors import AnsweredAlready

PAGE = "invoicing/draft_line_form.html"
CHANGED = "draft:line"


@require_http_methods(["GET", "POST"])
@EDIT
def draft_line(request: TenantRequest, pk: int, line: int) -> HttpResponse:
    """Look at one line and change it; refused where somebody else has changed it meanwhile."""
    draft = _draft(request, pk)
    stored: InvoiceLine = get_object_or_404(draft.lines.select_related("tax_rate"), pk=line)
    book = LineBook(draft, lines=[stored])
    if request.method == "GET":
        return _show(request, book, book.stored_rows()[0], state=state_of(stored))
    return _sent(request, book)


@require_http_methods(["GET", "POST"])
@EDIT
def draft_line_new(request: TenantRequest, pk: int) -> HttpResponse:
    """Write a line that comes after all others."""
    book = LineBook(_draft(request, pk), lines=[])
    if request.method == "GET":
        kind = request.GET.get("kind", "")
        kind = kind if kind in InvoiceLine.Kind.values else InvoiceLine.Kind.ITEM.value
        return _show(request, book, book.blank_row("n1", kind), state=str(uuid4()))
    return _sent(request, book)


@require_POST
@EDIT
def draft_line_remove(request: TenantRequest, pk: int, line: int) -> HttpResponse:
    """Take one line off the draft; its work is open again at once."""
    draft = _draft(request, pk)
    try:
        saved = remove_line(draft, line, state=request.POST.get("state", ""), actor=request.user)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return _leave(request, draft, None)
    messages.success(request, _("The line is deleted."))
    return _leave(request, draft, saved)


@require_GET
@EDIT
def draft_accounts(request: TenantRequest, pk: int) -> HttpResponse:
    """What the draft's form suggests as accounts, with their names: asked for when somebody first
    goes into the form, not by everybody who opens it."""
    draft = _draft(request, pk)
    context = {"draft": draft, "accounts": LineBook(draft, lines=[]).named_accounts}
    return render(request, "invoicing/draft_accounts.html", context)


def _draft(request: TenantRequest, pk: int) -> Invoice:
    draft: Invoice = get_object_or_404(with_people(editable_drafts(request.membership)), pk=pk)
    return draft


def _sent(request: TenantRequest, book: LineBook) -> HttpResponse:
    rows, refusal = book.typed_rows(request.POST)
    known = {str(line.pk) for line in book.stored} or {"n1"}
    if refusal or [row.key for row in rows] != [*known]:
        messages.warning(request, refusal or str(errors.LineGone()))
        return redirect(draft_url(request, book.draft.pk))
    [row] = rows
    state = request.POST.get("state", "")
    if row.is_untouched:
        row.errors["text"] = _("Say what is invoiced.")
    if row.errors:
        return _show(request, book, row, state=state, status=422)
    try:
        saved = save_line(book.draft, row.edit(), state=state, actor=request.user)
    except errors.LineChanged as refused:
        [stored] = book.stored
        return _show(
            request, book, row, state=state_of(stored), status=409, refused=refused, theirs=stored
        )
    except AnsweredAlready:
        return _leave(request, book.draft, None)
    except DomainError as refused:
        return _show(request, book, row, state=state, status=422, refused=refused)
    return _leave(request, book.draft, saved)


def _leave(request: TenantRequest, draft: Invoice, saved: Invoice | None) -> HttpResponse:
    """Back to the draft, whose head may be half typed: one made from the version before is now one
    of the version that was saved, and any other stays as old as it is."""
    if "HX-Request" not in request.headers:
        return redirect(draft_url(request, draft.pk))
    versions = {"from": saved.version - 1, "to": saved.version} if saved else {}
    return close_dialog(CHANGED, versions)


def _show(
    request: TenantRequest, book: LineBook, row: Row, *, status: int = 200, **more: Any
) -> HttpResponse:
    draft = book.draft
    context = {
        "draft": draft,
        "row": row,
        "accounts": book.named_accounts,
        "product_search": product_search_for(draft),
        "currency": draft.currency,
        "changed_by": draft.changed_by,
        **more,
    }
    return render(request, PAGE, context, status=status)
