"""A credit note for an invoice of more lines than one form holds: its head, a page of lines, and
each line opened by itself."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.dialogs import close_dialog
from core.errors import DomainError
from core.forms import add_refusal
from core.lists import page_of
from invoicing import errors
from invoicing.domain.credit_lines import LineCredit
from invoicing.domain.crediting import draft_credit_note, save_credited_line, whole_credit
from invoicing.domain.credits import left_of
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors.discarded import tied_to
from invoicing.selectors.long_documents import LINES_PER_PAGE, lines_with, size_of, words_in
from invoicing.views.credits.page import (
    CREDIT,
    CreditForm,
    post_refusal,
    posted_invoice,
    reason_field,
    save_credit,
    saved_credit,
)
from invoicing.views.credits.rows import CreditRow, listed_rows, stored_rows, typed_rows
from invoicing.views.drafts.forms import whole
from invoicing.views.drafts.page import document_url, stored_totals, systems_url
from invoicing.views.drafts.steps import steps_from
from tenants.access import TenantRequest

PAGE, LINE = "invoicing/credit_long.html", "invoicing/credit_line.html"
CHANGED = "credit:line"
# So many hours of one line can be chosen one by one.
MOST_LISTED = 500


def credit_long(request: TenantRequest, invoice: Invoice) -> HttpResponse:
    """The first saving credits all that is left; with a draft only its head is saved here."""
    note = _draft_of(invoice)
    if request.method == "GET":
        if request.headers.get("HX-Target") == "credit-lines":
            context = {"invoice": invoice, "note": note, "is_swap": True}
            context |= _lines(request, invoice, note)
            return render(request, "invoicing/credit_long_rows.html", context)
        return _show(
            request,
            invoice,
            note,
            CreditForm(invoice=invoice, note=note, membership=request.membership),
        )
    form = CreditForm(request.POST, invoice=invoice, note=note, membership=request.membership)
    if not form.is_valid():
        return _show(request, invoice, note, form, status=422)
    try:
        credits = None if note else whole_credit(left_of([invoice])[invoice.pk])
        saved = save_credit(request, invoice, note, form, credits)
    except DomainError as refusal:
        add_refusal(form, refusal)
        return _show(request, invoice, note, form, status=422)
    return saved_credit(request, invoice, saved)


def _draft_of(invoice: Invoice) -> Invoice | None:
    notes = invoice.credit_notes.filter(status=Invoice.Status.DRAFT)
    found: Invoice | None = notes.select_related("created_by").first()
    return found


def _show(
    request: TenantRequest,
    invoice: Invoice,
    note: Invoice | None,
    form: CreditForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = _lines(request, invoice, note)
    if note is None and context["is_spent"]:
        messages.warning(request, str(errors.NothingLeftToCredit(invoice=invoice)))
        return redirect(document_url(invoice))
    context |= {
        "invoice": invoice,
        "note": note,
        "steps": steps_from(request, note) if note else None,
        "systems_url": systems_url(note) if note else "",
        "form": form,
        # As the form was made: one that is refused stays as old as it was.
        "version": form.data.get("version", note.version if note else ""),
        "post_refusal": post_refusal(request, note),
    }
    return render(request, PAGE, context, status=status)


def _lines(request: TenantRequest, invoice: Invoice, note: Invoice | None) -> dict[str, Any]:
    words, on_note = words_in(request.GET.get("q", "")), request.GET.get("on") == "1"
    found = lines_with(invoice.lines.filter(kind=InvoiceLine.Kind.ITEM), words)
    if on_note and note is not None:
        found = found.filter(credit_lines__invoice=note)
    if note is not None:
        own = note.lines.filter(corrects_line=OuterRef("pk")).order_by()
        found = found.annotate(
            credited_quantity=Subquery(own.values("quantity")),
            credited_net=Subquery(own.values("net")),
        )
    is_all = not words and not (on_note and note)
    page = page_of(
        request,
        found,
        per_page=LINES_PER_PAGE,
        count=size_of(invoice).items if is_all else None,
    )
    left = left_of([invoice], lines=page)[invoice.pk]
    return {
        "page": page,
        "rows": listed_rows(left),
        "asked": " ".join(words),
        "on_note": on_note,
        "is_spent": left.is_spent,
        "left_gross": left.gross,
        "currency": invoice.currency,
        **(stored_totals(note) if note else {}),
    }


class LineReason(forms.Form):
    """Asked for with the first line, which makes the draft."""

    reason = reason_field()


@require_http_methods(["GET", "POST"])
@CREDIT
def invoice_credit_line(request: TenantRequest, pk: int, line: int) -> HttpResponse:
    """What is taken back of one line, and which of its work is free again."""
    invoice = posted_invoice(request, pk)
    note = _draft_of(invoice)
    found: InvoiceLine = get_object_or_404(
        invoice.lines.filter(kind=InvoiceLine.Kind.ITEM), pk=line
    )
    left = left_of([invoice], lines=[found])[invoice.pk]
    form = LineReason(request.POST or None, initial={"reason": request.GET.get("reason", "")})
    if request.method == "GET":
        credited = list(note.lines.filter(corrects_line=line)) if note else []
        rows = stored_rows(left, credited).rows
        if not rows:
            messages.warning(request, str(errors.NothingLeftToCredit(invoice=invoice)))
            return _leave(request, invoice)
        return _show_line(request, invoice, note, rows[0], form)
    rows = typed_rows(left, request.POST).rows
    if not rows:
        return _leave(request, invoice)
    [row] = rows
    if row.error or (note is None and not form.is_valid()):
        return _show_line(request, invoice, note, row, form, status=422)
    try:
        saved = _save_line(request, invoice, note, row, form)
    except DomainError as refusal:
        status = 409 if isinstance(refusal, errors.DraftChanged) else 422
        return _show_line(request, invoice, note, row, form, status=status, refused=str(refusal))
    versions = {"from": saved.version - 1 if note else "", "to": saved.version}
    return _leave(request, invoice, versions)


@transaction.atomic
def _save_line(
    request: TenantRequest, invoice: Invoice, note: Invoice | None, row: CreditRow, form: LineReason
) -> Invoice:
    credit = row.credit()
    if "remove" in request.POST:
        credit = LineCredit(line_id=row.key, quantity=row.quantity * 0)
    if note is None:
        return draft_credit_note(
            invoice,
            [credit],
            reason=form.cleaned_data["reason"],
            issue_date=timezone.localdate(),
            actor=request.user,
        )
    version = whole(request.POST.get("version", ""))
    return save_credited_line(note, credit, version=version, actor=request.user)


def _leave(
    request: TenantRequest, invoice: Invoice, versions: Mapping[str, Any] | None = None
) -> HttpResponse:
    if "HX-Request" in request.headers:
        return close_dialog(CHANGED, versions or {})
    return redirect("invoicing:invoice_credit", invoice.pk)


def _show_line(
    request: TenantRequest,
    invoice: Invoice,
    note: Invoice | None,
    row: CreditRow,
    form: LineReason,
    *,
    status: int = 200,
    refused: str = "",
) -> HttpResponse:
    work = row.hours
    listed = list(
        tied_to([invoice]).filter(line=row.key)[:MOST_LISTED]
        if work and work.entries + work.charges <= MOST_LISTED
        else []
    )
    chosen, charges = set(row.freed), set(row.freed_charges)
    context = {
        "invoice": invoice,
        "note": note,
        "row": row,
        "form": form,
        "refused": refused,
        "is_credited": note is not None and note.lines.filter(corrects_line=row.key).exists(),
        "listed": listed,
        "ticked": {
            source.pk
            for source in listed
            if source.time_entry_id in chosen or source.charge_id in charges
        },
        "choices": [
            ("free", _("Free again")),
            ("keep", _("Keep as billed")),
            *([("chosen", _("Choose entries"))] if listed else []),
        ],
        "entry_name": f"free-{row.key}",
        "charge_name": f"free-charge-{row.key}",
    }
    return render(request, LINE, context, status=status)
