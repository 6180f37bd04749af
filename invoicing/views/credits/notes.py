"""The pages of a credit note's draft, and of cancelling an invoice."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.forms import add_refusal, text_of, typed_number
from core.lists import ids_in
from core.money import places
from invoicing import errors
from invoicing.domain.crediting import cancel_invoice
from invoicing.domain.credits import left_of
from invoicing.models import Invoice, Source
from invoicing.selectors.discarded import tied_to, work_on
from invoicing.selectors.long_documents import size_of
from invoicing.views.credits.long_documents import credit_long
from invoicing.views.credits.page import (
    CREDIT,
    READ,
    CreditForm,
    post_refusal,
    posted_invoice,
    save_credit,
    saved_credit,
    tell_of_credit,
)
from invoicing.views.credits.reading import read_note
from invoicing.views.credits.rows import (
    CreditRows,
    drafted_lines,
    stored_rows,
    take_hours,
    typed_rows,
)
from invoicing.views.drafts.forms import whole
from invoicing.views.drafts.page import document_url, systems_url
from invoicing.views.drafts.steps import steps_from
from invoicing.views.posting import leave
from tenants.access import TenantRequest
from tenants.roles import Permission

PAGE, CANCEL = "invoicing/credit_note.html", "invoicing/cancel.html"
# So many hours can be chosen one by one.
MOST_LISTED = 5000
KEPT = ("kept", "kept_charge")


@require_http_methods(["GET", "POST"])
@READ
def invoice_credit(request: TenantRequest, pk: int) -> HttpResponse:
    """The draft of a credit note for this invoice, made by the first saving."""
    if not request.membership.may(Permission.CREDIT_INVOICE):
        return read_note(request, pk)
    invoice = posted_invoice(request, pk)
    return credit_long(request, invoice) if size_of(invoice).is_long else _credit(request, invoice)


def _credit(request: TenantRequest, invoice: Any) -> HttpResponse:
    lines = drafted_lines(invoice)
    note = lines[0].invoice if lines else None
    left = left_of([invoice])[invoice.pk]
    if left.is_empty and note is None:
        messages.warning(request, str(errors.NothingLeftToCredit(invoice=invoice)))
        return redirect(document_url(invoice))
    if request.method == "GET":
        form = CreditForm(invoice=invoice, note=note, membership=request.membership)
        return _show(request, invoice, note, form, stored_rows(left, lines))
    form = CreditForm(request.POST, invoice=invoice, note=note, membership=request.membership)
    rows = typed_rows(left, request.POST)
    if not (form.is_valid() and rows.is_sound):
        return _show(request, invoice, note, form, rows, status=422)
    try:
        saved = save_credit(request, invoice, note, form, rows.credits())
    except DomainError as refusal:
        add_refusal(form, refusal)
        return _show(request, invoice, note, form, rows, status=422)
    return saved_credit(request, invoice, saved)


def _show(
    request: TenantRequest,
    invoice: Invoice,
    note: Invoice | None,
    form: CreditForm,
    rows: CreditRows,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "invoice": invoice,
        "note": note,
        "steps": steps_from(request, note) if note else None,
        "systems_url": systems_url(note) if note else "",
        "form": form,
        "rows": rows.rows,
        "post_refusal": post_refusal(request, note),
        "choices": [("free", _("Free again")), ("keep", _("Keep as billed")),
                    ("chosen", _("Choose entries"))],
        **_sums(rows),
    }  # fmt: skip
    return render(request, PAGE, context, status=status)


@require_POST
@CREDIT
def invoice_credit_sums(request: TenantRequest, pk: int) -> HttpResponse:
    """Sums of what is typed just now, and the figure that follows the one that was changed."""
    invoice = posted_invoice(request, pk)
    data: QueryDict = request.POST.copy()
    data["changed"] = request.headers.get("HX-Trigger-Name", "") or data.get("changed", "")
    rows = typed_rows(left_of([invoice])[invoice.pk], data)
    asked = whole(data.get("hours", ""))
    for row in rows.rows:
        if row.key == asked and row.hours is not None:
            take_hours(row)
    return render(request, "invoicing/credit_sums.html", {"invoice": invoice, **_sums(rows)})


def _sums(rows: CreditRows) -> dict[str, Any]:
    sums, refusal = rows.totals()
    figures = {
        row.key: {
            "quantity": typed_number(row.quantity),
            "amount": typed_number(row.net, least_places=places(rows.currency)),
            "whole": row.net == row.left.net and row.quantity == row.left.quantity,
            "error": row.error,
        }
        for row in rows.rows
    }
    return {
        "sums": sums,
        "sums_refusal": refusal,
        "left_gross": rows.left.gross,
        "left_after": rows.left.gross - sums.gross if sums else None,
        "currency": rows.currency,
        "figures": json.dumps(figures, ensure_ascii=False),
    }


@require_http_methods(["GET", "POST"])
@CREDIT
def invoice_credit_hours(request: TenantRequest, pk: int) -> HttpResponse:
    """The hours of `?line=`, each ticked free or left as billed: those sent along, or else all."""
    invoice = posted_invoice(request, pk)
    if "line" not in request.GET:
        return redirect("invoicing:invoice_credit", invoice.pk)
    line = get_object_or_404(invoice.lines, pk=whole(request.GET.get("line", "")))
    sources = tied_to([invoice]).filter(line=line)[:MOST_LISTED]
    entries = set(ids_in(request.POST.getlist(f"free-{line.pk}")))
    charges = set(ids_in(request.POST.getlist(f"free-charge-{line.pk}")))
    has_all = not entries and not charges and "part" not in request.POST
    context = {
        "invoice": invoice,
        "line": line,
        "sources": sources,
        "ticked": _ticked(sources, entries, charges, all_of_them=has_all),
    }
    return render(request, "invoicing/credit_hours.html", context)


@require_http_methods(["GET", "POST"])
@CREDIT
def invoice_cancel(request: TenantRequest, pk: int) -> HttpResponse:
    """Ask for the reason and what becomes of the hours, then take all of it back."""
    invoice = posted_invoice(request, pk)
    reason = text_of(request, "reason", most=300)
    refused, status = "", 200
    if request.method == "POST":
        kept, kept_charges = _kept(request, invoice)
        try:
            note = cancel_invoice(
                invoice,
                reason=reason,
                actor=request.user,
                kept=kept,
                kept_charges=kept_charges,
            )
        except DomainError as refusal:
            refused, status = str(refusal), 422
        else:
            sentence = (
                _("%(invoice)s is cancelled by %(note)s.")
                if note.is_posted
                else _("The draft is made. %(invoice)s is cancelled once another person posts it.")
            )
            messages.success(request, sentence % {"invoice": invoice.number, "note": note.number})
            tell_of_credit(request, invoice)
            return leave(request, document_url(invoice))
    work = work_on([invoice])
    is_listed = 0 < work["entries"] + work["charges"] <= MOST_LISTED
    listed = list(tied_to([invoice])) if is_listed else []
    entries, charges = (set(ids_in(request.POST.getlist(name))) for name in KEPT)
    context = {
        "invoice": invoice,
        "refused": refused,
        "reason": reason,
        "work": request.POST.get("work", "free"),
        "listed": listed,
        "ticked": _ticked(listed, entries, charges),
        "credit_url": reverse("invoicing:invoice_credit", args=[invoice.pk]),
        **work,
    }
    return render(request, CANCEL, context, status=status)


def _kept(request: TenantRequest, invoice: Invoice) -> tuple[list[int], list[int]]:
    """The hours and charges that stay billed."""
    work = request.POST.get("work", "free")
    if work == "chosen":
        return ids_in(request.POST.getlist(KEPT[0])), ids_in(request.POST.getlist(KEPT[1]))
    if work == "keep":
        tied = list(
            Source.objects.filter(line__invoice=invoice, released_at=None).values_list(
                "time_entry_id", "charge_id"
            )
        )
        entries = [entry for entry, _charge in tied if entry is not None]
        return entries, [charge for _entry, charge in tied if charge is not None]
    return [], []


def _ticked(
    sources: Iterable[Source],
    entries: Collection[int],
    charges: Collection[int],
    *,
    all_of_them: bool = False,
) -> set[int]:
    return {
        source.pk
        for source in sources
        if all_of_them or source.time_entry_id in entries or source.charge_id in charges
    }
