"""The pages of a credit note's draft, and of cancelling an invoice."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.forms import DateInput, add_refusal, typed_number
from core.money import places
from invoicing import errors
from invoicing.credit_rows import (
    CreditRows,
    drafted_lines,
    stored_rows,
    take_hours,
    typed_rows,
)
from invoicing.domain import four_eyes
from invoicing.domain.crediting import (
    cancel_invoice,
    draft_credit_note,
    post_or_leave,
    save_credit_note,
)
from invoicing.domain.credits import left_of
from invoicing.draft_forms import whole
from invoicing.draft_page import document_url
from invoicing.models import DocumentKind, Invoice, Source
from invoicing.posting_views import ids_in, leave
from invoicing.selectors.discarded import tied_to, work_on
from invoicing.selectors.visible import visible_invoices
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

CREDIT = permission_required(Permission.CREDIT_INVOICE)
PAGE, CANCEL = "invoicing/credit_note.html", "invoicing/cancel.html"
# So many hours can be chosen one by one.
MOST_LISTED = 5000
KEPT = ("kept", "kept_charge")


class CreditForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Stands on the credit note."),
        error_messages={"required": gettext_lazy("Say why. The reason stands on it.")},
    )
    issue_date = forms.DateField(label=gettext_lazy("Date"), widget=DateInput)
    comment = forms.CharField(
        label=gettext_lazy("Text on the credit note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 2, "data-autosize": True}),
    )


@require_http_methods(["GET", "POST"])
@CREDIT
def invoice_credit(request: TenantRequest, pk: int) -> HttpResponse:
    """The draft of a credit note for this invoice, made by the first saving."""
    invoice = posted_invoice(request, pk)
    lines = drafted_lines(invoice)
    note = lines[0].invoice if lines else None
    left = left_of([invoice])[invoice.pk]
    if left.is_empty and note is None:
        messages.warning(request, str(errors.NothingLeftToCredit(invoice=invoice)))
        return redirect(document_url(invoice))
    if request.method == "GET":
        initial = (
            {"reason": note.reason, "issue_date": note.issue_date, "comment": note.comment}
            if note
            else {"issue_date": timezone.localdate()}
        )
        return _show(request, invoice, note, CreditForm(initial=initial), stored_rows(left, lines))
    form, rows = CreditForm(request.POST), typed_rows(left, request.POST)
    if not (form.is_valid() and rows.is_sound):
        return _show(request, invoice, note, form, rows, status=422)
    try:
        saved = _save(request, invoice, note, form, rows)
    except DomainError as refusal:
        add_refusal(form, refusal)
        return _show(request, invoice, note, form, rows, status=422)
    if saved.is_posted:
        messages.success(request, _("Credit note %(number)s is posted.") % {"number": saved.number})
        return redirect(document_url(saved))
    if "post" in request.POST:
        messages.success(request, _("The draft is saved. Another person posts it."))
    else:
        messages.success(request, _("Saved."))
    return redirect("invoicing:invoice_credit", invoice.pk)


@transaction.atomic
def _save(
    request: TenantRequest,
    invoice: Invoice,
    note: Invoice | None,
    form: CreditForm,
    rows: CreditRows,
) -> Invoice:
    """Save, and post where that was pressed; both or neither, or a draft for another person."""
    values: dict[str, Any] = {**form.cleaned_data, "actor": request.user}
    if note is None:
        saved = draft_credit_note(invoice, rows.credits(), **values)
    else:
        version = whole(request.POST.get("version", ""))
        saved = save_credit_note(note, rows.credits(), version=version, **values)
    return post_or_leave(saved, actor=request.user) if "post" in request.POST else saved


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
        "form": form,
        "rows": rows.rows,
        "post_refusal": _post_refusal(request, note),
        "choices": [("free", _("Free again")), ("keep", _("Keep as billed")),
                    ("chosen", _("Choose entries"))],
        **_sums(rows),
    }  # fmt: skip
    return render(request, PAGE, context, status=status)


def _post_refusal(request: TenantRequest, note: Invoice | None) -> str:
    """Why this person cannot post it, where two have to look at each document."""
    if not request.tenant.four_eyes:
        return ""
    if note is None:
        return _("The company demands two people: another person posts it.")
    found = four_eyes.refusals([note], tenant=request.tenant, actor=request.user)
    return str(found.get(note.pk, ""))


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
    refused, status = "", 200
    if request.method == "POST":
        kept, kept_charges = _kept(request, invoice)
        try:
            note = cancel_invoice(
                invoice,
                reason=request.POST.get("reason", "")[:300],
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
            return leave(request, document_url(invoice))
    work = work_on([invoice])
    is_listed = 0 < work["entries"] + work["charges"] <= MOST_LISTED
    listed = list(tied_to([invoice])) if is_listed else []
    entries, charges = (set(ids_in(request.POST.getlist(name))) for name in KEPT)
    context = {
        "invoice": invoice,
        "refused": refused,
        "reason": request.POST.get("reason", ""),
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


def posted_invoice(request: TenantRequest, pk: int) -> Invoice:
    """A posted invoice that this person sees; anything else is not there."""
    invoice: Invoice = get_object_or_404(
        visible_invoices(request.membership).select_related("customer"), pk=pk
    )
    if not invoice.is_posted or invoice.kind != DocumentKind.INVOICE:
        raise Http404
    return invoice
