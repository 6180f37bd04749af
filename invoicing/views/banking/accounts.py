"""The accounts whose statements are imported."""

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError
from core.forms import add_refusal
from invoicing.domain.banking.accounts import save_account
from invoicing.models import BankAccount
from invoicing.views.banking.forms import BankAccountForm
from invoicing.views.banking.lines import SEE
from invoicing.views.payments.deeds import PAY
from invoicing.views.posting import leave
from tenants.access import TenantRequest
from tenants.roles import Permission


@require_GET
@SEE
def bank_accounts(request: TenantRequest) -> HttpResponse:
    accounts = BankAccount.objects.annotate(
        last_date=Max("statements__last_date"), imports=Count("statements__source", distinct=True)
    ).order_by("-is_active", "name", "pk")
    context = {
        "accounts": accounts,
        "may_register": request.membership.may(Permission.REGISTER_PAYMENT),
    }
    return render(request, "invoicing/bank_accounts.html", context)


@require_http_methods(["GET", "POST"])
@PAY
@SEE
def bank_account_new(request: TenantRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "POST"])
@PAY
@SEE
def bank_account_edit(request: TenantRequest, pk: int) -> HttpResponse:
    return _form(request, get_object_or_404(BankAccount, pk=pk))


def _form(request: TenantRequest, account: BankAccount | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = BankAccountForm(data, instance=account or BankAccount(), tenant=request.tenant)
    if data is not None and form.is_valid():
        try:
            saved = save_account(form.instance, actor=request.user)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(account)s is saved.") % {"account": saved})
            return leave(request, reverse("invoicing:bank_accounts"))
    context = {"form": form, "account": account}
    return render(
        request, "invoicing/bank_account_form.html", context, status=422 if form.errors else 200
    )
