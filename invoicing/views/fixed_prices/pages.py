"""A project's fixed price with its milestones, and the invoices made of them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError
from core.forms import add_refusal
from core.lists import is_list_request
from core.money import ZERO
from customers.models import Project
from customers.selectors import visible_projects
from invoicing.domain import advances
from invoicing.errors import FixedPriceRefused
from invoicing.models import FixedPrice, Invoice
from invoicing.selectors.quotations import quoted_for
from invoicing.views.fixed_prices.forms import FixedPriceForm, MilestoneForm
from tenants.access import TenantRequest, permission_required
from tenants.roles import Permission

SEE = permission_required(Permission.VIEW_INVOICE)
EDIT = permission_required(Permission.CREATE_INVOICE)


@require_GET
@SEE
def project_fixed_price(request: TenantRequest, pk: int) -> HttpResponse:
    """The tab of a project's page."""
    return _page(request, _project(request, pk))


@require_POST
@EDIT
def fixed_price_set(request: TenantRequest, pk: int) -> HttpResponse:
    project = _project(request, pk)
    form = FixedPriceForm(request.POST, price=None, name=project.name)
    return _saved(
        request,
        project,
        form,
        lambda: advances.set_fixed_price(project, actor=request.user, **form.cleaned_data),
        price_form=form,
    )


@require_POST
@EDIT
def fixed_price_milestone(request: TenantRequest, pk: int) -> HttpResponse:
    project = _project(request, pk)
    form = MilestoneForm(request.POST)
    return _saved(
        request,
        project,
        form,
        lambda: advances.add_milestone(project, actor=request.user, **form.cleaned_data),
        milestone_form=form,
    )


@require_POST
@EDIT
def fixed_price_step(request: TenantRequest, pk: int) -> HttpResponse:
    """`do=draft:7` invoices a milestone, `do=remove:7` takes it away, `do=final` makes the final
    invoice."""
    project = _project(request, pk)
    step, _colon, number = request.POST.get("do", "").partition(":")
    milestone = int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else 0
    try:
        if step == "remove":
            advances.remove_milestone(milestone, project=project, actor=request.user)
            messages.success(request, _("The milestone is removed."))
            return redirect(_address(project))
        draft: Invoice = (
            advances.draft_final(project, actor=request.user)
            if step == "final"
            else advances.draft_milestone(milestone, project=project, actor=request.user)
        )
    except DomainError as refused:
        return _page(request, project, refusal=str(refused))
    return redirect("invoicing:draft_edit", draft.pk)


def _project(request: TenantRequest, pk: int) -> Project:
    project: Project = get_object_or_404(visible_projects(request.membership), pk=pk)
    return project


def _address(project: Project) -> str:
    return f"{reverse('customers:project_detail', args=[project.pk])}?tab=fixed-price"


def _saved(
    request: TenantRequest, project: Project, form: Any, save: Callable[[], Any], **forms: Any
) -> HttpResponse:
    if form.is_valid():
        try:
            save()
        except FixedPriceRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The fixed price is saved."))
            return redirect(_address(project))
    return _page(request, project, **forms)


def _page(
    request: TenantRequest,
    project: Project,
    *,
    price_form: FixedPriceForm | None = None,
    milestone_form: MilestoneForm | None = None,
    refusal: str = "",
) -> HttpResponse:
    price = FixedPrice.objects.select_related("final_line__invoice").filter(project=project).first()
    milestones = (
        list(price.milestones.select_related("line__invoice").order_by("pk")) if price else []
    )
    planned = sum((one.amount for one in milestones), ZERO)
    context = {
        "project": project,
        "price": price,
        "milestones": milestones,
        "free": advances.free_milestones(milestones),
        "planned": planned,
        "rest": price.amount - planned if price else ZERO,
        "currency": project.customer.currency,
        "price_form": price_form
        or FixedPriceForm(
            price=price, name=project.name, quoted=None if price else quoted_for(project)
        ),
        "milestone_form": milestone_form or MilestoneForm(),
        "refusal": refusal,
        "may_edit": request.membership.may(Permission.CREATE_INVOICE),
    }
    is_wrong = bool(refusal or (price_form and price_form.errors))
    is_wrong = is_wrong or bool(milestone_form and milestone_form.errors)
    template = "invoicing/fixed_prices/part.html" + ("#part" if is_list_request(request) else "")
    return render(request, template, context, status=422 if is_wrong else 200)
