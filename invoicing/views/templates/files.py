"""Files of templates: samples made by them, what was uploaded, and ones to begin with."""

from pathlib import Path

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from core.places import DocumentLanguage
from invoicing.documents.designs.registry import look_of
from invoicing.documents.long_papers import rows_to_print
from invoicing.documents.media_types import media_type
from invoicing.documents.printed import printed_invoice
from invoicing.documents.rendering import invoice_pdf
from invoicing.documents.storing import plain_name
from invoicing.domain.freezing import seller_copy
from invoicing.models import DocumentTemplate, Invoice
from invoicing.selectors.visible import visible_invoices
from invoicing.templating.errors import TemplateRefusedError
from invoicing.templating.fields import KINDS
from invoicing.templating.sample import Sample
from invoicing.templating.trial import made_of_document, made_of_sample, sample_in
from invoicing.views.documents.files import file_response
from invoicing.views.templates.pages import SEE
from tenants.access import TenantRequest
from tenants.models import Tenant

BEGINNINGS = Path(__file__).resolve().parents[2] / "templating" / "samples"


# A longer one takes more seconds than a request may.
MOST_ROWS = 400


class TooLongToTry(TemplateRefusedError):
    message = _("%(document)s has more than %(most)d lines. Try the template with a shorter one.")


@require_GET
@SEE
def template_sample(request: TenantRequest, pk: int) -> HttpResponseBase:
    """A sample, or a document of the company's own, in this template: `?with=` names the sample, or
    the document by its id; `?language=` is a sample's, `?version=` an uploaded file's, and
    `?kind=file` asks for the filled file."""
    template: DocumentTemplate = get_object_or_404(DocumentTemplate.objects.all(), pk=pk)
    invoice = _own_document(request)
    try:
        if template.is_design:
            return file_response(request, _designed(request, template, invoice), "sample")
        return _filled(request, template, invoice)
    except TemplateRefusedError as refused:
        context = {"template": template, "refusal": refused}
        return render(request, "invoicing/templates/no_sample.html", context, status=422)


def _own_document(request: TenantRequest) -> Invoice | None:
    asked = request.GET.get("with", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 18):
        return None
    documents = visible_invoices(request.membership).select_related("customer", "project")
    invoice: Invoice = get_object_or_404(documents, pk=asked)
    return invoice


def _checked(invoice: Invoice) -> Invoice:
    if rows_to_print(invoice) > MOST_ROWS:
        raise TooLongToTry(document=str(invoice), most=MOST_ROWS)
    return invoice


def _case(request: TenantRequest) -> Sample:
    asked = request.GET.get("with", "")
    return Sample(asked) if asked in set(Sample) else Sample.INVOICE


def _language(request: TenantRequest) -> str:
    language = request.GET.get("language", "")
    return language if language in DocumentLanguage.values else str(request.tenant.language)


def _designed(request: TenantRequest, template: DocumentTemplate, invoice: Invoice | None) -> bytes:
    look = look_of(template.design, template.design_settings)
    if invoice is not None:
        return invoice_pdf(printed_invoice(_checked(invoice), look))
    seller = seller_copy(Tenant.objects.get(pk=request.tenant.pk))
    return invoice_pdf(
        sample_in(look, seller=seller, language=_language(request), case=_case(request))
    )


def _filled(
    request: TenantRequest, template: DocumentTemplate, invoice: Invoice | None
) -> HttpResponseBase:
    tenant = Tenant.objects.get(pk=request.tenant.pk)
    asked = request.GET.get("version", "")
    versions = template.versions.order_by("-number")
    if asked.isdecimal() and len(asked) < 9:
        versions = versions.filter(number=asked)
    version = versions.first()
    if version is None:
        raise Http404
    content, language = bytes(version.content), _language(request)
    if invoice is not None:
        made = made_of_document(template.kind, content, tenant=tenant, invoice=_checked(invoice))
        language = invoice.language
    else:
        made = made_of_sample(
            template.kind, content, tenant=tenant, language=language, case=_case(request)
        )
    name = plain_name(f"{template.name}-{version.number}-{language}")
    if made.pdf and request.GET.get("kind") != "file":
        return file_response(request, made.pdf, name)
    if not made.file:
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
