"""Files of banks: sent, asked about, looked at, and what is done with all lines at once."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.csv_files import FileRefused
from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, page_of
from invoicing import bank_errors as errors
from invoicing.domain.banking import importing
from invoicing.models import BankAccount, StatementImport
from invoicing.selectors.banking import (
    balance_faults,
    import_progress,
    is_waiting_long,
    left_to_decide,
    listed_imports,
    listed_lines,
    statements_of,
)
from invoicing.views.banking.forms import AccountsForm, ColumnsForm, UploadForm
from invoicing.views.banking.lines import SEE, lines_context
from invoicing.views.payments.deeds import PAY
from invoicing.views.posting import leave
from tenants.access import TenantRequest
from tenants.roles import Permission

HOME = "invoicing/bank_imports.html"
DETAIL = "invoicing/bank_import.html"
State = StatementImport.State


@require_http_methods(["GET", "POST"])
@SEE
def bank_imports(request: TenantRequest) -> HttpResponse:
    """Send a statement; below it, what was imported before."""
    if request.method == "POST":
        return _receive(request)
    return _show_home(request, UploadForm())


def _receive(request: TenantRequest) -> HttpResponse:
    if not request.membership.may(Permission.REGISTER_PAYMENT):
        raise PermissionDenied
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_home(request, form)
    file = form.cleaned_data["file"]
    try:
        source = importing.receive_file(file, name=file.name, size=file.size, actor=request.user)
    except errors.ImportedBefore as known:
        messages.info(request, str(known))
        return redirect("invoicing:bank_import", known.params["source"].pk)
    except FileRefused as refused:
        form.add_error("file", str(refused))
        return _show_home(request, form)
    return redirect("invoicing:bank_import", source.pk)


def _show_home(request: TenantRequest, form: UploadForm) -> HttpResponse:
    page = page_of(request, listed_imports(), per_page=20)
    shown = list(page)
    left, statements = left_to_decide(shown), statements_of(shown)
    context = {
        "form": form,
        "page": page,
        "rows": [(one, statements.get(one.pk, []), left.get(one.pk, 0)) for one in shown],
        "may_register": request.membership.may(Permission.REGISTER_PAYMENT),
        "has_accounts": BankAccount.objects.exists(),
    }
    template = HOME + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if form.errors else 200)


@require_GET
@SEE
def bank_import(request: TenantRequest, pk: int) -> HttpResponse:
    source = _import(pk)
    if source.state == State.ASKING:
        return _show_question(request, source, _question_form(request, source))
    return _show_lines(request, source)


def _show_lines(
    request: TenantRequest, source: StatementImport, *, refusal: str = ""
) -> HttpResponse:
    is_part = is_list_request(request)
    context: dict[str, Any] = {
        "source": source,
        "statements": statements_of([source]).get(source.pk, []),
        "refusal": refusal,
        "progress": import_progress(source) if source.is_working else None,
        "is_waiting_long": is_waiting_long(source),
        "may_register": request.membership.may(Permission.REGISTER_PAYMENT),
    }
    part = ""
    if source.is_working:
        part = "#work" if is_part else ""
    elif source.state == State.DONE:
        context |= lines_context(request, listed_lines().filter(source=source), of_one_import=True)
        context["faults"] = balance_faults(context["statements"])
        # The part that waited is answered with the whole page once there is nothing to wait for.
        if is_part and request.headers.get("HX-Target") == "work":
            url = reverse("invoicing:bank_import", args=[source.pk])
            return HttpResponse(headers={"HX-Redirect": url})
        part = "#list" if is_part else ""
    return render(request, DETAIL + part, context, status=422 if refusal else 200)


def _question_form(
    request: TenantRequest, source: StatementImport, data: Any = None
) -> AccountsForm | ColumnsForm:
    question = source.question or {}
    if "accounts" in question:
        return AccountsForm(data, accounts=question["accounts"], tenant=request.tenant)
    return ColumnsForm(data, question=question)


def _show_question(
    request: TenantRequest, source: StatementImport, form: AccountsForm | ColumnsForm
) -> HttpResponse:
    question = source.question or {}
    context: dict[str, Any] = {
        "source": source,
        "question": question,
        "form": form,
        "may_register": request.membership.may(Permission.REGISTER_PAYMENT),
    }
    if isinstance(form, ColumnsForm):
        context["columns"] = [
            (
                title,
                form[f"c{place}"],
                [row[place] for row in question["sample"] if place < len(row)],
            )
            for place, title in enumerate(form.header)
        ]
        context["has_accounts"] = BankAccount.objects.filter(is_active=True).exists()
    return render(request, DETAIL, context, status=422 if form.errors else 200)


@require_POST
@PAY
@SEE
def bank_import_answer(request: TenantRequest, pk: int) -> HttpResponse:
    """What the columns mean, or what the accounts are; then the file is read."""
    source = _import(pk)
    if source.state != State.ASKING:
        messages.info(request, str(errors.ImportNotWaiting()))
        return redirect("invoicing:bank_import", pk)
    form = _question_form(request, source, request.POST)
    if not form.is_valid():
        return _show_question(request, source, form)
    try:
        if isinstance(form, AccountsForm):
            importing.answer_accounts(source, form.answers(), actor=request.user)
        else:
            account = form.cleaned_data["account"]
            importing.answer_columns(source, form.layout(), account=account, actor=request.user)
    except DomainError as refused:
        add_refusal(form, refused)
        return _show_question(request, source, form)
    return redirect("invoicing:bank_import", pk)


@require_POST
@PAY
@SEE
def bank_import_discard(request: TenantRequest, pk: int) -> HttpResponse:
    source = _import(pk)
    try:
        name = importing.discard(source, actor=request.user)
    except DomainError as refused:
        messages.warning(request, str(refused))
        return leave(request, reverse("invoicing:bank_import", args=[pk]))
    messages.success(request, _("%(file)s is discarded.") % {"file": name})
    return leave(request, reverse("invoicing:bank_imports"))


@require_POST
@PAY
@SEE
def bank_import_accept(request: TenantRequest, pk: int) -> HttpResponse:
    """Book all that is offered."""
    source = _import(pk)
    try:
        after = importing.accept_offered(source, actor=request.user)
    except DomainError as refused:
        messages.warning(request, str(refused))
    else:
        _tell_of_refused(request, after)
    return leave(request, reverse("invoicing:bank_import", args=[pk]))


@require_POST
@PAY
@SEE
def bank_import_again(request: TenantRequest, pk: int) -> HttpResponse:
    """Look at what is not decided with what is open now."""
    try:
        importing.match_again(_import(pk), actor=request.user)
    except DomainError as refused:
        messages.warning(request, str(refused))
    return leave(request, reverse("invoicing:bank_import", args=[pk]))


def _tell_of_refused(request: TenantRequest, source: StatementImport) -> None:
    if source.is_working:
        return
    refused = source.lines.exclude(refusal="").count()
    if refused:
        words = ngettext(
            "%(count)d line could not be booked; it says why.",
            "%(count)d lines could not be booked; each says why.",
            refused,
        )
        messages.warning(request, words % {"count": refused})
    else:
        messages.success(request, _("All that was offered is booked."))


def _import(pk: int) -> StatementImport:
    imports = StatementImport.objects.defer("content").select_related("created_by")
    found: StatementImport = get_object_or_404(imports, pk=pk)
    return found
