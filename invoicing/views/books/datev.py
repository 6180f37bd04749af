"""Files for DATEV: what would go, making one, those made, and the numbers there."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.forms import PeriodForm, add_refusal
from core.lists import is_list_request, page_of
from core.periods import Period, month_of
from invoicing.domain.books.datev.exporting import Candidates, candidates, make_export
from invoicing.domain.books.datev.settings import save_settings
from invoicing.models import DatevExport, DatevSettings
from invoicing.views.books.period_bar import periods_offered
from tenants.access import TenantRequest, permission_required
from tenants.forms import TenantModelForm
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_BOOKS)
MANAGE = permission_required(Permission.MANAGE_BOOKS)
SHOWN = 50


class DatevForm(PeriodForm):
    again = forms.BooleanField(
        label=gettext_lazy("Documents that were exported before as well"), required=False
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for name in ("start", "end"):
            if not values.get(name) and name not in self.errors:
                self.add_error(name, _("Choose a day."))
        return values


class DatevSettingsForm(TenantModelForm):
    class Meta:
        model = DatevSettings
        fields = [
            "advisor_number", "client_number", "chart", "account_length", "initials", "locks",
        ]  # fmt: skip


@require_GET
@SEE
def datev(request: TenantRequest) -> HttpResponse:
    usual = month_of(timezone.localdate()).before()
    asked = request.GET if "start" in request.GET else None
    data: Any = asked or {"start": usual.start.isoformat(), "end": usual.end.isoformat()}
    return _show(request, DatevForm(data))


@require_POST
@MANAGE
def datev_export(request: TenantRequest) -> HttpResponse:
    form = DatevForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        period = Period(typed["start"], typed["end"])
        try:
            export = make_export(period, actor=request.user, again=typed["again"])
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            sentence = ngettext(
                "The file with %(count)s document is made.",
                "The file with %(count)s documents is made.",
                export.documents,
            )
            messages.success(request, sentence % {"count": export.documents})
            return redirect("invoicing:datev")
    return _show(request, form)


def _show(request: TenantRequest, form: DatevForm) -> HttpResponse:
    found = Candidates([], [], [])
    period = None
    if form.is_valid() or not {"start", "end"} & form.errors.keys():
        typed = form.cleaned_data
        period = Period(typed["start"], typed["end"])
        found = candidates(period, again=typed["again"])
    exports = DatevExport.objects.defer("content").select_related("created_by")
    context = {
        "form": form,
        "found": found,
        "shown": found.fit[:SHOWN],
        "refused": found.refused[:SHOWN],
        "settings_of_datev": DatevSettings.objects.first(),
        "page": page_of(request, exports.order_by("-pk"), per_page=25),
        "may_manage": request.membership.may(Permission.MANAGE_BOOKS),
        **periods_offered(request.tenant, timezone.localdate(), period),
    }
    template = "invoicing/books/datev.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if form.errors else 200)


@require_GET
@SEE
def datev_file(request: TenantRequest, pk: int) -> HttpResponse:
    """The bytes that were made then."""
    export = get_object_or_404(DatevExport.objects.all(), pk=pk)
    response = HttpResponse(bytes(export.content), content_type="text/csv; charset=windows-1252")
    response["Content-Disposition"] = f'attachment; filename="{export.file_name}"'
    return response


@require_http_methods(["GET", "POST"])
@MANAGE
def datev_settings(request: TenantRequest) -> HttpResponse:
    blank = DatevSettings(
        tenant=request.tenant,
        chart="04" if request.tenant.receivables_account == "1200" else "03",
    )
    instance = DatevSettings.objects.first() or blank
    form = DatevSettingsForm(request.POST or None, instance=instance)
    if request.method == "POST" and form.is_valid():
        save_settings(form.instance, actor=request.user)
        messages.success(request, _("The settings are saved."))
        return redirect("invoicing:datev")
    status = 422 if form.errors else 200
    return render(request, "invoicing/books/datev_settings.html", {"form": form}, status=status)
