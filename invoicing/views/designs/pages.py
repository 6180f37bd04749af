"""Choosing a design, and setting it with the paper beside the form."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.forms import add_refusal
from core.places import DocumentLanguage
from invoicing.documents.designs.registry import Look, designs, look_of
from invoicing.documents.glyphs import missing_letters
from invoicing.documents.previews import keep_paper, kept_paper
from invoicing.documents.printed import texts_of
from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.samples import sample_invoice
from invoicing.domain.designs import add_design, change_design, free_name, is_usual, usual_template
from invoicing.domain.freezing import seller_copy
from invoicing.models import DocumentTemplate
from invoicing.templating.errors import TemplateRefusedError
from invoicing.views.designs.forms import DesignForm
from invoicing.views.documents.files import file_response
from tenants.access import TenantRequest, permission_required
from tenants.models import Tenant
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs

EDIT = permission_required(Permission.MANAGE_INVOICE_TEMPLATE)


@require_http_methods(["GET", "POST"])
@EDIT
def design_gallery(request: TenantRequest) -> HttpResponse:
    """Each design as a small picture; choosing one makes a template of it."""
    chosen = request.POST.get("design", "")
    if request.method == "POST" and chosen in designs():
        name = free_name(str(designs()[chosen].name))
        template = add_design(chosen, name=name, actor=request.user)
        return redirect("invoicing:design_edit", template.pk)
    context = {
        "designs": designs().values(),
        "own": DocumentTemplate.objects.filter(kind=DocumentTemplate.Kind.DESIGN, is_active=True),
        "usual": usual_template(),
        "tabs": settings_tabs(request.membership, "documents"),
    }
    return render(request, "invoicing/design_gallery.html", context)


@require_http_methods(["GET", "POST"])
@EDIT
def design_edit(request: TenantRequest, pk: int) -> HttpResponse:
    template = _design(pk)
    if "reset" in request.POST:
        # Of its own the form has what is usual; saving it is another step.
        form = _form(DocumentTemplate(name=template.name, design=template.design), template)
    else:
        form = _form(template, template, request.POST or None)
    if request.method == "POST" and "reset" not in request.POST and form.is_valid():
        try:
            change_design(
                template,
                name=form.cleaned_data["name"],
                design=form.look_key,
                settings=form.settings.stored(),
                is_usual=form.cleaned_data["is_usual"],
                actor=request.user,
            )
        except TemplateRefusedError as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Saved. Documents posted from now on look like this."))
            return redirect("invoicing:design_edit", pk)
    context = {
        "template": template,
        "form": form,
        "is_reset": "reset" in request.POST,
        "sample_language": request.tenant.language,
        "languages": DocumentLanguage.choices,
        "tabs": settings_tabs(request.membership, "documents"),
    }
    status = 422 if form.errors else 200
    return render(request, "invoicing/design_edit.html", context, status=status)


@require_POST
@EDIT
def design_paper(request: TenantRequest, pk: int) -> HttpResponse:
    """The sample as the form is now, saved nowhere."""
    form = DesignForm(_design(pk), request.POST)
    form.is_valid()
    language = _language(request, request.POST.get("sample_language", ""))
    look = replace(look_of(form.look_key), settings=form.settings)
    printed = _sample(request, language, look)
    context: dict[str, Any] = {
        "template": form.template,
        "language": language,
        "paper": keep_paper(form.template.pk, request.user.pk, invoice_pdf(printed)),
        "missing": missing_letters(texts_of(printed)),
    }
    return render(request, "invoicing/design_paper.html", context)


@require_GET
@EDIT
def design_sample(request: TenantRequest, pk: int) -> HttpResponseBase:
    """An invented invoice in this design; `?paper=` is what its form was just now."""
    template = _design(pk)
    content = kept_paper(template.pk, request.user.pk, request.GET.get("paper", ""))
    if content is None:
        language = _language(request, request.GET.get("language", ""))
        look = look_of(template.design, template.design_settings)
        content = invoice_pdf(_sample(request, language, look))
    return file_response(request, content, "sample")


def _design(pk: int) -> DocumentTemplate:
    kind = DocumentTemplate.Kind.DESIGN
    template: DocumentTemplate = get_object_or_404(DocumentTemplate, pk=pk, kind=kind)
    return template


def _form(shown: DocumentTemplate, template: DocumentTemplate, data: Any = None) -> DesignForm:
    return DesignForm(shown, data, initial={"is_usual": is_usual(template)})


def _language(request: TenantRequest, asked: str) -> str:
    return asked if asked in DocumentLanguage.values else request.tenant.language


def _sample(request: TenantRequest, language: str, look: Look) -> Any:
    seller = seller_copy(Tenant.objects.get(pk=request.tenant.pk))
    return sample_invoice(seller, language, look=look, with_report=True)
