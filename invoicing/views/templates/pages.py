"""Templates in the settings: what there is, what each is used for, and what they can say."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.lists import is_list_request, sorted_as_asked
from invoicing.models import DocumentTemplate
from invoicing.selectors.templates import (
    TemplateRow,
    documents_to_try,
    last_day,
    template_rows,
    versions_of,
    with_use,
)
from invoicing.selectors.visible import visible_invoices
from invoicing.templating.fields import OFFICE, all_sections, own_fields
from invoicing.templating.office import pdf as office_pdf
from invoicing.views.templates.forms import ChoiceForm, NameForm, TrialForm, VersionForm
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs

MANAGE, UPLOAD = Permission.MANAGE_INVOICE_TEMPLATE, Permission.UPLOAD_INVOICE_TEMPLATE
SEE = permission_required(MANAGE, UPLOAD)
SORTS: Mapping[str, Callable[[TemplateRow], Any]] = {
    "name": lambda row: (not row.template.is_active, row.template.name.casefold()),
    "kind": lambda row: str(row.template.get_kind_display()),
    "use": lambda row: (row.is_default, len(row.choices)),
    "made": lambda row: row.template.made,
    "last": last_day,
}


@require_GET
@SEE
def template_list(request: TenantRequest) -> HttpResponse:
    context = {
        "rows": _rows(request),
        "default_sort": "name",
        "tabs": settings_tabs(request.membership, "templates"),
    }
    template = "invoicing/templates/list.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context)


@require_GET
@SEE
def template_export(request: TenantRequest, kind: str) -> HttpResponseBase:
    def rows() -> Iterator[list[Any]]:
        for row in _rows(request):
            one = row.template
            use = [str(choice.project or choice.customer or _("All")) for choice in row.choices]
            yield [
                one.name, one.get_kind_display(), ", ".join(use), one.version_count or "",
                one.made, one.last_used,
            ]  # fmt: skip

    return list_file(
        request,
        kind,
        name="templates",
        title=_("Templates"),
        head=[
            _("Template"), _("Kind"), _("Used for"), _("Version"), _("Documents"), _("Last used"),
        ],
        rows=rows,
    )  # fmt: skip


@require_GET
@SEE
def template_detail(request: TenantRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(with_use(DocumentTemplate.objects.all()), pk=pk)
    return detail_page(request, template)


def detail_page(
    request: TenantRequest, template: Any, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """The page of a template; `forms` are those that were refused."""
    if not hasattr(template, "made"):
        template = with_use(DocumentTemplate.objects.all()).get(pk=template.pk)
    versions = versions_of(template)
    usable = next((one for one in versions if not one.findings), None)
    choices = template.choices.select_related("customer", "project__customer")
    drafts, posted = documents_to_try(visible_invoices(request.membership))
    context = {
        "template": template,
        "form": NameForm(initial={"name": template.name}),
        "version_form": VersionForm(),
        "choice_form": ChoiceForm(),
        "versions": versions,
        "newest": versions[0] if versions else None,
        "usable": usable,
        "choices": list(choices.order_by("project__name", "customer__name", "pk")),
        "trial_form": TrialForm(
            initial={"language": request.tenant.language}, drafts=drafts, posted=posted
        ),
        "sample_language": request.tenant.language,
        "is_office": template.kind in OFFICE,
        "why_no_pdf": office_pdf.why_missing() if template.kind in OFFICE else None,
        "tabs": settings_tabs(request.membership, "templates"),
    }
    return render(request, "invoicing/templates/detail.html", context | forms, status=status)


@require_GET
@SEE
def template_placeholders(request: TenantRequest) -> HttpResponse:
    """The whole list; `?q=` narrows it."""
    query = request.GET.get("q", "")[:80].strip()
    sections = []
    for section in all_sections(own_fields()):
        fields = [field for field in section.fields if _matches(field, query)]
        if fields:
            sections.append((section, fields))
    context = {
        "sections": sections,
        "query": query,
        "tabs": settings_tabs(request.membership, "templates"),
    }
    template = "invoicing/templates/placeholders.html"
    return render(request, template + ("#list" if is_list_request(request) else ""), context)


def _matches(field: Any, query: str) -> bool:
    words = f"{field.name} {field.meaning} {field.example}".casefold()
    return all(word in words for word in query.casefold().split())


def _rows(request: TenantRequest) -> list[TemplateRow]:
    return sorted_as_asked(template_rows(), request.GET.get("sort", ""), SORTS, default="name")
