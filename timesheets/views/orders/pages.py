"""One service order as the office sees it: plan, check, cancel."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import shown
from core.forms import add_refusal, text_of
from customers.models import Customer, Project
from tenants.access import TenantRequest, permission_required
from tenants.models import Membership
from timesheets.actions import actions_for_order
from timesheets.domain.orders import checking, planning, working
from timesheets.domain.orders.access import (
    PLAN,
    SEE,
    WORK,
    may_plan,
    plannable_customers,
    plannable_projects,
    visible_orders,
)
from timesheets.domain.orders.checking import Part
from timesheets.domain.orders.shown import plan_of
from timesheets.errors import HoursRefused
from timesheets.models import ServiceOrder
from timesheets.order_errors import OrderChanged, OrderIsOver
from timesheets.requested import day_of, number_of
from timesheets.selectors.orders import order_sheet
from timesheets.views.orders.forms import OrderForm

PLANS = permission_required(*PLAN)


@require_GET
@permission_required(*SEE)
def order_detail(request: TenantRequest, pk: int) -> HttpResponse:
    return order_page(request, pk)


@require_http_methods(["GET", "POST"])
@PLANS
def order_new(request: TenantRequest) -> HttpResponse:
    """`?customer=&project=&technician=&day=` fill it in."""
    form = OrderForm(
        request.POST if request.method == "POST" else None,
        planner=request.membership,
        order=None,
        initial=_proposed(request),
    )
    if request.method == "POST" and form.is_valid():
        try:
            order = planning.create_order(actor=request.membership, **form.values())
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("%(order)s is written.") % {"order": order.label})
            return redirect("timesheets:order_detail", order.pk)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@PLANS
def order_edit(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_plan_or_403(request, pk)
    if not order.is_open:
        if request.method == "GET":
            return redirect("timesheets:order_detail", pk)
        sentence = OrderIsOver(order=order.label, state=order.state_in_words)
        return order_page(request, pk, refusal=str(sentence))
    form = OrderForm(
        request.POST if request.method == "POST" else None,
        planner=request.membership,
        order=order,
        initial=OrderForm.initial_of(order),
    )
    if request.method == "POST" and form.is_valid():
        values, asked = form.values(), request.POST.get("seen")
        seen = None if asked is None else shown.read(asked)
        try:
            planning.change_order(pk, actor=request.membership, seen=seen, **values)
        except OrderChanged as refused:
            return _conflict(request, form, seen or {}, refused)
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("%(order)s is saved.") % {"order": order.label})
            return redirect("timesheets:order_detail", pk)
    return _form_page(request, form, order)


@require_POST
@PLANS
def order_cancel(request: TenantRequest, pk: int) -> HttpResponse:
    order_to_plan_or_403(request, pk)
    try:
        reason = text_of(request, "reason")
        order = planning.cancel_order(pk, reason=reason, actor=request.membership)
    except HoursRefused as refused:
        return order_page(request, pk, refusal=str(refused))
    messages.success(request, _("%(order)s is cancelled.") % {"order": order.label})
    return redirect("timesheets:order_detail", pk)


@require_POST
@PLANS
def order_revive(request: TenantRequest, pk: int) -> HttpResponse:
    order_to_plan_or_403(request, pk)
    try:
        planning.revive_order(pk, actor=request.membership)
    except HoursRefused as refused:
        return order_page(request, pk, refusal=str(refused))
    return redirect("timesheets:order_detail", pk)


@require_POST
@permission_required(*WORK)
def order_reopen(request: TenantRequest, pk: int) -> HttpResponse:
    order_or_404(request, pk)
    try:
        working.reopen_order(pk, actor=request.membership)
    except HoursRefused as refused:
        return order_page(request, pk, refusal=str(refused))
    return redirect(_back(request, pk))


@require_POST
@PLANS
def order_check(request: TenantRequest, pk: int, part: str) -> HttpResponse:
    """Give a check, or with `take_back` take it away."""
    order_to_plan_or_403(request, pk)
    if part not in Part.values:
        raise Http404
    try:
        if "take_back" in request.POST:
            checking.uncheck(pk, Part(part), actor=request.membership)
        else:
            checking.check(pk, Part(part), actor=request.membership, now=timezone.now())
    except HoursRefused as refused:
        return order_page(request, pk, refusal=str(refused))
    return redirect(reverse("timesheets:order_detail", args=[pk]) + "#checks")


def order_page(request: TenantRequest, pk: int, *, refusal: str = "") -> HttpResponse:
    """The order with all of its work; with a refusal above it, 422."""
    order = order_or_404(request, pk)
    sheet = order_sheet(order, request.membership)
    context = {
        "sheet": sheet,
        "order": order,
        "row": sheet.row,
        "refusal": refusal,
        "actions": actions_for_order(order, request.membership),
    }
    template = "timesheets/order_detail.html"
    return render(request, template, context, status=422 if refusal else 200)


def order_or_404(request: TenantRequest, pk: int) -> ServiceOrder:
    """With `standing`, as far as the reader may see it."""
    related = (
        "customer", "project__customer", "project__manager", "technician", "clock_member",
        "report_checked_by", "hours_checked_by", "parts_checked_by",
    )  # fmt: skip
    orders: Any = visible_orders(request.membership)
    found: ServiceOrder = get_object_or_404(orders.with_standing().select_related(*related), pk=pk)
    return found


def order_to_plan_or_403(request: TenantRequest, pk: int) -> ServiceOrder:
    order = order_or_404(request, pk)
    if not may_plan(request.membership, order.project):
        raise PermissionDenied
    return order


def _back(request: TenantRequest, pk: int) -> str:
    """The technician goes on working, the office goes on looking."""
    page = "order_work" if request.POST.get("from") == "work" else "order_detail"
    return reverse(f"timesheets:{page}", args=[pk])


def _proposed(request: TenantRequest) -> dict[str, Any]:
    reader = request.membership
    project: Project | None = (
        plannable_projects(reader).filter(pk=number_of(request.GET.get("project")) or 0).first()
    )
    customer: Customer | None = project.customer if project else None
    if customer is None:
        asked = number_of(request.GET.get("customer")) or 0
        customer = plannable_customers(reader).filter(pk=asked).first()
        own = list(plannable_projects(reader).filter(customer=customer)[:2]) if customer else []
        # Where there is one project only, it is the one.
        project = own[0] if len(own) == 1 else None
    day = day_of(request.GET.get("day"))
    return {
        "customer": customer.pk if customer else None,
        "project": project.pk if project else None,
        "technician": _person(reader, request.GET.get("technician")),
        "planned_start_at": f"{day:%Y-%m-%d}T08:00" if day else None,
    }


def _person(reader: Membership, asked: str | None) -> int | None:
    people = Membership.objects.filter(tenant_id=reader.tenant_id, pk=number_of(asked) or 0)
    return people.values_list("pk", flat=True).first()


def _conflict(
    request: TenantRequest, form: OrderForm, seen: dict[str, str], refused: OrderChanged
) -> HttpResponse:
    """The form as typed beside what was saved meanwhile; saving it once more is meant so."""
    assert form.order is not None
    order = order_or_404(request, form.order.pk)
    merged = form.merged(order, seen, refused.params["fields"])
    told = {"conflict": merged.differences, "refusal": refused}
    return _form_page(request, merged.form, order, status=409, **told)


def _form_page(
    request: TenantRequest,
    form: OrderForm,
    order: ServiceOrder | None,
    *,
    status: int = 0,
    **more: Any,
) -> HttpResponse:
    cancel = (
        reverse("timesheets:order_detail", args=[order.pk])
        if order
        else reverse("timesheets:order_list")
    )
    seen = form.data.get("seen") if form.is_bound and not more else None
    if seen is None and order is not None:
        seen = shown.as_text(shown.digests(plan_of(order)))
    context = {"form": form, "order": order, "cancel": cancel, "seen": seen, **more}
    status = status or (422 if form.errors else 200)
    return render(request, "timesheets/order_form.html", context, status=status)
