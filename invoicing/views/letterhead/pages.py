"""The settings of the company's paper, with a sample beside them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.forms import add_refusal
from core.places import DocumentLanguage
from invoicing.documents.designs.choosing import company_look
from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.samples import sample_invoice
from invoicing.domain.freezing import seller_copy
from invoicing.domain.letterheads import change_letterhead
from invoicing.letterhead_errors import LetterheadRefused
from invoicing.views.documents.files import file_response
from invoicing.views.letterhead.forms import LetterheadForm
from tenants.access import TenantRequest, permission_required
from tenants.errors import SettingsRefused
from tenants.models import Tenant
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs

EDIT = permission_required(Permission.MANAGE_INVOICE_TEMPLATE)


@require_http_methods(["GET", "POST"])
@EDIT
def letterhead(request: TenantRequest) -> HttpResponse:
    # A fresh copy: a refused form must not change what the page says of the company.
    instance = Tenant.objects.get(pk=request.tenant.pk)
    form = LetterheadForm(request.POST or None, request.FILES or None, instance=instance)
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = form.cleaned_data
        upload = values.pop("logo", None)
        without_logo = values.pop("without_logo", False)
        try:
            _tenant, repaired = change_letterhead(
                request.tenant,
                actor=request.user,
                logo=upload,
                without_logo=without_logo,
                **values,
            )
        except (LetterheadRefused, SettingsRefused) as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Saved. The sample shows how documents look from now on."))
            for sentence in repaired:
                messages.warning(request, sentence)
            return redirect("invoicing:letterhead")
    context = {
        "form": form,
        "has_logo": bool(instance.logo),
        "sample_language": request.tenant.language,
        "languages": DocumentLanguage.choices,
        "tabs": settings_tabs(request.membership, "documents"),
    }
    return render(request, "invoicing/letterhead.html", context, status=422 if form.errors else 200)


@require_GET
@EDIT
def letterhead_sample(request: TenantRequest) -> HttpResponseBase:
    """An invented invoice on the company's paper, in the language asked for."""
    language = request.GET.get("language", "")
    if language not in DocumentLanguage.values:
        language = request.tenant.language
    seller = seller_copy(Tenant.objects.get(pk=request.tenant.pk))
    content = invoice_pdf(sample_invoice(seller, language, look=company_look()))
    return file_response(request, content, "sample")
