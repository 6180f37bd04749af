"""Selling prepaid hours, their page with what was drawn, and its files."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request, page_of
from customers.selectors import visible_customers, visible_projects
from invoicing.documents.prepaid import prepaid_name, prepaid_pdf
from invoicing.domain.prepaid.selling import change_prepaid, sell_hours
from invoicing.models import PrepaidHours, PrepaidState
from invoicing.prepaid_errors import PrepaidRefused
from invoicing.selectors.prepaid import drawable_prepaid, draws_of, visible_prepaid
from invoicing.selectors.visible import visible_invoices
from invoicing.views.drafts.forms import whole
from invoicing.views.prepaid.forms import PrepaidForm, SaleForm
from invoicing.views.prepaid.lists import SEE, with_badge
from tenants.access import TenantRequest, permission_required
from tenants.exports import list_file, refuse_file
from tenants.roles import Permission

SELL = permission_required(Permission.CREATE_INVOICE)


@require_http_methods(["GET", "POST"])
@SELL
def prepaid_new(request: TenantRequest) -> HttpResponse:
    """`?customer=` or `?project=` is filled in."""
    asked = request.POST if request.method == "POST" else request.GET
    customers = visible_customers(request.membership)
    customer = customers.filter(pk=whole(asked.get("customer", ""))).first()
    project = (
        visible_projects(request.membership).filter(pk=whole(asked.get("project", ""))).first()
    )
    if project is not None and "customer" not in asked:
        customer = project.customer
    form = SaleForm(
        request.POST if request.method == "POST" else None,
        membership=request.membership,
        customer=customer,
        initial={"customer": customer, "project": project},
    )
    if request.method == "POST" and form.is_valid():
        try:
            prepaid = sell_hours(
                form.cleaned_data["customer"],
                form.sale(),
                actor=request.user,
                token=form.cleaned_data["token"],
            )
        except DomainError as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request, _("The draft is made. The hours count as soon as it is posted.")
            )
            return redirect("invoicing:draft_edit", prepaid.line.invoice_id)
    part = "#projects" if request.headers.get("HX-Target") == "prepaid-projects" else ""
    status = 422 if form.errors else 200
    context = {"form": form, "customer": customer}
    return render(request, f"invoicing/prepaid/new.html{part}", context, status=status)


@require_GET
@SEE
def prepaid_detail(request: TenantRequest, pk: int) -> HttpResponse:
    return detail_page(request, pk)


def detail_page(request: TenantRequest, pk: int, *, refusal: str = "") -> HttpResponse:
    prepaid, badge = with_badge(_found(request, pk))
    mine = drawable_prepaid(request.membership, request.tenant)
    may_draw = mine.filter(pk=prepaid.pk).exists()
    invoices = visible_invoices(request.membership)
    context: dict[str, Any] = {
        "prepaid": prepaid,
        "state": badge,
        "page": page_of(request, draws_of(prepaid)),
        "may_sell": request.membership.may(Permission.CREATE_INVOICE),
        "may_undo": may_draw,
        "may_draw": may_draw and prepaid.state in (PrepaidState.VALID, PrepaidState.EXPIRED),
        "may_open": invoices.filter(pk=prepaid.invoice.pk).exists(),
        "customer_key": str(prepaid.customer_id),
        "refusal": refusal,
    }
    template = "invoicing/prepaid/detail.html" + ("#list" if is_list_request(request) else "")
    return render(request, template, context, status=422 if refusal else 200)


@require_http_methods(["GET", "POST"])
@SELL
def prepaid_edit(request: TenantRequest, pk: int) -> HttpResponse:
    prepaid = _found(request, pk)
    form = PrepaidForm(request.POST if request.method == "POST" else None, prepaid=prepaid)
    if request.method == "POST" and form.is_valid():
        try:
            change_prepaid(prepaid.pk, actor=request.user, **form.cleaned_data)
        except PrepaidRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("invoicing:prepaid_detail", prepaid.pk)
    context = {"form": form, "prepaid": prepaid}
    status = 422 if form.errors else 200
    return render(request, "invoicing/prepaid/edit.html", context, status=status)


@require_GET
@SEE
def prepaid_statement(request: TenantRequest, pk: int, kind: str) -> HttpResponseBase:
    """What was drawn, to be handed to the customer: each with what was left after it."""
    prepaid = _found(request, pk)

    def cells() -> Iterator[list[Any]]:
        left = prepaid.bought_minutes
        yield [prepaid.valid_from, prepaid.line.text, "", "", "", None, None, _hours(left)]
        for draw in draws_of(prepaid):
            entry = draw.time_entry
            left -= draw.minutes
            yield [
                entry.work_date,
                entry.description,
                entry.project.name,
                entry.task.name if entry.task else "",
                entry.member.name,
                _hours(entry.minutes),
                _hours(draw.minutes),
                _hours(left),
            ]

    return list_file(
        request,
        kind,
        name=prepaid_name(prepaid),
        title=prepaid.customer.name,
        head=[
            _("Date"), _("Description"), _("Project"), _("Task"), _("Person"), _("Worked, hours"),
            _("Drawn, hours"), _("Left, hours"),
        ],
        rows=cells,
        count=draws_of(prepaid).count,
    )  # fmt: skip


@require_GET
@SEE
def prepaid_letter(request: TenantRequest, pk: int) -> HttpResponse:
    """The same on paper, in the customer's language."""
    prepaid = _found(request, pk)
    try:
        content = prepaid_pdf(prepaid, draws_of(prepaid), on=timezone.localdate())
    except PrepaidRefused as refused:
        return refuse_file(str(refused))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{prepaid_name(prepaid)}.pdf"'
    return response


def _found(request: TenantRequest, pk: int) -> Any:
    """With balance and state."""
    prepaid = visible_prepaid(request.membership).with_state(timezone.localdate())
    found: PrepaidHours = get_object_or_404(prepaid, pk=pk)
    return found


def _hours(minutes: int) -> float:
    return round(minutes / 60, 2)
