"""The page of a posted document: as the customer sees it, its hours, journal and history."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, page_of
from core.money import ZERO
from core.stepping import kept
from customers.domain import custom_fields
from invoicing.documents.long_papers import rows_to_print, why_too_long
from invoicing.domain.receipts import MOST_BYTES, name_of_receipts, packed, receipts_of
from invoicing.domain.reminding.disputes import open_dispute_of
from invoicing.domain.verifying import check_document
from invoicing.exported import places_of
from invoicing.models import InvoiceFile
from invoicing.selectors.invoice_page import (
    billed_charges,
    billed_hours,
    by_person,
    credit_notes_of,
    history_of,
    hours_of_people,
    journal_of,
    reason_without_pdf,
    shown_invoices,
)
from invoicing.selectors.long_documents import LINES_PER_PAGE, lines_with, words_in
from invoicing.selectors.payments import settlements
from invoicing.selectors.sendings import SendingLog, open_questions, sendings_of
from invoicing.selectors.service_orders import orders_of
from invoicing.views.documents.steps import archive_url, steps_from
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
PAGE = "invoicing/invoice_detail.html"
RENDERED_WITHIN = timedelta(minutes=2)
ENTRIES_PER_PAGE = 200


@require_GET
@SEE
def invoice_detail(request: TenantRequest, pk: int) -> HttpResponse:
    """The document itself; a draft is on its form."""
    invoice = _invoice(request, pk)
    if invoice.is_draft:
        return redirect("invoicing:draft_edit", pk)
    if request.headers.get("HX-Target") == "invoice-lines":
        context = {"invoice": invoice, **_lines(request, invoice)}
        return render(request, "invoicing/invoice_lines.html#list", context)
    return _tab(request, invoice, "document", **_document(request, invoice))


@require_GET
@SEE
def invoice_document(request: TenantRequest, pk: int) -> HttpResponse:
    """The frame of the PDF, which the page asks for until the PDF is there."""
    invoice = _invoice(request, pk)
    if invoice.is_draft or not is_list_request(request):
        return redirect("invoicing:invoice_detail", pk)
    context = {
        "invoice": invoice,
        "is_swap": True,
        **_document(request, invoice),
        **_credits(request, invoice),
    }
    return render(request, "invoicing/invoice_document.html", context)


@require_GET
@SEE
def invoice_hours(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = _invoice(request, pk)
    if invoice.is_draft:
        return redirect("invoicing:draft_edit", pk)
    people = hours_of_people(invoice)
    page = page_of(
        request,
        billed_hours(invoice),
        per_page=ENTRIES_PER_PAGE,
        count=sum(person.entries for person in people),
    )
    return _tab(
        request,
        invoice,
        "hours",
        page=page,
        groups=by_person(list(page), people),
        minutes=sum(person.minutes for person in people),
    )


@require_GET
@SEE
def invoice_charges(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = _invoice(request, pk)
    if invoice.is_draft:
        return redirect("invoicing:draft_edit", pk)
    page = page_of(request, billed_charges(invoice), per_page=ENTRIES_PER_PAGE)
    return _tab(request, invoice, "charges", page=page, receipts=len(receipts_of(invoice)))


@require_GET
@SEE
def invoice_receipts(request: TenantRequest, pk: int) -> HttpResponseBase:
    """The receipts of its charges as one zip."""
    invoice = _invoice(request, pk)
    found = receipts_of(invoice)
    if not found:
        messages.info(request, _("This document has no receipts."))
        return redirect("invoicing:invoice_charges", pk)
    if sum(receipt.size for receipt in found) > MOST_BYTES:
        messages.error(request, _("These receipts are too large for one file. Open them singly."))
        return redirect("invoicing:invoice_charges", pk)
    name = name_of_receipts(invoice)
    return FileResponse(packed(found), as_attachment=True, filename=name)


@require_GET
@SEE
def invoice_payments(request: TenantRequest, pk: int) -> HttpResponse:
    """What was paid and given up, and what of it was taken back."""
    invoice = _invoice(request, pk)
    if invoice.is_draft:
        return redirect("invoicing:draft_edit", pk)
    may = request.membership.may
    return _tab(
        request,
        invoice,
        "payments",
        settlements=list(settlements([invoice])),
        may_take_back=may(Permission.REGISTER_PAYMENT),
        may_open=may(Permission.VIEW_INVOICE),
    )


@require_GET
@SEE
def invoice_journal(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = _invoice(request, pk)
    if invoice.is_draft:
        return redirect("invoicing:draft_edit", pk)
    return _tab(
        request,
        invoice,
        "journal",
        entries=journal_of(invoice, request.tenant),
        may_see_books=request.membership.may(Permission.VIEW_BOOKS),
    )


@require_GET
@SEE
def invoice_history(request: TenantRequest, pk: int) -> HttpResponse:
    invoice = _invoice(request, pk)
    if invoice.is_draft:
        return redirect("invoicing:draft_edit", pk)
    return _tab(
        request, invoice, "history", events=history_of(invoice), check=check_document(invoice)
    )


@require_GET
@permission_required(Permission.VIEW_EXPORTS, Permission.MANAGE_INTEGRATIONS)
def invoice_exports(request: TenantRequest, pk: int) -> HttpResponse:
    """What the accounting systems got of it; the list itself comes from the room that sends."""
    invoice = _invoice(request, pk)
    if invoice.is_draft:
        return redirect("invoicing:draft_edit", pk)
    return _tab(request, invoice, "exports", exports_url=_exports_url(pk))


def _invoice(request: TenantRequest, pk: int) -> Any:
    return get_object_or_404(shown_invoices(request.membership, on=timezone.localdate()), pk=pk)


def _lines(request: TenantRequest, invoice: Any) -> dict[str, Any]:
    """A page of them; the lines of more than a page can be searched."""
    words = words_in(request.GET.get("q", ""))
    found = lines_with(invoice.lines.all(), words)
    count = None if words else invoice.line_count
    return {
        "lines": page_of(request, found, per_page=LINES_PER_PAGE, count=count),
        "asked": " ".join(words),
        "is_long": invoice.line_count > LINES_PER_PAGE,
    }


def _document(request: TenantRequest, invoice: Any) -> dict[str, Any]:
    late = timezone.now() - invoice.posted_at > RENDERED_WITHIN if invoice.posted_at else False
    return {
        "log": sendings_of(invoice) if invoice.has_sendings else SendingLog([]),
        "taxes": invoice.taxes.all(),
        "places": places_of(invoice.pk) if _may_see_exports(request) else [],
        "orders": orders_of(invoice, request.membership)
        if invoice.has_hours or invoice.has_charges
        else [],
        **_lines(request, invoice),
        "is_late": late,
        **_without_pdf(invoice),
        "fields": custom_fields.known_fields(request.membership, "document"),
    }


def _without_pdf(invoice: Any) -> dict[str, Any]:
    """Why there is none, and will be none: the document is too long, or its template makes none."""
    if not invoice.is_posted or invoice.stored_kind == InvoiceFile.Kind.PDF:
        return {}
    if invoice.stored_kind:
        return {"no_pdf_reason": reason_without_pdf(invoice)}
    return {"too_long": why_too_long(rows_to_print(invoice))}


def _tab(request: TenantRequest, invoice: Any, tab: str, **context: Any) -> HttpResponse:
    """The whole page with this tab open, or only the tabs for htmx."""
    context |= {"invoice": invoice, "tab": tab, "tabs": _tabs(request, invoice, tab)}
    context |= _credits(request, invoice)
    if is_list_request(request):
        return render(request, "invoicing/invoice_tabs.html", context)
    context["questions"] = open_questions(invoice) if invoice.has_questions else []
    context["dispute"] = open_dispute_of(invoice) if invoice.has_dispute else None
    context |= {"steps": steps_from(request, invoice), "archive_url": archive_url(request)}
    return render(request, PAGE, context)


def _credits(request: TenantRequest, invoice: Any) -> dict[str, Any]:
    """Its credit notes, and what may be done about it and about what is open."""
    notes = credit_notes_of(invoice) if invoice.has_notes else []
    may_credit = request.membership.may(Permission.CREDIT_INVOICE) and not invoice.is_credit_note
    is_left = not invoice.is_cancelled and (
        invoice.credited_total < invoice.gross_total or not notes
    )
    may_pay = request.membership.may(Permission.REGISTER_PAYMENT) and invoice.open_amount > 0
    return {
        "credit_notes": notes,
        "may_credit": may_credit and is_left,
        "may_cancel": may_credit and not notes,
        "may_pay": may_pay,
        "may_remind": request.membership.may(Permission.SEND_REMINDERS) and invoice.open_amount > 0,
        "credit": invoice.credit if may_pay else ZERO,
    }


def _tabs(request: TenantRequest, invoice: Any, active: str) -> list[dict[str, Any]]:
    hours = [("hours", _("Hours"), "clock", "invoicing:invoice_hours")]
    wanted = [
        ("document", _("Document"), "file-invoice", "invoicing:invoice_detail"),
        *(hours if invoice.has_freed or not invoice.is_credit_note else []),
        ("journal", _("Journal"), "scale", "invoicing:invoice_journal"),
        ("history", _("History"), "history", "invoicing:invoice_history"),
    ]
    if not invoice.is_credit_note:
        wanted.insert(-2, ("payments", _("Payments"), "coins", "invoicing:invoice_payments"))
    if invoice.has_charges:
        wanted.insert(2, ("charges", _("Charges"), "receipt-tax", "invoicing:invoice_charges"))
    if _may_see_exports(request) and _exports_url(invoice.pk):
        wanted.append(("exports", _("Exports"), "transfer", "invoicing:invoice_exports"))
    return [
        {
            "label": label,
            "icon": icon,
            "url": reverse(name, args=[invoice.pk]) + kept(request),
            "active": key == active,
        }
        for key, label, icon, name in wanted
    ]


def _may_see_exports(request: TenantRequest) -> bool:
    may = request.membership.may
    return may(Permission.VIEW_EXPORTS) or may(Permission.MANAGE_INTEGRATIONS)


def _exports_url(pk: int) -> str:
    try:
        return reverse("integrations:invoice_exports", args=[pk])
    except NoReverseMatch:
        return ""
