"""What a person enters in the accounting system: the files for it, and saying that it is there."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.lists import ids_in, is_id
from integrations.domain import byhand, handing
from integrations.errors import IntegrationRefused
from integrations.forms import NumberThereForm
from integrations.models import Export
from integrations.selectors import visible_exports
from integrations.views.exports import MANAGE, back_to_export, dress
from invoicing.documents.storing import StoredFileDamaged, plain_name
from tenants.access import TenantRequest, opens_own_scope
from tenants.scope import tenant_scope

# What is entered at once; more come with the next page.
MOST_AT_ONCE = 200


@opens_own_scope
@require_GET
@MANAGE
def export_package(request: TenantRequest, pk: int) -> HttpResponseBase:
    """The files of one document."""
    with tenant_scope(request.tenant.pk):
        export = get_object_or_404(visible_exports(request.membership), pk=pk)
    back = reverse("integrations:export_detail", args=[pk])
    return _zip(request, [export], plain_name(str(export.invoice.number)), back)


@opens_own_scope
@require_POST
@MANAGE
def export_packages(request: TenantRequest) -> HttpResponseBase:
    """The files of those ticked, in one ZIP."""
    with tenant_scope(request.tenant.pk):
        exports = list(_ticked(request, request.POST).order_by("invoice__number", "pk"))
    return _zip(request, exports, _("documents"), _list_url(request))


def _zip(request: TenantRequest, exports: list[Export], name: str, back: str) -> HttpResponseBase:
    try:
        with tenant_scope(request.tenant.pk):
            choices = handing.choose(exports)
        # Outside: files may lie on a server of their own.
        file = handing.write_zip(choices)
    except IntegrationRefused as refused:
        messages.error(request, str(refused))
        return redirect(back)
    except StoredFileDamaged:
        sentence = _("A stored file is damaged: its checksum is another one.")
        messages.error(request, f"{sentence} {_('Tell your administrator.')}")
        return redirect(back)
    return FileResponse(file, as_attachment=True, filename=f"{name}.zip")


@require_http_methods(["GET", "POST"])
@MANAGE
def export_done_many(request: TenantRequest) -> HttpResponse:
    """The open ones of `?pk=1&pk=2`, each with a field for its number there."""
    if request.method == "POST":
        asked = {"pk": request.POST.getlist("pk"), "back": request.POST.get("back", "")}
        url = reverse("integrations:export_done_many")
        return redirect(f"{url}?{urlencode(asked, doseq=True)}")
    exports = _ticked(request, request.GET).exclude(
        status__in=[Export.Status.SENT, Export.Status.SENDING]
    )
    return _numbers_page(
        request, list(exports.order_by("invoice__number", "pk")[:MOST_AT_ONCE]), {}
    )


@require_POST
@MANAGE
def export_confirm(request: TenantRequest) -> HttpResponse:
    """Each `number-<pk>` that is filled in says that it is there; the others stay open."""
    ids = {
        name.removeprefix("number-"): " ".join(text.split())
        for name, text in request.POST.items()
        if name.startswith("number-") and isinstance(text, str)
    }
    entered = {int(key): text for key, text in ids.items() if is_id(key)}
    exports = list(
        visible_exports(request.membership)
        .filter(pk__in=list(entered)[:MOST_AT_ONCE])
        .order_by("invoice__number", "pk")
    )
    errors = {}
    for export in exports:
        form = NumberThereForm({"number": entered[export.pk]})
        if entered[export.pk] and not form.is_valid():
            errors[export.pk] = str(form.errors["number"][0])
    numbers = {export.pk: entered[export.pk] for export in exports if entered[export.pk]}
    if not numbers:
        return _numbers_page(
            request, exports, {}, refusal=_("Enter the number of at least one document.")
        )
    if errors:
        return _numbers_page(request, exports, errors, entered=entered)
    try:
        done = byhand.confirm(numbers, actor=request.user)
    except IntegrationRefused as refused:
        return _numbers_page(request, exports, {}, entered=entered, refusal=str(refused))
    messages.success(
        request,
        ngettext(
            "%(count)s document is marked as entered by hand.",
            "%(count)s documents are marked as entered by hand.",
            len(done),
        )
        % {"count": len(done)},
    )
    return redirect(_list_url(request))


def _numbers_page(
    request: TenantRequest,
    exports: list[Export],
    errors: dict[int, str],
    *,
    entered: dict[int, str] | None = None,
    refusal: str = "",
) -> HttpResponse:
    for export in exports:
        dress(export)
        export.error_of_number = errors.get(export.pk, "")  # type: ignore[attr-defined]
        export.entered = (entered or {}).get(export.pk, "")  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "exports": exports,
        "refusal": refusal,
        "back": request.POST.get("back", request.GET.get("back", "")),
    }
    status = 422 if errors or refusal else 200
    return render(request, "integrations/export_numbers.html", context, status=status)


@require_POST
@MANAGE
def export_done(request: TenantRequest, pk: int) -> HttpResponse:
    """One is there, under this number."""
    export = get_object_or_404(visible_exports(request.membership), pk=pk)
    form = NumberThereForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["number"][0]))
        return back_to_export(request, export)
    try:
        byhand.confirm({export.pk: form.cleaned_data["number"]}, actor=request.user)
        messages.success(request, _("It is marked as entered by hand."))
    except IntegrationRefused as refused:
        messages.error(request, str(refused))
    return back_to_export(request, export)


@require_POST
@MANAGE
def export_anew(request: TenantRequest, pk: int) -> HttpResponse:
    """What was there is gone: made there once more, from the first step."""
    export = get_object_or_404(visible_exports(request.membership), pk=pk)
    try:
        byhand.begin_anew(export, actor=request.user)
        messages.success(request, _("It is begun anew."))
    except IntegrationRefused as refused:
        messages.error(request, str(refused))
    return back_to_export(request, export)


@require_POST
@MANAGE
def export_take_back(request: TenantRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(visible_exports(request.membership), pk=pk)
    try:
        byhand.take_back(export, actor=request.user)
        messages.success(request, _("Taken back: it is as it was before."))
    except IntegrationRefused as refused:
        messages.error(request, str(refused))
    return back_to_export(request, export)


def _ticked(request: TenantRequest, asked: QueryDict) -> Any:
    ids = ids_in(asked.getlist("pk"))
    if not ids:
        raise Http404
    return visible_exports(request.membership).filter(pk__in=ids[: handing.MOST_DOCUMENTS])


def _list_url(request: TenantRequest) -> str:
    back = QueryDict(request.POST.get("back", "")).urlencode()
    return f"{reverse('integrations:export_list')}?{back}"
