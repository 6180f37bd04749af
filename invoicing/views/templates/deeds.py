"""What is done to templates: added, changed, uploaded anew, chosen, put aside."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.forms import add_refusal
from invoicing.domain.templates import (
    add_upload,
    choose,
    put_aside,
    rename_template,
    take_back,
    take_choice_away,
    upload_version,
)
from invoicing.models import DocumentTemplate, TemplateChoice
from invoicing.templating.errors import TemplateRefusedError
from invoicing.views.templates.forms import (
    ChoiceForm,
    NameForm,
    UploadForm,
    VersionForm,
)
from invoicing.views.templates.pages import MANAGE, UPLOAD, detail_page
from tenants.access import TenantRequest, permission_required
from tenants.settings_tabs import settings_tabs

MAY_MANAGE = permission_required(MANAGE)
MAY_UPLOAD = permission_required(UPLOAD)


@require_http_methods(["GET", "POST"])
@MAY_UPLOAD
def template_upload(request: TenantRequest) -> HttpResponse:
    """A file as a new template, tried at once."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_upload(
                name=form.cleaned_data["name"],
                upload=form.cleaned_data["file"],
                tenant=request.tenant,
                actor=request.user,
            )
        except TemplateRefusedError as refused:
            add_refusal(form, refused)
        else:
            _say_what_came_of_it(request, made.versions.get())
            return redirect("invoicing:template_detail", made.pk)
    context = {"form": form, "tabs": settings_tabs(request.membership, "templates")}
    status = 422 if form.errors else 200
    return render(request, "invoicing/templates/upload.html", context, status=status)


@require_POST
@MAY_MANAGE
def template_change(request: TenantRequest, pk: int) -> HttpResponse:
    template = _template(pk)
    form = NameForm(request.POST)
    if form.is_valid() and not template.is_design:
        try:
            rename_template(template, name=form.cleaned_data["name"], actor=request.user)
        except TemplateRefusedError as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("invoicing:template_detail", pk)
    return detail_page(request, template, status=422, form=form)


@require_POST
@MAY_UPLOAD
def template_version(request: TenantRequest, pk: int) -> HttpResponse:
    template = _template(pk)
    form = VersionForm(request.POST, request.FILES)
    if form.is_valid() and not template.is_design:
        try:
            version = upload_version(
                template,
                upload=form.cleaned_data["file"],
                tenant=request.tenant,
                actor=request.user,
            )
        except TemplateRefusedError as refused:
            add_refusal(form, refused)
        else:
            _say_what_came_of_it(request, version)
            return redirect("invoicing:template_detail", pk)
    return detail_page(request, template, status=422, version_form=form)


@require_POST
@MAY_MANAGE
def template_choose(request: TenantRequest, pk: int) -> HttpResponse:
    template = _template(pk)
    form = ChoiceForm(request.POST)
    if form.is_valid():
        try:
            choose(template, actor=request.user, **form.subject)
        except TemplateRefusedError as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request, _("“%(name)s” is used there from now on.") % {"name": template.name}
            )
            return redirect("invoicing:template_detail", pk)
    return detail_page(request, template, status=422, choice_form=form)


@require_POST
@MAY_MANAGE
def template_choice_remove(request: TenantRequest, pk: int, choice: int) -> HttpResponse:
    found = get_object_or_404(
        TemplateChoice.objects.select_related("template", "customer", "project"),
        pk=choice,
        template=pk,
    )
    take_choice_away(found, actor=request.user)
    messages.success(request, _("Taken away. The next nearest choice holds there now."))
    return redirect("invoicing:template_detail", pk)


@require_POST
@MAY_MANAGE
def template_remove(request: TenantRequest, pk: int) -> HttpResponse:
    template = _template(pk)
    try:
        was_deleted = put_aside(template, actor=request.user)
    except TemplateRefusedError as refused:
        messages.error(request, str(refused))
        return redirect("invoicing:template_detail", pk)
    sentence = _("“%(name)s” is deleted.") if was_deleted else _("“%(name)s” is archived.")
    messages.success(request, sentence % {"name": template.name})
    return redirect("invoicing:template_list")


@require_POST
@MAY_MANAGE
def template_take_back(request: TenantRequest, pk: int) -> HttpResponse:
    template = _template(pk)
    take_back(template, actor=request.user)
    messages.success(request, _("“%(name)s” can be chosen again.") % {"name": template.name})
    return redirect("invoicing:template_detail", pk)


def _template(pk: int) -> DocumentTemplate:
    template: DocumentTemplate = get_object_or_404(DocumentTemplate.objects.all(), pk=pk)
    return template


def _say_what_came_of_it(request: TenantRequest, version: Any) -> None:
    if version.findings:
        sentence = _(
            "The file is kept, but it names what there is not. Documents are not made by it."
        )
        messages.warning(request, sentence)
    else:
        messages.success(request, _("The sample invoice was made by it without a finding."))
