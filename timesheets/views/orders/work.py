"""The technician's pages, made for a telephone: my orders, and one of them being worked on."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.forms import add_refusal
from core.shown import digest
from tenants.access import TenantRequest, permission_required
from tenants.errors import AnsweredAlready
from tenants.roles import Permission
from timesheets.domain.orders import working
from timesheets.domain.orders.access import WORK, may_work_on
from timesheets.errors import HoursRefused
from timesheets.models import ServiceOrder
from timesheets.order_errors import ReportChanged
from timesheets.selectors.orders import my_day, order_sheet
from timesheets.views.orders.forms import (
    OrderHoursForm,
    OrderPartForm,
    OrderPhotoForm,
    OrderReportForm,
    OrderSignForm,
)
from timesheets.views.orders.pages import order_or_404

WORKS = permission_required(*WORK)


@require_GET
@permission_required(Permission.RECORD_HOURS)
def order_mine(request: TenantRequest) -> HttpResponse:
    """What I am to do today, what is late, and what comes."""
    today = timezone.localdate()
    context = {"day": my_day(request.membership, today), "today": today}
    return render(request, "timesheets/order_mine.html", context)


@require_GET
@WORKS
def order_work(request: TenantRequest, pk: int) -> HttpResponse:
    return work_page(request, order_to_work_on_or_403(request, pk))


@require_POST
@WORKS
def order_start(request: TenantRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    return step(request, pk, lambda: working.start_order(pk, actor=request.membership, now=now))


@require_POST
@WORKS
def order_clock(request: TenantRequest, pk: int) -> HttpResponse:
    """`do` is start, stop or discard."""
    actor, now = request.membership, timezone.now()

    def turn() -> None:
        match request.POST.get("do"):
            case "stop":
                working.stop_clock(pk, actor=actor, now=now)
            case "discard":
                working.discard_clock(pk, actor=actor)
            case _:
                working.start_clock(pk, actor=actor, now=now)

    return step(request, pk, turn, place="hours")


@require_POST
@WORKS
def order_hours(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    form = OrderHoursForm(request.POST, order=order, recorder=request.membership)
    return save(
        request,
        order,
        lambda: working.record_hours(pk, actor=request.membership, **form.values()),
        said=_("The hours are saved."),
        place="hours",
        hours_form=form,
    )


@require_POST
@WORKS
def order_parts(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    form = OrderPartForm(request.POST, order=order)
    return save(
        request,
        order,
        lambda: working.record_part(pk, actor=request.membership, **form.values()),
        said=_("The part is saved."),
        place="parts",
        part_form=form,
    )


@require_POST
@WORKS
def order_report(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    form = OrderReportForm(request.POST)
    if form.is_valid():
        try:
            text, seen = form.cleaned_data["report"], request.POST.get("seen")
            working.write_report(pk, text=text, actor=request.membership, seen=seen)
        except ReportChanged as refused:
            fresh = order_to_work_on_or_403(request, pk)
            return work_page(request, fresh, {"report_form": form}, report_conflict=refused)
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The report is saved."))
            return back_to_work(pk, "report")
    return work_page(request, order, {"report_form": form})


@require_POST
@WORKS
def order_done(request: TenantRequest, pk: int) -> HttpResponse:
    order = order_to_work_on_or_403(request, pk)
    try:
        working.finish_order(pk, actor=request.membership, now=timezone.now())
    except HoursRefused as refused:
        return work_page(request, order, refusal=str(refused))
    messages.success(request, _("%(order)s is done.") % {"order": order.label})
    return back_to_work(pk)


def step(
    request: TenantRequest, pk: int, take: Callable[[], object], *, place: str = ""
) -> HttpResponse:
    """One press on the page; refused, the page says why."""
    order = order_to_work_on_or_403(request, pk)
    try:
        take()
    except HoursRefused as refused:
        return work_page(request, order, refusal=str(refused))
    return back_to_work(pk, place)


def save(
    request: TenantRequest,
    order: ServiceOrder,
    write: Callable[[], object],
    *,
    said: str,
    place: str,
    **bound: forms.Form,
) -> HttpResponse:
    """What one form of the page says, once for each form that was shown; refused, the page keeps
    what was typed."""
    [form] = bound.values()
    if form.is_valid():
        try:
            with suppress(AnsweredAlready):
                write()
        except HoursRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, said)
            return back_to_work(order.pk, place)
    return work_page(request, order, bound)


def work_page(
    request: TenantRequest,
    order: ServiceOrder,
    bound: Mapping[str, forms.Form] | None = None,
    *,
    refusal: str = "",
    report_conflict: ReportChanged | None = None,
) -> HttpResponse:
    """The page with its forms; those that were sent and refused keep what was typed."""
    reader, bound = request.membership, bound or {}
    sheet = order_sheet(order, reader)
    context: dict[str, Any] = {
        "sheet": sheet,
        "order": order,
        "row": sheet.row,
        "refusal": refusal,
        "report_conflict": report_conflict,
        # A form that comes back for another reason was made from what it was made from.
        "report_seen": _report_seen(request, order, bound, report_conflict),
        "hours_form": OrderHoursForm(order=order, recorder=reader),
        "part_form": OrderPartForm(order=order),
        "report_form": OrderReportForm(initial={"report": order.report}),
        "photo_form": OrderPhotoForm(),
        "sign_form": OrderSignForm(initial={"signed_by": order.contact_name}),
        "seconds": _seconds(order),
        **bound,
    }
    template = "timesheets/order_work.html"
    status = 409 if report_conflict else 422 if refusal or bound else 200
    return render(request, template, context, status=status)


def _report_seen(
    request: TenantRequest,
    order: ServiceOrder,
    bound: Mapping[str, forms.Form],
    conflict: ReportChanged | None,
) -> str:
    sent = request.POST.get("seen") if "report_form" in bound and conflict is None else None
    return digest(order.report) if sent is None else sent


def order_to_work_on_or_403(request: TenantRequest, pk: int) -> ServiceOrder:
    order = order_or_404(request, pk)
    if not may_work_on(request.membership, order):
        raise PermissionDenied
    return order


def back_to_work(pk: int, place: str = "") -> HttpResponse:
    url = reverse("timesheets:order_work", args=[pk])
    return redirect(f"{url}#{place}" if place else url)


def _seconds(order: ServiceOrder) -> int | None:
    """How long the clock has been running."""
    began = order.clock_started_at
    return int((timezone.now() - began).total_seconds()) if began else None
