"""E-invoices in readable form: files from elsewhere, and those of our own documents.

Of a file from elsewhere nothing is stored or booked: it is read, judged, shown and forgotten.
"""

import logging

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from invoicing.documents.storing import StoredFileDamaged, stored_bytes, stored_einvoice
from invoicing.einvoices.checking.findings import NotReadable, RulesNotAvailable
from invoicing.einvoices.inspecting import MOST_BYTES, inspect, read
from invoicing.einvoices.shown import shown, shown_findings
from invoicing.models import Invoice
from invoicing.selectors.visible import visible_invoices
from invoicing.views.documents.files import damaged
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE, Permission.VIEW_PROJECT_INVOICE)
logger = logging.getLogger(__name__)


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("E-invoice"),
        allow_empty_file=True,  # the reader has a better sentence for it
        error_messages={"required": gettext_lazy("Choose a file first.")},
        widget=forms.FileInput(attrs={"accept": ".xml,.pdf,application/pdf", "data-drop": ""}),
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        self.name = file.name
        content: bytes = file.read()
        return content


@require_http_methods(["GET", "POST"])
@SEE
def einvoice_viewer(request: TenantRequest) -> HttpResponse:
    """Drop a file, see what it says and whether it passes."""
    if request.method == "GET":
        return render(request, "invoicing/einvoices/viewer.html", {"form": FileForm()})
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            inspected = inspect(form.cleaned_data["file"])
        except NotReadable as refusal:
            form.add_error("file", _("This file cannot be read: %(why)s.") % {"why": refusal})
        except RulesNotAvailable:
            logger.exception("No verdict over a file from elsewhere")
            form.add_error("file", _("The rules gave no verdict just now. Try it again."))
        else:
            context = {
                "form": FileForm(),
                "name": form.name,
                "inspected": inspected,
                "findings": shown_findings(inspected.findings),
                "shown": shown(inspected.said) if inspected.said else None,
            }
            return render(request, "invoicing/einvoices/viewer.html", context)
    return render(request, "invoicing/einvoices/viewer.html", {"form": form}, status=422)


@require_GET
@SEE
def invoice_einvoice_read(request: TenantRequest, pk: int) -> HttpResponse:
    """The stored e-invoice of a document, in readable form. It was checked when it was made."""
    invoice: Invoice = get_object_or_404(visible_invoices(request.membership), pk=pk)
    stored = stored_einvoice(invoice)
    if stored is None:
        messages.info(request, _("This document has no e-invoice."))
        return redirect("invoicing:invoice_detail", pk)
    try:
        profile, said = read(stored_bytes(stored))
    except StoredFileDamaged:
        return damaged(request, invoice)
    context = {"invoice": invoice, "stored": stored, "profile": profile, "shown": shown(said)}
    return render(request, "invoicing/einvoices/stored.html", context)
