"""The documents themselves: the stored PDF, the preview of a draft, the work report."""

import logging
from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from invoicing.documents.long_papers import DocumentTooLong, rows_to_print, why_too_long
from invoicing.documents.media_types import media_type
from invoicing.documents.previews import Preview, kept_paper, preview
from invoicing.documents.reporting import report_head, report_rows
from invoicing.documents.reporting import work_report as read_work_report
from invoicing.documents.storing import (
    StoredFileDamaged,
    plain_name,
    stored_bytes,
    stored_document,
    stored_einvoice,
)
from invoicing.documents.words import words_of
from invoicing.models import Invoice
from invoicing.selectors.visible import visible_invoices
from tenants.access import TenantRequest, permission_required
from tenants.exports import csv_response
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
USUAL_WAIT = timedelta(minutes=1)
# Browsers show a PDF with a page of their own, which our policy for pages would stop.
IN_A_VIEWER = {"frame-ancestors": [CSP.SELF]}
logger = logging.getLogger(__name__)


@require_GET
@SEE
def invoice_pdf(request: TenantRequest, pk: int) -> HttpResponseBase:
    """The stored file and nothing else, which a template may have made another one than a PDF; a
    document that is still being made says so. `?kind=docx` asks for the file beside a PDF."""
    invoice = _visible(request, pk)
    if not invoice.is_posted:
        return redirect("invoicing:draft_preview", pk=pk)
    stored = stored_document(invoice, request.GET.get("kind", ""))
    if stored is None:
        if (refusal := why_too_long(rows_to_print(invoice))) is not None:
            return _too_long(request, invoice, refusal)
        assert invoice.posted_at is not None
        return _waiting(
            request, invoice, takes_long=timezone.now() - invoice.posted_at > USUAL_WAIT
        )
    etag = f'"{stored.sha256}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    try:
        content = stored_bytes(stored)
    except StoredFileDamaged:
        return damaged(request, invoice)
    name = plain_name(str(invoice.number))
    response = file_response(request, content, name, ending=stored.kind)
    response["ETag"] = etag
    return response


@require_GET
@SEE
def invoice_einvoice(request: TenantRequest, pk: int) -> HttpResponse:
    """The stored e-invoice; a document without one says so."""
    invoice = _visible(request, pk)
    stored = stored_einvoice(invoice)
    if stored is None:
        messages.info(request, _("This document has no e-invoice."))
        return redirect("invoicing:invoice_detail", pk)
    try:
        content = stored_bytes(stored)
    except StoredFileDamaged:
        return damaged(request, invoice)
    response = HttpResponse(content, content_type="application/xml")
    name = plain_name(str(invoice.number))
    response["Content-Disposition"] = f'attachment; filename="{name}.xml"'
    response["Cache-Control"] = "private, no-cache"
    return response


@require_GET
@SEE
def draft_preview(request: TenantRequest, pk: int) -> HttpResponseBase:
    """The draft as it would be printed, marked as one; `?paper=` is what its form was just now."""
    invoice = _visible(request, pk)
    if invoice.is_posted:
        return redirect("invoicing:invoice_pdf", pk=pk)
    paper = kept_paper(pk, request.user.pk, request.GET.get("paper", ""))
    if paper is not None:
        return file_response(request, paper, _name_of(invoice))
    return _preview(request, invoice, Preview.INVOICE, _name_of(invoice))


@require_GET
@SEE
def work_report(request: TenantRequest, pk: int) -> HttpResponseBase:
    """Who did what, when, and for how long; as a PDF, or as a table with `?format=csv`."""
    invoice = _visible(request, pk)
    words = words_of(invoice.language)
    name = plain_name(f"{words.work_report}-{_name_of(invoice)}".lower())
    if request.GET.get("format") == "csv":
        report = read_work_report(invoice)
        return csv_response(request, name, report_head(words), lambda: report_rows(report, words))
    return _preview(request, invoice, Preview.WORK_REPORT, name)


def _visible(request: TenantRequest, pk: int) -> Invoice:
    invoices = visible_invoices(request.membership).select_related("customer")
    invoice: Invoice = get_object_or_404(invoices, pk=pk)
    return invoice


def _name_of(invoice: Invoice) -> str:
    words = words_of(invoice.language)
    return plain_name(invoice.number or f"{words.draft}-{invoice.pk}".lower())


def _preview(request: TenantRequest, invoice: Invoice, kind: Preview, name: str) -> HttpResponse:
    try:
        made = preview(invoice, kind)
    except DocumentTooLong as refusal:
        return _too_long(request, invoice, refusal)
    if made is None:
        return _waiting(request, invoice, is_large=True)
    if made.pdf:
        return file_response(request, made.pdf, name)
    return file_response(request, made.file, name, ending=made.ending)


def _too_long(request: TenantRequest, invoice: Invoice, refusal: DocumentTooLong) -> HttpResponse:
    context = {"invoice": invoice, "refusal": refusal}
    return render(request, "invoicing/document_too_long.html", context, status=422)


def damaged(request: TenantRequest, invoice: Invoice) -> HttpResponse:
    logger.exception("The file of %s cannot be handed out", invoice.number)
    context = {"invoice": invoice}
    return render(request, "invoicing/document_damaged.html", context, status=500)


def _waiting(
    request: TenantRequest, invoice: Invoice, *, takes_long: bool = False, is_large: bool = False
) -> HttpResponse:
    context = {"invoice": invoice, "takes_long": takes_long, "is_large": is_large}
    response = render(request, "invoicing/document_waiting.html", context, status=202)
    response["Cache-Control"] = "no-store"
    return response


@csp_override(IN_A_VIEWER)
def file_response(
    request: TenantRequest, content: bytes, name: str, *, ending: str = "pdf"
) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type(ending))
    # Only a PDF has a viewer in the browser.
    is_shown = ending == "pdf" and not request.GET.get("download")
    how = "inline" if is_shown else "attachment"
    response["Content-Disposition"] = f'{how}; filename="{name}.{ending}"'
    # Kept by the browser, but asked for each time: the reader may have lost the role.
    response["Cache-Control"] = "private, no-cache"
    return response
