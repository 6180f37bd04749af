"""Files of templates: samples made by them, what was uploaded, and ones to begin with."""

from pathlib import Path

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core.places import DocumentLanguage
from invoicing.documents.designs.registry import look_of
from invoicing.documents.media_types import media_type
from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.samples import sample_invoice
from invoicing.documents.storing import plain_name
from invoicing.domain.freezing import seller_copy
from invoicing.models import DocumentTemplate
from invoicing.templating.errors import TemplateRefusedError
from invoicing.templating.fields import KINDS
from invoicing.templating.trial import made_of_sample
from invoicing.views.documents.files import file_response
from invoicing.views.templates.pages import SEE
from tenants.access import TenantRequest
from tenants.models import Tenant

BEGINNINGS = Path(__file__).resolve().parents[2] / "templating" / "samples"


@require_GET
@SEE
def template_sample(request: TenantRequest, pk: int) -> HttpResponseBase:
    """The sample invoice; `?language=`, `?version=`, and `?kind=file` for the filled file."""
    template: DocumentTemplate = get_object_or_404(DocumentTemplate.objects.all(), pk=pk)
    language = request.GET.get("language", "")
    if language not in DocumentLanguage.values:
        language = request.tenant.language
    tenant = Tenant.objects.get(pk=request.tenant.pk)
    if template.is_design:
        look = look_of(template.design, template.design_settings)
        content = invoice_pdf(sample_invoice(seller_copy(tenant), language, look=look))
        return file_response(request, content, "sample")
    return _filled(request, template, tenant, language)


def _filled(
    request: TenantRequest, template: DocumentTemplate, tenant: Tenant, language: str
) -> HttpResponseBase:
    asked = request.GET.get("version", "")
    versions = template.versions.order_by("-number")
    if asked.isdecimal() and len(asked) < 9:
        versions = versions.filter(number=asked)
    version = versions.first()
    if version is None:
        raise Http404
    try:
        made = made_of_sample(
            template.kind, bytes(version.content), tenant=tenant, language=language
        )
    except TemplateRefusedError as refused:
        context = {"template": template, "refusal": refused}
        return render(request, "invoicing/templates/no_sample.html", context, status=422)
    name = plain_name(f"{template.name}-{version.number}-{language}")
    if made.pdf and request.GET.get("kind") != "file":
        return file_response(request, made.pdf, name)
    return file_response(request, made.file, name, ending=made.ending)


@require_GET
@SEE
def template_file(request: TenantRequest, pk: int, version: int) -> HttpResponse:
    """A version as it was uploaded. Never shown in the browser: it is somebody's HTML."""
    template: DocumentTemplate = get_object_or_404(DocumentTemplate.objects.all(), pk=pk)
    found = get_object_or_404(template.versions.all(), number=version)
    name = plain_name(f"{template.name}-{found.number}")
    return _attached(bytes(found.content), f"{name}.{template.kind}")


@require_GET
@SEE
def template_beginning(request: TenantRequest, kind: str) -> HttpResponse:
    """A template to begin with."""
    if kind not in KINDS:
        raise Http404
    return _attached((BEGINNINGS / f"invoice.{kind}").read_bytes(), f"invoice.{kind}")


def _attached(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type(name.rpartition(".")[2]))
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response
