from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.forms import add_refusal
from core.returning import way_back, with_way_back
from tenants.access import TenantRequest, permission_required
from tenants.domain.settings import change_settings
from tenants.errors import SettingsRefused
from tenants.forms import TenantSettingsForm
from tenants.roles import Permission
from tenants.settings_tabs import settings_tabs


@require_http_methods(["GET", "POST"])
@permission_required(Permission.MANAGE_SETTINGS)
def settings(request: TenantRequest) -> HttpResponse:
    # A fresh copy: a refused form must not rename the company in the menu.
    instance = type(request.tenant).objects.get(pk=request.tenant.pk)
    may_control = request.membership.may(Permission.MANAGE_ROLES)
    form = TenantSettingsForm(request.POST or None, instance=instance, may_control=may_control)
    if request.method == "POST" and form.is_valid():
        try:
            change_settings(request.tenant, actor=request.user, **form.cleaned_data)
        except SettingsRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(with_way_back(reverse("tenants:settings"), way_back(request)))
    status = 422 if form.errors else 200
    context = {"form": form, "tabs": settings_tabs(request.membership, "company")}
    return render(request, "tenants/settings.html", context, status=status)
